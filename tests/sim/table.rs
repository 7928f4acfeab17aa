//! Which actions met which faults.

use std::fmt::Write as _;

use crate::sim::script::{Fault, What};

/// How often each fault struck while an action was being dealt with.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    cells: Vec<u64>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            cells: vec![0; What::ALL.len() * Fault::ALL.len()],
        }
    }

    pub(crate) fn mark(&mut self, what: What, fault: Fault) {
        if let Some(cell) = self.cells.get_mut(at(what, fault)) {
            *cell += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
    }

    fn count(&self, what: What, fault: Fault) -> u64 {
        self.cells.get(at(what, fault)).copied().unwrap_or(0)
    }

    /// The pairs that never met.
    pub(crate) fn empty(&self) -> Vec<(What, Fault)> {
        let pairs = What::ALL
            .into_iter()
            .flat_map(|what| Fault::ALL.map(|fault| (what, fault)));
        pairs
            .filter(|(what, fault)| self.count(*what, *fault) == 0)
            .collect()
    }

    /// The table for a person, one line an action.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{:16}", "");
        for fault in Fault::ALL {
            let name = format!("{fault:?}");
            let short: String = name.chars().take(9).collect();
            let _ = write!(text, "{short:>10}");
        }
        for what in What::ALL {
            let _ = write!(text, "\n{:16}", format!("{what:?}"));
            for fault in Fault::ALL {
                let _ = write!(text, "{:>10}", self.count(what, fault));
            }
        }
        text
    }
}

fn at(what: What, fault: Fault) -> usize {
    what as usize * Fault::ALL.len() + fault as usize
}
