//! A quarter of the example fleet, from its first promotion on, and the report of it: what
//! `docs/report.md` shows.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::admission::Guard;
use crate::approval::{ApprovalSpec, Approved};
use crate::build::build;
use crate::digest::Digest;
use crate::git::worktree;
use crate::halt::{Named, Reach, Scope};
use crate::intent::{Ask, Asked, IntentSpec};
use crate::ledger::fixture::sealed;
use crate::ledger::{Event, Fact, Saying};
use crate::overrides::{Overridden, OverrideSpec};
use crate::people::{Authored, Authors, Identity};
use crate::report::{Basis, Span, markdown, report};
use crate::rollout::{Ledgered, Place};
use crate::source::{Entry, RepoPath, Sources};

const FROM: &str = "2026-07-01T00:00:00Z";
const TO: &str = "2026-10-01T00:00:00Z";

const REGIME: &str = "regime-signals";
const STATARB: &str = "statarb-us";

/// What the metric is of a version that is well, and of one that is not.
const GOOD: f64 = 0.001;
const BAD: f64 = 0.031;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn unit(strategy: &str) -> UnitId {
    UnitId::Strategy(strategy.parse().unwrap())
}

fn person(name: &str) -> String {
    format!("{name}@meridian.example")
}

/// The desk at work: what Git says, and all that was told.
struct Quarter {
    stage: Stage,
    sources: Sources,
    pushes: u32,
    asked: u32,
    facts: Vec<Fact>,
}

impl Quarter {
    fn begun() -> Self {
        let mut stage = Stage::new(1, Trouble::default());
        stage.world.now = at("2026-06-30T21:00:00Z");
        stage.daemon.ledger = Some(Ledgered {
            place: Place {
                fleet: "meridian".to_owned(),
                cluster: "tokyo".to_owned(),
                desk: String::new(),
                release: String::new(),
            },
            told: BTreeSet::new(),
            closed: None,
            promoted: None,
        });
        let sources = worktree::read(&root().join("example-repo")).unwrap();
        Self {
            stage,
            sources,
            pushes: 0,
            asked: 0,
            facts: Vec::new(),
        }
    }

    /// Somebody pushes what the files are now.
    fn push(&mut self, when: &str, author: &str) {
        self.on(when);
        self.pushes += 1;
        let commit = Digest::of(self.pushes.to_string()).hex();
        let commit = commit.get(..40).unwrap();
        let built = build(&self.sources, None);
        let fleet = built.fleet.unwrap();
        for strategy in fleet.strategies.keys() {
            let said = self.stage.daemon.approvals.entry(unit(strategy.as_str()));
            let said = said.or_default();
            said.guard = Guard::InForce {
                since: Timestamp::UNIX_EPOCH,
            };
            said.authors = wrote(author, commit);
            let passed = self.stage.daemon.overrides.entry(unit(strategy.as_str()));
            passed.or_default().guard = Guard::InForce {
                since: Timestamp::UNIX_EPOCH,
            };
        }
        self.stage.daemon.push(fleet, commit);
        self.rest();
    }

    /// Changes a file, and pushes that.
    fn change(&mut self, when: &str, author: &str, (file, from, to): (&str, &str, &str)) {
        let path = RepoPath::from(file);
        let Some(Entry::File(bytes)) = self.sources.get(&path) else {
            panic!("{file} is not there");
        };
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        let text = text.replace(from, to);
        self.sources
            .entries
            .insert(path, Entry::File(text.into_bytes().into()));
        self.push(when, author);
    }

    /// It is another time.
    fn on(&mut self, when: &str) {
        self.stage.world.now = self.stage.world.now.max(at(when));
        self.stage.daemon.wake();
        self.rest();
    }

    fn later(&mut self, minutes: i64) {
        let when = self.stage.world.now + SignedDuration::from_mins(minutes);
        self.on(&when.to_string());
    }

    /// What a metric is from now on.
    /// What the metric is from now on.
    fn meter(&mut self, value: f64) {
        self.stage.daemon.meter = Some(value);
    }

    /// Lets everything come to rest.
    fn rest(&mut self) {
        for _ in 0..ROUNDS {
            let mut acted = false;
            while self.stage.world.act(&mut self.stage.dice) {
                acted = true;
            }
            acted |= self.stage.reconcile_all();
            if !acted {
                self.stage.daemon.forget_history(&mut self.stage.world);
                return;
            }
        }
        panic!("no rest:\n{}", self.stage.world.log.join("\n"));
    }

