//! Reading a body, and what must hold of any.

use smsp::fuzzing::{self, Answer, Unreadable};

/// Makes a text of a body as the library does with every answer, which must be done at one go.
pub fn repaired(body: &[u8]) -> String {
    let once = fuzzing::repair(body);
    assert_eq!(once, fuzzing::repair(once.as_bytes()), "what is repaired needs no repair");
    once
}

/// Reads a text; an error must be within it.
pub fn read(text: &str) -> Result<Answer<'_>, Unreadable> {
    let read = fuzzing::read(text);
    if let Err(error) = &read {
        assert!(error.offset <= text.len(), "{error:?} is beyond {}", text.len());
        assert!(!error.reason.is_empty());
    }
    read
}

/// A documented answer, read as it came, must say what the general reader makes of its text.
pub fn check_documented(body: &[u8], answer: Option<&Answer<'_>>) {
    if let Some(documented) = fuzzing::read_documented(body) {
        assert_eq!(Some(&documented), answer, "the documented answer and the general one differ");
    }
}
