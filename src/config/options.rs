//! The options: one table, which drives setting, the environment, the error messages and `docs/CONFIGURATION.md`.

use std::ffi::{CStr, CString};
use std::str::FromStr;

use super::proxy;
use super::url::{BaseUrl, without_secrets};
use crate::limits::MAX_BATCH;
use crate::log::LEVELS;

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Any text without control characters.
    Text,
    /// Printable ASCII, as it goes into a header.
    Header,
    /// Text that is never shown.
    Secret,
    /// `http://` or `https://`, host, port and path.
    Url,
    /// `http://` or `socks5://`, with credentials that are never shown.
    Proxy,
    /// A list of `bundled`, `system` and paths.
    TrustList,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number in this range.
    Number(u64, u64),
    /// A decimal number, 0 or more, at most this.
    Decimal(u32),
    /// `true`, `false`, `1` or `0`.
    Flag,
}

/// An option: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    name: &'static CStr,
    kind: Kind,
    pub(super) default: Option<&'static CStr>,
    doc: &'static str,
}

macro_rules! options {
    ($( $key:ident $name:literal $default:expr, $kind:expr, $doc:literal; )+) => {
        /// An option, by the name that the code uses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Setting { $( $key, )+ }

        /// Every option there is.
        pub(crate) const OPTIONS: &[Opt] = &[ $( Opt {
            name: $name, kind: $kind, default: $default, doc: $doc,
        }, )+ ];
    };
}

use Kind::{Choice, Decimal, Flag, Header, Number, Proxy, Secret, Text, TrustList, Url};

/// A day: longer times are taken for mistakes.
const DAY_MS: u64 = 86_400_000;

