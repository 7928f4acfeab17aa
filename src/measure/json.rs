//! A number in a JSON document that a server gives.

use http::header::ACCEPT;
use http::{HeaderMap, Method, Request, StatusCode};
use jsonpath_rust::JsonPath as _;
use serde_json::Value;

use super::Trouble;
use crate::outbound::Http;
use crate::spec::metric::{HttpUrl, JsonPath};

/// The address, with a rollout's words in it.
pub(super) fn address(url: &str) -> Result<HttpUrl, Trouble> {
    url.parse()
        .map_err(|error: crate::spec::metric::ParseUrlError| Trouble::Error(error.to_string()))
}

pub(super) async fn fetch(
    http: &Http,
    url: &HttpUrl,
    headers: HeaderMap,
) -> Result<Value, Trouble> {
    let body = fetch_some(http, url, headers).await?;
    let body = body.ok_or_else(|| Trouble::Error("it answers 404 Not Found".to_owned()))?;
    serde_json::from_slice(&body)
        .map_err(|error| Trouble::Error(format!("its answer is not JSON: {error}")))
}

/// A document's bytes, if there is one at that place.
pub(super) async fn fetch_some(
    http: &Http,
    url: &HttpUrl,
    headers: HeaderMap,
) -> Result<Option<Vec<u8>>, Trouble> {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|_| Trouble::Error("its address cannot be asked".to_owned()))?;
    request.headers_mut().extend(headers);
    let answer = http.ask(request, http.deadline()).await?;
    if answer.status.is_redirection() {
        return Err(Trouble::Error(format!(
            "it answers {}, and redirects are not followed: write the address that it leads to",
            answer.status
        )));
    }
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(Trouble::Error(format!("it answers {}", answer.status)));
    }
    Ok(Some(answer.body))
}

/// The one number at a place.
pub(super) fn number(document: &Value, path: &JsonPath) -> Result<f64, Trouble> {
    let found = document
        .query(path.as_str())
        .map_err(|_| Trouble::Error(format!("`{path}` cannot be looked for")))?;
    match found.as_slice() {
        [] | [Value::Null] => Err(Trouble::NoData(format!(
            "its answer has nothing at `{path}`"
        ))),
        [one] => one.as_f64().ok_or_else(|| {
            let what = kind(one);
            Trouble::Error(format!("there is {what} at `{path}` instead of a number"))
        }),
        several => Err(Trouble::Error(format!(
            "there are {} values at `{path}` instead of one",
            several.len()
        ))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number too large",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_has_one_number_or_a_reason() {
        let document = json!({"a": {"b": [1, 2.5]}, "n": null, "t": "3"});
        let at = |path: &str| number(&document, &path.parse().unwrap());
        assert_eq!(at("$.a.b[1]"), Ok(2.5));
        assert_eq!(at("$.a.b[0]"), Ok(1.0));
        assert!(matches!(at("$.x"), Err(Trouble::NoData(_))));
        assert!(matches!(at("$.n"), Err(Trouble::NoData(_))));
        for (path, why) in [
            ("$.t", "a text"),
            ("$.a", "a mapping"),
            ("$.a.b[*]", "2 values"),
        ] {
            let error = at(path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
