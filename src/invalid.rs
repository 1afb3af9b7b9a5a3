//! Why a query is INVALID. Numbers, ids and lists all use these reasons, so this module depends on none of them.

use crate::error::{Code, Error};

/// The field of a query that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    PhoneNumber,
    MessageId,
}

impl Field {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Field::PhoneNumber => "phone_number",
            Field::MessageId => "message_id",
        }
    }
}

/// Why a query is INVALID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub field: Field,
    pub reason: Reason,
}

impl Invalid {
    /// Returns the error of the query. There is a fixed set of such errors; they do not quote the text.
    pub(crate) fn error(self) -> Error {
        Error::new(Code::InvalidArgument, format!("{}: {}", self.field.name(), self.reason.text()))
    }
}

macro_rules! reasons {
    ($( $variant:ident = $text:literal, )+) => {
        /// What is wrong with a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason { $( $variant, )+ }

        impl Reason {
            /// Returns what is wrong, in words.
            pub(crate) fn text(self) -> &'static str {
                match self { $( Reason::$variant => $text, )+ }
            }
        }
    };
}

reasons! {
    Null = "the pointer is NULL",
    NotUtf8 = "the text is not UTF-8",
    Empty = "the text is empty",
    NotANumber = "this is not a phone number",
    SecondPlus = "a number has one + at the most",
    Fraction = "it ends with a fraction, as tables write numbers",
    TwoNumbers = "a slash before the last digits makes it two numbers",
    LastGroup = "a number does not end with a group in parentheses",
    French = "a French number has nine digits after +33",
    Overseas = "a number of a French overseas range has nine digits after its prefix (or six after +508)",
    International = "an international number has 7 to 15 digits, the first not 0",
    National = "a French national number is 0 and nine digits, the first not 0",
    Bare = "a number without + or a leading 0 has 11 to 15 digits",
    TooLong = "an id has at most 255 bytes",
    Control = "an id has no control characters",
    Invisible = "an id has no invisible marks inside",
    TooLongForUrl = "the id makes an entry that is too long for a URL",
}
