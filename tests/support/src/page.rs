//! Parts of documents that tests write.

use std::path::Path;
use std::{env, fs};

use super::ROOT;

/// Checks that a page holds this text between two others, or writes it there where `SMSP_WRITE_DOCS` is set.
#[track_caller]
pub fn keep(page: &str, begin: &str, end: &str, text: &str) {
    let file = Path::new(ROOT).join(page);
    let whole = fs::read_to_string(&file).unwrap();
    let (before, rest) = whole.split_once(begin).unwrap_or_else(|| panic!("{page} has no {begin:?}"));
    let (written, after) = rest.split_once(end).unwrap_or_else(|| panic!("{page} has no {end:?} behind {begin:?}"));
    if env::var_os("SMSP_WRITE_DOCS").is_some() {
        fs::write(&file, [before, begin, text, end, after].concat()).unwrap();
    } else {
        assert_eq!(written, text, "{page} is not what is the case: run `make docs`");
    }
}
