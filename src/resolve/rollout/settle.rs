//! From the `rollout` block to the stages it means.

use super::super::case::Case;
use super::super::{Class, Port, serve};
use super::check::{self, Written};
use super::{ApproveGate, Exposure, Gate, HeaderMatch, HeaderValue, Rollout, Route, Stage, Style};
use crate::spec::calendar::CalendarName;
use crate::spec::gate::{Bake, GateSpec};
use crate::spec::measure::Percent;
use crate::spec::rollout::{HeaderSpec, RolloutSpec, StageSpec};
use crate::spec::strategy::Replicas;

/// How a change reaches the strategy.
pub(in super::super) fn settle(case: &mut Case, ports: &[Port]) -> Rollout {
    let class = case.spec.class;
    let mut rollout = Rollout::of(class);
    let Some(spec) = case.spec.rollout.clone() else {
        return rollout;
    };
    check::fields(case);
    rollout.approve = approve(case, &spec);
    rollout.route = route(case, &spec, ports);
    if class == Class::Service {
        check::one_style(case);
        let (style, stages) = styled(case, &spec);
        rollout.style = style;
        rollout.stages = named(case, stages);
    }
    if let (Some(watch), Some(last)) = (&spec.watch, rollout.stages.last_mut()) {
        let watch = gates(case, "/rollout/watch", watch.lasts.as_ref(), &watch.gates);
        last.gates.extend(watch);
    }
    let switched = [&spec.blue_green, &spec.standby_first];
    rollout.keep_for = switched.into_iter().flatten().find_map(|it| it.keep_for);
    rollout.sessions = sessions(case);
    rollout.window.clone_from(&spec.window);
    rollout.must_finish_within = spec.must_finish_within;
    rollout.progress_deadline = check::progress_deadline(case, spec.progress_deadline);
    rollout.on_failure = spec.on_failure.unwrap_or(rollout.on_failure);
    rollout.on_new_revision = spec.on_new_revision.unwrap_or_default();
    rollout.bootstrap = spec.bootstrap.unwrap_or_default();
    rollout.rollback_window = check::rollback_window(case, spec.rollback_window);
    rollout
}

/// Who has to approve before it begins.
fn approve(case: &mut Case, spec: &RolloutSpec) -> Vec<ApproveGate> {
    let mut approve = Vec::new();
    for (index, spec) in spec.approve.iter().enumerate() {
        match ApproveGate::try_from(spec.clone()) {
            Ok(gate) => approve.push(gate),
            Err(error) => {
                let pointer = format!("/rollout/approve/{index}");
                case.error("bad-gate", &pointer, error.message, error.help);
            }
        }
    }
    approve
}

/// The calendars of the venues that it trades on; what has none is told elsewhere.
fn sessions(case: &Case) -> Vec<CalendarName> {
    let venues = case.spec.sessions.iter().flatten();
    let calendars = venues.filter_map(|venue| venue.to_string().parse().ok());
    calendars.collect()
}

/// The style, and its stages, the last one included where it is written.
fn styled(case: &mut Case, spec: &RolloutSpec) -> (Style, Vec<Written>) {
    if let Some(stages) = &spec.canary {
        let stages = canary(case, stages);
        check::beside(case, "canary");
        check::weights(case, &stages);
        return (Style::Canary, stages);
    }
    if let Some(switch) = &spec.blue_green {
        let stage = sole(case, "blueGreen", (&switch.lasts, &switch.gates));
        return (Style::BlueGreen, vec![stage(Exposure::Preview)]);
    }
    if let Some(switch) = &spec.standby_first {
        let stage = sole(case, "standbyFirst", (&switch.lasts, &switch.gates));
        return (Style::StandbyFirst, vec![stage(Exposure::Standby)]);
    }
    if let Some(ab) = &spec.ab {
        check::needs_route(case, "/rollout/ab");
        let stage = sole(case, "ab", (&ab.lasts, &ab.gates));
        let matches = headers(case, "/rollout/ab/match", &ab.matches);
        return (Style::Ab, vec![stage(Exposure::Match(matches))]);
    }
    if let Some(mirror) = &spec.mirror {
        check::needs_route(case, "/rollout/mirror");
        let stage = sole(case, "mirror", (&mirror.lasts, &mirror.gates));
        let share = share(case, "/rollout/mirror/share", mirror.share);
        return (Style::Mirror, vec![stage(Exposure::Mirror(share))]);
    }
    (Style::Rolling, rolling(case, spec.rolling.as_deref()))
}

/// The stage of a style that has one, once it is known how far that lets the new version in.
fn sole(
    case: &mut Case,
    style: &str,
    (lasts, specs): (&Option<Bake>, &[GateSpec]),
) -> impl FnOnce(Exposure) -> Written + use<> {
    check::beside(case, style);
    let pointer = format!("/rollout/{style}");
    let gates = gates(case, &pointer, lasts.as_ref(), specs);
    move |exposure| Written {
        pointer,
        name: None,
        exposure,
        gates,
    }
}

/// The gates of a stage. How long it lasts is the first of them.
fn gates(case: &mut Case, pointer: &str, lasts: Option<&Bake>, specs: &[GateSpec]) -> Vec<Gate> {
    let lasts = lasts.map(|lasts| GateSpec {
        bake: Some(lasts.clone()),
        ..GateSpec::default()
    });
    let lasts = lasts.into_iter().map(|spec| (pointer.to_owned(), spec));
    let specs = specs.iter().cloned().enumerate();
    let specs = specs.map(|(index, spec)| (format!("{pointer}/gates/{index}"), spec));
    let mut gates = Vec::new();
    for (pointer, spec) in lasts.chain(specs) {
        match Gate::try_from(spec) {
            Ok(gate) => gates.push(gate),
            Err(error) => check::gate(case, &pointer, error),
        }
    }
    gates
}

