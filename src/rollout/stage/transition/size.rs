//! How many pods each workload is asked for now, on the way to how many it is to have.

use std::collections::BTreeMap;

use super::super::super::ratio::{self, Both, Bounds, Pods};
use super::super::{Role, Size};
use super::Way;

impl Way<'_> {
    /// The number of pods of each workload of the stage, by instance; those that are not in it are
    /// said by the spec, or by an autoscaler.
    pub(super) fn sizes(&self) -> BTreeMap<&str, u32> {
        if let Some((replicas, bounds)) = self.set.ratio {
            return self.by_ratio(replicas, bounds);
        }
        if self.is_giving_back() {
            return self.given_back();
        }
        let is_moved = self.is_moved();
        let sizes = self.seen.iter().filter_map(|seen| {
            let size = match seen.side.size {
                Size::Turned(pods) if is_moved || seen.live.is_none() => pods,
                // Who is to lose pods keeps them until requests are seen to go elsewhere.
                Size::Turned(pods) => pods.max(seen.pods.asked),
                // An autoscaler does nothing about a workload without pods.
                Size::Scaled { min, .. } if seen.pods.asked < min => min,
                Size::Printed(_) | Size::Scaled { .. } => return None,
            };
            Some((seen.side.instance.as_str(), size))
        });
        sizes.collect()
    }

    /// The number of pods that what is left over still has.
    pub(super) fn left_sizes(&self) -> BTreeMap<String, u32> {
        let shares = self.is_shared() && self.left_pods().asked > 0;
        let mut rest = if shares { self.left_target() } else { 0 };
        let is_moved = self.is_moved();
        let sizes = self.left.iter().map(|(instance, left)| {
            let size = if shares {
                let size = left.asked().min(rest);
                rest -= size;
                size
            } else if is_moved {
                0
            } else {
                left.asked()
            };
            (instance.clone(), size)
        });
        sizes.collect()
    }

    /// Whether pods that still serve are to be given up for others, a few at a time.
    fn is_giving_back(&self) -> bool {
        self.is_shared() && self.left_pods().held() > 0
    }

    fn left_pods(&self) -> Pods {
        let left = self.left.values();
        left.fold(Pods::default(), |sum, left| Pods {
            asked: sum.asked + left.pods.asked,
            present: sum.present + left.pods.present,
            ready: sum.ready + left.pods.ready,
        })
    }

    fn pods_of(&self, role: Role) -> Pods {
        let mut seen = self.seen.iter();
        let found = seen.find(|seen| seen.side.role == role);
        found.map_or_else(Pods::default, |seen| seen.pods)
    }

    /// A share of the pods each. What was overtaken goes first, and nobody else gains meanwhile but
    /// the version that runs.
    fn by_ratio(&self, replicas: u32, bounds: Bounds) -> BTreeMap<&str, u32> {
        let (stable, candidate) = (self.pods_of(Role::Stable), self.pods_of(Role::Candidate));
        let next = if self.left_pods().held() > 0 {
            Both {
                stable: self.overtaken(replicas, bounds).stable,
                candidate: candidate.asked,
            }
        } else {
            ratio::next(replicas, bounds, Both { stable, candidate }, self.target())
        };
        let sizes = self.seen.iter().map(|seen| {
            let size = match seen.side.role {
                Role::Stable => next.stable,
                Role::Candidate | Role::Standby => next.candidate,
            };
            (seen.side.instance.as_str(), size)
        });
        sizes.collect()
    }

    fn target(&self) -> Both<u32> {
        let turned = |role: Role| {
            let mut sides = self.set.sides.iter();
            let side = sides.find(|side| side.role == role);
            match side.map(|side| side.size) {
                Some(Size::Turned(pods) | Size::Printed(pods)) => pods,
                Some(Size::Scaled { min, .. }) => min,
                None => 0,
            }
        };
        Both {
            stable: turned(Role::Stable),
            candidate: turned(Role::Candidate),
        }
    }

    /// The version that runs takes over from what was overtaken on its way.
    fn overtaken(&self, replicas: u32, bounds: Bounds) -> Both<u32> {
        let (stable, candidate) = (self.pods_of(Role::Stable), self.pods_of(Role::Candidate));
        // What has begun to come stays as it is, and counts as what runs does.
        let kept = Pods {
            asked: stable.asked,
            present: stable.held() + candidate.held(),
            ready: stable.ready + candidate.ready,
        };
        let now = Both {
            stable: kept,
            candidate: self.left_pods(),
        };
        let target = Both {
            stable: replicas.saturating_sub(candidate.asked).max(stable.asked),
            candidate: 0,
        };
        ratio::next(replicas, bounds, now, target)
    }

    /// Everything goes back to, or on to, one version.
    fn given_back(&self) -> BTreeMap<&str, u32> {
        let replicas = self.replicas();
        let next = self.giving(replicas);
        let mut seen = self
            .seen
            .iter()
            .filter(|seen| seen.side.role == Role::Candidate);
        let sizes = seen
            .by_ref()
            .map(|seen| (seen.side.instance.as_str(), next.stable));
        sizes.collect()
    }

    fn giving(&self, replicas: u32) -> Both<u32> {
        let now = Both {
            stable: self.pods_of(Role::Candidate),
            candidate: self.left_pods(),
        };
        let target = Both {
            stable: replicas,
            candidate: 0,
        };
        ratio::next(replicas, Bounds::usual(replicas), now, target)
    }

    fn left_target(&self) -> u32 {
        match self.set.ratio {
            Some((replicas, bounds)) => self.overtaken(replicas, bounds).candidate,
            None => self.giving(self.replicas()).candidate,
        }
    }

    /// How many pods serve in all: what the spec says, or, where an autoscaler does, what there
    /// were before the rollout.
    pub(super) fn replicas(&self) -> u32 {
        let own = self.pods_of(Role::Candidate);
        let mut sides = self.set.sides.iter();
        let side = sides.find(|side| side.role == Role::Candidate);
        match side.map(|side| side.size) {
            Some(Size::Turned(pods) | Size::Printed(pods)) => pods,
            Some(Size::Scaled { min, max }) => {
                let now = own.asked.saturating_add(self.left_pods().asked);
                let before = self.unit.record.tracks.replicas;
                before.unwrap_or(now).clamp(min, max.max(min))
            }
            None => 0,
        }
    }
}
