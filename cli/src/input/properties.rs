//! Lists of random texts, written by Python, by PHP and by rules of our own: exactly the rows written are asked.

use std::fmt::Debug;
use std::process::{Command, Stdio};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};
use serde::Serialize;
use smsp::Phone;

use super::ends::Ends;
use super::read_from;
use super::records::Scanner;
use crate::args::{Column, Columns, InputFormat};
use crate::input::List;

/// What texts are made of: everything that a reader could stumble over.
const PIECES: [&str; 30] = [
    "Bonjour",
    "é",
    " ",
    " ",
    ",",
    ";",
    "\t",
    "|",
    "\"",
    "\"\"",
    "'",
    "=",
    "0612345678",
    "+33612345678",
    "17",
    "199897",
    "\n",
    "\r\n",
    "\n0612345678;17\n",
    "\n0612345678,17,x\n",
    "0612345678;17",
    "\"\n0612345678;17;\"",
    "phone;id",
    "sep=;",
    "\u{2028}",
    "\u{b}",
    "\u{85}",
    "NULL",
    "€",
    "oui",
];

/// Columns beside those that count.
const OTHERS: [&str; 6] = ["Date", "Message", "Expéditeur", "Statut", "Nom du client", "Montant"];
const PHONES: [&str; 5] = ["phone_number", "Téléphone mobile", "Destinataire", "To", "NUMÉRO"];
const IDS: [&str; 4] = ["message_id", "ID du message", "ID", "SMS id"];

/// A list before it is written.
#[derive(Clone, Debug, Serialize)]
struct Sheet {
    /// The header, if there is one, and the rows.
    rows: Vec<Vec<String>>,
    separator: String,
    /// What ends a line.
    end: String,
    /// Whether all fields are quoted, or those that need it.
    is_all_quoted: bool,
    /// What is to be asked.
    #[serde(skip)]
    messages: Vec<(String, String)>,
}

fn text(backslash: &'static str) -> impl Strategy<Value = String> {
    vec(prop_oneof![9 => select(&PIECES[..]), 1 => Just(backslash)], 0..8).prop_map(|pieces| pieces.concat())
}

fn message() -> impl Strategy<Value = (String, String)> {
    let number = prop_oneof![
        (600_000_000..800_000_000u32).prop_map(|digits| format!("0{digits}")),
        (600_000_000..800_000_000u32).prop_map(|digits| format!("+33{digits}")),
        (10..100u32).prop_map(|digits| format!("06 12 34 56 {digits}")),
        (10..100u32).prop_map(|digits| format!("06.12.34.56.{digits}")),
    ];
    let id = prop_oneof![(1..99_999_999u32).prop_map(|id| id.to_string()), "[a-d][0-9]{3}-[a-f]{4}"];
    (number, id)
}

/// Sheets whose texts may hold this, too.
fn sheet(backslash: &'static str) -> impl Strategy<Value = Sheet> {
    let row = (message(), vec(text(backslash), OTHERS.len()));
    let header = (select(&PHONES[..]), select(&IDS[..]), subsequence(&OTHERS[..], 0..=OTHERS.len()));
    let places = (0..=OTHERS.len(), 0..=OTHERS.len());
    let style = (select(&[",", ";", "\t", "|"][..]), select(&["\n", "\r\n"][..]), any::<bool>());
    (vec(row, 0..12), option::weighted(0.8, (header, places)), style).prop_map(|(rows, layout, style)| {
        let (separator, end, is_all_quoted) = style;
        let messages = rows.iter().map(|(message, _)| message.clone()).collect();
        let arrange = |phone_number: &str, id: &str, others: &[String]| {
            let (places, count) =
                layout.as_ref().map_or(((0, 1), 1), |((_, _, others), places)| (*places, others.len()));
            let mut fields = others[..count].to_vec();
            fields.insert(places.0.min(fields.len()), phone_number.to_owned());
            fields.insert(places.1.min(fields.len()), id.to_owned());
            fields
        };
        let mut written = Vec::new();
        if let Some(((phone_number, id, others), _)) = &layout {
            written.push(arrange(phone_number, id, &others.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()));
        }
        written.extend(rows.iter().map(|((phone_number, id), texts)| arrange(phone_number, id, texts)));
        Sheet { rows: written, separator: separator.into(), end: end.into(), is_all_quoted, messages }
    })
}