    fn approve(&mut self, strategy: &str, by: &str, reason: &str) {
        let waits = self.stage.record(strategy).waiting_on.clone();
        let wanted = waits.iter().find_map(|it| it.approval.clone());
        let wanted = wanted.unwrap_or_else(|| panic!("nobody is asked: {waits:#?}"));
        self.asked += 1;
        let now = self.stage.world.now;
        let approved = Approved {
            uid: format!("approval-{}", self.asked),
            at: now,
            is_edited: false,
            spec: ApprovalSpec {
                release: strategy.to_owned(),
                behaviour: wanted.behaviour,
                plan: wanted.plan,
                role: wanted.role,
                group: wanted.group,
                reason: Some(reason.to_owned()),
                by: person(by),
                expires: now + SignedDuration::from_hours(24),
            },
        };
        let said = self.stage.daemon.approvals.entry(unit(strategy));
        said.or_default().given.push(approved);
        self.stage.daemon.wake();
        self.rest();
    }

    /// Somebody lets a change begin while its window is shut.
    fn pass_window(&mut self, strategy: &str, (by, why): (&str, &str)) {
        let waits = self.stage.record(strategy).waiting_on.clone();
        let shut = waits.iter().find_map(|it| it.window.clone());
        let shut = shut.unwrap_or_else(|| panic!("no window is waited for: {waits:#?}"));
        self.asked += 1;
        let now = self.stage.world.now;
        let passed = self.stage.daemon.overrides.entry(unit(strategy));
        passed.or_default().given.push(Overridden {
            uid: format!("override-{}", self.asked),
            at: now,
            is_edited: false,
            spec: OverrideSpec {
                release: strategy.to_owned(),
                behaviour: shut.behaviour,
                plan: Some(shut.plan),
                stage: None,
                gate: None,
                window: true,
                reason: why.to_owned(),
                by: person(by),
                expires: now + SignedDuration::from_hours(1),
            },
        });
        self.stage.daemon.wake();
        self.rest();
    }

    fn ask(&mut self, strategy: &str, action: Ask, behaviour: String, (by, why): (&str, &str)) {
        self.asked += 1;
        let asked = Asked {
            uid: format!("intent-{}", self.asked),
            at: self.stage.world.now,
            spec: IntentSpec {
                release: strategy.to_owned(),
                action,
                behaviour,
                stage: None,
                reason: Some(why.to_owned()),
                by: person(by),
            },
        };
        let intents = self.stage.daemon.intents.entry(unit(strategy));
        intents.or_default().push(asked);
        self.stage.daemon.wake();
        self.rest();
    }

    /// Something is said of no unit.
    fn say(&mut self, event: Event) {
        self.facts.push(Fact {
            at: self.stage.world.now,
            fleet: "meridian".to_owned(),
            cluster: "tokyo".to_owned(),
            desk: None,
            release: None,
            event,
        });
    }

    fn halt(&mut self, strategy: &str, by: (&str, &str)) {
        let (name, uid) = ("halt-7xk2p".to_owned(), "halt-uid".to_owned());
        let scope = scope(strategy);
        self.stage.daemon.halts.push(crate::halt::Seen {
            name: name.clone(),
            uid: uid.clone(),
            scope: scope.clone(),
            by: person(by.0),
            reason: by.1.to_owned(),
            at: self.stage.world.now,
            restores: None,
            is_lifted: false,
        });
        self.say(Event::Halt {
            name,
            uid,
            scope,
            by: saying(by),
            restores: None,
        });
        self.stage.daemon.wake();
        self.rest();
    }

    fn unhalt(&mut self, by: (&str, &str)) {
        let halt = self.stage.daemon.halts.last_mut().unwrap();
        halt.is_lifted = true;
        let (name, uid, scope) = (halt.name.clone(), halt.uid.clone(), halt.scope.clone());
        self.say(Event::Unhalt {
            name,
            uid,
            scope,
            by: saying(by),
        });
        self.stage.daemon.wake();
        self.rest();
    }

    fn stable(&self, strategy: &str) -> String {
        let stable = self.stage.record(strategy).stable.as_ref();
        stable.unwrap().behaviour.clone()
    }

    fn told(mut self) -> Vec<Fact> {
        let mut facts = std::mem::take(&mut self.facts);
        for (unit, record) in &self.stage.daemon.records {
            let desk = self.stage.daemon.bundle(unit).unwrap().desk.to_string();
            for text in &record.untold {
                let fact: Fact = serde_json::from_str(text).unwrap();
                facts.push(Fact {
                    desk: Some(desk.clone()),
                    release: Some(unit.release_name()),
                    ..fact
                });
            }
        }
        facts.sort_by_key(|fact| fact.at);
        facts
    }
}

fn wrote(author: &str, commit: &str) -> Authors {
    Authors::Commits(vec![Authored {
        commit: commit.to_owned(),
        by: Identity::Email(person(author)),
        also: Vec::new(),
        unsigned: Some("is not signed".to_owned()),
        paths: BTreeSet::from(["tidegate.yaml".to_owned()]),
    }])
}

