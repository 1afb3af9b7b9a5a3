//! `smsp-status`: a list of messages in, their statuses out.

mod args;
mod ask;
mod check;
mod completions;
mod environment;
mod input;
mod interrupt;
mod manual;
mod options;
mod output;

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use smsp::{Code, Report, State};

use args::{Args, Command, Format, Source};
use input::{List, Message, Row, shown};
use output::{Lines, Summary};

/// What the exit status says.
#[derive(Clone, Copy)]
enum Exit {
    /// Every line was read, and every message was answered.
    Complete = 0,
    /// Not every message was answered, or a line was named.
    Partial = 1,
    /// Nothing was asked although there are rows, nothing was answered, or it could not be written.
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
        Command::Help => print(|out| out.write_all(manual::help().as_bytes()))?,
        Command::Man => print(|out| out.write_all(manual::page().as_bytes()))?,
        Command::Completions(shell) => print(|out| out.write_all(completions::script(shell).as_bytes()))?,
        Command::Version => print(|out| writeln!(out, "smsp-status {}", env!("CARGO_PKG_VERSION")))?,
        Command::Run(args) if args.check => return run_check(&args),
        Command::Run(args) => return run_list(&args),
    }
    Ok(Exit::Complete)
}

fn run_check(args: &Args) -> Result<Exit, String> {
    let list = args.list.as_ref().map_or_else(|| Ok(List::default()), |source| read_list(source, args))?;
    let (exit, text) = check::run(args, &list);
    print(|out| out.write_all(text.as_bytes()))?;
    Ok(match exit {
        Exit::Complete => exit_of(Code::Ok, &Lines::of(&list, list.asked().map(|row| row.lines).sum())),
        _ => exit,
    })
}

fn run_list(args: &Args) -> Result<Exit, String> {
    output::set_colors(args.color);
    let client = ask::client(&ask::config(args)?)?;
    let list = match &args.list {
        Some(source) => read_list(source, args)?,
        None if io::stdin().is_terminal() => return Err("no list is given (see --help)".into()),
        None => read_list(&Source::Stdin, args)?,
    };
    let start = Instant::now();
    let asked: Vec<_> = list.asked().collect();
    let outcome = ask::multi_status(&client, &asked)?;
    let took = start.elapsed();
    name_invalid_rows(&asked, &outcome.report);
    let lines = Lines::of(&list, asked_lines(&asked, &outcome.report));
    if let Some(error) = outcome.error.as_ref().filter(|error| error.code() != Code::InvalidArgument) {
        complain(&ask::in_lines(&ask::describe(error), &asked));
    }
    if lines.named > 0 && args.format != Format::Table {
        complain(&lines.to_string());
    }
    print(|out| {
        let records = output::records(&list.rows, &asked, &outcome.report);
        match args.format {
            Format::Csv => output::csv(out, records),
            Format::Jsonl => output::jsonl(out, records),
            Format::Table => {
                output::table(&mut *out, records, args.rows)?;
                write!(out, "\n{}{lines}\n", Summary::new(&list.rows, &outcome.report, took))
            }
        }
    })?;
    Ok(exit_of(outcome.code(), &lines))
}

fn exit_of(code: Code, lines: &Lines) -> Exit {
    match code {
        Code::Ok | Code::Partial if lines.asked == 0 && lines.named > 0 => Exit::Failed,
        Code::Ok if lines.named == 0 => Exit::Complete,
        Code::Ok | Code::Partial => Exit::Partial,
        _ => Exit::Failed,
    }
}

/// Reads the list, and names the lines that are not asked.
fn read_list(source: &Source, args: &Args) -> Result<List, String> {
    let list = input::read(source, args.input, &args.columns)?;
    let refused = list.rows.iter().filter_map(|row| Some((row.line, named_row(row, row.message.refusal?))));
    let bad = list.bad_lines.iter().map(|bad| (bad.line, format!("{}: {}", lines_at(bad.line, bad.lines), bad.reason)));
    let mut named: Vec<_> = bad.chain(refused).collect();
    named.sort();
    named.iter().for_each(|(_, what)| complain(what));
    Ok(list)
}

/// Names the lines that the library did not ask, and says why.
fn name_invalid_rows(asked: &[&Row], report: &Report) {
    let invalid = asked.iter().zip(report.iter()).filter(|(_, status)| status.state() == State::Invalid);
    for (row, why) in invalid.filter_map(|(row, status)| Some((row, status.error()?))) {
        complain(&named_row(row, why.message()));
    }
}

/// What is said of a row that is not asked.
fn named_row(row: &Row, why: impl Display) -> String {
    let Message { phone_number, message_id, .. } = &row.message;
    format!("{}: {}, {}: {why}", lines_at(row.line, row.lines), shown(phone_number), shown(message_id))
}

/// How many lines the messages have that the library did ask.
fn asked_lines(asked: &[&Row], report: &Report) -> usize {
    let rows = asked.iter().zip(report.iter()).filter(|(_, status)| status.state() != State::Invalid);
    rows.map(|(row, _)| row.lines).sum()
}

fn lines_at(line: usize, lines: usize) -> String {
    if lines == 1 { format!("line {line}") } else { format!("lines {line} to {}", line + lines - 1) }
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
