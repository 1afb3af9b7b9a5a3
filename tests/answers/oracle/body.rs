//! Bodies of every legal shape: JSON and XML, written in all the ways in which the same can be said.

use super::random::Random;

/// A JSON value, before it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Flag(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    pub fn number(number: impl ToString) -> Json {
        Json::Number(number.to_string())
    }
}

/// What begins a body, beside its first significant byte.
fn beginning(random: &mut Random, out: &mut Vec<u8>) {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if random.percent(70) {
        return;
    }
    for _ in 0..random.between(1, 3) {
        out.extend_from_slice(random.one(&[MARK, b" ", b"\r\n", b"\t"]));
    }
}

/// How a JSON body is written.
#[derive(Clone, Copy)]
pub struct Style {
    /// Out of a hundred places between tokens, those with white space.
    pub spaces: usize,
    /// Out of a hundred characters, those that are escaped without need.
    pub escapes: usize,
    /// Whether é is written as the one byte that it is in Latin-1.
    pub latin: bool,
}

impl Style {
    pub const PLAIN: Style = Style { spaces: 0, escapes: 0, latin: false };
}

pub fn json(value: &Json, style: Style, random: &mut Random) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), style, random };
    beginning(writer.random, &mut writer.out);
    writer.value(value);
    writer.space();
    writer.out
}

struct Writer<'a> {
    out: Vec<u8>,
    style: Style,
    random: &'a mut Random,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn space(&mut self) {
        while self.random.percent(self.style.spaces) {
            let space = self.random.one(&[" ", "  ", "\n", "\r\n", "\t"]);
            self.put(space);
        }
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Null => self.put("null"),
            Json::Flag(flag) => self.put(if *flag { "true" } else { "false" }),
            Json::Number(number) => self.put(number),
            Json::Text(text) => self.text(text),
            Json::List(list) => self.group(["[", "]"], list, |writer, value| writer.value(value)),
            Json::Object(fields) => self.group(["{", "}"], fields, |writer, (name, value)| {
                writer.text(name);
                writer.space();
                writer.put(":");
                writer.space();
                writer.value(value);
            }),
        }
    }

    fn group<T>(&mut self, [open, close]: [&str; 2], items: &[T], one: impl Fn(&mut Self, &T)) {
        self.put(open);
        self.space();
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.put(",");
                self.space();
            }
            one(self, item);
            self.space();
        }
        self.put(close);
    }

    fn text(&mut self, text: &str) {
        self.put("\"");
        text.chars().for_each(|character| self.character(character));
        self.put("\"");
    }

    fn character(&mut self, character: char) {
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '/' => "\\/",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => "",
        };
        let is_needed = character < ' ' || character == '"' || character == '\\';
        if !is_needed && !self.random.percent(self.style.escapes) {
            self.plain(character);
        } else if !short.is_empty() && self.random.percent(50) {
            self.put(short);
        } else {
            self.escaped(character);
        }
    }

    fn plain(&mut self, character: char) {
        if self.style.latin && character == 'é' {
            self.out.push(0xe9);
        } else {
            self.put(character.encode_utf8(&mut [0; 4]));
        }
    }

    /// By its units in UTF-16; a replacement character also as half a pair, which is what that is read as.
    fn escaped(&mut self, character: char) {
        if character == char::REPLACEMENT_CHARACTER && self.random.percent(50) {
            self.put("\\ud83d");
            return;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let unit = if self.random.percent(50) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
            self.put(&unit);
        }
    }
}

/// A part of the answer in XML: a value, or a list of entries with their values.
pub enum Part {
    Value(String),
    List(Vec<Vec<String>>),
}

pub fn xml(parts: &[Part], random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    beginning(random, &mut out);
    let mut text = String::new();
    // A declaration may only stand at the very beginning.
    if out.is_empty() && random.percent(70) {
        text += "<?xml version='1.0' encoding='UTF-8'?>\n";
    }
    between(&mut text, random);
    text += "<result>";
    for part in parts {
        between(&mut text, random);
        match part {
            Part::Value(value) => element(&mut text, value, random),
            Part::List(entries) => list(&mut text, entries, random),
        }
    }
    between(&mut text, random);
    text += "</result>";
    between(&mut text, random);
    out.extend_from_slice(text.as_bytes());
    out
}

fn list(out: &mut String, entries: &[Vec<String>], random: &mut Random) {
    *out += "<entry>";
    for values in entries {
        between(out, random);
        *out += "<entry>";
        for value in values {
            between(out, random);
            element(out, value, random);
        }
        between(out, random);
        *out += "</entry>";
    }
    between(out, random);
    *out += "</entry>";
}

fn element(out: &mut String, value: &str, random: &mut Random) {
    if value.is_empty() && random.percent(50) {
        *out += "<entry/>";
        return;
    }
    *out += random.one(&["<entry>", "<entry >", "<entry key=\"0\">"]);
    spaces(out, random);
    if random.percent(50) {
        *out += "<![CDATA[";
        // The end mark of a CDATA section is cut in two where it is part of the text.
        *out += &value.replace("]]>", "]]]]><![CDATA[>");
        *out += "]]>";
    } else {
        value.chars().for_each(|character| reference(out, character, random));
    }
    spaces(out, random);
    *out += random.one(&["</entry>", "</entry >"]);
}

/// A character, by number where it may not stand as it is, and sometimes elsewhere.
fn reference(out: &mut String, character: char, random: &mut Random) {
    match character {
        '&' => *out += "&amp;",
        '<' => *out += "&lt;",
        '>' => *out += "&gt;",
        '"' if random.percent(50) => *out += "&quot;",
        '\0' => out.push(character),
        _ if random.percent(3) => *out += &format!("&#{};", u32::from(character)),
        _ if random.percent(3) => *out += &format!("&#x{:X};", u32::from(character)),
        _ => out.push(character),
    }
}

fn spaces(out: &mut String, random: &mut Random) {
    *out += random.one(&["", "", "", " ", "\n    ", "\t"]);
}

fn between(out: &mut String, random: &mut Random) {
    spaces(out, random);
    if random.percent(2) {
        *out += random.one(&["<!-- <entry> -->", "<?php echo 1 ?>"]);
    }
}
