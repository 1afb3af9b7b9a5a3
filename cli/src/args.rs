//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::options::{Key, OPTIONS, Opt};

/// What the caller wants done.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Print the help.
    Help,
    /// Print the manual page.
    Man,
    /// Print what completes the options in a shell.
    Completions(Shell),
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
    /// How the list is written.
    pub input: InputFormat,
    /// Which of its columns count.
    pub columns: Columns,
    /// How the statuses are written.
    pub format: Format,
    /// How many rows the table shows.
    pub rows: usize,
    /// When colours are used.
    pub color: Color,
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

/// How the list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum InputFormat {
    /// Rows of fields with a separator.
    #[default]
    Csv,
    /// A JSON object on each line.
    Jsonl,
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

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Color {
    /// On a terminal that has them, unless the environment says otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

/// A shell that completes options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// The columns that are chosen; the others are found by their names.
#[derive(Debug, Default, PartialEq)]
pub struct Columns {
    pub phone_number: Option<Column>,
    pub message_id: Option<Column>,
}

/// How a column is chosen.
#[derive(Debug, PartialEq)]
pub enum Column {
    /// By its place; the first is 0.
    Place(usize),
    /// By its name in the header.
    Name(String),
}

impl Columns {
    /// Both places, if both are given.
    pub fn places(&self) -> Option<(usize, usize)> {
        match (&self.phone_number, &self.message_id) {
            (Some(Column::Place(phone_number)), Some(Column::Place(message_id))) => Some((*phone_number, *message_id)),
            _ => None,
        }
    }

    /// Whether the list may do without a header.
    pub fn may_lack_header(&self) -> bool {
        self.places().is_some() || self.phone_number.is_none() && self.message_id.is_none()
    }
}

/// Reads the arguments, the program's name not included.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    parse_lexopt(lexopt::Parser::from_args(arguments)).map_err(|error| error.to_string())
}

fn parse_lexopt(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut args = Args { rows: 10, ..Args::default() };
    while let Some(argument) = parser.next()? {
        let option = match argument {
            Short(name) => OPTIONS.iter().find(|option| option.short == Some(name)),
            Long(name) => OPTIONS.iter().find(|option| option.long == name),
            Value(list) if args.list.is_none() => {
                args.list = Some(source(list));
                continue;
            }
            Value(_) => None,
        };
        let Some(option) = option else { return Err(argument.unexpected()) };
        match option.key {
            Key::Help => return Ok(Command::Help),
            Key::Man => return Ok(Command::Man),
            Key::Version => return Ok(Command::Version),
            Key::Completions => {
                return Ok(Command::Completions(choice(option, &mut parser, &[Shell::Bash, Shell::Zsh, Shell::Fish])?));
            }
            Key::Format => args.format = choice(option, &mut parser, &[Format::Table, Format::Csv, Format::Jsonl])?,
            Key::Rows => args.rows = parser.value()?.parse()?,
            Key::Input => args.input = choice(option, &mut parser, &[InputFormat::Csv, InputFormat::Jsonl])?,
            Key::PhoneColumn => args.columns.phone_number = Some(column(option, &parser.value()?.string()?)?),
            Key::IdColumn => args.columns.message_id = Some(column(option, &parser.value()?.string()?)?),
            Key::Color => args.color = choice(option, &mut parser, &[Color::Auto, Color::Always, Color::Never])?,
            Key::Check => args.check = true,
            Key::ApiKeyFile => args.api_key_file = Some(parser.value()?.string()?),
            Key::Set => args.settings.push(setting(&parser.value()?.string()?)?),
        }
    }
    if args.columns.phone_number.is_some() && args.columns.phone_number == args.columns.message_id {
        return Err("--phone-column and --id-column are the same".into());
    }
    if args.input == InputFormat::Jsonl && args.columns != Columns::default() {
        return Err("--phone-column and --id-column choose columns of --input csv: jsonl has none".into());
    }
    Ok(Command::Run(args))
}

fn source(argument: OsString) -> Source {
    if argument == "-" { Source::Stdin } else { Source::File(argument.into()) }
}

/// The choice that goes with the word, which stands at the same place in the table.
fn choice<T: Copy>(option: &Opt, parser: &mut lexopt::Parser, choices: &[T]) -> Result<T, lexopt::Error> {
    let words = option.words();
    let given = parser.value()?.string()?;
    let place = words.iter().position(|word| *word == given);
    place.and_then(|place| choices.get(place)).copied().ok_or_else(|| {
        let (last, others) = words.split_last().expect("there are words to choose from");
        format!("--{} is {} or {last}, not {given:?}", option.long, others.join(", ")).into()
    })
}

fn column(option: &Opt, text: &str) -> Result<Column, String> {
    match text.parse::<usize>() {
        Ok(0) => Err(format!("--{}: the first column is 1", option.long)),
        Ok(number) => Ok(Column::Place(number - 1)),
        Err(_) => Ok(Column::Name(text.into())),
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
            "--phone-column",
            "Portable 2",
            "--id-column=3",
            "--color=never",
            "list.csv",
        ]);
        assert_eq!(args.list, Some(Source::File("list.csv".into())));
        assert_eq!(args.columns.phone_number, Some(Column::Name("Portable 2".into())));
        assert_eq!(args.columns.message_id, Some(Column::Place(2)));
        assert_eq!(args.color, Color::Never);
        assert_eq!(args.format, Format::Csv);
        assert_eq!(args.rows, 3);
        assert!(args.check);
        assert_eq!(args.api_key_file.as_deref(), Some("/run/key"));
        let settings = [("base_url", "http://[::1]:1/v1?a=b"), ("log_level", "debug")];
        assert_eq!(args.settings, settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_kind_of_list_is_read() {
        assert_eq!(args(&["--input=jsonl"]).input, InputFormat::Jsonl);
        assert_eq!(args(&["--input=csv"]).input, InputFormat::Csv);
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(args(&["-"]).list, Some(Source::Stdin));
    }

    #[test]
    fn help_and_version_come_first() {
        assert_eq!(parse(&["--check", "-h"]), Ok(Command::Help));
        assert_eq!(parse(&["-V", "list.csv"]), Ok(Command::Version));
        assert_eq!(parse(&["--man"]), Ok(Command::Man));
        assert_eq!(parse(&["--completions", "zsh", "list.csv"]), Ok(Command::Completions(Shell::Zsh)));
    }

    #[test]
    fn every_word_of_the_table_is_a_choice() {
        for option in OPTIONS {
            for word in option.words() {
                let argument = format!("--{}={word}", option.long);
                assert!(parse(&[&argument]).is_ok(), "{argument}");
            }
        }
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert!(parse(&["--form", "csv"]).unwrap_err().contains("--form"));
        assert_eq!(parse(&["-f", "xml"]).unwrap_err(), "--format is table, csv or jsonl, not \"xml\"");
        assert!(parse(&["--id-column=0"]).unwrap_err().contains("--id-column"));
        assert!(parse(&["--id-column=2", "--phone-column=2"]).unwrap_err().contains("--phone-column"));
        assert!(parse(&["--input=jsonl", "--id-column=2"]).unwrap_err().contains("--input csv"));
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
