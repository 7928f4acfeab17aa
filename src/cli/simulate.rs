//! Options of `simulate`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{FleetOptions, Output};
use crate::spec::metric::HttpUrl;

/// Options of `simulate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: tidegate simulate alpha-signals --data fills.csv\n\n\
The file has a header and a row a value, such as\n\n  \
time,metric,track,value,samples\n  \
2026-11-02T14:30:00Z,rejectRatio,candidate,0.004,120\n\n\
`time` is an instant or seconds since 1970, `track` is `candidate` or `stable`, and `samples` says\n\
how many things the value is about; it may be empty.",
    group(clap::ArgGroup::new("recording").args(["data", "prometheus"]).required(true))
)]
pub struct SimulateOptions {
    /// The strategy.
    #[arg(value_name = "STRATEGY")]
    pub strategy: String,
    /// Which fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
    /// The recorded metrics, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// A Prometheus server that has recorded them.
    #[arg(long, value_name = "URL", requires = "from", requires = "to")]
    pub prometheus: Option<HttpUrl>,
    /// The rollout begins at this instant; without it, where the recording does.
    #[arg(long, value_name = "INSTANT")]
    pub from: Option<Timestamp>,
    /// The recording ends at this instant.
    #[arg(long, value_name = "INSTANT", requires = "prometheus")]
    pub to: Option<Timestamp>,
    /// The track whose values in Prometheus stand for those of the candidate.
    #[arg(long, value_name = "TRACK", default_value = "main")]
    pub candidate_track: String,
    /// The track whose values in Prometheus stand for those of what runs beside it.
    #[arg(long, value_name = "TRACK", default_value = "main")]
    pub stable_track: String,
    /// A folder with the Secrets that the metrics' `headers` name, each as a folder of its name.
    #[arg(long, value_name = "DIR", requires = "prometheus")]
    pub gate_secrets: Option<PathBuf>,
    /// How to print what came of it.
    #[arg(long, short, value_enum, default_value = "text")]
    pub output: Output,
}
