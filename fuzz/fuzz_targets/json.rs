//! Any bytes as an answer: read or refused, and the two JSON readers agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smsp_fuzz::reading::{check_both_json_readers, read, repaired};

fuzz_target!(|body: &[u8]| {
    let text = repaired(body);
    let answer = read(&text);
    check_both_json_readers(&text, answer.as_ref().ok());
});
