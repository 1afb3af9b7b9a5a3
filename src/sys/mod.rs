//! What the library needs from the operating system beyond std. Each system has a file with the same names.

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

/// Reads a whole file.
pub(crate) fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    above_stdio(File::open(path)?)?.read_to_end(&mut content)?;
    Ok(content)
}
