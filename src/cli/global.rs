//! Options of every command, and of every command that talks to a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// Options of every command.
#[derive(Debug, Args)]
pub struct GlobalOptions {
    /// When to use colour.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        env = "TIDEGATE_COLOUR",
        alias = "color"
    )]
    pub colour: ColourChoice,
    /// What to log, as `tracing` filters: `info`, `tidegate=debug`.
    #[arg(long, global = true, value_name = "FILTER", env = "TIDEGATE_LOG")]
    pub log: Option<String>,
    /// How to log.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        env = "TIDEGATE_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for a person.
    Text,
    /// One JSON document a line.
    Json,
}

/// Which cluster, as whom.
#[derive(Debug, Clone, Args)]
pub struct ClusterOptions {
    /// The kubeconfig file; without one, `KUBECONFIG`, `~/.kube/config`, or the pod's own account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The namespace that Tidegate keeps its records in.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "tidegate-system",
        env = "TIDEGATE_NAMESPACE"
    )]
    pub namespace: String,
    /// How long the API server may take to answer one call; 40 seconds if not told.
    #[arg(long, value_name = "DURATION", value_parser = waiting)]
    pub request_timeout: Option<Duration>,
}

/// A duration in which something can happen.
fn waiting(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| match time {
        Duration::ZERO => Err("give it at least `1s`".to_owned()),
        time => Ok(time),
    })
}

/// Reads `90s`, `10m`, `2h` or `1d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is not a duration: write a number with `s`, `m`, `h` or `d`, for example `10m`"
        )
    };
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number: u64 = text
        .strip_suffix(unit)
        .and_then(|n| n.parse().ok())
        .ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_no_time_to_wait() {
        assert_eq!(waiting("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(waiting("0m"), Err("give it at least `1s`".to_owned()));
    }

    #[test]
    fn durations_carry_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        for text in ["", "10", "m", "-1m", "1.5h", "99999999999999999999d"] {
            assert!(
                duration(text).unwrap_err().contains("is not a duration"),
                "{text}"
            );
        }
    }
}