/// Reads a list. Each of its lines ends as exactly one of: asked, skipped, named.
fn read(bytes: &[u8]) -> Result<List, String> {
    let list = read_from(bytes, InputFormat::Csv, &Columns::default())?;
    let asked: usize = list.rows.iter().map(|row| row.lines).sum();
    let named: usize = list.bad_lines.iter().map(|bad| bad.lines).sum();
    assert_eq!(list.lines, asked + named + list.lines_above + list.empty_lines);
    Ok(list)
}

fn asked(list: &List) -> Vec<(String, String)> {
    list.asked().map(|row| (row.message.phone_number.clone(), row.message.message_id.clone())).collect()
}

fn assert_all_are_asked(sheet: &Sheet, written: &[u8]) {
    assert_is_asked(sheet, written, 0);
}

/// The same where so many lines stand above the header.
fn assert_is_asked(sheet: &Sheet, written: &[u8], above: usize) {
    let list = read(written).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(written)));
    let named = &list.bad_lines;
    assert!(
        named.is_empty() && list.asked().count() == list.rows.len(),
        "{named:?}\n{sheet:?}\n{}",
        String::from_utf8_lossy(written)
    );
    assert_eq!(asked(&list), sheet.messages, "{sheet:?}\n{}", String::from_utf8_lossy(written));
    assert!(list.lines_above >= above && list.empty_lines == 0, "{list:?}");
}

/// Every field, of texts too, is what it was.
fn assert_fields(sheet: &Sheet, written: &str) {
    let mut scanner = Scanner::new(sheet.separator.as_bytes()[0], Ends::Lf);
    let (mut rest, mut lines) = (written, 0);
    for row in &sheet.rows {
        let record = scanner.scan(rest, true).unwrap();
        let fields: Vec<_> = row.iter().map(|field| field.trim()).collect();
        assert_eq!(scanner.fields(rest).iter().map(|field| field.trim()).collect::<Vec<_>>(), fields, "{written}");
        rest = &rest[record.length..];
        lines += record.lines;
    }
    assert_eq!((rest, lines), ("", written.matches('\n').count()), "{written}");
}

/// What is not asked is named, and nothing else is asked. The library names rows without a number or an id.
fn assert_nothing_else_is_asked(sheet: &Sheet, written: &[u8]) {
    let Ok(list) = read(written) else { return };
    let is_usable = |(phone_number, id): &(String, String)| Phone::parse(phone_number).is_some() && !id.is_empty();
    let (usable, others): (Vec<_>, Vec<_>) = asked(&list).into_iter().partition(is_usable);
    let mut messages = sheet.messages.iter();
    for row in &usable {
        let is_written = messages.any(|message| message == row);
        assert!(is_written, "{row:?}\n{sheet:?}\n{}", String::from_utf8_lossy(written));
    }
    let are_all = usable.len() == sheet.messages.len();
    let are_named = !list.bad_lines.is_empty() || !others.is_empty() || list.asked().count() < list.rows.len();
    assert!(are_all || are_named, "{list:?}\n{sheet:?}\n{}", String::from_utf8_lossy(written));
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Cases { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(20), ..Cases::default() })
}

fn some<T: Debug>(count: u32, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = runner(count);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// What an interpreter makes of the sheets: one run for all.
fn written_by(mut interpreter: Command, sheets: &[Sheet]) -> Vec<String> {
    interpreter.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = interpreter.spawn().expect("scripts/deps.sh installs it");
    serde_json::to_writer(child.stdin.take().unwrap(), sheets).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let written: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(written.len(), sheets.len());
    written
}

const PYTHON: &str = "
import csv, io, json, sys
def write(sheet):
    file = io.StringIO(newline='')
    quoting = csv.QUOTE_ALL if sheet['is_all_quoted'] else csv.QUOTE_MINIMAL
    writer = csv.writer(file, delimiter=sheet['separator'], quoting=quoting, lineterminator=sheet['end'])
    writer.writerows(sheet['rows'])
    return file.getvalue()
json.dump([write(sheet) for sheet in json.load(sys.stdin)], sys.stdout)
";

const PHP: &str = "
function write(array $sheet): string {
    $file = fopen('php://memory', 'w+');
    foreach ($sheet['rows'] as $row) {
        fputcsv($file, $row, $sheet['separator'], '\"', $sheet['is_all_quoted'] ? '' : '\\\\', $sheet['end']);
    }
    rewind($file);
    return stream_get_contents($file);
}
echo json_encode(array_map('write', json_decode(stream_get_contents(STDIN), true)), JSON_THROW_ON_ERROR);
";

fn python() -> Command {
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON]);
    python
}

