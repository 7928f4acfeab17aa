//! Of calendars and windows.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "unknown-calendar",
        severity: Severity::Error,
        title: "There is no such calendar",
        explanation: "A calendar is one of the built-in ones or a document in `calendars/`. What \
                      asks for one that nobody knows would stay closed for ever.",
        remedy: "Correct the name, or add the calendar.",
    },
    Explained {
        code: "invalid-calendar",
        severity: Severity::Error,
        title: "The document is no calendar",
        explanation: "It contradicts itself, or it neither corrects a built-in calendar nor says \
                      by itself when the venue trades. Until it is corrected nothing is known of \
                      this calendar, also where there is a built-in one, and windows that ask for \
                      it stay closed.",
        remedy: "Do what the finding says.",
    },
    Explained {
        code: "calendar-ends",
        severity: Severity::Warning,
        title: "A calendar soon knows no further days",
        explanation: "Holidays are known only so far ahead, and some markets announce them year \
                      by year. Outside its days a calendar knows nothing, and that denies: nothing \
                      is rolled out any more.",
        remedy: "Upgrade Tidegate, or add the days to come in `calendars/`.",
    },
    Explained {
        code: "no-maintenance-known",
        severity: Severity::Warning,
        title: "A window waits for maintenance that nobody has listed",
        explanation: "Most venues announce their maintenance each time instead of keeping to a \
                      schedule, so that their built-in calendars list none.",
        remedy: "List what the venue announces under `maintenance` in a document of `calendars/`, \
                 or remove the condition.",
    },
    Explained {
        code: "window-stays-closed",
        severity: Severity::Warning,
        title: "A window does not open within 30 days",
        explanation: "No change would be rolled out for so long: its conditions contradict each \
                      other, leave too little time for `mustFinishWithin`, or ask a calendar \
                      outside of the days that it knows.",
        remedy: "Look at `tidegate window explain`, and correct the window or the calendar.",
    },
];