fn scope(strategy: &str) -> Reach {
    Scope::Strategy(Named {
        namespace: "desk-crypto-mm".to_owned(),
        name: strategy.to_owned(),
    })
    .into()
}

fn saying((who, reason): (&str, &str)) -> Saying {
    Saying {
        who: person(who),
        reason: Some(reason.to_owned()),
    }
}

fn regime(from: &'static str, to: &'static str) -> (&'static str, &'static str, &'static str) {
    ("desks/research/regime-signals.yaml", from, to)
}

/// What happened from July to September.
fn quarter() -> (Vec<Fact>, crate::resolve::Fleet) {
    let mut desk = Quarter::begun();
    desk.meter(GOOD);
    desk.push("2026-06-30T21:00:00Z", "ben");
    desk.approve(STATARB, "carla", "limits agreed with the desk");
    desk.approve(REGIME, "carla", "first version, compared offline");
    july(&mut desk);
    august(&mut desk);
    september(&mut desk);
    let fleet = desk.stage.daemon.fleet.clone();
    (desk.told(), fleet)
}

/// A version that is as good as the one before it; one that is not, which its metric takes back; and
/// what mends it.
fn july(desk: &mut Quarter) {
    desk.change(
        "2026-07-07T21:00:00Z",
        "aiko",
        regime("regime-signals:2.0.1", "regime-signals:2.1.0"),
    );
    desk.later(31);
    desk.approve(REGIME, "chen", "fewer features, same errors");
    desk.later(61);

    desk.change(
        "2026-07-21T21:00:00Z",
        "aiko",
        regime("regime-signals:2.1.0", "regime-signals:2.2.0"),
    );
    desk.meter(BAD);
    desk.later(31);

    desk.meter(GOOD);
    desk.change(
        "2026-07-22T21:00:00Z",
        "aiko",
        regime("regime-signals:2.2.0", "regime-signals:2.2.1"),
    );
    desk.later(31);
    desk.approve(REGIME, "carla", "cause found: a stale model file");
    desk.later(61);
}

/// An algo changes with somebody else's yes; a kill drill; a halt, and who let it go on; and a change in
/// an emergency, while the market is open.
fn august(desk: &mut Quarter) {
    desk.change(
        "2026-08-04T21:00:00Z",
        "ben",
        (
            "desks/us-eq/statarb-us.yaml",
            "statarb-us:1.9.3",
            "statarb-us:1.9.4",
        ),
    );
    desk.approve(STATARB, "chen", "replayed against July");

    desk.on("2026-08-11T06:00:00Z");
    desk.say(Event::Drill {
        scope: scope("mm-btc"),
        by: saying(("dmitri", "quarterly kill drill")),
    });
    desk.on("2026-08-13T09:12:00Z");
    desk.halt("mm-btc", ("dmitri", "fills drift from the book"));
    desk.on("2026-08-13T11:40:00Z");
    desk.unhalt(("carla", "the venue confirmed a feed outage"));

    desk.change(
        "2026-08-20T15:10:00Z",
        "ben",
        (
            "desks/us-eq/statarb-us.yaml",
            "statarb-us:1.9.4",
            "statarb-us:1.9.5",
        ),
    );
    desk.approve(STATARB, "carla", "one line, read together");
    desk.pass_window(STATARB, ("dmitri", "it quotes a delisted pair"));
}

/// A version comes in, and a person goes back.
fn september(desk: &mut Quarter) {
    let before = desk.stable(REGIME);
    desk.change(
        "2026-09-08T21:00:00Z",
        "aiko",
        regime("regime-signals:2.2.1", "regime-signals:2.3.0"),
    );
    desk.later(31);
    desk.approve(REGIME, "carla", "new feature set, backtest attached");
    desk.later(61);
    desk.on("2026-09-09T20:30:00Z");
    let why = ("dmitri", "memory grows by the hour");
    desk.ask(REGIME, Ask::Rollback, before, why);
    desk.later(61);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the page stands in docs/")]
fn a_quarter_of_the_example_fleet_reads_as_docs_report_shows_it() {
    let (facts, fleet) = quarter();
    let (chain, entries) = sealed(&facts);
    let entries: Vec<_> = entries.iter().collect();
    let basis = Basis {
        fleet: &fleet,
        entries: &entries,
        chain: &chain,
        findings: 0,
    };
    let span = Span {
        from: at(FROM),
        to: at(TO),
    };
    let page = markdown(&report(&basis, span));
    let file = root().join("docs/report.md");
    if std::env::var_os("TIDEGATE_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let shown = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        shown == page,
        "`TIDEGATE_WRITE_DOCS=1 cargo test --lib quarter` writes docs/report.md anew:\n{page}"
    );
}
