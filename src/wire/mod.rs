//! Bytes to values and back: no I/O, no knowledge of HTTP.

#[cfg(test)]
mod cuts;
pub(crate) mod fast_json;
mod json;
mod pattern;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod request;
pub(crate) mod response;
mod xml;

/// The notation of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}
