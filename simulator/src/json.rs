//! JSON as a PHP server writes it.

use std::fmt::Write;
use std::str::FromStr;

use crate::node::Node;

/// How JSON answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// On one line, characters beyond ASCII and slashes escaped.
    #[default]
    Compact,
    /// On one line, characters beyond ASCII as they are, slashes escaped.
    CompactUtf8,
    /// As the documentation's samples: indented by four spaces, nothing escaped that need not be.
    Pretty,
}

impl Style {
    const NAMES: [(&'static str, Self); 3] =
        [("compact", Self::Compact), ("compact-utf8", Self::CompactUtf8), ("pretty", Self::Pretty)];
}

impl FromStr for Style {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|&(_, style)| style).ok_or_else(|| {
            let names = Self::NAMES.map(|(name, _)| name).join(", ");
            format!("not one of {names}")
        })
    }
}

pub(crate) fn write(node: &Node, style: Style) -> String {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.node(node);
    writer.out
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Flag(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Node::Integer(number) => write!(self.out, "{number}").unwrap(),
            Node::Text(text) => self.string(text),
            Node::Message(text) => self.string(text),
            Node::List(nodes) => self.group('[', ']', nodes, |writer, node| writer.node(node)),
            Node::Fields(fields) => self.group('{', '}', fields, |writer, (name, node)| {
                writer.string(name);
                writer.out.push(':');
                if writer.style == Style::Pretty {
                    writer.out.push(' ');
                }
                writer.node(node);
            }),
        }
    }

    fn group<T>(&mut self, open: char, close: char, items: &[T], one: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        self.depth += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.new_line();
            one(self, item);
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.new_line();
        }
        self.out.push(close);
    }

    fn new_line(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("    ", self.depth));
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            self.character(character);
        }
        self.out.push('"');
    }

    fn character(&mut self, character: char) {
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '/' if self.style != Style::Pretty => "\\/",
            _ => "",
        };
        let escaped = character < ' ' || (self.style == Style::Compact && !character.is_ascii());
        if !short.is_empty() {
            self.out.push_str(short);
        } else if escaped {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(self.out, "\\u{unit:04x}").unwrap();
            }
        } else {
            self.out.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, style: Style) -> String {
        write(&Node::Message(text), style)
    }

    #[test]
    fn strings_are_escaped_as_the_style_says() {
        let all = "\"\\/\u{8}\u{c}\n\r\t\u{1}é€😀";
        assert_eq!(text(all, Style::Compact), r#""\"\\\/\b\f\n\r\t\u0001\u00e9\u20ac\ud83d\ude00""#);
        assert_eq!(text(all, Style::CompactUtf8), r#""\"\\\/\b\f\n\r\t\u0001é€😀""#);
        assert_eq!(text(all, Style::Pretty), r#""\"\\/\b\f\n\r\t\u0001é€😀""#);
        for style in [Style::Compact, Style::CompactUtf8, Style::Pretty] {
            let read: String = serde_json::from_str(&text(all, style)).unwrap();
            assert_eq!(read, all);
        }
    }

    #[test]
    fn groups_are_laid_out_as_the_style_says() {
        let node = Node::Fields(vec![
            ("a", Node::List(vec![Node::Integer(1), Node::Flag(true)])),
            ("b", Node::List(Vec::new())),
        ]);
        assert_eq!(write(&node, Style::Compact), r#"{"a":[1,true],"b":[]}"#);
        assert_eq!(write(&node, Style::Pretty), "{\n    \"a\": [\n        1,\n        true\n    ],\n    \"b\": []\n}");
    }

    #[test]
    fn styles_have_names() {
        assert_eq!("compact-utf8".parse(), Ok(Style::CompactUtf8));
        assert_eq!("tabs".parse::<Style>(), Err("not one of compact, compact-utf8, pretty".to_owned()));
    }
}
