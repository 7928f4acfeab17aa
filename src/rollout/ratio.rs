//! How many pods of the old and of the new version there are, where a share of the traffic is a
//! share of the pods.
//!
//! There are never more pods than the replicas and the surge together, and nothing is taken away
//! that would leave fewer ready ones than the replicas less those that may be missing. Where fewer
//! are ready already, only pods that are not go: a broken old version never holds up the new one,
//! and a broken new one never keeps the old one from coming back.

use crate::spec::measure::{Amount, Percent};

/// How far the number of pods may be from the replicas while it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// So many pods more.
    surge: u32,
    /// So many ready pods fewer.
    unavailable: u32,
}

impl Bounds {
    /// The bounds for so many replicas: a share of them is rounded up for the surge, down for what
    /// may be missing. If neither could move, one pod may be missing.
    pub fn of(replicas: u32, surge: Amount, unavailable: Amount) -> Self {
        let surge = surge.of(replicas);
        let unavailable = match unavailable {
            Amount::Count(count) => count,
            Amount::Share(share) => {
                let parts = u64::from(replicas) * u64::from(share.parts_per_million());
                u32::try_from(parts / 1_000_000).unwrap_or(u32::MAX)
            }
        };
        let is_stuck = surge == 0 && unavailable == 0;
        Self {
            surge,
            unavailable: unavailable.max(u32::from(is_stuck)),
        }
    }

    /// What the compiler writes into every Deployment: one pod more, none fewer.
    pub fn usual(replicas: u32) -> Self {
        Self::of(replicas, Amount::Count(1), Amount::Count(0))
    }

    /// The most pods there may be.
    pub fn most(self, replicas: u32) -> u32 {
        replicas.saturating_add(self.surge)
    }

    /// The fewest ready pods there may be.
    pub fn fewest_ready(self, replicas: u32) -> u32 {
        replicas.saturating_sub(self.unavailable)
    }
}

/// Something of each of the two versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Both<T> {
    /// Of the old version.
    pub stable: T,
    /// Of the new version.
    pub candidate: T,
}

/// The pods of one version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pods {
    /// How many its workload is asked for.
    pub asked: u32,
    /// How many there are, starting ones included.
    pub present: u32,
    /// How many are ready, and of the version that they should be.
    pub ready: u32,
}

/// The numbers of pods whose ratio is nearest to a weight: of all the replicas, or of one more where
/// there is a surge. More than one would let a higher weight mean fewer new pods. Of two ratios that
/// are equally near, the new version gets more. It gets none for no weight only, or where there is
/// one pod and no surge.
pub fn split(replicas: u32, weight: Percent, bounds: Bounds) -> Both<u32> {
    let parts = weight.parts_per_million();
    if parts == 0 || replicas == 0 {
        return Both {
            stable: replicas,
            candidate: 0,
        };
    }
    if parts >= Percent::WHOLE.parts_per_million() {
        return Both {
            stable: 0,
            candidate: replicas,
        };
    }
    let fewest = u32::from(replicas > 1 || bounds.surge > 0);
    (replicas..=replicas + bounds.surge.min(1))
        .flat_map(|total| around(total, parts, fewest))
        .min_by(|a, b| a.nearer(*b, parts))
        .map_or_else(Both::default, Ratio::pods)
}

/// A number of new pods among all of them.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    candidate: u32,
    total: u32,
}

/// The two ratios next to a weight, among so many pods.
fn around(total: u32, parts: u32, fewest: u32) -> impl Iterator<Item = Ratio> {
    let exact = u64::from(total) * u64::from(parts);
    let below = u32::try_from(exact / 1_000_000).unwrap_or(total);
    [below, below.saturating_add(1)]
        .into_iter()
        .map(move |candidate| Ratio {
            candidate: candidate.clamp(fewest, total),
            total,
        })
}

impl Ratio {
    fn pods(self) -> Both<u32> {
        Both {
            stable: self.total - self.candidate,
            candidate: self.candidate,
        }
    }

    /// Orders by the distance from the weight, then by more of the new version, then by fewer pods.
    fn nearer(self, other: Self, parts: u32) -> std::cmp::Ordering {
        let share = |it: Self| u128::from(it.candidate) * 1_000_000;
        let distance = |it: Self| share(it).abs_diff(u128::from(it.total) * u128::from(parts));
        // Compared crosswise, so that nothing is rounded.
        let (one, two) = (
            distance(self) * u128::from(other.total),
            distance(other) * u128::from(self.total),
        );
        let more = (u64::from(other.candidate) * u64::from(self.total))
            .cmp(&(u64::from(self.candidate) * u64::from(other.total)));
        one.cmp(&two).then(more).then(self.total.cmp(&other.total))
    }
}

/// What the two workloads are to be asked for next, on the way to a target: as far as the bounds
/// allow with the pods that there are. Repeated, it gets there, as long as pods become ready.
pub fn next(replicas: u32, bounds: Bounds, now: Both<Pods>, target: Both<u32>) -> Both<u32> {
    let fewest = bounds.fewest_ready(replicas);
    let ready = now.stable.ready.min(now.stable.asked);
    let candidate = now.candidate.shrunk(target.candidate, ready, fewest);
    let ready = now.candidate.ready.min(candidate);
    let stable = now.stable.shrunk(target.stable, ready, fewest);
    let mut asked = Both { stable, candidate };
    // What was taken away just now is still there; its place is free once it is gone.
    let there = now.stable.held().saturating_add(now.candidate.held());
    let mut free = bounds.most(replicas).saturating_sub(there);
    let stable_grows = target.stable.saturating_sub(asked.stable).min(free);
    asked.stable += stable_grows;
    free -= stable_grows;
    asked.candidate += target.candidate.saturating_sub(asked.candidate).min(free);
    asked
}

impl Pods {
    /// The places it takes: those of the pods that are there, and of those that will be.
    pub fn held(self) -> u32 {
        self.asked.max(self.present)
    }

    /// What to ask for when some are too many. Whoever makes the pods takes away first what is not
    /// ready.
    fn shrunk(self, target: u32, others_ready: u32, fewest: u32) -> u32 {
        if target >= self.asked {
            return self.asked;
        }
        let ready = self.ready.min(self.asked);
        let now = ready.saturating_add(others_ready);
        let needed = fewest.min(now).saturating_sub(others_ready);
        target.max(needed)
    }
}

#[cfg(test)]
mod tests;
