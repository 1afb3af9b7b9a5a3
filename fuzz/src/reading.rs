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

/// A documented answer must say the same when an unknown field in front makes it one for the general JSON reader.
pub fn check_both_json_readers(text: &str, answer: Option<&Answer<'_>>) {
    let significant = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii_start();
    if significant.starts_with('{') {
        let general = text.replacen('{', r#"{"":0,"#, 1);
        assert_eq!(answer, read(&general).ok().as_ref(), "the documented answer and the general one differ");
    }
}
