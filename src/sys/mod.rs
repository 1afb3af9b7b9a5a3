//! What the library asks of the operating system beside what std has: the same names for each, in a file of its own.

#![allow(unsafe_code)] // the systems' own interfaces

use std::fs::File;
use std::io::{self, Read};

#[cfg(unix)]
mod descriptor;
#[cfg(unix)]
mod fork;
pub(crate) mod threads;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use descriptor::*;
#[cfg(unix)]
pub(crate) use fork::*;
#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// All that a file holds.
pub(crate) fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    past_standard(File::open(path)?)?.read_to_end(&mut content)?;
    Ok(content)
}
