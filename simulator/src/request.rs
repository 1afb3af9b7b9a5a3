//! What was asked.

use std::sync::Arc;

/// One message asked about, as the request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The recipient's number.
    pub phone_number: String,
    /// The message id; one that came as a JSON number is here in decimal digits.
    pub message_id: String,
}

/// The notation of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The default of the service.
    #[default]
    Json,
    /// Asked for with `_format=xml`.
    Xml,
}

/// One HTTP request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which TCP connection it came on, counted from 1.
    pub connection: usize,
    /// Which request of the simulator it is, counted from 1.
    pub number: usize,
    /// The HTTP method.
    pub method: String,
    /// Path and query string, as sent.
    pub target: String,
    /// Header names in lower case, and their values; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, after any transfer coding.
    pub body: Vec<u8>,
    /// The format asked for.
    pub format: Format,
    /// The messages asked about, in order; empty when the request is refused.
    pub entries: Vec<Query>,
}

impl Request {
    /// The first header of that name (any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the client takes a gzip answer.
    pub(crate) fn accepts_gzip(&self) -> bool {
        let accepted = |coding: &str| {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let refused = parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
            (name.eq_ignore_ascii_case("gzip") || name == "*") && !refused
        };
        let mut headers = self.headers.iter();
        headers.any(|(name, value)| name == "accept-encoding" && value.split(',').any(accepted))
    }
}

/// What the simulator remembers of a request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which TCP connection it came on, counted from 1.
    pub connection: usize,
    /// How many messages it asked about; 0 when it was refused.
    pub entries: usize,
    /// The HTTP status of the answer, before faults on the wire; 0 for a request that was not read.
    pub status: u16,
    /// The whole request, where [`Builder::record`](crate::Builder::record) asks for it.
    pub request: Option<Arc<Request>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_only_where_it_is_accepted() {
        for (value, accepted) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("identity", false),
            ("", false),
        ] {
            let request = Request {
                connection: 1,
                number: 1,
                method: "GET".into(),
                target: "/".into(),
                headers: vec![("accept-encoding".into(), value.into())],
                body: Vec::new(),
                format: Format::Json,
                entries: Vec::new(),
            };
            assert_eq!(request.accepts_gzip(), accepted, "{value:?}");
        }
    }
}