fn php() -> Command {
    let mut php = Command::new("php");
    php.args(["-r", PHP]);
    php
}

/// How spreadsheets and scripts write, beyond what Python and PHP do.
#[derive(Clone, Debug)]
struct Style {
    end: &'static str,
    encoding: Encoding,
    titles: Vec<&'static str>,
    names_separator: bool,
    /// Around quoted fields.
    blank: &'static str,
    /// Numbers and ids as formulas that give texts.
    has_formulas: bool,
    /// Separators behind the last field.
    trailing: usize,
    ends_last_line: bool,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    MarkedUtf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

const ENDS: [&str; 9] = ["\n", "\r\n", "\r", "\r\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];
const ENCODINGS: [Encoding; 5] =
    [Encoding::Utf8, Encoding::MarkedUtf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252];
const TITLES: [&str; 7] =
    ["Export", "Fait le 12/11/2024", "\"Rapport; \"\"hebdo\"\",\"", "Total|17,5", ";;;", "id", "Téléphones;Messages"];

fn style() -> impl Strategy<Value = Style> {
    let text = (select(&ENDS[..]), select(&ENCODINGS[..]), vec(select(&TITLES[..]), 0..4));
    let fields = (any::<bool>(), select(&["", " ", "  "][..]), any::<bool>(), 0..4usize, any::<bool>());
    (text, fields).prop_map(|((end, encoding, titles), fields)| {
        let (names_separator, blank, has_formulas, trailing, ends_last_line) = fields;
        let end = if matches!(encoding, Encoding::Windows1252) && !end.is_ascii() { "\n" } else { end };
        Style { end, encoding, titles, names_separator, blank, has_formulas, trailing, ends_last_line }
    })
}

/// A sheet in a style; and how many lines stand above its header.
fn written_by_us(sheet: &Sheet, style: &Style) -> (Vec<u8>, usize) {
    let is_message = |field: &String| sheet.messages.iter().any(|(number, id)| number == field || id == field);
    let field = |field: &String| {
        let needs_quotes = |letter: char| letter.is_whitespace() || ";,|\t\"".contains(letter);
        match field {
            _ if style.has_formulas && is_message(field) => format!("=\"{field}\""),
            _ if sheet.is_all_quoted || field.contains(needs_quotes) => {
                format!("{0}\"{1}\"{0}", style.blank, field.replace('"', "\"\""))
            }
            _ => field.clone(),
        }
    };
    let row = |row: &Vec<String>| {
        let fields = row.iter().map(field).collect::<Vec<_>>().join(&sheet.separator);
        fields + &sheet.separator.repeat(style.trailing)
    };
    let has_header = sheet.rows.len() > sheet.messages.len();
    let titles = if has_header { &style.titles[..] } else { &[] };
    let name = style.names_separator.then(|| format!("sep={}", sheet.separator));
    let lines = name.into_iter().chain(titles.iter().map(|&title| title.to_owned())).chain(sheet.rows.iter().map(row));
    let mut text = lines.collect::<Vec<_>>().join(style.end);
    if style.ends_last_line && !text.is_empty() {
        text += style.end;
    }
    let above = usize::from(style.names_separator) + titles.len() + usize::from(has_header);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
    let bytes = match style.encoding {
        Encoding::Utf8 => text.into_bytes(),
        Encoding::MarkedUtf8 => format!("\u{feff}{text}").into_bytes(),
        Encoding::Utf16Le => utf16(u16::to_le_bytes),
        Encoding::Utf16Be => utf16(u16::to_be_bytes),
        // What it lacks is written as `&#8232;`.
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
    };
    (bytes, above)
}

#[test]
fn what_we_write_is_asked() {
    let result = runner(1500).run(&(sheet("\\a"), style()), |(sheet, style)| {
        let (written, above) = written_by_us(&sheet, &style);
        assert_is_asked(&sheet, &written, above);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// With backslashes as texts have them, a quote behind one aside.
#[test]
fn what_python_and_php_write_is_asked() {
    for interpreter in [python(), php()] {
        let sheets = some(500, sheet("\\a"));
        for (sheet, written) in sheets.iter().zip(written_by(interpreter, &sheets)) {
            assert_all_are_asked(sheet, written.as_bytes());
            assert_fields(sheet, &written);
        }
    }
}

/// A quote behind a backslash: PHP does not double it, so that some texts have two readings.
#[test]
fn nothing_but_what_python_and_php_write_is_asked() {
    for interpreter in [python(), php()] {
        let mut sheets = some(500, sheet("\\"));
        sheets.extend(some(500, sheet("\\\"")));
        for (sheet, written) in sheets.iter().zip(written_by(interpreter, &sheets)) {
            assert_nothing_else_is_asked(sheet, written.as_bytes());
        }
    }
}

/// Texts that nobody meant as a list.
fn debris() -> impl Strategy<Value = String> {
    let others = &["\n", "\r", "\\", "\"", ";", ";\"", "\\\"", "\";", "phone;id\n"][..];
    let piece = prop_oneof![6 => select(&PIECES[..]), 3 => select(others)];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A scanner remembers quotes and what backslashes are, and may see more and more of a text.
#[test]
fn a_scanner_finds_what_one_without_memory_finds() {
    let separator = select(&[b';', b',', b'\t'][..]);
    let result = runner(3000).run(&(debris(), separator, 1..50usize), |(text, separator, step)| {
        let mut scanner = Scanner::new(separator, Ends::Lf);
        let (mut taken, mut seen) = (0, 0);
        while taken < text.len() {
            let Some(record) = scanner.scan(&text[taken..seen], seen == text.len()) else {
                seen = (seen + step..)
                    .find(|&place| text.is_char_boundary(place.min(text.len())))
                    .unwrap()
                    .min(text.len());
                continue;
            };
            let rest = &text[taken..];
            let mut fresh = Scanner::new(separator, Ends::Lf);
            prop_assert_eq!(Some(record), fresh.scan(rest, true), "{:?}", rest);
            prop_assert_eq!(scanner.fields(rest), fresh.fields(rest), "{:?}", rest);
            taken += record.length;
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_line_of_any_file_is_counted_once() {
    let format = select(&[InputFormat::Csv, InputFormat::Jsonl][..]);
    let columns = (option::of(0..3usize), option::of(0..3usize));
    let result =
        runner(3000).run(&(debris(), vec(any::<u8>(), 0..3), format, columns), |(text, bytes, format, places)| {
            let place = |place: Option<usize>| place.map(Column::Place);
            let columns = Columns { phone_number: place(places.0), message_id: place(places.1) };
            let file = [text.as_bytes(), &bytes].concat();
            if let Ok(list) = read_from(&file[..], format, &columns) {
                let counted: usize = list.rows.iter().map(|row| row.lines).sum();
                let named: usize = list.bad_lines.iter().map(|bad| bad.lines).sum();
                assert_eq!(list.lines, counted + named + list.lines_above + list.empty_lines);
                if !text.contains(['\r', '\u{b}', '\u{85}', '\u{2028}']) && bytes.is_empty() {
                    assert_eq!(list.lines, text.lines().count());
                }
            }
            Ok(())
        });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// A record is given out only where no more text would make another of it.
#[test]
fn a_record_does_not_depend_on_how_much_is_read() {
    let result = runner(1000).run(&(debris(), select(&b";,\t|"[..])), |(text, separator)| {
        let ends = Ends::of(&text);
        let mut scanner = Scanner::new(separator, ends);
        let mut rest = &text[..];
        while !rest.is_empty() {
            let record = scanner.scan(rest, true).expect("the text is whole");
            let fields = scanner.fields(rest).concat();
            for (end, _) in rest.char_indices() {
                let mut scanner = Scanner::new(separator, ends);
                if let Some(early) = scanner.scan(&rest[..end], false) {
                    assert_eq!((early, scanner.fields(rest).concat()), (record, fields.clone()), "{end}: {rest:?}");
                }
            }
            rest = &rest[record.length..];
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
