//! What the proxy records of a request.

use http::Method;
use kube::client::Body;

/// A request that came to the proxy.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path alone.
    pub(crate) path: String,
    /// The query, without its question mark.
    pub(crate) query: String,
    /// The client's user agent.
    pub(crate) user_agent: String,
    /// The whole body.
    pub(crate) body: Vec<u8>,
    /// The status that the API server gave, unless the request never reached it.
    pub(crate) status: Option<u16>,
}

impl Seen {
    /// Reads a request's head and body.
    pub(super) fn of(head: &http::request::Parts, body: &[u8]) -> Self {
        let agent = head.headers.get(http::header::USER_AGENT);
        let agent = agent.and_then(|a| a.to_str().ok()).unwrap_or_default();
        Self {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            user_agent: agent.to_owned(),
            body: body.to_vec(),
            status: None,
        }
    }

    /// The request to send on, with the client's headers but those of its own connection.
    pub(super) fn onward(&self, head: &http::request::Parts) -> http::Request<Body> {
        let mut request = http::Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        let target = head.uri.path_and_query().map_or("/", |p| p.as_str());
        *request.uri_mut() = target.parse().expect("a target that was parsed before");
        *request.headers_mut() = head.headers.clone();
        for own in [
            "host",
            "connection",
            "keep-alive",
            "transfer-encoding",
            "upgrade",
            "te",
        ] {
            request.headers_mut().remove(own);
        }
        request
    }

    /// Whether the request was only tried.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.query.contains("dryRun=All")
    }

    /// Whether the request stays open to tell changes.
    pub(crate) fn is_watch(&self) -> bool {
        self.query.contains("watch=true") || self.query.contains("watch=1")
    }

    /// Whether the request is about a leader's Lease.
    pub(crate) fn is_lease(&self) -> bool {
        self.path.starts_with("/apis/coordination.k8s.io/")
    }

    /// Whether the request was to change something: no dry-run, not a Lease, not an Event, not a
    /// question in the form of an object (`SubjectAccessReview` and the like).
    pub(crate) fn is_write(&self) -> bool {
        let questions = [
            "/apis/authorization.k8s.io/",
            "/apis/authentication.k8s.io/",
        ];
        ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.method)
            && !self.is_dry_run()
            && !self.is_lease()
            && !self.path.contains("/events")
            && !questions.iter().any(|q| self.path.starts_with(q))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}
