//! The list of messages, whichever spreadsheet, database or script it was exported from.
//!
//! ```text
//! bytes ─▶ text ─▶ records ─▶ table ─▶ list
//!           │       │ ends     ▲ ▲      ▲
//!           │                  │ values │
//!           │      names ─▶ layout      │
//!           └─────────────▶ jsonl ──────┘
//! ```

mod ends;
mod jsonl;
mod layout;
mod list;
mod names;
#[cfg(test)]
mod properties;
mod records;
mod table;
mod text;
mod values;

use std::fs::File;
use std::io::{self, Read};

use crate::args::{Columns, InputFormat, Source};
use text::Text;

pub use list::{List, Message, Refusal, Row};
pub use values::shown;

/// Reads a list to its end.
pub fn read(source: &Source, format: InputFormat, columns: &Columns) -> Result<List, String> {
    let (name, list) = match source {
        Source::Stdin => ("standard input".into(), read_from(io::stdin().lock(), format, columns)),
        Source::File(path) => {
            let file = File::open(path).map_err(|error| error.to_string());
            (path.display().to_string(), file.and_then(|file| read_from(file, format, columns)))
        }
    };
    list.map_err(|error| format!("{name}: {error}"))
}

fn read_from(reader: impl Read, format: InputFormat, columns: &Columns) -> Result<List, String> {
    let mut text = Text::new(reader);
    match format {
        InputFormat::Csv => table::read(&mut text, columns),
        InputFormat::Jsonl => jsonl::read(&mut text).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> String {
        read_from(bytes, InputFormat::Csv, &Columns::default()).unwrap_err()
    }

    #[test]
    fn what_is_no_list_is_told() {
        assert!(error(b"PK\x03\x04\x14\0\x06\0").contains("save it as CSV"));
        assert!(error(b"\xd0\xcf\x11\xe0\xa1\xb1").contains("save it as CSV"));
        for text in ["{\"phone_number\":\"0639980001\",\"message_id\":1}\n", "[\n {\"phone_number\":1}]"] {
            assert!(error(text.as_bytes()).contains("--input jsonl"), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let source = Source::File("no/such/list.csv".into());
        let error = read(&source, InputFormat::Csv, &Columns::default()).unwrap_err();
        assert!(error.starts_with("no/such/list.csv: "), "{error}");
    }
}
