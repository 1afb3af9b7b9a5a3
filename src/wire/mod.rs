//! Converts between bytes and values. It does no I/O and knows nothing about HTTP.

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

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}
