//! What gates say: one lattice, the same within a gate and across gates.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a gate says, from the best to the worst. Of several, the worst counts.
///
/// Conflicts and timeouts of the API server are no verdicts: whoever met one tries again.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Verdict {
    /// The stage may be left.
    Pass,
    /// Not yet.
    #[default]
    Wait,
    /// It cannot be told: a person has to look.
    Inconclusive,
    /// The stage failed.
    Fail,
    /// Nobody can say, for whatever would say it does not work.
    Error,
}

impl Verdict {
    /// All of them, from the best to the worst.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Wait,
        Self::Inconclusive,
        Self::Fail,
        Self::Error,
    ];

    /// What two say together. [`Pass`](Self::Pass) changes nothing.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// What several say together; none of them has nothing against it.
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Pass, Self::and)
    }

    /// Whether it ends the rollout, whatever the others say.
    pub fn ends(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Wait => "wait",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any() -> impl Strategy<Value = Verdict> {
        prop::sample::select(Verdict::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn neither_order_nor_grouping_nor_repetition_counts(a in any(), b in any(), c in any()) {
            prop_assert_eq!(a.and(b), b.and(a));
            prop_assert_eq!(a.and(b).and(c), a.and(b.and(c)));
            prop_assert_eq!(a.and(a), a);
            prop_assert_eq!(a.and(Verdict::Pass), a);
        }

        #[test]
        fn worse_parts_never_make_a_better_whole(a in any(), b in any(), c in any()) {
            let (better, worse) = (a.min(b), a.max(b));
            prop_assert!(better.and(c) <= worse.and(c));
        }

        #[test]
        fn a_whole_is_as_bad_as_its_worst_part(parts in prop::collection::vec(any(), 0..8)) {
            let whole = Verdict::all(parts.iter().copied());
            prop_assert_eq!(whole, parts.iter().copied().max().unwrap_or(Verdict::Pass));
            prop_assert_eq!(whole.ends(), parts.iter().any(|part| part.ends()));
        }
    }
}
