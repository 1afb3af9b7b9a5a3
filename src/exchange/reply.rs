//! What a response means, by its HTTP status and its body: entries, or an error that says what came instead.

use super::excerpt::excerpt;
use crate::error::{Code, Error, out_of_memory};
use crate::net::body::Body;
use crate::secret::redact::Secrets;
use crate::state::{may_be_for_one_entry, refusal};
use crate::wire::fast_json;
use crate::wire::read::{self, Answer};
use crate::wire::repair::repair;
use crate::wire::request::BatchEntry;
use crate::wire::response::{Entries, Refusal, Unreadable};

const TOO_MANY_REQUESTS: u16 = 429;

/// What the service says about the messages of a request.
pub(super) struct Reply<'s> {
    pub status: u16,
    pub entries: Entries<'s>,
    /// Whether the service refused the request, which had a single message. Its entry contains the refusal.
    pub is_refusal: bool,
}

/// Interprets a response by its HTTP status and its body.
pub(super) fn understand<'s>(
    status: u16,
    body: &'s mut Body,
    asked: &[BatchEntry<'s>],
    secrets: &Secrets,
) -> Result<Reply<'s>, Error> {
    let success = (200..300).contains(&status);
    let (bytes, repaired) = body.parts();
    if let Some(entries) = fast_json::entries(bytes).filter(|_| success) {
        return Ok(Reply { status, entries, is_refusal: false });
    }
    let body = repair(bytes, repaired)?;
    match read::read(body) {
        Ok(Answer::Entries(entries)) if success => Ok(Reply { status, entries, is_refusal: false }),
        Ok(Answer::Refusal(refusal)) if is_readable(&refusal, status) => match asked {
            [only] if may_be_for_one_entry(refusal.api_code) => {
                let text = secrets.hide(&refusal.message);
                let entries = Entries::refused(only.message(), refusal.api_code, text);
                Ok(Reply { status, entries, is_refusal: true })
            }
            _ => Err(refused(&refusal, status, secrets)),
        },
        Err(unreadable) if unreadable.lacks_memory => Err(out_of_memory("an answer")),
        Err(unreadable) if success => Err(not_documented(&unreadable, status, body, secrets)),
        _ => Err(http_status(status, body, secrets)),
    }
}

fn refused(refused: &Refusal, status: u16, secrets: &Secrets) -> Error {
    let text = secrets.quote(&refused.message);
    let text = format!("the service refuses the request with code {}: {text}", refused.api_code);
    let (code, _) = refusal(refused.api_code);
    Error::new(code, text).with_api_code(refused.api_code).with_http_status(status)
}

fn not_documented(unreadable: &Unreadable, status: u16, body: &str, secrets: &Secrets) -> Error {
    let reason = secrets.quote(&unreadable.to_string());
    let text = format!("the answer is not as documented: {reason}: {}", excerpt(secrets, body, unreadable.offset));
    Error::new(Code::Protocol, text).with_http_status(status)
}

fn http_status(status: u16, body: &str, secrets: &Secrets) -> Error {
    let code = if status == TOO_MANY_REQUESTS { Code::RateLimited } else { Code::Http };
    let text = format!("the service answered with HTTP status {status}: {}", excerpt(secrets, body, 0));
    Error::new(code, text).with_http_status(status)
}

/// Whether a refusal counts. Its code decides, whatever the HTTP status. With 429 and 5xx it must be a documented code,
/// since gateways in between have codes of their own.
fn is_readable(refused: &Refusal, status: u16) -> bool {
    let (_, documented) = refusal(refused.api_code);
    documented || !(status == TOO_MANY_REQUESTS || status >= 500)
}
