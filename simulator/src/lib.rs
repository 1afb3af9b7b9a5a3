//! The SMS Partner multi-status service on loopback, for tests and demonstrations.
//!
//! It reads requests as the service's documentation describes them, refuses the bad ones with the
//! service's codes, and answers the good ones in the documented shape, JSON or XML. What it
//! answers follows from the number, the message id, a seed and the time, so a test can work out
//! beforehand what it must get.
//!
//! ```
//! use smsp_simulator::{Clock, Simulator};
//!
//! let simulator = Simulator::builder().seed(1).clock(Clock::Finished).start()?;
//! println!("{}", simulator.base_url()); // http://127.0.0.1:41234/v1
//!
//! let entry = simulator.expected("0612345678", "42");
//! assert_eq!(entry.phone_number, "+33612345678");
//! # std::io::Result::Ok(())
//! ```
//!
//! A request passes through `server` (HTTP), `parameters` (what is asked), `service` (is it
//! acceptable), `states` (what became of the messages) and `answer` (the bytes). Where a rule of `fault` holds,
//! it changes the answer, or how the bytes go over the `wire`.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod answer;
mod builder;
mod dice;
mod encoding;
mod fault;
mod json;
mod node;
mod number;
mod parameters;
mod query;
mod request;
mod server;
mod service;
mod simulator;
mod states;
mod tls;
mod wire;
mod xml;

pub use answer::{Answer, Delivery, Entry, Refusal};
pub use builder::Builder;
pub use fault::{Kind, Parameter, Rule, fault_kinds};
pub use json::Style;
pub use request::{Format, Query, Request, Seen};
pub use simulator::Simulator;
pub use states::Clock;
pub use tls::{Certificate, Signer};