fn rolling(case: &mut Case, stages: Option<&[StageSpec]>) -> Vec<Written> {
    let Some(stages) = stages else {
        return Vec::new();
    };
    check::not_empty(case, "/rollout/rolling", stages.len());
    let keeps_state = !case.spec.state.is_empty();
    let mut written = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let pointer = format!("/rollout/rolling/{index}");
        check::only(case, &pointer, stage, &["pods"]);
        let exposure = match stage.pods {
            Some(_) if !keeps_state => {
                check::no_partition(case, &pointer);
                continue;
            }
            Some(amount) => Exposure::Pods(amount),
            None => {
                check::last(case, &pointer, index, stages.len());
                Exposure::Full
            }
        };
        written.push(one_of(case, pointer, stage, exposure));
    }
    check::pods(case, &written);
    written
}

fn canary(case: &mut Case, stages: &[StageSpec]) -> Vec<Written> {
    check::not_empty(case, "/rollout/canary", stages.len());
    let mut written = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let pointer = format!("/rollout/canary/{index}");
        check::only(case, &pointer, stage, &["weight", "match", "mirror"]);
        let exposure = if let Some(weight) = stage.weight {
            Exposure::Weight(weight)
        } else if let Some(matches) = &stage.matches {
            check::needs_route(case, &format!("{pointer}/match"));
            Exposure::Match(headers(case, &format!("{pointer}/match"), matches))
        } else if let Some(share) = stage.mirror {
            check::needs_route(case, &format!("{pointer}/mirror"));
            let share = self::share(case, &format!("{pointer}/mirror"), Some(share));
            Exposure::Mirror(share)
        } else {
            check::last(case, &pointer, index, stages.len());
            Exposure::Full
        };
        written.push(one_of(case, pointer, stage, exposure));
    }
    written
}

fn one_of(case: &mut Case, pointer: String, stage: &StageSpec, exposure: Exposure) -> Written {
    let gates = gates(case, &pointer, stage.lasts.as_ref(), &stage.gates);
    Written {
        pointer,
        name: stage.name.clone(),
        exposure,
        gates,
    }
}

/// A share that is copied: all of it unless said otherwise.
fn share(case: &mut Case, pointer: &str, share: Option<Percent>) -> Percent {
    let share = share.unwrap_or(Percent::WHOLE);
    check::share(case, pointer, share);
    share
}

fn headers(case: &mut Case, pointer: &str, headers: &[HeaderSpec]) -> Vec<HeaderMatch> {
    check::not_empty(case, pointer, headers.len());
    let mut settled = Vec::new();
    for (index, spec) in headers.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let value = match (&spec.value, &spec.pattern) {
            (Some(value), None) if !value.is_empty() => HeaderValue::Exact(value.clone()),
            (None, Some(pattern)) if !pattern.is_empty() => HeaderValue::Pattern(pattern.clone()),
            _ => {
                check::header_value(case, &pointer);
                continue;
            }
        };
        check::portable(case, &pointer, spec);
        settled.push(HeaderMatch {
            header: spec.header.clone(),
            value,
        });
    }
    settled
}

/// Names the stages by what they do, and adds the last one.
fn named(case: &mut Case, written: Vec<Written>) -> Vec<Stage> {
    let mut full = Stage::full();
    let mut stages: Vec<Stage> = Vec::new();
    for stage in written {
        let taken = |name: &str| name == full.name || stages.iter().any(|it| it.name == name);
        if check::is_whole(&stage.exposure) {
            full.gates.extend(stage.gates);
            continue;
        }
        let name = match stage.name {
            Some(name) => {
                check::name(case, &stage.pointer, &name, taken(&name));
                name
            }
            None => free(&default_name(&stage.exposure), taken),
        };
        stages.push(Stage {
            name,
            exposure: stage.exposure,
            gates: stage.gates,
        });
    }
    stages.push(full);
    stages
}

fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    let mut free = numbered.filter(|name| !taken(name));
    free.next().expect("one of all numbers is free")
}

fn default_name(exposure: &Exposure) -> String {
    match exposure {
        Exposure::Pods(amount) => format!("pods-{amount}"),
        Exposure::Weight(weight) => weight.to_string(),
        Exposure::Match(_) => "match".to_owned(),
        Exposure::Mirror(_) => "mirror".to_owned(),
        Exposure::Preview => "preview".to_owned(),
        Exposure::Standby => "standby".to_owned(),
        Exposure::Full => "full".to_owned(),
    }
}

fn route(case: &mut Case, spec: &RolloutSpec, ports: &[Port]) -> Option<Route> {
    let route = spec.route.as_ref()?;
    let port = match (&route.port, ports) {
        (None, [only]) => only,
        (None, _) => {
            check::route_port(case, ports.len());
            return None;
        }
        (Some(port), _) => serve::find(case, "/rollout/route/port", port, ports)?,
    };
    let mut hostnames = route.hostnames.clone();
    hostnames.sort();
    hostnames.dedup();
    check::hostnames(case, hostnames.len());
    check::lets_gateway_in(case, port.port);
    Some(Route {
        gateway: route.gateway.clone(),
        listener: route.listener.as_ref().map(|it| it.as_str().to_owned()),
        hostnames,
        port: port.port,
    })
}

/// The most pods that the strategy has unless something scales it further.
pub(super) fn most_pods(case: &Case) -> u32 {
    match case.spec.replicas {
        Some(Replicas::Fixed(count)) => count,
        Some(Replicas::Range { max, .. }) => max,
        None => 1,
    }
}
