//! `--check`: the way to the service, step by step.

use std::time::{Duration, Instant};

use smsp::{CheckStep, Client, Query};

use crate::Exit;
use crate::args::Args;
use crate::ask;
use crate::environment;
use crate::input::List;
use crate::output::printable;

/// The service's own sample: asking for it harms nobody, and "not found" is an answer.
const HARMLESS: Query = Query { phone_number: "+33699999991", message_id: "1222" };

/// Takes every step up to the query of the first message; the text says how far it came.
pub fn run(args: &Args, list: &List) -> (Exit, String) {
    let start = Instant::now();
    let mut text: String = environment::unknown().iter().map(unknown_variable).collect();
    let (client, base_url) = match configure(args) {
        Ok(configured) => configured,
        Err(error) => return (Exit::Failed, text + &line("STOP", "configuration", start.elapsed(), &error)),
    };
    text += &line("ok", "configuration", start.elapsed(), &format!("there is a key for {base_url}"));
    let check = client.check(list.asked().next().map_or(HARMLESS, |row| ask::query(&row.message)));
    text.extend(check.steps.iter().map(step));
    if !check.transcript.is_empty() {
        text += "\nTranscript to attach to a report, without the API key and the recipient's number:\n\n";
        text += printable(&check.transcript).trim_end();
        text += "\n";
    }
    let failed = check.steps.iter().any(|step| step.result.is_err());
    (if failed { Exit::Failed } else { Exit::Complete }, text)
}

fn unknown_variable((name, nearest): &(String, String)) -> String {
    format!("??    environment   {} sets nothing: is {nearest} meant?\n", printable(name))
}

fn configure(args: &Args) -> Result<(Client, String), String> {
    let config = ask::config(args)?;
    let base_url = config.get("base_url").unwrap_or_default().to_owned();
    Ok((ask::client(&config)?, base_url))
}

fn step(step: &CheckStep) -> String {
    match &step.result {
        Ok(found) => line("ok", step.name, step.took, found),
        Err(error) => line("STOP", step.name, step.took, &ask::describe(error)),
    }
}

fn line(mark: &str, step: &str, took: Duration, found: &str) -> String {
    format!("{mark:4}  {step:13} {:>6} ms  {}\n", took.as_millis(), printable(found))
}