/// The library's name and version, as they stand in the User-Agent header.
pub(crate) const PRODUCT: &CStr =
    match CStr::from_bytes_with_nul(concat!("libsmsp/", env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(product) => product,
        Err(_) => c"libsmsp",
    };

options! {
    ApiKey c"api_key" None, Secret,
        "The API key. This or `api_key_file` is required; the one set last counts, from the environment this. White space around it is dropped.";
    ApiKeyFile c"api_key_file" None, Text,
        "A file whose first line is the API key, read when a client is made (mounted secrets).";
    BaseUrl c"base_url" Some(c"https://api.smspartner.fr/v1"), Url,
        "Where the service is. A trailing slash is dropped; user names, queries and fragments are refused.";
    Format c"format" Some(c"json"), Choice(&["json", "xml"]),
        "The notation of the answers. JSON is faster.";
    Method c"method" Some(c"post"), Choice(&["post", "get"]),
        "The HTTP method. **`get` puts the API key and all phone numbers into URLs, which servers and proxies on the way write into their logs.** A URL stays below 8,000 bytes, so a GET asks about fewer messages at a time.";
    BatchSize c"batch_size" Some(c"500"), Number(1, MAX_BATCH as u64),
        "How many messages one request asks about, at the most.";
    MaxConnections c"max_connections" Some(c"4"), Number(1, 64),
        "How many requests run at a time, for the client as a whole.";
    ConnectTimeoutMs c"connect_timeout_ms" Some(c"5000"), Number(0, DAY_MS),
        "The time to look up the name, connect and shake hands, together. 0 is no limit.";
    RequestTimeoutMs c"request_timeout_ms" Some(c"10000"), Number(0, DAY_MS),
        "The time of one attempt, from connecting to the last byte. 0 is no limit.";
    TotalTimeoutMs c"total_timeout_ms" Some(c"0"), Number(0, DAY_MS),
        "The time of a whole call, waiting for a connection included. 0 is no limit.";
    MaxRetries c"max_retries" Some(c"3"), Number(0, 100),
        "How often a batch is asked again.";
    RetryBaseMs c"retry_base_ms" Some(c"200"), Number(0, DAY_MS),
        "The longest wait before the first retry; it doubles with each further one. The wait itself is random, from 0 to that.";
    RetryMaxMs c"retry_max_ms" Some(c"20000"), Number(0, DAY_MS),
        "The longest wait before a retry, `Retry-After` aside.";
    RetryAfterMaxMs c"retry_after_max_ms" Some(c"60000"), Number(0, DAY_MS),
        "The longest `Retry-After` that is waited for; a longer one ends the batch at once.";
    RequestsPerSecond c"requests_per_second" Some(c"0"), Decimal(10_000),
        "How many requests start per second at the most, over all calls of a client. 0 is no limit; 0.2 is one in five seconds.";
    MaxResponseBytes c"max_response_bytes" Some(c"16777216"), Number(1024, 1 << 30),
        "The largest answer that is read, after decompression.";
    Proxy c"proxy" None, Proxy,
        "A proxy that leads to the service: HTTP CONNECT or SOCKS5 (also written `socks5h`), also for plain http; port 80, or 1080, where none is given. A user name and a password go by Basic. It looks up the service's name. What has a special meaning in a URL is percent-encoded in user name and password. A `base_url` on this machine (`localhost`, 127.0.0.1, ::1) goes past it.";
    CaFile c"ca_file" Some(c"bundled"), TrustList,
        "Which certificate authorities are trusted: a comma-separated list of `bundled` (Mozilla's, in the library), `system` (not on Windows) and PEM files. What is listed is trusted, nothing else.";
    UserAgent c"user_agent" Some(PRODUCT), Header,
        "The User-Agent header. What is set is put in front of the library's own name and version.";
    AllowHttp c"allow_http" Some(c"false"), Flag,
        "Whether plain http may go to other hosts than this one. The API key and all statuses are then readable on the way.";
    LogLevel c"log_level" Some(c"off"), Choice(LEVELS),
        "How much goes to the log, see [LOGGING.md](LOGGING.md). **`trace` shows phone numbers in full**; the API key is shown by none.";
    LogFile c"log_file" None, Text,
        "Where the log goes: a path, or `stderr`. A file is made where there is none, for its owner alone (on Windows as its folder has it), and opened for each line, so that it may be rotated. Required unless `log_level` is `off`.";
}

/// The variable that the service's other clients use for the key.
const API_KEY_VARIABLE: &str = "SMSPARTNER_API_KEY";

/// What a secret reads as.
const HIDDEN: &CStr = c"***";

impl Opt {
    /// Its name, as `smsp_config_set` takes it.
    pub fn name(&self) -> &'static str {
        self.name.to_str().unwrap_or("?")
    }

    pub(crate) fn c_name(&self) -> &'static CStr {
        self.name
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        if self.name == c"api_key" {
            return API_KEY_VARIABLE.to_owned();
        }
        format!("SMSP_{}", self.name().to_ascii_uppercase())
    }

    /// Its value where nothing sets it.
    pub fn default(&self) -> Option<&'static str> {
        self.default.and_then(|text| text.to_str().ok())
    }

    /// The values it takes, in words.
    pub fn values(&self) -> String {
        match self.kind {
            Text => "text without control characters".to_owned(),
            Header => "printable ASCII".to_owned(),
            Secret => "text without control characters; it is never shown".to_owned(),
            Url => "http://host[:port][/path] or https://host[:port][/path]".to_owned(),
            Proxy => proxy::FORMS.to_owned(),
            TrustList => "a comma-separated list of bundled, system and paths of PEM files".to_owned(),
            Choice(words) => words.join(", "),
            Number(least, most) => format!("a whole number from {least} to {most}"),
            Decimal(most) => format!("a decimal number from 0 to {most}"),
            Flag => "true, false, 1 or 0".to_owned(),
        }
    }

    /// What it does, in one paragraph.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// The value in the form in which it is kept, or what is wrong with it.
    pub(super) fn validate(&self, value: &str) -> Result<String, String> {
        let value = trim(value);
        if let Some(control) = value.chars().find(|character| character.is_control()) {
            return Err(format!("holds the control character U+{:04X}", control as u32));
        }
        let expected = |valid: bool| if valid { Ok(value.to_owned()) } else { Err(self.expected(value)) };
        match self.kind {
            Text => Ok(value.to_owned()),
            Header => expected(value.is_ascii()),
            Secret if value.is_empty() => Err("is empty".to_owned()),
            Secret => Ok(value.to_owned()),
            Url => BaseUrl::from_str(value).map(|url| url.to_string()),
            Proxy if value.is_empty() => Ok(String::new()),
            Proxy => proxy::Proxy::from_str(value).map(|_| value.to_owned()),
            TrustList => expected(value.split(',').all(|part| !part.trim().is_empty())),
            Choice(words) => expected(words.contains(&value)),
            Number(least, most) => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse::<u64>().ok().filter(|number| digits && (least..=most).contains(number));
                number.map(|number| number.to_string()).ok_or_else(|| self.expected(value))
            }
            Decimal(most) => {
                let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let number = value.parse::<f64>().ok().filter(|number| plain && *number <= f64::from(most));
                expected(number.is_some())
            }
            Flag => match value {
                "true" | "1" => Ok("true".to_owned()),
                "false" | "0" => Ok("false".to_owned()),
                _ => Err(self.expected(value)),
            },
        }
    }

    fn expected(&self, value: &str) -> String {
        match self.kind {
            Secret => format!("expected {}", self.values()),
            _ => format!("expected {}, found {value:?}", self.values()),
        }
    }

    pub(super) fn shown(&self, value: &str) -> CString {
        match self.kind {
            Secret => HIDDEN.to_owned(),
            Proxy => c_string(&without_secrets(value)),
            _ => c_string(value),
        }
    }
}

/// Without white space around it, and without the byte-order mark that some editors put in front of a file.
pub(crate) fn trim(value: &str) -> &str {
    value.trim_start_matches('\u{feff}').trim()
}

/// A text that `validate` has let through holds no NUL.
fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
