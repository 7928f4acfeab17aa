//! Who may approve a strategy's changes, and what every plan has to ask at least.

use std::collections::BTreeMap;

use super::case::Case;
use super::rollout::{ApproveGate, Rollout};
use super::tables::Tables;
use crate::diagnostic::{Diagnostic, Span};
use crate::people::{Authority, Identity, People, Person, Signed};
use crate::spec::fleet::FloorSpec;
use crate::spec::gate::{Approver, Gate, GateKind};
use crate::spec::overriding::OverrideFloor;
use crate::yaml::Node;

/// A floor's gate, and where it is written.
struct Floor {
    gate: Gate,
    span: Span,
}

/// The people and the floor that come with a strategy; `None` where nobody has to be asked. Tells
/// when its plan asks for less than its floor, or for people that there are not.
pub(super) fn settle(case: &mut Case, rollout: &Rollout) -> Option<Authority> {
    let floors = floors(case);
    for floor in floors.iter().filter(|floor| !rollout.asks_for(&floor.gate)) {
        let message = format!("its rollout does not ask for {}", floor.gate);
        let finding = Diagnostic::error("below-floor", case.span("/rollout"), message)
            .with_label(floor.span.clone(), "this is what it has to ask at least")
            .with_help(help(&floor.gate));
        case.findings.push(finding);
    }
    let people = people(case.tables);
    for asked in rollout.approvals() {
        if let Some(finding) = too_few(case, &people, asked) {
            case.findings.push(finding);
        }
    }
    let signed = signed(case.tables);
    let floor: Vec<Gate> = floors.into_iter().map(|floor| floor.gate).collect();
    let asks = |gate: &Gate| matches!(gate.kind, GateKind::Approve(_));
    let is_asked = rollout.approvals().next().is_some() || floor.iter().any(asks);
    let overrides = overrides(case);
    let is_asked = is_asked || !signed.is_empty() || !overrides.is_empty();
    is_asked.then_some(Authority {
        people,
        floor,
        overrides,
        signed,
    })
}

fn help(gate: &Gate) -> String {
    match &gate.kind {
        GateKind::Approve(_) => format!(
            "add it to `rollout.approve`, as in `approve: [{}]`, or to the gates of a stage",
            flow(gate)
        ),
        _ => format!("add `{gate}` to the gates of a stage"),
    }
}

/// What stands behind `approve:` of a gate.
fn flow(gate: &Gate) -> String {
    let text = gate.to_string();
    let inner = text.strip_prefix("{approve: ");
    let inner = inner.and_then(|it| it.strip_suffix('}'));
    inner.map_or_else(|| text.clone(), str::to_owned)
}

/// What comes with a desk, of which nobody is asked but whoever signs.
pub(super) fn of_desk(tables: &Tables) -> Option<Authority> {
    let signed = signed(tables);
    (!signed.is_empty()).then(|| Authority {
        people: people(tables),
        floor: Vec::new(),
        overrides: Vec::new(),
        signed,
    })
}

/// Which files' changes have to be signed.
fn signed(tables: &Tables) -> Signed {
    Signed::of(&tables.fleet_spec.signatures)
}

/// Everybody of the fleet.
pub(super) fn people(tables: &Tables) -> People {
    People::of(tables.fleet_spec.people.iter().map(Person::of))
}

/// The gates that the fleet and the desk ask of the strategy.
fn floors(case: &Case) -> Vec<Floor> {
    let all = written(case);
    all.flat_map(|(node, floors)| gates(node, floors, |floor| applies(floor, case)))
        .collect()
}

/// What overriding takes, as the fleet and the desk say.
fn overrides(case: &Case) -> Vec<OverrideFloor> {
    let floors = written(case).flat_map(|(_, floors)| floors);
    let floors = floors.filter(|floor| applies(floor, case));
    floors
        .filter_map(|floor| floor.overriding.clone())
        .collect()
}

