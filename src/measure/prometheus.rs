//! Prometheus' HTTP API: the value of a query now, and its values over a span of time. Loki has the
//! same one for queries that count.

use std::collections::BTreeMap;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::Trouble;
use super::number::{escape, read};
use crate::outbound::Http;
use crate::rollout::statistics::Point;
use crate::spec::measure::Duration;
use crate::spec::metric::HttpUrl;

/// A server with that API.
pub(super) struct Server<'a> {
    http: &'a Http,
    name: &'static str,
    address: HttpUrl,
    headers: HeaderMap,
}

/// A span of time, in steps.
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) step: Duration,
}

/// What the API answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status: String,
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

impl<'a> Server<'a> {
    pub(super) fn new(
        http: &'a Http,
        name: &'static str,
        address: HttpUrl,
        headers: HeaderMap,
    ) -> Self {
        Self {
            http,
            name,
            address,
            headers,
        }
    }

    /// The one value of a query, and of the query for how many samples it is about.
    pub(super) async fn value(
        &self,
        query: &str,
        samples: Option<&str>,
        now: Timestamp,
    ) -> Result<(f64, Option<f64>), Trouble> {
        let Some(samples) = samples else {
            return Ok((self.instant("query", query, now).await?, None));
        };
        let samples = match self.instant("samples", samples, now).await {
            // Without a series nothing was counted yet.
            Err(Trouble::NoData(_)) => 0.0,
            samples => samples?,
        };
        match self.instant("query", query, now).await {
            Err(Trouble::NoData(_)) if samples == 0.0 => Ok((f64::NAN, Some(samples))),
            value => Ok((value?, Some(samples))),
        }
    }

    /// The values of a query, each with its labels.
    pub(super) async fn values(
        &self,
        query: &str,
        now: Timestamp,
    ) -> Result<Vec<(BTreeMap<String, String>, f64)>, Trouble> {
        let series = parse(self.vector("query", query, now).await?)?;
        let value = |Series { metric, value, .. }: Series| {
            let (_, text) = value?;
            Some(read(&text).map(|value| (metric, value)).ok_or(text))
        };
        let values: Result<Vec<_>, String> = series.into_iter().filter_map(value).collect();
        values.map_err(|text| Trouble::Error(format!("its `query` gives `{text}`")))
    }

    /// The one value of a query.
    pub(super) async fn instant(
        &self,
        what: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<f64, Trouble> {
        single(what, self.vector(what, query, now).await?)
    }

    async fn vector(&self, what: &str, query: &str, now: Timestamp) -> Result<Value, Trouble> {
        let form = format!("query={}&time={}", escape(query), seconds(now));
        let data = self.call("query", what, form).await?;
        match data.result_type.as_str() {
            "vector" => Ok(data.result),
            other => Err(wrong_type(what, other)),
        }
    }

    /// The values of a query over a span of time, with how many samples each is about.
    pub(super) async fn series(
        &self,
        query: &str,
        samples: Option<&str>,
        span: &Span,
    ) -> Result<Vec<Point>, Trouble> {
        let values = self.range("query", query, span).await?;
        let counts: Option<BTreeMap<i64, f64>> = match samples {
            Some(samples) => Some(self.range("samples", samples, span).await?.collect()),
            None => None,
        };
        let points = values.filter_map(|(millis, value)| {
            Some(Point {
                at: Timestamp::from_millisecond(millis).ok()?,
                value,
                samples: counts
                    .as_ref()
                    .map(|counts| counts.get(&millis).copied().unwrap_or(0.0)),
            })
        });
        Ok(points.collect())
    }

    async fn range(
        &self,
        what: &str,
        query: &str,
        span: &Span,
    ) -> Result<impl Iterator<Item = (i64, f64)> + use<>, Trouble> {
        let step = span.step.seconds();
        // What is measured before the first step has passed is about the time before.
        let first = span
            .from
            .checked_add(SignedDuration::from_secs(i64::from(step)));
        let first = first.unwrap_or(Timestamp::MAX);
        let mut points = Vec::new();
        if first <= span.until {
            let form = format!(
                "query={}&start={}&end={}&step={step}",
                escape(query),
                seconds(first),
                seconds(span.until)
            );
            let data = self.call("query_range", what, form).await?;
            points = over_time(what, data)?;
        }
        let number = |(at, text): (f64, String)| Some((millis(at), read(&text)?));
        Ok(points.into_iter().filter_map(number))
    }

    async fn call(&self, endpoint: &str, what: &str, form: String) -> Result<Data, Trouble> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/api/v1/{endpoint}", self.address))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())
            .map_err(|_| Trouble::Error("its address cannot be asked".to_owned()))?;
        request.headers_mut().extend(self.headers.clone());
        let answer = self.http.ask(request, self.http.deadline()).await?;
        let reply: Reply = serde_json::from_slice(&answer.body).map_err(|_| {
            Trouble::Error(format!(
                "what answers ({}) is no {}: {}",
                answer.status,
                self.name,
                answer.text()
            ))
        })?;
        if let ("success", Some(data)) = (reply.status.as_str(), reply.data) {
            return Ok(data);
        }
        let why = reply.error.unwrap_or_else(|| answer.status.to_string());
        let why = format!("{} refuses its `{what}`: {why}", self.name);
        Err(Trouble::Error(why))
    }
}

