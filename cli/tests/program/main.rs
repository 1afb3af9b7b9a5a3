//! The program as its users run it, against a simulator.

mod check;
#[cfg(unix)]
mod progress;
mod status;
mod support;
