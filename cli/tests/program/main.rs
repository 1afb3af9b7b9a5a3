//! The program as its users run it, against a simulator.

mod check;
#[cfg(target_os = "linux")]
mod colors;
mod lists;
#[cfg(target_os = "linux")]
mod million;
#[cfg(unix)]
mod progress;
#[cfg(target_os = "linux")]
mod shells;
mod status;
mod support;
