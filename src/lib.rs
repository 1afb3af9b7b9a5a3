//! What became of these SMS? A list of (phone number, message id) goes in; one status for each comes out, in order,
//! whatever the network does.
//!
//! ```text
//! queries ─▶ plan ─▶ exchange ─▶ report ─▶ statuses
//!            │        │  ▲         │
//!            phone    ▼  │         state
//!                    wire · http
//! ```
//!
//! The library is made for programs in other languages: its C interface lies in [`abi`], its header is
//! `include/smsp.h`. The Rust interface below is what that rests on, safe and usable by itself:
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
//! The feature `without-log`, which is on, compiles out what dependencies log by the `log` crate, also in the rest of the
//! program: at its lowest level that would be whole requests with the API key.

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
pub use report::{Outcome, Report, Status};
pub use state::State;
pub use stats::counters;
