//! The states of a message, and what the service's words and codes mean.
//!
//! `build.rs` compiles this file too, for the header's constants, so it must use [`Code`] only.

use crate::code::Code;

macro_rules! states {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $value:literal, $name:literal, $final:literal, [$( $word:literal ),*]; )+) => {
        /// The state of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum State { $( $(#[doc = $doc])+ $variant = $value, )+ }

        impl State {
            /// All states, in the order of their numbers.
            pub const ALL: &'static [State] = &[ $( State::$variant, )+ ];

            /// Returns the name in lower case, such as `not_delivered`, NUL-terminated.
            pub const fn c_name(self) -> &'static core::ffi::CStr {
                match self { $( State::$variant => $name, )+ }
            }

            /// Returns what the state means, in one line.
            pub const fn doc(self) -> &'static str {
                match self { $( State::$variant => concat!($( $doc ),+), )+ }
            }

            /// Whether the state never changes again: delivered, not delivered, not sent, invalid. A message that is
            /// not found or refused now may be known later, since delivery reports take up to 48 hours.
            pub const fn is_final(self) -> bool {
                match self { $( State::$variant => $final, )+ }
            }

            /// Returns the service's words for the state, in lower case.
            const fn words(self) -> &'static [&'static str] {
                match self { $( State::$variant => &[$( $word ),*], )+ }
            }
        }
    };
}

states! {
    /// The library asked, but there is no answer. The `code` of the status says why.
    Unanswered = 0, c"unanswered", false, [];
    /// The message reached its recipient.
    Delivered = 1, c"delivered", true, ["delivered", "livré", "delivrd"];
    /// The message did not reach its recipient, and will not.
    NotDelivered = 2, c"not_delivered", true, ["not delivered", "non livré", "undeliv", "expired", "rejectd"];
    /// The message is on its way. There is no delivery report yet.
    Waiting = 3, c"waiting", false, ["waiting", "en attente", "pending", "acceptd", "enroute"];
    /// The service does not know the message, or does not know it yet.
    NotFound = 4, c"not_found", false, [];
    /// The service did not send the message.
    NotSent = 5, c"not_sent", true, ["ko"];
    /// The service refuses to answer about this message. `api_code` and `status_text` say why.
    Rejected = 6, c"rejected", false, [];
    /// The library did not ask, because the phone number or the message id is not valid.
    Invalid = 7, c"invalid", true, [];
    /// The service gave a status that the library does not know. `status_text` has its text.
    Unknown = 8, c"unknown", false, [];
}

/// The service's code for a message that it does not know.
const API_NOT_FOUND: i32 = 4;

impl State {
    /// Returns the number that crosses the C interface.
    pub const fn value(self) -> i32 {
        self as i32
    }

    /// Returns the name in lower case, such as `not_delivered`.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or("?")
    }

    /// Returns the state with this number, if there is one.
    pub fn from_value(value: i32) -> Option<State> {
        usize::try_from(value).ok().and_then(|index| State::ALL.get(index)).copied()
    }

    /// Returns the state that a status text of the service means. The text must be trimmed.
    pub(crate) fn from_text(text: &str) -> State {
        let is_ascii = text.is_ascii();
        let is = |word: &&str| match is_ascii {
            true => word.eq_ignore_ascii_case(text),
            false => word.chars().eq(text.chars().flat_map(char::to_lowercase)),
        };
        State::ALL.iter().find(|state| state.words().iter().any(is)).copied().unwrap_or(State::Unknown)
    }

    /// Returns the state of an entry that the service refuses with this code.
    pub(crate) fn from_refusal(api_code: i32) -> State {
        if api_code == API_NOT_FOUND { State::NotFound } else { State::Rejected }
    }
}

/// Returns what the service's code for a whole request means, and whether the service documents this code. Source: the
/// table of error codes on the service's page and those of its neighbours.
pub(crate) fn refusal(api_code: i32) -> (Code, bool) {
    match api_code {
        1 | 10 => (Code::Auth, true),
        20 | 30 | 40 | 96 => (Code::Denied, true),
        2..=6 | 9 | 50 | 90 => (Code::Api, true),
        _ => (Code::Api, false),
    }
}

/// Whether the service may refuse a request with this code because of one of its messages. Source: the same table. 50
/// means too many messages, 90 means JSON that the service cannot read.
pub(crate) fn may_be_for_one_entry(api_code: i32) -> bool {
    refusal(api_code).0 == Code::Api && !matches!(api_code, 50 | 90)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (index, state) in State::ALL.iter().enumerate() {
            assert_eq!(state.value() as usize, index);
        }
    }

    #[test]
    fn words_in_any_case() {
        assert_eq!(State::from_text("DELIVERED"), State::Delivered);
        assert_eq!(State::from_text("NON LIVRÉ"), State::NotDelivered);
        assert_eq!(State::from_text("Ko"), State::NotSent);
        assert_eq!(State::from_text(""), State::Unknown);
        assert_eq!(State::from_text("delivered!"), State::Unknown);
    }
}
