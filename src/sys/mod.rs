//! What the library asks of the operating system beside what std has: the same names for each, in a file of its own.

#![allow(unsafe_code)] // the systems' own interfaces

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
