//! The list of messages, whichever spreadsheet or database it was exported from.

use std::io::{self, Read};

use crate::args::Source;

/// One message to ask about.
#[derive(Debug)]
pub struct Row {
    /// Its line in the file; the first is 1.
    pub line: usize,
    /// The recipient, as the list has it.
    pub phone_number: String,
    /// The message, as the list has it.
    pub message_id: String,
}

/// A line that could not be read.
#[derive(Debug, PartialEq)]
pub struct BadLine {
    /// Its place in the file; the first is 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// What a list holds.
#[derive(Debug, Default)]
pub struct List {
    /// The messages, in the order of the file.
    pub rows: Vec<Row>,
    /// The lines that are none.
    pub bad_lines: Vec<BadLine>,
}

/// Reads a list to its end.
pub fn read(source: &Source) -> Result<List, String> {
    let (name, bytes) = match source {
        Source::Stdin => ("standard input".into(), read_stdin()),
        Source::File(path) => (path.display().to_string(), std::fs::read(path)),
    };
    let bytes = bytes.map_err(|error| format!("{name}: {error}"))?;
    parse(&bytes).map_err(|error| format!("{name}: {error}"))
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Each line is read by itself, so that a quote left open spoils one message and not the rest.
fn parse(bytes: &[u8]) -> Result<List, String> {
    let text = decode(bytes)?;
    let separator = text.lines().find_map(separator).unwrap_or(',');
    let mut list = List::default();
    let mut header = None;
    for (index, content) in text.lines().enumerate().filter(|(_, content)| !is_blank(content)) {
        let line = index + 1;
        let fields = match split(content, separator) {
            Ok(fields) => fields,
            Err(reason) => {
                list.bad_lines.push(BadLine { line, reason });
                continue;
            }
        };
        if header.is_none() && list.rows.is_empty() {
            header = Columns::named_by(&fields)
                .map_err(|missing| format!("line {line}: the header has no {missing} column"))?;
            if header.is_some() {
                continue;
            }
        }
        let columns = header.unwrap_or(Columns::FIRST_TWO);
        match (fields.get(columns.phone_number), fields.get(columns.message_id)) {
            (Some(phone_number), Some(message_id)) => {
                let (phone_number, message_id) = (phone_number.clone(), message_id.clone());
                list.rows.push(Row { line, phone_number, message_id });
            }
            _ => list.bad_lines.push(BadLine { line, reason: "a phone number and a message id are expected" }),
        }
    }
    Ok(list)
}

/// UTF-8, or else Latin-1, where each byte is the character of the same number.
fn decode(bytes: &[u8]) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("this is UTF-16; save it as UTF-8".into());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    })
}

/// Spreadsheets end their exports with lines of nothing but separators.
fn is_blank(line: &str) -> bool {
    line.chars().all(|character| character.is_whitespace() || matches!(character, ',' | ';' | '"'))
}

/// What separates the fields of a line, judged by what stands outside quotes.
fn separator(line: &str) -> Option<char> {
    let unquoted: String = line.split('"').step_by(2).collect();
    [';', ','].into_iter().find(|&separator| unquoted.contains(separator))
}

/// The fields of a line; one in quotes may hold separators, and each of its own quotes twice.
fn split(line: &str, separator: char) -> Result<Vec<String>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (field, after) = rest.split_at(rest.find(separator).unwrap_or(rest.len()));
                (field.to_owned(), after)
            }
        };
        fields.push(field.trim().to_owned());
        let after = after.trim_start();
        match after.strip_prefix(separator) {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err("there is text behind a quoted field"),
        }
    }
}

/// A field from behind its opening quote, and what follows its closing one.
fn unquote(mut rest: &str) -> Result<(String, &str), &'static str> {
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        field += before;
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

/// In which columns the two fields are.
#[derive(Clone, Copy)]
struct Columns {
    phone_number: usize,
    message_id: usize,
}

impl Columns {
    const FIRST_TWO: Columns = Columns { phone_number: 0, message_id: 1 };

    /// None where the line is no header; an error names the column that a header lacks.
    fn named_by(fields: &[String]) -> Result<Option<Columns>, &'static str> {
        let find = |is_name: fn(&str) -> bool| fields.iter().position(|field| is_name(&name(field)));
        match (find(is_phone_number), find(is_message_id)) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err("phone_number"),
            (Some(_), None) => Err("message_id"),
            (Some(phone_number), Some(message_id)) => Ok(Some(Columns { phone_number, message_id })),
        }
    }
}

