//! A recording out of a Prometheus server's past.

use crate::cli::SimulateOptions;
use crate::cmd::{Exit, Failure, Screen, runtime};
use crate::compile::Bundle;
use crate::measure::{Measurer, Settings};
use crate::replay::{self, Recording};
use crate::rollout::gates::Source;
use crate::spec::metric::HttpUrl;

/// Asks the server for every series that a gate would.
pub(super) fn ask(
    options: &SimulateOptions,
    server: &HttpUrl,
    bundle: &Bundle,
    screen: Screen,
) -> Result<Recording, Failure> {
    let (Some(from), Some(to)) = (options.from, options.to) else {
        return Err(Failure::usage("--prometheus needs --from and --to"));
    };
    if to <= from {
        return Err(Failure::usage("--to is not after --from"));
    }
    let measurer = Measurer::new(
        Settings {
            secrets: options.gate_secrets.clone(),
            ..Settings::default()
        },
        None,
    )?;
    let mut recording = Recording::default();
    let runtime = runtime()?;
    for series in replay::series(bundle, &options.candidate_track, &options.stable_track) {
        let name = &series.metric;
        let source = at_server(series.source, server).ok_or_else(|| {
            let message =
                format!("`{name}` is no `prometheus` metric, so nothing is recorded of it");
            Failure::usage(message).with_help("record it in a file, and give that with --data")
        })?;
        let past = measurer.past(&source, (from, to), series.step);
        let points = runtime.block_on(past).map_err(|why| Failure {
            exit: Exit::World,
            message: format!("failed to read the past of `{name}`: {why}"),
            help: None,
        })?;
        if points.is_empty() {
            let side = series.side.as_str();
            screen.words(&format!(
                "`{name}` of the {side} has no value in this time\n"
            ));
        }
        for point in points {
            recording.add(name, series.side, point);
        }
    }
    if recording.first().is_none() {
        let message = "the server has no value of any of the gates' metrics in this time";
        return Err(Failure::usage(message).with_help(
            "give another --from and --to, or the tracks that were recorded: --candidate-track, --stable-track",
        ));
    }
    Ok(recording)
}

/// The same query to another server; `None` where it is none of Prometheus.
fn at_server(source: Source, server: &HttpUrl) -> Option<Source> {
    match source {
        Source::Prometheus {
            query,
            samples,
            headers,
            ..
        } => Some(Source::Prometheus {
            address: server.clone(),
            query,
            samples,
            headers,
        }),
        Source::Loki { .. } | Source::Http { .. } | Source::External { .. } => None,
    }
}
