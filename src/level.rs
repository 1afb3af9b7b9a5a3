//! The levels of the log.
//!
//! `build.rs` compiles this file too, for the table of options in the header, so it must not use the rest of the crate.

/// The level of a log. Each level includes the lines of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The names of the levels, as the option `log_level` takes them, in order.
pub(crate) const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];

impl Level {
    const ALL: [Level; 6] = [Level::Off, Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];

    /// Returns the level with this name; `Off` for any other name.
    pub(crate) fn from_name(name: &str) -> Level {
        let index = LEVELS.iter().position(|level| *level == name);
        index.map_or(Level::Off, |index| Level::ALL[index])
    }

    pub(crate) fn name(self) -> &'static str {
        LEVELS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_order() {
        assert!(Level::ALL.is_sorted() && Level::ALL.len() == LEVELS.len());
        assert_eq!(Level::ALL.map(|level| Level::from_name(level.name())), Level::ALL);
    }
}
