//! `smsp-status`: a list of messages in, their statuses out.

mod args;
mod ask;
mod check;
mod input;
mod interrupt;
mod output;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use smsp::{Code, Report, State};

use args::{Args, Command, Format, Source};
use input::{List, Row};
use output::{Record, Summary};

/// What the exit status says.
#[derive(Clone, Copy)]
enum Exit {
    /// Everything was answered.
    Complete = 0,
    /// Not everything was answered, or a line of the list could not be read.
    Partial = 1,
    /// Nothing was answered, or it could not be written.
    Failed = 2,
}

fn main() -> ExitCode {
    let exit = run().unwrap_or_else(|message| {
        complain(&message);
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

fn run() -> Result<Exit, String> {
    match args::parse(std::env::args_os().skip(1)).map_err(|error| format!("{error} (see --help)"))? {
        Command::Help => print(|out| out.write_all(args::help().as_bytes()))?,
        Command::Version => print(|out| writeln!(out, "smsp-status {}", env!("CARGO_PKG_VERSION")))?,
        Command::Run(args) if args.check => return run_check(&args),
        Command::Run(args) => return run_list(&args),
    }
    Ok(Exit::Complete)
}

fn run_check(args: &Args) -> Result<Exit, String> {
    let list = args.list.as_ref().map_or_else(|| Ok(List::default()), read_list)?;
    let (exit, text) = check::run(args, &list.rows);
    print(|out| out.write_all(text.as_bytes()))?;
    Ok(exit)
}

fn run_list(args: &Args) -> Result<Exit, String> {
    let client = ask::client(&ask::config(args)?)?;
    let list = match &args.list {
        Some(source) => read_list(source)?,
        None if io::stdin().is_terminal() => return Err("no list is given (see --help)".into()),
        None => read_list(&Source::Stdin)?,
    };
    let start = Instant::now();
    let outcome = ask::multi_status(&client, &list.rows)?;
    let took = start.elapsed();
    name_invalid_rows(&list.rows, &outcome.report);
    if let Some(error) = outcome.error.as_ref().filter(|error| error.code() != Code::InvalidArgument) {
        complain(&ask::in_lines(&ask::describe(error), &list.rows));
    }
    print(|out| write_report(out, args, &list.rows, &outcome.report, took))?;
    Ok(match outcome.code() {
        Code::Ok if list.bad_lines.is_empty() => Exit::Complete,
        Code::Ok | Code::Partial => Exit::Partial,
        _ => Exit::Failed,
    })
}

/// Reads the list, and names the lines that cannot be read.
fn read_list(source: &Source) -> Result<List, String> {
    let list = input::read(source)?;
    for bad in &list.bad_lines {
        complain(&format!("line {}: {}", bad.line, bad.reason));
    }
    Ok(list)
}

/// Names the lines that were not asked, and says why.
fn name_invalid_rows(rows: &[Row], report: &Report) {
    let invalid = rows.iter().zip(report.iter()).filter(|(_, status)| status.state() == State::Invalid);
    for (row, why) in invalid.filter_map(|(row, status)| Some((row, status.error()?))) {
        let Row { line, phone_number, message_id } = row;
        complain(&format!("line {line}: {phone_number:?}, {message_id:?}: {}", why.message()));
    }
}

fn write_report(out: &mut impl Write, args: &Args, rows: &[Row], report: &Report, took: Duration) -> io::Result<()> {
    let records = report.iter().map(|status| Record::new(status, rows));
    match args.format {
        Format::Csv => output::csv(out, records),
        Format::Jsonl => output::jsonl(out, records),
        Format::Table => {
            output::table(&mut *out, records, args.rows)?;
            write!(out, "\n{}", Summary::new(report, took))
        }
    }
}

/// Writes to standard output; that nobody reads on is no error.
fn print(write: impl FnOnce(&mut BufWriter<io::StdoutLock>) -> io::Result<()>) -> Result<(), String> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

/// Says on standard error what is wrong; if that is closed, there is nobody to tell.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "smsp-status: {}", output::printable(message));
}
