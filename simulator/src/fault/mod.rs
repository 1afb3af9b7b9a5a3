//! Faults on purpose: which there are, when they happen, and what they do.

mod effect;
mod kinds;
mod parameters;
mod rule;
mod when;

pub(crate) use effect::Effect;
pub use kinds::{Kind, fault_kinds};
pub use parameters::Parameter;
pub use rule::Rule;