/// The floors of the fleet and of the desk.
fn written<'t>(case: &Case<'t>) -> impl Iterator<Item = (&'t Node, &'t [FloorSpec])> {
    let tables = case.tables;
    let desk = tables.desks.get(&case.document.desk);
    let of_desk = desk.and_then(|desk| Some((&desk.node, &*desk.spec.as_ref()?.floors)));
    let of_fleet = Some((&tables.fleet.node, &*tables.fleet_spec.floors));
    [of_fleet, of_desk].into_iter().flatten()
}

fn applies(floor: &FloorSpec, case: &Case) -> bool {
    floor.class.is_none_or(|it| it == case.spec.class)
        && floor.mode.is_none_or(|it| Some(it) == case.spec.mode)
}

/// The gates of some floors. What is none is told once, by [`check`].
fn gates(node: &Node, floors: &[FloorSpec], applies: impl Fn(&FloorSpec) -> bool) -> Vec<Floor> {
    let mut gates = Vec::new();
    for (index, floor) in floors.iter().enumerate().filter(|(_, it)| applies(it)) {
        for (number, spec) in floor.gates.iter().enumerate() {
            let pointer = format!("/spec/floors/{index}/gates/{number}");
            if let Ok(gate) = Gate::try_from(spec.clone()) {
                let span = node.nearest(&pointer).span.clone();
                gates.push(Floor { gate, span });
            }
        }
    }
    gates
}

/// What is wrong with people and floors by themselves.
pub(super) fn check(tables: &Tables) -> Vec<Diagnostic> {
    let mut findings = shared_names(tables);
    findings.extend(bad_gates(&tables.fleet.node, &tables.fleet_spec.floors));
    for desk in tables.desks.values() {
        let floors = desk.spec.as_ref().map(|spec| spec.floors.as_slice());
        findings.extend(bad_gates(&desk.node, floors.unwrap_or_default()));
    }
    findings
}

fn bad_gates(node: &Node, floors: &[FloorSpec]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, floor) in floors.iter().enumerate() {
        for (number, spec) in floor.gates.iter().enumerate() {
            let Err(error) = Gate::try_from(spec.clone()) else {
                continue;
            };
            let field = error
                .field
                .map_or_else(String::new, |field| format!("/{field}"));
            let pointer = format!("/spec/floors/{index}/gates/{number}{field}");
            let span = node.nearest(&pointer).span.clone();
            let finding = Diagnostic::error("bad-gate", span, error.message);
            findings.push(finding.with_help(error.help));
        }
    }
    findings
}

/// Names that two people have: nobody is known under them.
fn shared_names(tables: &Tables) -> Vec<Diagnostic> {
    let mut first: BTreeMap<Identity, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, spec) in tables.fleet_spec.people.iter().enumerate() {
        for identity in Person::of(spec).identities() {
            let Some(other) = first.insert(identity.clone(), index) else {
                continue;
            };
            let span = |index: usize| tables.fleet_span(&format!("/spec/people/{index}/name"));
            let message = format!("{identity} is two people's");
            let finding = Diagnostic::error("ambiguous-person", span(index), message)
                .with_label(span(other), "the other one")
                .with_help("leave it to one of them: nobody is known under it now");
            findings.push(finding);
        }
    }
    findings
}

/// A finding if no such people are there that an approval asks for. Who is in a group is not known
/// here.
fn too_few(case: &Case, people: &People, asked: &ApproveGate) -> Option<Diagnostic> {
    let Approver::Role(role) = &asked.by else {
        return None;
    };
    let desk = &case.document.desk;
    let there = people.with(role, desk).count();
    if there >= usize::try_from(asked.quorum).unwrap_or(usize::MAX) {
        return None;
    }
    let message = format!("{asked} has to approve, and `people` has {there} for desk `{desk}`");
    let finding = Diagnostic::error("no-approver", case.span("/rollout"), message);
    Some(finding.with_help(format!(
        "give people the role `{role}` in `tidegate.yaml`, or ask others"
    )))
}
