//! What a forced server-side apply of ours would write, found without asking the API server.
//!
//! A field of ours must read back equal and be recorded as ours; what is recorded as ours and no
//! longer emitted would be removed. The answer leans to one side: an empty drift means that an
//! apply changes nothing, while a drift that is not empty may still turn out to be none once a
//! dry-run has filled in defaults that the schema table does not know.
//!
//! Empty lists count as absent, which is how they are stored. Some kinds, NetworkPolicy among them,
//! count every apply of one as a new generation all the same: the compiler must not emit any.

use serde_json::{Map, Value};

use crate::diff::fields::{Fields, Items};
use crate::diff::owners::{Record, is_recorded};
use crate::diff::path::{Path, Step};
use crate::diff::schema::Shape;
use crate::diff::tree::{added, changed, is_equal, is_same_order, removed};
use crate::diff::{Change, Kind};
use crate::object::Object;

/// What an apply of `desired` would change in `live`; the module says what empty means.
pub fn drift(desired: &Object, live: &Object) -> Vec<Change> {
    let record = Record::of(live.value());
    let ours = record
        .ours()
        .filter(|entry| entry.api_version == desired.api_version())
        .map_or(Ours::Missing, |entry| Ours::Recorded(&entry.fields));
    let mut walk = Walk {
        live: live.value(),
        others: record.fields_of_others(),
        at: Path::root(),
        changes: Vec::new(),
    };
    walk.identity(desired.value());
    let id = desired.id();
    let shape = Shape::of(&id.group, &id.kind);
    walk.value(shape, desired.value(), Some(live.value()), ours);
    if walk.changes.is_empty() && record.is_empty() && has_unrecorded_fields(live.value()) {
        walk.ownership();
    }
    walk.changes
}

/// Whether a first apply, even of nothing, would record that somebody came before it.
fn has_unrecorded_fields(live: &Value) -> bool {
    live.as_object()
        .is_some_and(|live| !claims_nothing(&Path::root(), live))
}

/// Whether the API server records a place as ours.
#[derive(Debug, Clone, Copy)]
enum Ours<'a> {
    /// It does, with this below.
    Recorded(&'a Fields),
    /// It does not.
    Missing,
    /// It does not, and a place further up is going to say so.
    Told,
}

impl<'a> Ours<'a> {
    fn below(self, step: &Step) -> Self {
        match self {
            Self::Recorded(fields) => fields.child(step).map_or(Self::Missing, Self::Recorded),
            Self::Missing => Self::Missing,
            Self::Told => Self::Told,
        }
    }

    fn fields(self) -> Option<&'a Fields> {
        match self {
            Self::Recorded(fields) => Some(fields),
            Self::Missing | Self::Told => None,
        }
    }
}

