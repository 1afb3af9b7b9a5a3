//! How many messages are in which state.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use console::Term;
use smsp::{Phone, Report, State};

use super::color;
use super::text::counted;
use crate::input::Row;

const LONGEST_BAR: usize = 60;
const USUAL_WIDTH: usize = 80;

/// What became of a whole list. Its `Display` is several lines, with a bar for each state.
pub struct Summary {
    states: Vec<(State, usize)>,
    distinct: usize,
    took: Duration,
    width: usize,
}

impl Summary {
    /// Counts rows, and the report about those that were asked, which took so long, for the width of the terminal.
    pub fn new(rows: &[Row], report: &Report, took: Duration) -> Summary {
        let number = |text| Phone::parse(text).ok_or(text);
        let messages = rows.iter().map(|row| (number(&row.message.phone_number), &row.message.message_id));
        let refused = rows.len() - report.iter().len();
        let count = |state| report.count_state(state) + if state == State::Invalid { refused } else { 0 };
        Summary {
            states: State::ALL.iter().map(|&state| (state, count(state))).collect(),
            distinct: messages.collect::<HashSet<_>>().len(),
            took,
            width: Term::stdout().size_checked().map_or(USUAL_WIDTH, |(_, columns)| columns.into()),
        }
    }

    fn count(&self, is_counted: impl Fn(State) -> bool) -> usize {
        let counted = self.states.iter().filter(|(state, _)| is_counted(*state));
        counted.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let total = self.count(|_| true);
        let seconds = self.took.as_secs_f64();
        let rate = (total as f64 / seconds.max(f64::EPSILON)).round() as usize;
        writeln!(
            out,
            "{}, {} distinct, {} final; {seconds:.2} s, {}/s",
            counted(total, "message"),
            self.distinct,
            self.count(State::is_final),
            counted(rate, "message"),
        )?;
        for &(state, count) in self.states.iter().filter(|(_, count)| *count > 0) {
            let percent = 100.0 * count as f64 / total as f64;
            let start = format!("{:13} {count:>8} {percent:5.1} %  ", state.name());
            let longest = self.width.saturating_sub(start.len()).min(LONGEST_BAR);
            let bar = "█".repeat((longest * count).div_ceil(total));
            writeln!(out, "{start}{}", color::of_state(state.name(), bar))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            states: vec![(State::Unanswered, 0), (State::Delivered, 750), (State::Waiting, 249), (State::Invalid, 1)],
            distinct: 990,
            took: Duration::from_millis(2500),
            width: 92,
        }
    }

    #[test]
    fn every_state_there_is_has_its_bar() {
        let expected = format!(
            "1000 messages, 990 distinct, 751 final; 2.50 s, 400 messages/s\n\
             delivered          750  75.0 %  {}\n\
             waiting            249  24.9 %  {}\n\
             invalid              1   0.1 %  █\n",
            "█".repeat(45),
            "█".repeat(15),
        );
        assert_eq!(summary().to_string(), expected);
    }

    #[test]
    fn bars_fit_the_terminal() {
        for width in [0, 32, 50, 92, 200] {
            let text = Summary { width, ..summary() }.to_string();
            let longest = text.lines().skip(1).map(|line| line.chars().count()).max();
            assert!(longest.unwrap() <= width.clamp(32, 92), "{width}: {text}");
        }
    }

    #[test]
    fn one_message_is_not_many() {
        let states = vec![(State::Delivered, 1)];
        let text = Summary { states, distinct: 1, took: Duration::from_secs(1), width: 0 }.to_string();
        assert!(text.starts_with("1 message, 1 distinct, 1 final; 1.00 s, 1 message/s\n"), "{text}");
    }

    #[test]
    fn an_empty_list_is_one_line() {
        let empty = Summary { states: vec![], distinct: 0, took: Duration::ZERO, width: 80 };
        assert_eq!(empty.to_string(), "0 messages, 0 distinct, 0 final; 0.00 s, 0 messages/s\n");
    }
}
