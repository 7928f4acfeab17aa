//! The external metrics API of the cluster, `external.metrics.k8s.io`.

use std::collections::BTreeMap;

use http::{Method, Request};
use serde_json::Value;

use super::Trouble;
use super::number::escape;
use crate::spec::quantity::Quantity;

/// What is metered in quantities is a number of nanos.
const NANOS: f64 = 1e9;

/// The sum over all series of a metric.
pub(super) async fn value(
    cluster: &kube::Client,
    namespace: &str,
    metric: &str,
    selector: &BTreeMap<String, String>,
) -> Result<f64, Trouble> {
    let labels = selector
        .iter()
        .map(|(label, value)| format!("{label}={value}"));
    let labels = labels.collect::<Vec<_>>().join(",");
    let target = format!(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/{}/{}?labelSelector={}",
        escape(namespace),
        escape(metric),
        escape(&labels)
    );
    let request = Request::builder()
        .method(Method::GET)
        .uri(target)
        .body(Vec::new())
        .map_err(|_| Trouble::Error("the metric cannot be asked for".to_owned()))?;
    let list: Value = cluster.request(request).await.map_err(|error| match error {
        kube::Error::Api(status) if status.code == 404 => Trouble::Error(format!(
            "the cluster has no external metric `{metric}`: an adapter such as the one of Prometheus provides it"
        )),
        kube::Error::Api(status) => Trouble::Error(status.message),
        other => Trouble::Error(other.to_string()),
    })?;
    sum(metric, &list)
}

fn sum(metric: &str, list: &Value) -> Result<f64, Trouble> {
    let items = list.get("items").and_then(Value::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        return Err(Trouble::NoData(format!(
            "external metric `{metric}` has no series"
        )));
    }
    let values = items.iter().map(|item| {
        let text = item
            .get("value")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let quantity: Option<Quantity> = text.parse().ok();
        quantity.map(|it| real(it.nanos()) / NANOS).ok_or_else(|| {
            Trouble::Error(format!(
                "external metric `{metric}` is `{text}`, which is no quantity"
            ))
        })
    });
    values.sum()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a metric has no more digits that count"
)]
fn real(nanos: u128) -> f64 {
    nanos as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_series_of_a_metric_add_up() {
        let list = |values: &[&str]| {
            let items: Vec<Value> = values.iter().map(|it| json!({"value": it})).collect();
            json!({"items": items})
        };
        assert_eq!(sum("queue", &list(&["1500m", "2", "1k"])), Ok(1003.5));
        assert!(matches!(sum("queue", &list(&[])), Err(Trouble::NoData(_))));
        assert!(matches!(
            sum("queue", &list(&["x"])),
            Err(Trouble::Error(_))
        ));
    }
}