struct Walk<'a> {
    live: &'a Value,
    others: Fields,
    at: Path,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn identity(&mut self, desired: &Value) {
        for name in ["apiVersion", "kind"] {
            if let (Some(want), Some(have)) = (desired.get(name), self.live.get(name))
                && want != have
            {
                self.changes.push(changed(Path::of([name]), have, want));
            }
        }
    }

    fn value(&mut self, shape: Shape, desired: &Value, live: Option<&Value>, ours: Ours<'_>) {
        match desired {
            // Nothing to be recorded, so nothing is missing from the record.
            Value::Object(desired)
                if ours.fields().is_none() && claims_nothing(&self.at, desired) => {}
            Value::Object(desired) if !is_replaced_whole(shape, desired, ours) => {
                self.telling(ours, |walk, ours| walk.fields(shape, desired, live, ours));
            }
            Value::Array(items) => match Pairing::of(shape, items, live, ours) {
                // An empty list of items that merge one by one claims nothing.
                Some(_) if items.is_empty() && ours.fields().is_none() => {}
                Some(pairing) => {
                    self.telling(ours, |walk, ours| walk.list(&pairing, items, live, ours));
                }
                None => self.leaf(shape, desired, live, ours),
            },
            _ => self.leaf(shape, desired, live, ours),
        }
    }

    /// Where nothing is recorded as ours, says so once, unless a value differs anyway.
    fn telling(&mut self, ours: Ours<'_>, compare: impl FnOnce(&mut Self, Ours<'_>)) {
        if !matches!(ours, Ours::Missing) {
            return compare(self, ours);
        }
        let told = self.changes.len();
        compare(self, Ours::Told);
        if self.changes.len() == told {
            self.ownership();
        }
    }

    fn fields(
        &mut self,
        shape: Shape,
        desired: &Map<String, Value>,
        live: Option<&Value>,
        ours: Ours<'_>,
    ) {
        let found = match live {
            Some(Value::Object(found)) => Some(found),
            None if desired.is_empty() && ours.fields().is_some() => None,
            other => return self.differs(&Value::Object(desired.clone()), other),
        };
        for (name, value) in desired {
            if is_recorded(&self.at, name) {
                let step = Step::Field(name.clone());
                let (live, ours) = (found.and_then(|found| found.get(name)), ours.below(&step));
                self.within(step, |walk| {
                    walk.value(shape.field(name), value, live, ours);
                });
            }
        }
        let dropped =
            |step: &Step| matches!(step, Step::Field(name) if !desired.contains_key(name));
        self.dropped(ours, dropped);
    }

    fn list(&mut self, pairing: &Pairing, items: &[Value], live: Option<&Value>, ours: Ours<'_>) {
        let found = live.and_then(Value::as_array);
        for (step, item) in pairing.desired.iter().zip(items) {
            let position = pairing.live.iter().position(|other| other == step);
            let live = found.zip(position).and_then(|(found, at)| found.get(at));
            let ours = ours.below(step);
            self.within(step.clone(), |walk| {
                walk.value(pairing.item, item, live, ours);
            });
        }
        self.dropped(ours, |step| !pairing.desired.contains(step));
        if !is_same_order(&pairing.live, &pairing.desired) {
            self.changes.push(Change {
                path: self.at.clone(),
                before: live.cloned(),
                after: Some(Value::Array(items.to_vec())),
                kind: Kind::Moved,
            });
        }
    }

    fn leaf(&mut self, shape: Shape, desired: &Value, live: Option<&Value>, ours: Ours<'_>) {
        let reads_back = match live {
            Some(live) => reads_back(shape, &shape.filled(desired), &shape.filled(live)),
            // A field that serialises to nothing when it is empty; had anybody else emptied it, it
            // would no longer be recorded as ours.
            None => ours.fields().is_some() && is_empty(desired),
        };
        if !reads_back {
            self.differs(desired, live);
        } else if matches!(ours, Ours::Missing) {
            self.ownership();
        }
    }

    /// What is recorded as ours and no longer emitted.
    fn dropped(&mut self, ours: Ours<'_>, is_dropped: impl Fn(&Step) -> bool) {
        for (step, below) in ours.fields().into_iter().flat_map(Fields::children) {
            if is_dropped(&step) {
                self.within(step, |walk| walk.gone(below));
            }
        }
    }

    /// What is recorded here as ours goes, as far up as the record reaches: a mapping that is not
    /// ours itself stays with what others have in it.
    fn gone(&mut self, ours: &Fields) {
        if !ours.is_owned {
            return self.dropped(Ours::Recorded(ours), |_| true);
        }
        match self.at.find(self.live) {
            Some(found) if !self.is_others() => {
                let change = removed(self.at.clone(), Some(found.clone()));
                self.changes.push(change);
            }
            Some(_) | None => self.ownership(),
        }
    }

    /// Whether somebody else owns this very place, so that it stays when we let go.
    fn is_others(&self) -> bool {
        let found = self
            .at
            .steps()
            .iter()
            .try_fold(&self.others, |fields, step| fields.child(step));
        found.is_some_and(|fields| fields.is_owned)
    }

    fn differs(&mut self, desired: &Value, live: Option<&Value>) {
        self.changes.push(match live {
            Some(live) => changed(self.at.clone(), live, desired),
            None => added(self.at.clone(), Some(desired.clone())),
        });
    }

    fn ownership(&mut self) {
        let value = self.at.find(self.live).cloned();
        self.changes.push(Change {
            path: self.at.clone(),
            before: value.clone(),
            after: value,
            kind: Kind::Ownership,
        });
    }

    fn within(&mut self, step: Step, walk: impl FnOnce(&mut Self)) {
        self.at.push(step);
        walk(self);
        self.at.pop();
    }
}

/// How our items and the live ones pair up, in a list that merges item by item.
struct Pairing {
    desired: Vec<Step>,
    live: Vec<Step>,
    item: Shape,
}

impl Pairing {
    /// `None` where the list is replaced whole.
    fn of(shape: Shape, items: &[Value], live: Option<&Value>, ours: Ours<'_>) -> Option<Self> {
        let found = live
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        // What the table does not know, the API server's own record tells.
        let told = match shape {
            Shape::Any => ours.fields().and_then(Fields::items),
            _ => None,
        };
        let steps = |items: &[Value]| match &told {
            Some(Items::Keyed(keys)) => {
                items.iter().map(|item| Step::of_item(keys, item)).collect()
            }
            Some(Items::Set) => Shape::Set.steps(items),
            None => shape.steps(items),
        };
        Some(Self {
            desired: steps(items)?,
            live: steps(found)?,
            item: shape.item(),
        })
    }
}

fn is_replaced_whole(shape: Shape, desired: &Map<String, Value>, ours: Ours<'_>) -> bool {
    let is_recorded_whole = ours.fields().is_some_and(Fields::is_leaf);
    shape.is_whole() || matches!(shape, Shape::Any) && !desired.is_empty() && is_recorded_whole
}

/// Whether nothing but an identity stands here, which is never recorded as anybody's.
fn claims_nothing(at: &Path, desired: &Map<String, Value>) -> bool {
    !desired.is_empty()
        && desired.iter().all(|(name, value)| {
            let is_bare_metadata = || match value {
                Value::Object(metadata) if at.steps().is_empty() && name == "metadata" => {
                    claims_nothing(&Path::of(["metadata"]), metadata)
                }
                _ => false,
            };
            !is_recorded(at, name) || is_bare_metadata()
        })
}

/// Whether a value that is replaced whole reads back as we emit it.
fn reads_back(shape: Shape, desired: &Value, live: &Value) -> bool {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => {
            let names = desired.keys().chain(live.keys());
            names.into_iter().all(|name| {
                match (something(desired.get(name)), something(live.get(name))) {
                    (Some(desired), Some(live)) => reads_back(shape.field(name), desired, live),
                    (desired, live) => desired.is_none() && live.is_none(),
                }
            })
        }
        (Value::Array(desired), Value::Array(live)) => {
            desired.len() == live.len()
                && desired
                    .iter()
                    .zip(live)
                    .all(|(desired, live)| reads_back(shape.item(), desired, live))
        }
        (desired, live) => is_equal(shape, desired, live),
    }
}

/// Nulls and empty lists are not stored. Empty mappings are: they select everything.
fn something(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
}

/// Whether a value is its type's zero value.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests;
