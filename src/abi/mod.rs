//! The C interface: convert, call, convert back. One file for each handle, mirroring the sections of `smsp.h`; the
//! comments here are the header's. Nothing but this module and `sys` is `unsafe`.

#![allow(unsafe_code, non_camel_case_types)]
#![allow(clippy::missing_safety_doc, reason = "the rules of the interface stand at the top of the header")]

mod boundary;
mod client;
mod config;
mod error;
mod operation;
mod queue;
mod report;
mod version;

pub use client::*;
pub use config::*;
pub use error::*;
pub use operation::*;
pub use queue::*;
pub use report::*;
pub use version::*;