/// "Phone Number", `phoneNumber` and `phone_number` are one name.
fn name(field: &str) -> String {
    let letters = field.chars().filter(|character| character.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn is_phone_number(name: &str) -> bool {
    matches!(
        name,
        "phonenumber"
            | "phone"
            | "number"
            | "mobile"
            | "recipient"
            | "msisdn"
            | "numéro"
            | "numero"
            | "téléphone"
            | "telephone"
            | "destinataire"
    )
}

fn is_message_id(name: &str) -> bool {
    matches!(name, "messageid" | "message" | "id" | "idmessage")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows, and the numbers of the bad lines.
    fn parse(bytes: impl AsRef<[u8]>) -> (Vec<(String, String)>, Vec<usize>) {
        let list = super::parse(bytes.as_ref()).unwrap();
        let rows = list.rows.into_iter();
        (
            rows.map(|row| (row.phone_number, row.message_id)).collect(),
            list.bad_lines.iter().map(|bad| bad.line).collect(),
        )
    }

    fn rows(bytes: impl AsRef<[u8]>) -> Vec<(String, String)> {
        let (rows, bad_lines) = parse(bytes);
        assert!(bad_lines.is_empty(), "{bad_lines:?}");
        rows
    }

    fn row(phone_number: &str, message_id: &str) -> (String, String) {
        (phone_number.to_owned(), message_id.to_owned())
    }

    #[test]
    fn commas_and_semicolons_separate() {
        let expected = [row("+33639980001", "1"), row("0639980002", "2")];
        assert_eq!(rows("+33639980001,1\n0639980002,2\n"), expected);
        assert_eq!(rows("+33639980001;1\n0639980002;2"), expected);
    }

    #[test]
    fn a_separator_inside_quotes_does_not_count() {
        assert_eq!(rows("\"06;39;98\",1\n"), [row("06;39;98", "1")]);
        assert_eq!(rows("\"06,39,98\";1\n"), [row("06,39,98", "1")]);
        assert_eq!(rows("\"06 \"\"39\"\"\",1\n"), [row("06 \"39\"", "1")]);
    }

    #[test]
    fn white_space_around_quotes_and_quotes_inside_a_field_are_borne() {
        assert_eq!(rows(" \"0639980001\" , \" 1 \" \n06\"39,2\n"), [row("0639980001", "1"), row("06\"39", "2")]);
    }

    #[test]
    fn a_header_is_recognised_under_its_usual_names() {
        for header in ["phone_number,message_id", "\"phoneNumber\",\"messageId\"", "Numéro;ID message", "PHONE;ID"] {
            let separator = if header.contains(';') { ';' } else { ',' };
            let text = format!("{header}\n0639980001{separator}1\n");
            assert_eq!(rows(text), [row("0639980001", "1")], "{header}");
        }
    }

    #[test]
    fn a_header_says_where_the_columns_are() {
        let text = "name,message_id,sent,phone_number\nx,7,yes,0639980001\n";
        assert_eq!(rows(text), [row("0639980001", "7")]);
    }

    #[test]
    fn a_header_with_one_of_the_two_columns_is_an_error() {
        let error = super::parse(b"phone,reference\n0639980001,1\n").unwrap_err();
        assert_eq!(error, "line 1: the header has no message_id column");
        let error = super::parse(b"\nreference;id\n").unwrap_err();
        assert_eq!(error, "line 2: the header has no phone_number column");
    }

    #[test]
    fn a_title_above_the_header_is_a_bad_line() {
        let (rows, bad_lines) = parse("Export of November\n\nid;phone\n7;0639980001\n");
        assert_eq!(rows, [row("0639980001", "7")]);
        assert_eq!(bad_lines, [1]);
    }

    #[test]
    fn a_first_line_without_column_names_is_a_row() {
        assert_eq!(rows("unknown,none\n")[0], row("unknown", "none"));
    }

    #[test]
    fn a_name_of_a_column_further_down_is_a_row() {
        let expected = [row("0639980001", "1"), row("phone", "id")];
        assert_eq!(rows("0639980001,1\nphone,id\n"), expected);
    }

    #[test]
    fn both_line_ends_and_blank_lines_are_read() {
        let expected = [row("0639980001", "1"), row("0639980002", "2")];
        let text = "\r\n0639980001,1\r\n \r\n,\r\n\"\";\"\"\r\n0639980002,2";
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_header() {
        let text = "\u{feff}message_id,phone_number\n1,0639980001\n";
        assert_eq!(rows(text), [row("0639980001", "1")]);
    }

    #[test]
    fn what_is_not_utf8_is_latin1() {
        assert_eq!(
            rows(b"Num\xe9ro;ID\n06\xa039\xa098\xa000\xa001;1\n"),
            [row("06\u{a0}39\u{a0}98\u{a0}00\u{a0}01", "1")]
        );
    }

    #[test]
    fn utf16_is_refused_with_the_remedy() {
        for bytes in [b"\xff\xfe0\x006\x00", b"\xfe\xff\x000\x006"] {
            assert!(super::parse(bytes).unwrap_err().contains("UTF-8"));
        }
    }

    #[test]
    fn fields_are_trimmed_and_further_ones_ignored() {
        assert_eq!(rows(" 0639980001 , 1 ,x,\n"), [row("0639980001", "1")]);
    }

    #[test]
    fn an_empty_field_is_left_to_the_library() {
        assert_eq!(rows(",1\n0639980001,\n"), [row("", "1"), row("0639980001", "")]);
    }

    #[test]
    fn bad_lines_are_named_and_do_not_hold_up_the_rest() {
        let text = "phone_number,message_id\n0639980001\n\n\"0639980002,2\n\"06\"39,1\n0639980003,3\n";
        let list = super::parse(text.as_bytes()).unwrap();
        assert_eq!(list.rows.len(), 1);
        assert_eq!((list.rows[0].line, list.rows[0].message_id.as_str()), (6, "3"));
        let reasons = list.bad_lines.iter().map(|bad| (bad.line, bad.reason));
        assert_eq!(
            reasons.collect::<Vec<_>>(),
            [
                (2, "a phone number and a message id are expected"),
                (4, "a quote is not closed"),
                (5, "there is text behind a quoted field"),
            ]
        );
    }

    #[test]
    fn an_empty_list_has_no_rows() {
        assert!(rows("").is_empty());
        assert!(rows("phone_number,message_id\n").is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read(&Source::File("no/such/list.csv".into())).unwrap_err();
        assert!(error.starts_with("no/such/list.csv: "), "{error}");
    }
}
