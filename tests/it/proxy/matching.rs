//! Which requests a fault or a breakpoint is for.

use std::ops::RangeInclusive;

use super::Seen;

type Test = Box<dyn Fn(&Seen) -> bool + Send>;

/// A choice of requests; each method narrows it.
pub(crate) struct Match {
    tests: Vec<Test>,
    which: RangeInclusive<usize>,
    hits: usize,
}

impl Match {
    /// Every request.
    pub(crate) fn all() -> Self {
        Self {
            tests: Vec::new(),
            which: 1..=usize::MAX,
            hits: 0,
        }
    }

    /// Requests that change something, see [`Seen::is_write`].
    pub(crate) fn writes() -> Self {
        Self::all().that(Seen::is_write)
    }

    /// Requests for which `test` holds.
    pub(crate) fn that(mut self, test: impl Fn(&Seen) -> bool + Send + 'static) -> Self {
        self.tests.push(Box::new(test));
        self
    }

    /// Requests with this HTTP method.
    pub(crate) fn method(self, method: http::Method) -> Self {
        self.that(move |seen| seen.method == method)
    }

    /// Requests whose path contains `part`.
    pub(crate) fn path(self, part: impl Into<String>) -> Self {
        let part = part.into();
        self.that(move |seen| seen.path.contains(&part))
    }

    /// Requests of clients whose user agent contains `part`.
    pub(crate) fn agent(self, part: impl Into<String>) -> Self {
        let part = part.into();
        self.that(move |seen| seen.user_agent.contains(&part))
    }

    /// Only the `n`th of them, from 1.
    pub(crate) fn nth(mut self, n: usize) -> Self {
        self.which = n..=n;
        self
    }

    /// Only the first `n` of them.
    pub(crate) fn first(mut self, n: usize) -> Self {
        self.which = 1..=n;
        self
    }

    /// Only one: the first, unless another was chosen.
    pub(super) fn once(self) -> Self {
        let first = *self.which.start();
        self.nth(first)
    }

    /// Whether this request, which is counted, is one of them.
    pub(super) fn hit(&mut self, seen: &Seen) -> bool {
        if !self.tests.iter().all(|test| test(seen)) {
            return false;
        }
        self.hits += 1;
        self.which.contains(&self.hits)
    }
}
