//! Where a command writes: data on stdout, words on stderr, colour only on a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use crate::cli::ColourChoice;
use crate::diagnostic::render::Colour;

/// The two streams of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    out: Colour,
    err: Colour,
    watched: bool,
    redrawn: bool,
}

impl Screen {
    /// Decides about colour once.
    pub(super) fn new(choice: ColourChoice) -> Self {
        let decide = |terminal: bool| match choice {
            ColourChoice::Always => Colour::Always,
            ColourChoice::Auto if terminal && std::env::var_os("NO_COLOR").is_none() => {
                Colour::Always
            }
            ColourChoice::Auto | ColourChoice::Never => Colour::Never,
        };
        Self {
            out: decide(io::stdout().is_terminal()),
            err: decide(io::stderr().is_terminal()),
            watched: io::stderr().is_terminal(),
            redrawn: io::stdout().is_terminal(),
        }
    }

    /// Whether data may be coloured.
    pub(super) fn out_colour(self) -> Colour {
        self.out
    }

    /// Whether words may be coloured.
    pub(super) fn err_colour(self) -> Colour {
        self.err
    }

    /// Whether a person watches the words as they come.
    pub(super) fn is_watched(self) -> bool {
        self.watched
    }

    /// Whether data that was shown can be taken back and shown anew.
    pub(super) fn is_redrawn(self) -> bool {
        self.redrawn
    }

    /// Writes data. A reader that went away (`| head`) is no failure.
    #[expect(clippy::unused_self, reason = "only who was handed a screen may write")]
    pub(super) fn data(self, text: &str) -> io::Result<()> {
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Writes a JSON document.
    pub(super) fn json(self, value: &serde_json::Value) -> io::Result<()> {
        self.data(&format!("{value:#}\n"))
    }

    /// Writes words.
    #[expect(clippy::unused_self, reason = "only who was handed a screen may write")]
    pub(super) fn words(self, text: &str) {
        // There is nobody left to tell when stderr is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
