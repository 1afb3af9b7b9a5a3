//! The help and the manual page, from one text and the tables of options.

use std::fmt::Write;

use smsp::Config;

use crate::options::{OPTIONS, Opt};

const SUMMARY: &str = "what became of these SMS?";

const DESCRIPTION: &str = "Asks the SMS Partner gateway for the status of every message of a list, and writes one for each in the same order.";

/// The longest line of the help.
const WIDTH: usize = 100;

/// A part with a title of its own.
struct Section {
    title: &'static str,
    blocks: &'static [Block],
}

enum Block {
    /// A paragraph.
    Text(&'static str),
    /// Words, and what each means.
    Terms(&'static [(&'static str, &'static str)]),
    /// A command, as it is typed.
    Code(&'static str),
}

use Block::{Code, Terms, Text};

/// What comes before the options.
const BEFORE: &[Section] = &[Section {
    title: "Lists",
    blocks: &[
        Text(
            "LIST is a file with a phone number and a message id in each row; - or nothing reads standard input. Fields are \
             separated by ; , tab or |, and may be quoted. A header says which columns count, under their usual names in \
             English or French; without one they are the first two. What stands above the header, and empty lines, are \
             skipped. The text is UTF-8, UTF-16 or Windows-1252. docs/LISTS.md has the names and the rest.",
        ),
        Text(
            "A line that cannot be read is named on standard error with the reason, and the others are asked. Nothing is \
             guessed where two readings are possible, and nothing inside a quoted text is asked.",
        ),
    ],
}];

/// What comes after them.
const AFTER: &[Section] = &[
    Section {
        title: "Environment",
        blocks: &[Text(
            "The API key comes from SMSPARTNER_API_KEY or from --api-key-file, never from the command line, which other \
                 users of the machine can read. The environment may set the other options of the library too, by SMSP_ and \
                 the name in capitals; the command line comes after it. --check names variables that begin with SMSP_ and \
                 are none.",
        )],
    },
    Section {
        title: "Output",
        blocks: &[
            Text(
                "Fields of csv and jsonl: phone_number, message_id, state, code, api_code, date (UTC), date_unix, \
                 date_text, status_text, stop_sms, is_spam; then why a message is not answered, in csv error_message, \
                 error_http_status and error_retryable, in jsonl error, which is null or an object of code, message, \
                 api_code, http_status and retryable.",
            ),
            Text(
                "States: delivered, not_delivered, waiting, not_found, not_sent, rejected, invalid, unanswered, unknown. \
                 What is not found or rejected (the service refuses to speak of it) is answered; what is invalid (not \
                 asked, since the number or the id cannot be one) or unanswered is not.",
            ),
            Text(
                "The summary says how many lines were read: each was asked, skipped because it is empty or stands above \
                 the rows, or named.",
            ),
        ],
    },
    Section {
        title: "Exit status",
        blocks: &[
            Terms(&[
                ("0", "every message was answered, or the list has no rows"),
                ("1", "not every message was answered, or a line was named"),
                ("2", "nothing was asked although there are rows, nothing was answered, or an error"),
            ]),
            Text(
                "Ctrl-C cancels: what was answered until then is written. The exit status is 1, or 2 if that is nothing.",
            ),
        ],
    },
    Section {
        title: "Examples",
        blocks: &[
            Code("smsp-status --api-key-file key.txt --format csv messages.csv > statuses.csv"),
            Code("smsp-status --phone-column Portable --id-column 7 export.csv"),
            Code("smsp-status --check"),
        ],
    },
];

const LIBRARY_OPTIONS: &str = "Options of the library and their defaults, explained in docs/CONFIGURATION.md";

/// The options of the library that `--set` takes, with their defaults.
fn library_options() -> impl Iterator<Item = (&'static str, &'static str)> {
    let options = Config::options().iter().filter(|option| option.name() != "api_key");
    options.map(|option| (option.name(), option.default().unwrap_or("none")))
}

/// What `--help` prints.
pub fn help() -> String {
    let description = format!("What became of these SMS? {DESCRIPTION}");
    let mut help = format!("{}\n\nUsage: smsp-status [OPTIONS] [LIST]\n", wrapped(&description, 0));
    BEFORE.iter().for_each(|section| add_to_help(&mut help, section));
    help += "\nOptions:\n";
    for option in OPTIONS {
        let short = option.short.map_or("    ".into(), |short| format!("-{short}, "));
        help += &term(&format!("{short}--{}", signature(option)), option.help, 31);
    }
    AFTER.iter().for_each(|section| add_to_help(&mut help, section));
    _ = writeln!(help, "\n{LIBRARY_OPTIONS}:");
    library_options().for_each(|(name, default)| help += &term(name, default, 23));
    help
}

fn add_to_help(help: &mut String, section: &Section) {
    _ = writeln!(help, "\n{}:", section.title);
    for (place, block) in section.blocks.iter().enumerate() {
        let needs_space = place > 0 && matches!(block, Text(_));
        *help += if needs_space { "\n" } else { "" };
        match block {
            Text(text) => _ = writeln!(help, "  {}", wrapped(text, 2)),
            Code(code) => _ = writeln!(help, "  {code}"),
            Terms(terms) => terms.iter().for_each(|(name, meaning)| *help += &term(name, meaning, 5)),
        }
    }
}

/// A word and what it means, which begins in this column.
fn term(word: &str, meaning: &str, column: usize) -> String {
    format!("  {word:width$}{}\n", wrapped(meaning, column), width = column - 2)
}

/// A text in lines, the first of which begins in this column, as the others do.
fn wrapped(text: &str, column: usize) -> String {
    let (mut lines, mut length) = (String::new(), column);
    for word in text.split(' ') {
        if length > column && length + 1 + word.len() > WIDTH {
            lines += &format!("\n{:column$}", "");
            length = column;
        } else if length > column {
            lines.push(' ');
            length += 1;
        }
        lines += word;
        length += word.len();
    }
    lines
}

fn signature(option: &Opt) -> String {
    option.value.as_ref().map_or(option.long.into(), |(value, _)| format!("{} {value}", option.long))
}

/// The manual page, in the language of roff.
pub fn page() -> String {
    let mut page = format!(
        ".TH SMSP-STATUS 1 \"\" \"libsmsp {}\"\n.SH NAME\nsmsp-status \\- {SUMMARY}\n\
         .SH SYNOPSIS\n.B smsp-status\n[\\fIOPTIONS\\fR] [\\fILIST\\fR]\n.SH DESCRIPTION\n{}\n",
        env!("CARGO_PKG_VERSION"),
        roff(DESCRIPTION)
    );
    BEFORE.iter().for_each(|section| add_to_page(&mut page, section));
    page += ".SH OPTIONS\n";
    for option in OPTIONS {
        let short = option.short.map_or(String::new(), |short| format!("\\fB\\-{short}\\fR, "));
        let value = option.value.as_ref().map_or(String::new(), |(value, _)| format!(" \\fI{}\\fR", roff(value)));
        _ = writeln!(page, ".TP\n{short}\\fB\\-\\-{}\\fR{value}\n{}", roff(option.long), roff(option.help));
    }
    AFTER.iter().for_each(|section| add_to_page(&mut page, section));
    _ = writeln!(page, ".SH LIBRARY OPTIONS\n{}:", roff(LIBRARY_OPTIONS));
    library_options().for_each(|(name, default)| _ = writeln!(page, ".TP\n.B {}\n{}", roff(name), roff(default)));
    page
}

fn add_to_page(page: &mut String, section: &Section) {
    _ = writeln!(page, ".SH {}", section.title.to_uppercase());
    for block in section.blocks {
        match block {
            Text(text) => _ = writeln!(page, ".PP\n{}", roff(text)),
            Code(code) => _ = writeln!(page, ".PP\n.nf\n.RS\n{}\n.RE\n.fi", roff(code)),
            Terms(terms) => terms.iter().for_each(|(name, meaning)| {
                _ = writeln!(page, ".TP\n.B {name}\n{}", roff(meaning));
            }),
        }
    }
}

/// A text without characters that mean something to roff.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_at_words() {
        let text = "word ".repeat(60);
        let wrapped = wrapped(text.trim_end(), 27);
        assert_eq!(wrapped.split_whitespace().count(), 60);
        let lines: Vec<_> = wrapped.lines().collect();
        assert!(lines[1..].iter().all(|line| line.len() <= WIDTH && line.starts_with(&" ".repeat(27))), "{wrapped}");
        assert!(lines[0].len() <= WIDTH - 27 && !lines[0].starts_with(' '), "{wrapped}");
        assert!(!wrapped.contains(" \n"));
    }

    #[test]
    fn nothing_in_a_text_means_something_to_roff() {
        assert_eq!(roff(".a \\n-b"), "\\&.a \\en\\-b");
    }
}
