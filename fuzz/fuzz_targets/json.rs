//! Any bytes as an answer: read or refused, and the two JSON readers agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smsp_fuzz::reading::{check_documented, read, repaired};

fuzz_target!(|body: &[u8]| {
    let text = repaired(body);
    let answer = read(&text);
    check_documented(body, answer.as_ref().ok());
});
