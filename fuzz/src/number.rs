//! Numbers as people and the service write them. Many are alike, so that one person's could be taken for another's.

use arbitrary::Arbitrary;

use crate::oracle::{Reading, phone};

/// What is behind the prefix. The first of them are met most.
const DIGITS: [&str; 12] = [
    "612345678",
    "692345678",
    "508412345",
    "639980001",
    "412345",
    "708123456",
    "690123400",
    "700123456",
    "7001234567890",
    "9011234567890",
    "700123456789",
    "012345678",
];

const PREFIXES: [&str; 24] = [
    "0", "+33", "+262", "+508", "+590", "+594", "+596", "0033", "00262", "33", "262", "508", "590", "+34", "+1", "+",
    "00", "", "+49", "49", "+330", "3300", "+0", "+3",
];

/// A number in some writing.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Number {
    digits: u8,
    prefix: u8,
    writing: Writing,
}

/// What people and programs add.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Writing {
    Plain,
    /// This between prefix and digits.
    Joint(Joint),
    /// This between pairs of digits.
    Pairs(Joint),
    /// This behind.
    Behind(Tail),
    /// Marks around it.
    Around(Joint),
    /// The prefix in parentheses.
    PrefixInParentheses,
    /// One digit less.
    Cut,
    Nothing,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Joint {
    Space,
    Zero,
    ZeroInParentheses,
    Dot,
    Slash,
    Dash,
    NoBreakSpace,
    ByteOrderMark,
    ZeroWidth,
    Plus,
    Comma,
}

impl Joint {
    fn text(self) -> &'static str {
        match self {
            Joint::Space => " ",
            Joint::Zero => "0",
            Joint::ZeroInParentheses => " (0) ",
            Joint::Dot => ".",
            Joint::Slash => "/",
            Joint::Dash => "\u{2011}",
            Joint::NoBreakSpace => "\u{a0}",
            Joint::ByteOrderMark => "\u{feff}",
            Joint::ZeroWidth => "\u{200b}",
            Joint::Plus => "+",
            Joint::Comma => ",",
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Tail {
    Fraction,
    CommaFraction,
    SecondNumber,
    Group,
    ManyDigits,
    Letter,
}

impl Tail {
    fn text(self) -> &'static str {
        match self {
            Tail::Fraction => ".0",
            Tail::CommaFraction => ",00",
            Tail::SecondNumber => "/79",
            Tail::Group => " (2)",
            Tail::ManyDigits => "99999999999999999999",
            Tail::Letter => "x",
        }
    }
}

impl Number {
    /// The number as it is written, and what is sent for it. Of what the contract leaves open, nothing is written.
    pub fn texts(self) -> (String, Option<String>) {
        let written = self.written();
        match phone::read(&written) {
            Reading::Open => (String::new(), None),
            reading => (written, reading.sent()),
        }
    }

    fn written(self) -> String {
        let prefix = PREFIXES[usize::from(self.prefix) % PREFIXES.len()];
        let digits = DIGITS[usize::from(self.digits) % DIGITS.len()];
        match self.writing {
            Writing::Plain => format!("{prefix}{digits}"),
            Writing::Joint(joint) => format!("{prefix}{}{digits}", joint.text()),
            Writing::Pairs(joint) => {
                let pairs: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
                format!("{prefix}{}", pairs.join(joint.text()))
            }
            Writing::Behind(tail) => format!("{prefix}{digits}{}", tail.text()),
            Writing::Around(joint) => format!("{0}{prefix}{digits}{0}", joint.text()),
            Writing::PrefixInParentheses => format!("({prefix}) {digits}"),
            Writing::Cut => format!("{prefix}{}", &digits[1..]),
            Writing::Nothing => String::new(),
        }
    }
}
