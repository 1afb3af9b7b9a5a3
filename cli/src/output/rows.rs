//! Every row, for other programs. The names of the fields are a promise.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use smsp::{Code, Error, Report, State, Status};

use crate::ask;
use crate::input::{Message, Refusal, Row};

/// The end of the year 9999, the last that ISO 8601 writes with four digits.
const LAST_DATE: u64 = 253_402_300_799;

/// One status, field by field as it is written.
#[derive(Serialize)]
pub struct Record<'a> {
    /// The recipient, as the list has it.
    pub phone_number: &'a str,
    /// The message, as the list has it.
    pub message_id: &'a str,
    /// The name of the state.
    pub state: &'static str,
    /// `SMSP_OK`, or why there is no answer.
    pub code: &'static str,
    /// The service's code for this message, 0 if none.
    pub api_code: i32,
    /// ISO 8601 in UTC.
    pub date: Option<String>,
    /// The same in seconds since 1970.
    pub date_unix: Option<i64>,
    /// The service's text where it is no number of seconds.
    pub date_text: Option<&'a str>,
    /// The service's text.
    pub status_text: Option<&'a str>,
    /// Whether the recipient asked for no more messages.
    pub stop_sms: Option<bool>,
    /// Whether the recipient called it spam.
    pub is_spam: Option<bool>,
    /// Why it is not answered.
    #[serde(skip)]
    pub failure: Option<Failure<'a>>,
}

/// Why a message is not answered, field by field as it is written.
#[derive(Serialize)]
pub struct Failure<'a> {
    /// The kind of failure.
    pub code: &'static str,
    /// What happened, which speaks of lines of the list.
    pub message: Cow<'a, str>,
    /// The service's code, 0 if none.
    pub api_code: i32,
    /// That of the answer, 0 if there was none.
    pub http_status: i32,
    /// Whether asking again later may help.
    pub retryable: bool,
}

impl<'a> Record<'a> {
    /// The status of one of the rows that were asked.
    fn new(status: Status<'a>, asked: &[&Row]) -> Self {
        Record {
            phone_number: status.phone_number(),
            message_id: status.message_id(),
            state: status.state().name(),
            code: status.code().name(),
            api_code: status.api_code(),
            date: status.date().and_then(iso8601),
            date_unix: status.date(),
            date_text: status.date_text(),
            status_text: status.status_text(),
            stop_sms: status.stop_sms(),
            is_spam: status.is_spam(),
            failure: status.error().map(|error| Failure::new(error, asked)),
        }
    }

    /// A message that was not asked.
    fn refused(message: &'a Message, refusal: Refusal) -> Self {
        let code = Code::InvalidArgument.name();
        let why = refusal.to_string().into();
        Record {
            phone_number: &message.phone_number,
            message_id: &message.message_id,
            state: State::Invalid.name(),
            code,
            api_code: 0,
            date: None,
            date_unix: None,
            date_text: None,
            status_text: None,
            stop_sms: None,
            is_spam: None,
            failure: Some(Failure { code, message: why, api_code: 0, http_status: 0, retryable: false }),
        }
    }
}

impl<'a> Failure<'a> {
    fn new(error: &'a Error, asked: &[&Row]) -> Self {
        Failure {
            code: error.code().name(),
            message: ask::in_lines(error.message(), asked),
            api_code: error.api_code(),
            http_status: error.http_status(),
            retryable: error.is_retryable(),
        }
    }
}

/// A record for each row: what was answered, or that it was not asked. The report is about those that were.
pub fn records<'a>(
    rows: &'a [Row],
    asked: &'a [&Row],
    report: &'a Report,
) -> impl ExactSizeIterator<Item = Record<'a>> {
    let mut statuses = report.iter();
    rows.iter().map(move |row| match row.message.refusal {
        None => Record::new(statuses.next().expect("there is one for each message that was asked"), asked),
        Some(refusal) => Record::refused(&row.message, refusal),
    })
}

/// None outside the years 1970 to 9999.
fn iso8601(unix: i64) -> Option<String> {
    let seconds = u64::try_from(unix).ok().filter(|&s| s <= LAST_DATE)?;
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    Some(humantime::format_rfc3339_seconds(time).to_string())
}

/// Writes a header line and one line for each record.
pub fn csv<'a>(out: impl Write, records: impl Iterator<Item = Record<'a>>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    writer.write_record(FIELDS).map_err(io_error)?;
    for record in records {
        // The record has the codes.
        let failure = record.failure.as_ref();
        let message = failure.map(|failure| &failure.message);
        let http_status = failure.map(|failure| failure.http_status);
        let retryable = failure.map(|failure| failure.retryable);
        writer.serialize((&record, message, http_status, retryable)).map_err(io_error)?;
    }
    writer.flush()
}

