//! Asking the library, with a progress bar for those who watch.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use smsp::{Client, Config, Error, Outcome, Query};

use crate::args::Args;
use crate::input::{List, Message};
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
pub fn multi_status(client: &Client, list: &List) -> Result<Outcome, String> {
    let is_interrupted = interrupt::watch().map_err(|error| format!("Ctrl-C: {error}"))?;
    let queries: Vec<_> = list.asked().map(|row| query(&row.message)).collect();
    let bar = progress_bar(queries.len());
    let operation = client.start(queries).map_err(|error| describe(&error))?;
    while !operation.wait(Some(PROGRESS_INTERVAL)) {
        if is_interrupted() {
            operation.cancel();
        }
        bar.set_position(operation.progress().done as u64);
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

fn progress_bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40.green} {pos}/{len}, {per_sec}, {eta} left")
        .expect("the template is well formed");
    ProgressBar::new(total as u64).with_style(style)
}
