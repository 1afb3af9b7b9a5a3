//! The program as its users run it, against a simulator.

mod check;
#[cfg(target_os = "linux")]
mod colors;
#[cfg(unix)]
mod progress;
mod status;
mod support;
