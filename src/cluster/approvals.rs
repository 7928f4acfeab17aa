//! Approvals: making one.

use http::Method;

use crate::approval::{Approval, ApprovalSpec};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error};
use super::resource::APPROVAL;

/// Makes an Approval. Nothing changes it again.
///
/// # Panics
///
/// Never: an Approval is plain data.
pub async fn create(
    client: &Client,
    namespace: &str,
    spec: ApprovalSpec,
) -> Result<Approval, Error> {
    let attempt = Attempt::to("approve", format_args!("`{}`", spec.release));
    let mut approval = Approval::new("", spec);
    approval.metadata.name = None;
    approval.metadata.generate_name = Some(format!("{}-", approval.spec.release));
    approval.metadata.namespace = Some(namespace.to_owned());
    let body = serde_json::to_vec(&approval).expect("an Approval can be written as JSON");
    let call = Call {
        attempt,
        resource: &APPROVAL,
        method: Method::POST,
        target: APPROVAL.collection(Some(namespace)),
        body: Body::Json(body),
    };
    client.call(call).await?.parse()
}