/// The header is there for an empty list too, where no record names its fields.
const FIELDS: [&str; 14] = [
    "phone_number",
    "message_id",
    "state",
    "code",
    "api_code",
    "date",
    "date_unix",
    "date_text",
    "status_text",
    "stop_sms",
    "is_spam",
    "error_message",
    "error_http_status",
    "error_retryable",
];

/// Keeps the kind of the error: a closed pipe is not a failure.
fn io_error(error: csv::Error) -> io::Error {
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::other(text),
    }
}

/// A record as a JSON object.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    record: &'a Record<'a>,
    error: Option<&'a Failure<'a>>,
}

/// Writes one JSON object a line; what is not known is null.
pub fn jsonl<'a>(mut out: impl Write, records: impl Iterator<Item = Record<'a>>) -> io::Result<()> {
    for record in records {
        serde_json::to_writer(&mut out, &Object { record: &record, error: record.failure.as_ref() })?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A delivered message with every field set.
    pub fn delivered() -> Record<'static> {
        Record {
            phone_number: "+33 6 39 98 00 01",
            message_id: "199897",
            state: "delivered",
            code: "SMSP_OK",
            api_code: 200,
            date: iso8601(1_517_934_416),
            date_unix: Some(1_517_934_416),
            date_text: None,
            status_text: Some("Delivered"),
            stop_sms: Some(false),
            is_spam: Some(true),
            failure: None,
        }
    }

    /// A message that was not asked.
    pub fn invalid() -> Record<'static> {
        Record {
            phone_number: "06;39,\"98\"",
            message_id: "",
            state: "invalid",
            code: "SMSP_E_INVALID_ARGUMENT",
            api_code: 0,
            date: None,
            date_unix: None,
            date_text: None,
            status_text: None,
            stop_sms: None,
            is_spam: None,
            failure: Some(Failure {
                code: "SMSP_E_INVALID_ARGUMENT",
                message: "phone_number: this is not a phone number".into(),
                api_code: 0,
                http_status: 0,
                retryable: false,
            }),
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_has_a_header_and_quotes_what_needs_it() {
        let records = [delivered(), invalid()].into_iter();
        assert_eq!(
            written(|out| csv(out, records)),
            "phone_number,message_id,state,code,api_code,date,date_unix,date_text,status_text,\
             stop_sms,is_spam,error_message,error_http_status,error_retryable\n\
             +33 6 39 98 00 01,199897,delivered,SMSP_OK,200,2018-02-06T16:26:56Z,1517934416,,\
             Delivered,false,true,,,\n\
             \"06;39,\"\"98\"\"\",,invalid,SMSP_E_INVALID_ARGUMENT,0,,,,,,,\
             phone_number: this is not a phone number,0,false\n"
        );
    }

    #[test]
    fn csv_of_an_empty_list_is_its_header() {
        let text = written(|out| csv(out, std::iter::empty()));
        assert_eq!(text.trim_end().split(',').collect::<Vec<_>>(), FIELDS);
    }

    #[test]
    fn jsonl_has_null_for_what_is_not_known_and_an_object_for_an_error() {
        let records = [delivered(), invalid()].into_iter();
        assert_eq!(
            written(|out| jsonl(out, records)),
            "{\"phone_number\":\"+33 6 39 98 00 01\",\"message_id\":\"199897\",\
             \"state\":\"delivered\",\"code\":\"SMSP_OK\",\"api_code\":200,\
             \"date\":\"2018-02-06T16:26:56Z\",\"date_unix\":1517934416,\"date_text\":null,\
             \"status_text\":\"Delivered\",\"stop_sms\":false,\"is_spam\":true,\"error\":null}\n\
             {\"phone_number\":\"06;39,\\\"98\\\"\",\"message_id\":\"\",\
             \"state\":\"invalid\",\"code\":\"SMSP_E_INVALID_ARGUMENT\",\"api_code\":0,\
             \"date\":null,\"date_unix\":null,\"date_text\":null,\
             \"status_text\":null,\"stop_sms\":null,\"is_spam\":null,\
             \"error\":{\"code\":\"SMSP_E_INVALID_ARGUMENT\",\
             \"message\":\"phone_number: this is not a phone number\",\
             \"api_code\":0,\"http_status\":0,\"retryable\":false}}\n"
        );
    }

    #[test]
    fn dates_end_where_iso8601_ends() {
        assert_eq!(iso8601(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(iso8601(951_827_696).as_deref(), Some("2000-02-29T12:34:56Z"));
        assert_eq!(iso8601(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(iso8601(253_402_300_800), None);
        assert_eq!(iso8601(-1), None);
        assert_eq!(iso8601(i64::MIN), None);
    }

    #[test]
    fn a_closed_pipe_stays_one() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let records = || (0..1000).map(|_| delivered());
        for error in [csv(Closed, records()), jsonl(Closed, records())] {
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    }
}
