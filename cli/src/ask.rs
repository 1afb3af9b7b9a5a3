//! Asking the library, with a progress bar for those who watch.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use smsp::{Client, Config, Error, Outcome, Query};

use crate::args::Args;
use crate::input::{Message, Row};
use crate::interrupt;

const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// What the environment, then the command line set.
pub fn config(args: &Args) -> Result<Config, String> {
    let mut config = Config::new();
    config.load_env().map_err(|error| describe(&error))?;
    if let Some(file) = &args.api_key_file {
        config.set("api_key_file", file).map_err(|error| describe(&error))?;
    }
    for (name, value) in &args.settings {
        config.set(name, value).map_err(|error| describe(&error))?;
    }
    Ok(config)
}

/// A client that is set up so.
pub fn client(config: &Config) -> Result<Client, String> {
    Client::new(config).map_err(|error| describe(&error))
}

/// Asks for every message, until Ctrl-C; a progress bar is drawn where standard error is a terminal.
pub fn multi_status(client: &Client, asked: &[&Row]) -> Result<Outcome, String> {
    let is_interrupted = interrupt::watch().map_err(|error| format!("Ctrl-C: {error}"))?;
    let queries: Vec<_> = asked.iter().map(|row| query(&row.message)).collect();
    let bar = progress_bar(queries.len());
    let operation = client.start(queries).map_err(|error| describe(&error))?;
    while !operation.wait(Some(PROGRESS_INTERVAL)) {
        if is_interrupted() {
            operation.cancel();
        } else {
            bar.set_position(operation.progress().done as u64);
        }
    }
    bar.finish_and_clear();
    operation.finish().map_err(|error| describe(&error))
}

/// What is asked for a message.
pub fn query(message: &Message) -> Query<'_> {
    Query::new(&message.phone_number, &message.message_id)
}

/// What went wrong, and under which name the library's documentation has it.
pub fn describe(error: &Error) -> String {
    format!("{error} ({})", error.code().name())
}

/// A message of the library, which counts the queries, with the line of the list in place of that.
pub fn in_lines<'m>(message: &'m str, asked: &[&Row]) -> Cow<'m, str> {
    let row = |place: &str| asked.get(place.parse::<usize>().ok()?);
    let parts = message.split_once("queries[").and_then(|(before, rest)| {
        let (place, after) = rest.split_once("] (counted from 0)")?;
        Some((before, row(place)?.line, after))
    });
    parts.map_or(message.into(), |(before, line, after)| format!("{before}line {line}{after}").into())
}

fn progress_bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40.green} {pos}/{len}, {per_sec}, {eta} left")
        .expect("the template is well formed");
    ProgressBar::new(total as u64).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_speak_of_lines() {
        let message =
            |message_id: &str| Message { phone_number: "".into(), message_id: message_id.into(), refusal: None };
        let rows = [(2, 1), (7, 3)].map(|(line, lines)| Row { line, lines, message: message("1") });
        let asked: Vec<_> = rows.iter().collect();
        for (message, expected) in [
            ("the first is queries[1] (counted from 0); and more", "the first is line 7; and more"),
            ("queries[0] (counted from 0): message_id", "line 2: message_id"),
            ("no answer", "no answer"),
            ("queries[2] (counted from 0)", "queries[2] (counted from 0)"),
            ("the service says: queries[x] (counted from 0)", "the service says: queries[x] (counted from 0)"),
            ("the service says: queries[1", "the service says: queries[1"),
        ] {
            assert_eq!(in_lines(message, &asked), expected);
        }
    }
}
