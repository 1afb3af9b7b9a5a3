//! Answers of any entries in any notation, and how they drift.

use std::fmt::Write;

use arbitrary::Arbitrary;
use smsp::fuzzing::Entry as Told;

use crate::number::Number;
use crate::oracle::entry::{Value, meaning};
use crate::oracle::id;

/// Ids as they are written.
const IDS: [&str; 18] = [
    "1",
    "2",
    " 1\t",
    "\u{feff}1\u{200b}",
    "\u{a0}1\u{202e}",
    "1\u{200b}2",
    "01",
    "+1",
    "-1",
    "1.0",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "msg \"é\" <&]]>\\/",
    "msg",
    "msg\u{1}",
    "",
];

const STATUSES: [&str; 16] = [
    "Delivered",
    "Waiting",
    "ko",
    "Numéro introuvable",
    "Not delivered",
    "",
    " Livré ",
    "<\"\\",
    "LIVRÉ",
    "NON LIVRÉ",
    "en Attente",
    "UNDELIV",
    "EXPIRED",
    "acceptd",
    "Delivered!",
    "\u{a0}",
];

/// Dates of all kinds; whether they are texts.
const DATES: [(&str, bool); 23] = [
    ("1517934416", true),
    ("1517934417", true),
    ("1517934418", true),
    ("1517934416", false),
    ("1517934417", false),
    ("1", false),
    ("253402300799", true),
    ("253402300799", false),
    ("253402300800", true),
    ("253402300800", false),
    ("1517934416000", true),
    ("1517934416000", false),
    ("20180206172656", false),
    ("2015-02-07 22:39:46", true),
    ("0", true),
    ("0", false),
    ("", true),
    (" \u{a0}", true),
    ("null", false),
    ("-1", false),
    ("99999999999999999999", false),
    ("1517934416.5", false),
    (" 1517934416\n", true),
];

/// A message, chosen among few so that they meet.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Choice {
    number: Number,
    id: u8,
}

impl Choice {
    /// The number, as written and as sent.
    pub fn number(self) -> (String, Option<String>) {
        self.number.texts()
    }

    /// The id, as written and as sent.
    pub fn id(self) -> (&'static str, Option<String>) {
        let id = IDS[usize::from(self.id) % IDS.len()];
        (id, id::read(id).sent())
    }
}

/// An entry, and how it differs from the documented form.
#[derive(Arbitrary, Debug)]
pub struct Entry {
    message: Choice,
    code: u8,
    status: u8,
    date: Option<u8>,
    form: Form,
}

/// In which form an entry is.
#[derive(Arbitrary, Debug)]
enum Form {
    Documented,
    /// That of the entry before: such are read by their pattern.
    Repeated,
    Drifted(Drift),
}

#[derive(Arbitrary, Debug)]
struct Drift {
    success: u8,
    code: u8,
    number_as_number: bool,
    id_in_the_other_type: bool,
    stop_sms: u8,
    is_spam: u8,
    /// Names of the service's other endpoints.
    number: Spelling,
    statut: Spelling,
    stop: Spelling,
    first_field: u8,
    unknown: bool,
}

/// Under which of its two names a field is there.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Spelling {
    Documented,
    Other,
    /// Under the other name too, with nothing in it.
    BothThisFirst(u8),
    BothOtherFirst(u8),
}

/// How an answer is written.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Notation {
    /// JSON, maybe indented, maybe with characters beyond ASCII escaped.
    Json {
        /// One field per line.
        pretty: bool,
        /// ASCII only.
        escaped: bool,
    },
    /// XML, texts as CDATA or escaped.
    Xml {
        /// Whether texts are in CDATA.
        cdata: bool,
    },
}

use Value::{Text, Token};

