//! `tidegate plan`.

mod live;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::input::{self, Input};
use super::{Exit, Failure, Screen};
use crate::cli::{PlanOptions, PlanOutput};
use crate::forecast::{self, Forecast, Premise};
use crate::spec::metric::MetricName;

pub(super) fn run(options: &PlanOptions, screen: Screen) -> Result<Exit, Failure> {
    let head = Input::from_folder(&options.fleet)?;
    head.tell_findings(screen);
    let rates: BTreeMap<MetricName, f64> = options
        .rate
        .iter()
        .map(|rate| (rate.metric.clone(), rate.samples))
        .collect();
    let premise = Premise {
        at: options.at.unwrap_or_else(Timestamp::now),
        rates: &rates,
    };
    let mut forecast = if options.live {
        live::forecast(options, &head, premise)?
    } else {
        let base = Input::from_revision(&options.fleet, &options.base)?;
        let preview = input::preview(&options.fleet, &base, &head)?;
        forecast::forecast(preview, &base.build, &head.build, premise)
    };
    only(&mut forecast, &head, &options.strategy)?;
    match options.output {
        PlanOutput::Text => screen.data(&forecast::text(&forecast, screen.out_colour()))?,
        PlanOutput::Json => screen.json(&forecast::json(&forecast))?,
        PlanOutput::Svg => match forecast::svg(&forecast) {
            Some(picture) => screen.data(&picture)?,
            None => screen.words("nothing that changes goes through stages\n"),
        },
    }
    let found = if forecast.units.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    };
    Ok(found.and(head.exit(Exit::SpecErrors)))
}

/// Keeps the strategies that were named. One that nobody has is a mistake, unless it leaves.
fn only(forecast: &mut Forecast, head: &Input, names: &[String]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    for name in names {
        let changes = |it: &forecast::Coming| it.row.unit.release_name() == *name;
        if !forecast.units.iter().any(changes) {
            head.bundles(std::slice::from_ref(name))?;
        }
    }
    let before = forecast.units.len();
    forecast
        .units
        .retain(|it| names.contains(&it.row.unit.release_name()));
    if forecast.units.len() < before || forecast.unchanged > 0 {
        forecast.unchanged = names.len().saturating_sub(forecast.units.len());
    }
    Ok(())
}
