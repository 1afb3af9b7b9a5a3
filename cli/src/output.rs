//! Statuses written for people and for programs.

mod color;
mod lines;
mod rows;
mod summary;
mod table;
mod text;

pub use color::set_colors;
pub use lines::Lines;
pub use rows::{csv, jsonl, records};
pub use summary::Summary;
pub use table::table;
pub use text::printable;
