//! Answers of any entries in any notation, and how they drift.

use std::fmt::Write;

use arbitrary::Arbitrary;

/// Numbers as people and the service write them, and as they are sent: None for what is no number. Many are alike, so
/// that one person's could be taken for another's.
pub const NUMBERS: [(&str, Option<&str>); 20] = [
    ("+33612345678", Some("+33612345678")),
    ("0612345678", Some("0612345678")),
    ("+262612345678", Some("+262612345678")),
    ("+34612345678", Some("+34612345678")),
    ("0033 6 12 34 56 78", Some("+33612345678")),
    ("33612345678", Some("+33612345678")),
    ("+33 (0)6.12.34.56.78", Some("+33612345678")),
    ("06 12-34/56\u{a0}78", Some("0612345678")),
    ("262612345678", Some("+262612345678")),
    ("+596612345678", Some("+596612345678")),
    ("+1612345678", Some("+1612345678")),
    ("+612345678", Some("+612345678")),
    ("+336123456789", Some("+336123456789")),
    ("0639980001", Some("0639980001")),
    ("+33639980001", Some("+33639980001")),
    ("00262639980001", Some("+262639980001")),
    ("", None),
    ("612345678", None),
    ("+0612345678", None),
    ("numéro 06", None),
];

/// Ids as they are written, and as they are sent: None for what is no id.
pub const IDS: [(&str, Option<&str>); 12] = [
    ("1", Some("1")),
    ("2", Some("2")),
    (" 1\t", Some("1")),
    ("01", Some("01")),
    ("-1", Some("-1")),
    ("1.0", Some("1.0")),
    ("0", Some("0")),
    ("9223372036854775807", Some("9223372036854775807")),
    ("9223372036854775808", Some("9223372036854775808")),
    ("msg \"é\" 😀 <&]]>\\/", Some("msg \"é\" 😀 <&]]>\\/")),
    ("msg", Some("msg")),
    ("", None),
];

const STATUSES: [&str; 8] =
    ["Delivered", "Waiting", "ko", "Numéro introuvable", "Not delivered", "", " Livré ", "<\"\\"];

/// A message, chosen among few so that they meet.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Choice {
    number: u8,
    id: u8,
}

impl Choice {
    /// The number, as written and as sent.
    pub fn number(self) -> (&'static str, Option<&'static str>) {
        NUMBERS[usize::from(self.number) % NUMBERS.len()]
    }

    /// The id, as written and as sent.
    pub fn id(self) -> (&'static str, Option<&'static str>) {
        IDS[usize::from(self.id) % IDS.len()]
    }
}

/// An entry, and how it differs from the documented form.
#[derive(Arbitrary, Debug)]
pub struct Entry {
    /// Whose entry it is.
    pub message: Choice,
    found: bool,
    status: u8,
    date: Option<u32>,
    drift: Option<Drift>,
}

#[derive(Arbitrary, Debug)]
struct Drift {
    success: u8,
    code: u8,
    number_as_number: bool,
    id_in_the_other_type: bool,
    statut: bool,
    date_as_number: bool,
    stop_sms: u8,
    is_spam: u8,
    first_field: u8,
    unknown: bool,
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

/// A value: a text, or a token of JSON.
enum Value {
    Text(String),
    Token(String),
}

use Value::{Text, Token};

impl Entry {
    /// The date that it tells.
    pub fn date(&self) -> Option<i64> {
        self.date.map(i64::from)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let status = STATUSES[usize::from(self.status) % STATUSES.len()];
        let id = self.message.id().0;
        let mut fields = vec![
            ("success", Token(self.found.to_string())),
            ("code", Token(if self.found { "200" } else { "4" }.to_owned())),
            ("phoneNumber", Text(self.message.number().0.to_owned())),
            ("messageId", if is_integer(id) { Token(id.to_owned()) } else { Text(id.to_owned()) }),
            ("status", Text(status.to_owned())),
        ];
        if let Some(date) = self.date {
            let flags = [("stopSms", Text("0".to_owned())), ("isSpam", Text("1".to_owned()))];
            fields.push(("date", Text(date.to_string())));
            fields.extend(flags);
        }
        fields
    }

    fn drifted_fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.fields();
        let Some(drift) = &self.drift else { return fields };
        fields[0].1 = flag(drift.success);
        if drift.code % 2 == 1 {
            fields[1].1 = Text("200".to_owned());
        }
        if drift.number_as_number && is_integer(self.message.number().0) {
            fields[2].1 = Token(self.message.number().0.to_owned());
        }
        if drift.id_in_the_other_type {
            fields[3].1 = Text(self.message.id().0.to_owned());
        }
        if drift.statut {
            fields[4].0 = "statut";
        }
        if let [_, _, _, _, _, date, stop_sms, is_spam] = &mut fields[..] {
            if let (true, Text(text)) = (drift.date_as_number, &date.1) {
                date.1 = Token(text.clone());
            }
            *stop_sms = ("stopSMS", flag(drift.stop_sms));
            is_spam.1 = flag(drift.is_spam);
        }
        if drift.unknown {
            fields.push(("unknown", Token("{\"a\":[1,null,\"\\u00e9\"]}".to_owned())));
        }
        let first = usize::from(drift.first_field) % fields.len();
        fields.rotate_left(first);
        fields
    }
}

/// Whether a text is how JSON writes that integer.
fn is_integer(text: &str) -> bool {
    text.parse::<i128>().is_ok_and(|number| number.to_string() == text)
}

fn flag(choice: u8) -> Value {
    let tokens = ["true", "false", "1", "0", "null", "\"true\"", "\"0\"", "[]", "2"];
    Token(tokens[usize::from(choice) % tokens.len()].to_owned())
}

/// Writes the answer of these entries.
pub fn write(entries: &[Entry], notation: Notation) -> String {
    match notation {
        Notation::Json { pretty, escaped } => write_json(entries, pretty, escaped),
        Notation::Xml { cdata } => write_xml(entries, cdata),
    }
}

fn write_json(entries: &[Entry], pretty: bool, escaped: bool) -> String {
    let (line, space) = if pretty { ("\n    ", " ") } else { ("", "") };
    let field = |(name, value): (&str, Value)| match value {
        Text(text) => format!("{line}\"{name}\":{space}{}", json_text(&text, escaped)),
        Token(token) => format!("{line}\"{name}\":{space}{token}"),
    };
    let entry = |entry: &Entry| {
        let fields: Vec<_> = entry.drifted_fields().into_iter().map(field).collect();
        format!("{{{}{line}}}", fields.join(","))
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
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

fn write_xml(entries: &[Entry], cdata: bool) -> String {
    let value = |(_, value): (&str, Value)| match value {
        Token(token) => format!("<entry>{token}</entry>"),
        Text(text) if cdata => {
            format!("<entry>\n<![CDATA[{}]]>\n</entry>", text.replace("]]>", "]]]]><![CDATA[>"))
        }
        Text(text) => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('é', "&#xe9;");
            format!("<entry>{text}</entry>")
        }
    };
    let entry = |entry: &Entry| format!("<entry>{}</entry>", entry.fields().into_iter().map(value).collect::<String>());
    let entries: String = entries.iter().map(entry).collect();
    format!("<?xml version=\"1.0\"?>\n<result><entry>true</entry><entry>200</entry><entry>{entries}</entry></result>")
}
