//! The error type. Errors are created where they occur, with what the caller needs to act.

use std::fmt;
use std::io;

pub use crate::code::Code;
use crate::secret::redact::Secrets;
use crate::sys;

/// Why a call, a batch or an option failed. The text is one line in English, and never contains the API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: String,
    api_code: i32,
    http_status: u16,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), api_code: 0, http_status: 0 }
    }

    /// Returns the error for an option that cannot be used: `option: what is wrong`.
    pub(crate) fn config(option: &str, message: impl fmt::Display) -> Error {
        Error::new(Code::Config, format!("{option}: {message}"))
    }

    pub(crate) fn with_api_code(self, api_code: i32) -> Error {
        Error { api_code, ..self }
    }

    /// The same error for another call than the one whose messages were asked about: what it quotes of an answer may be
    /// about these.
    pub(crate) fn without_quotes(&self) -> Error {
        let text = match (self.code, self.api_code) {
            // Without an answer there is nothing to quote.
            _ if self.http_status == 0 => return self.clone(),
            (Code::Protocol, _) => "the answer to another request is not as documented".to_owned(),
            (_, 0) => format!("the service answered with HTTP status {}", self.http_status),
            (_, code) => format!("the service refuses the request with code {code}"),
        };
        Error { message: text, ..*self }
    }

    pub(crate) fn with_http_status(self, http_status: u16) -> Error {
        Error { http_status, ..self }
    }

    /// Adds a note to the text.
    pub(crate) fn with_note(self, note: &str) -> Error {
        Error { message: format!("{}; {note}", self.message), ..self }
    }

    /// Removes secrets from the text.
    pub(crate) fn redacted(self, secrets: &Secrets) -> Error {
        Error { message: secrets.hide(&self.message), ..self }
    }

    /// Returns the kind of failure.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns what happened, in one line in English.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the service's own code, or 0 if it gave none.
    pub fn api_code(&self) -> i32 {
        self.api_code
    }

    /// Returns the HTTP status of the response, or 0 if there was none.
    pub fn http_status(&self) -> i32 {
        i32::from(self.http_status)
    }

    /// Whether the same call may succeed later without a change by the caller.
    pub fn is_retryable(&self) -> bool {
        match self.code {
            Code::Http => self.http_status >= 500,
            code => code.is_retryable(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Returns the error for memory that cannot be allocated.
#[cold]
#[inline(never)]
pub(crate) fn out_of_memory(what: &str) -> Error {
    Error::new(Code::Resource, format!("not enough memory for {what}"))
}

/// Returns the text of a system error, in English whatever language the host has set.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.raw_os_error().is_some() { sys::text(error) } else { error.to_string() }
}
