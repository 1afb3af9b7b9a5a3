//! What is right by the wire contract, worked out in another way than the library's: over texts, without its code.

pub mod entry;
pub mod id;
pub mod matching;
pub mod phone;

/// What a written number or id is.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It is sent as this text.
    Sent(String),
    /// It is not sent.
    Invalid,
    /// The contract leaves it open.
    Open,
}

impl Reading {
    /// Whether the library may send this text, or nothing.
    pub fn allows(&self, sent: Option<&str>) -> bool {
        match self {
            Reading::Sent(text) => sent == Some(text),
            Reading::Invalid => sent.is_none(),
            Reading::Open => true,
        }
    }

    /// The text that is sent.
    pub fn sent(self) -> Option<String> {
        match self {
            Reading::Sent(text) => Some(text),
            Reading::Invalid | Reading::Open => None,
        }
    }
}

/// Marks that nobody sees, those that are met: byte-order mark, zero-width, directional, soft hyphen.
fn is_mark(character: char) -> bool {
    "\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{ad}".contains(character)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_mark(character)
}