/// The one value of a vector.
fn single(what: &str, result: Value) -> Result<f64, Trouble> {
    let series = parse(result)?;
    let count = series.len();
    let mut series = series.into_iter();
    match (series.next(), count) {
        (None, _) => Err(Trouble::NoData(format!("its `{what}` gives no series"))),
        (
            Some(Series {
                value: Some((_, text)),
                ..
            }),
            1,
        ) => read(&text).ok_or_else(|| Trouble::Error(format!("its `{what}` gives `{text}`"))),
        (Some(_), _) => Err(several(what, count)),
    }
}

fn over_time(what: &str, data: Data) -> Result<Vec<(f64, String)>, Trouble> {
    if data.result_type != "matrix" {
        return Err(wrong_type(what, &data.result_type));
    }
    let series = parse(data.result)?;
    match series.len() {
        0 => Ok(Vec::new()),
        1 => Ok(series
            .into_iter()
            .flat_map(|series| series.values)
            .collect()),
        count => Err(several(what, count)),
    }
}

fn parse(result: Value) -> Result<Vec<Series>, Trouble> {
    serde_json::from_value(result)
        .map_err(|_| Trouble::Error("it answers in a form that is not known".to_owned()))
}

fn several(what: &str, count: usize) -> Trouble {
    Trouble::Error(format!(
        "its `{what}` gives {count} series instead of one: put `sum(…)`, `max(…)` or the like around it, or select by more labels"
    ))
}

fn wrong_type(what: &str, found: &str) -> Trouble {
    Trouble::Error(match found {
        "matrix" => format!(
            "its `{what}` ends in a range such as `[5m]` and gives a matrix: put `rate(…)`, `avg_over_time(…)` or the like around it"
        ),
        "scalar" => format!(
            "its `{what}` gives a scalar, which is a number even where there is no data: leave `scalar(…)` out, or write `vector(…)` if a constant is meant"
        ),
        "streams" => {
            format!("its `{what}` gives lines of a log: put `count_over_time(…)` around it")
        }
        other => format!("its `{what}` gives a {other} instead of one number"),
    })
}

/// Seconds with milliseconds, as Prometheus takes them.
fn seconds(at: Timestamp) -> String {
    let millis = at.as_millisecond();
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an instant in milliseconds is far below 2⁵³"
)]
fn millis(at: f64) -> i64 {
    (at * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_vector_has_one_value_or_a_reason() {
        let series = |value: &str| json!({"metric": {}, "value": [1.5, value]});
        let of = |result: &[Value]| single("query", Value::Array(result.to_vec()));
        assert_eq!(of(&[series("0.5")]), Ok(0.5));
        assert!(of(&[series("NaN")]).unwrap().is_nan());
        let none = of(&[]).unwrap_err();
        assert_eq!(
            none,
            Trouble::NoData("its `query` gives no series".to_owned())
        );
        let two = of(&[series("1"), series("2")]).unwrap_err().to_string();
        assert!(two.contains("2 series instead of one"), "{two}");
    }

    #[test]
    fn instants_have_milliseconds() {
        let at = Timestamp::from_millisecond(1_700_000_000_042).unwrap();
        assert_eq!(seconds(at), "1700000000.042");
        assert_eq!(millis(1_700_000_000.042), 1_700_000_000_042);
    }
}
