//! Delivery statuses of SMS. The library takes a list of phone numbers and message ids, and returns one status for
//! each, in order, whatever the network does.
//!
//! ```text
//! abi ─▶ client, operation ─▶ session ─▶ exchange ─▶ net ─▶ config ─▶ plan, log ─▶ report ─▶ wire ─▶ leaves
//! what C  what a caller asks            scheduling  sockets options  batches      statuses  bytes
//! sees
//! ```
//!
//! These are the layers of the library: a file imports from its own layer and from those below it
//! (`tests/delivery/house.rs`).
//!
//! The library is made for programs in other languages: its C interface is in [`abi`], and its header is
//! `include/smsp.h`. The Rust interface below is the base of that one, and is safe and usable by itself:
//!
//! ```no_run
//! let mut config = smsp::Config::new();
//! config.load_env()?;
//! let client = smsp::Client::new(&config)?;
//! let outcome = client.multi_status([smsp::Query::new("+33612345678", "199897")])?;
//! for status in outcome.report.iter() {
//!     println!("{} {}", status.phone_number(), status.state().name());
//! }
//! # Ok::<(), smsp::Error>(())
//! ```
//!
//! The library itself writes nothing through the [`log`](https://docs.rs/log) crate, but ureq does: at the level
//! `trace`, it writes whole requests, with the API key and all phone numbers. A program that logs through `log` should
//! not log `ureq` and `ureq_proto` in more detail than `debug`. The feature `without-log`, which is off by default,
//! compiles out everything that is logged through `log`, in the whole program. The C library is built with it.

#![deny(missing_docs, unsafe_code, rust_2018_idioms)]

pub mod abi;
mod bounded;
mod client;
mod code;
mod config;
mod decimal;
mod error;
mod exchange;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod invalid;
mod invisible;
mod level;
mod limits;
mod log;
mod memory;
mod message_id;
mod net;
mod operation;
mod panics;
mod phone;
mod plan;
mod query;
mod queue;
mod report;
mod secret;
mod session;
mod state;
mod stats;
mod sys;
mod utc;
mod wire;

pub use client::Client;
pub use config::{Config, Opt};
pub use error::{Code, Error};
pub use exchange::check::{Check, CheckStep};
pub use limits::MAX_BATCH;
pub use operation::{Operation, Progress};
pub use phone::Phone;
pub use query::Query;
pub use queue::Queue;
pub use report::{Outcome, Report, Status};
pub use state::State;
pub use stats::counters;
