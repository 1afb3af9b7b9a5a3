//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;
use smsp::Config;

/// What `--help` prints, but for the list of options.
const HELP: &str = "\
What became of these SMS? Asks the SMS Partner gateway for the status of every message of a list.

Usage: smsp-status [OPTIONS] [LIST]

LIST is a CSV file of phone_number,message_id, one message per line; - or nothing reads standard
input. A header line is optional and may name further columns, which are ignored. Fields are
separated by , or ; and the text is UTF-8 or Latin-1. A line that cannot be read is named on
standard error, and the others are asked.

Options:
  -f, --format FORMAT      table: the first rows and a summary (default)
                           csv, jsonl: every row, for other programs
  -n, --rows N             how many rows the table shows (default 10)
      --check              walk through configuration, name, connection, TLS and one query (the
                           first of LIST, if given), say where it stops and why, and print a
                           transcript without the API key
      --api-key-file FILE  read the API key from the first line of FILE
      --set NAME=VALUE     set an option of the library; may be repeated
  -h, --help               print this help
  -V, --version            print the version

The API key comes from the environment variable SMSPARTNER_API_KEY or from --api-key-file, never
from the command line, which other users of the machine can read. The environment may set the
other options too, by SMSP_ and the name in capitals; the command line comes after it.

Fields of csv and jsonl: phone_number, message_id, state, code, api_code, date (UTC), date_unix,
date_text, status_text, stop_sms, is_spam; then why a message is not answered, in csv error_message,
error_http_status and error_retryable, in jsonl error, which is null or an object of code, message,
api_code, http_status and retryable. States: delivered, not_delivered, waiting, not_found, not_sent,
rejected, invalid, unanswered, unknown. What is not found or rejected (the service refuses to speak
of it) is answered; what is invalid (not asked, since the number or the id cannot be one) or
unanswered is not.

Exit status: 0 everything was answered; 1 not everything, or a line could not be read; 2 an error.
Ctrl-C cancels: what was answered until then is written. The exit status is 1, or 2 if that is
nothing.

Example:
  smsp-status --api-key-file key.txt --format csv messages.csv > statuses.csv

Options of the library and their defaults, explained in docs/CONFIGURATION.md:
";

/// What `--help` prints.
pub fn help() -> String {
    let options = Config::options().iter().filter(|option| option.name() != "api_key");
    options.fold(HELP.to_owned(), |help, option| {
        let line = format!("  {:19}  {}", option.name(), option.default().unwrap_or("none"));
        help + &line + "\n"
    })
}

/// What the caller wants done.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Ask, or check with `args.check`.
    Run(Args),
}

/// A command line that asks the service something.
#[derive(Debug, Default, PartialEq)]
pub struct Args {
    /// The list; none is standard input, or with `check` no list at all.
    pub list: Option<Source>,
    /// How the statuses are written.
    pub format: Format,
    /// How many rows the table shows.
    pub rows: usize,
    /// Whether to walk through the steps instead of asking the whole list.
    pub check: bool,
    /// The file that holds the API key.
    pub api_key_file: Option<String>,
    /// Options of the library with their values, in the order given.
    pub settings: Vec<(String, String)>,
}

/// Where the list is.
#[derive(Debug, PartialEq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How the statuses are written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Format {
    /// The first rows and a summary, for people.
    #[default]
    Table,
    /// Every row, for spreadsheets.
    Csv,
    /// Every row as a JSON object on a line of its own.
    Jsonl,
}

/// Reads the arguments, the program's name not included.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    parse_lexopt(lexopt::Parser::from_args(arguments)).map_err(|error| error.to_string())
}

fn parse_lexopt(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut args = Args { rows: 10, ..Args::default() };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Short('f') | Long("format") => args.format = format(&parser.value()?.string()?)?,
            Short('n') | Long("rows") => args.rows = parser.value()?.parse()?,
            Long("check") => args.check = true,
            Long("api-key-file") => args.api_key_file = Some(parser.value()?.string()?),
            Long("set") => args.settings.push(setting(&parser.value()?.string()?)?),
            Value(list) if args.list.is_none() => args.list = Some(source(list)),
            unexpected => return Err(unexpected.unexpected()),
        }
    }
    Ok(Command::Run(args))
}

fn source(argument: OsString) -> Source {
    if argument == "-" { Source::Stdin } else { Source::File(argument.into()) }
}

fn format(name: &str) -> Result<Format, String> {
    match name {
        "table" => Ok(Format::Table),
        "csv" => Ok(Format::Csv),
        "jsonl" => Ok(Format::Jsonl),
        _ => Err(format!("--format is table, csv or jsonl, not \"{name}\"")),
    }
}

/// The messages here never repeat what was given: it may hold a key in the wrong place.
fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("--set takes NAME=VALUE")?;
    if name.trim() == "api_key" {
        return Err("api_key does not go on the command line, where other users can read it: \
             use SMSPARTNER_API_KEY or --api-key-file"
            .into());
    }
    Ok((name.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        super::parse(arguments.iter().map(OsString::from))
    }

    fn args(arguments: &[&str]) -> Args {
        match parse(arguments) {
            Ok(Command::Run(args)) => args,
            other => panic!("{arguments:?}: {other:?}"),
        }
    }

    #[test]
    fn no_argument_asks_for_a_table_of_standard_input() {
        let args = args(&[]);
        assert_eq!(args.list, None);
        assert_eq!(args.format, Format::Table);
        assert_eq!(args.rows, 10);
        assert!(!args.check);
    }

    #[test]
    fn every_option_is_read() {
        let args = args(&[
            "-fcsv",
            "--rows=3",
            "--check",
            "--api-key-file",
            "/run/key",
            "--set",
            "base_url=http://[::1]:1/v1?a=b",
            "--set=log_level=debug",
            "list.csv",
        ]);
        assert_eq!(args.list, Some(Source::File("list.csv".into())));
        assert_eq!(args.format, Format::Csv);
        assert_eq!(args.rows, 3);
        assert!(args.check);
        assert_eq!(args.api_key_file.as_deref(), Some("/run/key"));
        let settings = [("base_url", "http://[::1]:1/v1?a=b"), ("log_level", "debug")];
        assert_eq!(args.settings, settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(args(&["-"]).list, Some(Source::Stdin));
    }

    #[test]
    fn help_and_version_come_first() {
        assert_eq!(parse(&["--check", "-h"]), Ok(Command::Help));
        assert_eq!(parse(&["-V", "list.csv"]), Ok(Command::Version));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert!(parse(&["--form", "csv"]).unwrap_err().contains("--form"));
        assert!(parse(&["-f", "xml"]).unwrap_err().contains("\"xml\""));
        assert!(parse(&["--rows", "many"]).unwrap_err().contains("many"));
        assert!(parse(&["a.csv", "b.csv"]).unwrap_err().contains("b.csv"));
    }

    #[test]
    fn a_key_on_the_command_line_is_refused_and_not_repeated() {
        for arguments in [
            ["--set", "api_key=hush-hush"],
            ["--set", "hush-hush"],
            ["--api-key", "hush-hush"],
            ["--api-key=hush-hush", ""],
        ] {
            let message = parse(&arguments).unwrap_err();
            assert!(!message.contains("hush-hush"), "{message}");
        }
    }
}