type Fields = Vec<(&'static str, Value)>;

impl Entry {
    /// The fields as they are documented.
    fn fields(&self) -> Fields {
        let (number, _) = self.message.number();
        let (id, _) = self.message.id();
        let codes = ["200", "200", "200", "4", "9", "0"];
        let code = codes[usize::from(self.code) % codes.len()];
        let status = STATUSES[usize::from(self.status) % STATUSES.len()];
        // One in sixteen is too long.
        let status = status.repeat(if self.status >= 240 { 600 } else { 1 });
        let mut fields = vec![
            ("success", Token((code == "200").to_string())),
            ("code", Value::token(code)),
            ("phoneNumber", Text(number)),
            ("messageId", if is_integer(id) { Value::token(id) } else { Value::text(id) }),
            ("status", Text(status)),
        ];
        if let Some(date) = self.date {
            let (date, is_text) = DATES[usize::from(date) % DATES.len()];
            let flags = [("stopSms", Value::text("0")), ("isSpam", Value::text("1"))];
            fields.push(("date", if is_text { Value::text(date) } else { Value::token(date) }));
            fields.extend(flags);
        }
        fields
    }
}

impl Drift {
    /// Other types, as the service may write them.
    fn change_types(&self, fields: &mut Fields) {
        fields[0].1 = flag(self.success);
        if let (true, Token(code)) = (self.code % 2 == 1, &fields[1].1) {
            fields[1].1 = Text(code.clone());
        }
        if let (true, Text(number)) = (self.number_as_number, &fields[2].1) {
            if is_integer(number) && number.len() < 19 {
                fields[2].1 = Token(number.clone());
            }
        }
        if let (true, Token(id)) = (self.id_in_the_other_type, &fields[3].1) {
            fields[3].1 = Text(id.clone());
        }
        if let [_, _, _, _, _, _, stop_sms, is_spam] = &mut fields[..] {
            stop_sms.1 = flag(self.stop_sms);
            is_spam.1 = flag(self.is_spam);
        }
    }

    /// Other names and another order, which mean the same.
    fn change_names(&self, fields: &mut Fields) {
        self.number.change(fields, "phoneNumber", "number");
        self.statut.change(fields, "status", "statut");
        self.stop.change(fields, "stopSms", "stopSMS");
        if self.unknown {
            fields.push(("unknown", Value::token("{\"a\":[1,null,\"\\u00e9\"]}")));
        }
        let first = usize::from(self.first_field) % fields.len();
        fields.rotate_left(first);
    }
}

impl Spelling {
    fn change(self, fields: &mut Fields, name: &str, other: &'static str) {
        let Some(place) = fields.iter().position(|(field, _)| *field == name) else { return };
        let nothing = |choice: u8| match choice % 3 {
            0 => Value::token("null"),
            1 => Value::text(""),
            _ => Value::text(" \t"),
        };
        match self {
            Spelling::Documented => {}
            Spelling::Other => fields[place].0 = other,
            Spelling::BothThisFirst(choice) => fields.insert(place + 1, (other, nothing(choice))),
            Spelling::BothOtherFirst(choice) => fields.insert(place, (other, nothing(choice))),
        }
    }
}

/// Whether a text is how JSON writes that integer.
fn is_integer(text: &str) -> bool {
    text.parse::<i128>().is_ok_and(|number| number.to_string() == text)
}

fn flag(choice: u8) -> Value {
    let tokens = ["true", "false", "1", "0", "null", "[]", "2"];
    let texts = ["true", "false", "1", "0", ""];
    let choice = usize::from(choice) % (tokens.len() + texts.len());
    tokens.get(choice).map_or_else(|| Value::text(texts[choice - tokens.len()]), |token| Value::token(token))
}

/// The answer of these entries, and what each means.
pub fn write(entries: &[Entry], notation: Notation) -> (String, Vec<Told>) {
    let (mut fields, mut told) = (Vec::new(), Vec::new());
    let mut drift = None;
    for entry in entries {
        match &entry.form {
            Form::Documented => drift = None,
            Form::Repeated => {}
            Form::Drifted(other) => drift = Some(other),
        }
        let drift = drift.filter(|_| matches!(notation, Notation::Json { .. }));
        let mut written = entry.fields();
        drift.inspect(|drift| drift.change_types(&mut written));
        told.push(meaning(&written).expect("numbers and ids are known"));
        drift.inspect(|drift| drift.change_names(&mut written));
        fields.push(written);
    }
    let text = match notation {
        Notation::Json { pretty, escaped } => write_json(fields, pretty, escaped),
        Notation::Xml { cdata } => write_xml(fields, cdata),
    };
    (text, told)
}

fn write_json(entries: Vec<Fields>, pretty: bool, escaped: bool) -> String {
    let (line, space) = if pretty { ("\n    ", " ") } else { ("", "") };
    let field = |(name, value): (&str, Value)| match value {
        Text(text) => format!("{line}\"{name}\":{space}{}", json_text(&text, escaped)),
        Token(token) => format!("{line}\"{name}\":{space}{token}"),
    };
    let entry = |fields: Fields| {
        let fields: Vec<_> = fields.into_iter().map(field).collect();
        format!("{{{}{line}}}", fields.join(","))
    };
    let entries: Vec<_> = entries.into_iter().map(entry).collect();
    let list = entries.join(",");
    format!("{{{line}\"success\":{space}true,{line}\"code\":{space}200,{line}\"StatutResponse_List\":{space}[{list}]}}")
}

fn json_text(text: &str, escaped: bool) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '/' if escaped => out.push_str("\\/"),
            ' '..='~' => out.push(character),
            '\u{80}'.. if !escaped => out.push(character),
            _ => {
                let units = &mut [0; 2];
                character.encode_utf16(units).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap());
            }
        }
    }
    out + "\""
}

/// XML has no `null`: that is empty.
fn write_xml(entries: Vec<Fields>, cdata: bool) -> String {
    let value = |(_, value): (&str, Value)| match value {
        Token(token) => format!("<entry>{}</entry>", token.replace("null", "")),
        Text(text) if cdata => {
            format!("<entry>\n<![CDATA[{}]]>\n</entry>", text.replace("]]>", "]]]]><![CDATA[>"))
        }
        Text(text) => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('é', "&#xe9;");
            format!("<entry>{text}</entry>")
        }
    };
    let entry = |fields: Fields| format!("<entry>{}</entry>", fields.into_iter().map(value).collect::<String>());
    let entries: String = entries.into_iter().map(entry).collect();
    format!("<?xml version=\"1.0\"?>\n<result><entry>true</entry><entry>200</entry><entry>{entries}</entry></result>")
}
