//! The C interface as C programs meet it: the programs of this folder, and the header.

mod calls;
mod failures;
mod header;
mod host;
mod operations;
mod starved;
