//! The options of the program: one table, which drives reading them, the help, the manual page and completions.

/// Which option it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    Format,
    Rows,
    Input,
    PhoneColumn,
    IdColumn,
    Color,
    Check,
    ApiKeyFile,
    Set,
    Completions,
    Man,
    Help,
    Version,
}

/// An option: a row of the table.
pub struct Opt {
    pub key: Key,
    pub short: Option<char>,
    pub long: &'static str,
    /// What its value is called, and what it can be.
    pub value: Option<(&'static str, Values)>,
    pub help: &'static str,
}

/// What a value can be.
pub enum Values {
    /// One of these words.
    Words(&'static [&'static str]),
    /// The path of a file.
    File,
    /// An option of the library and its value.
    Setting,
    /// Anything else.
    Text,
}

use Values::{File, Setting, Text, Words};

/// Every option there is.
pub const OPTIONS: &[Opt] = &[
    Opt {
        key: Key::Format,
        short: Some('f'),
        long: "format",
        value: Some(("FORMAT", Words(&["table", "csv", "jsonl"]))),
        help: "how statuses are written: table, the first rows and a summary (default); csv or jsonl, every row, for other programs",
    },
    Opt {
        key: Key::Rows,
        short: Some('n'),
        long: "rows",
        value: Some(("N", Text)),
        help: "how many rows the table shows (default 10)",
    },
    Opt {
        key: Key::Input,
        short: None,
        long: "input",
        value: Some(("FORMAT", Words(&["csv", "jsonl"]))),
        help: "how LIST is written: csv, as spreadsheets, databases and scripts export it (default); jsonl, an object with phone_number and message_id on each line",
    },
    Opt {
        key: Key::PhoneColumn,
        short: None,
        long: "phone-column",
        value: Some(("COLUMN", Text)),
        help: "the column of the phone numbers: its name in the header, or its number, from 1",
    },
    Opt {
        key: Key::IdColumn,
        short: None,
        long: "id-column",
        value: Some(("COLUMN", Text)),
        help: "the column of the message ids, likewise; without a header both are given by number, or neither",
    },
    Opt {
        key: Key::Color,
        short: None,
        long: "color",
        value: Some(("WHEN", Words(&["auto", "always", "never"]))),
        help: "auto: colours on a terminal that has them, unless NO_COLOR is set (default); always; never",
    },
    Opt {
        key: Key::Check,
        short: None,
        long: "check",
        value: None,
        help: "walk through configuration, name, connection, TLS and one query (the first of LIST, if given), say where it stops and why, and print a transcript without the API key",
    },
    Opt {
        key: Key::ApiKeyFile,
        short: None,
        long: "api-key-file",
        value: Some(("FILE", File)),
        help: "read the API key from the first line of FILE",
    },
    Opt {
        key: Key::Set,
        short: None,
        long: "set",
        value: Some(("NAME=VALUE", Setting)),
        help: "set an option of the library; may be repeated",
    },
    Opt {
        key: Key::Completions,
        short: None,
        long: "completions",
        value: Some(("SHELL", Words(&["bash", "zsh", "fish"]))),
        help: "print a script that completes the options in that shell",
    },
    Opt { key: Key::Man, short: None, long: "man", value: None, help: "print the manual page, for man -l -" },
    Opt { key: Key::Help, short: Some('h'), long: "help", value: None, help: "print this help" },
    Opt { key: Key::Version, short: Some('V'), long: "version", value: None, help: "print the version" },
];

impl Opt {
    /// The words that its value can be, if it is one of some.
    pub fn words(&self) -> &'static [&'static str] {
        match self.value {
            Some((_, Words(words))) => words,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        for (place, option) in OPTIONS.iter().enumerate() {
            for other in &OPTIONS[..place] {
                assert_ne!(option.long, other.long);
                assert_ne!(option.key, other.key);
                assert!(option.short.is_none() || option.short != other.short, "{:?}", option.short);
            }
        }
    }
}
