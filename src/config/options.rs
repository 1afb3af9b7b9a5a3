//! The options. One table drives the setters, the environment, the error messages, `docs/CONFIGURATION.md` and the
//! table in the header.
//!
//! `build.rs` compiles this file too, so it must use [`MAX_BATCH`] and [`LEVELS`] only.

use std::ffi::CStr;

use crate::level::LEVELS;
use crate::limits::MAX_BATCH;

/// The forms of a value of the option `proxy`.
pub(super) const PROXY_FORMS: &str = "http://[user:password@]host[:port] or socks5://[user:password@]host[:port]";

/// The kind of values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Any text without control characters.
    Text,
    /// Printable ASCII, because it is sent in a header.
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
    /// A whole number from the first to the second, both included.
    Number(u64, u64),
    /// A decimal number from 0 to this, included.
    Decimal(u32),
    /// `true`, `false`, `1` or `0`.
    Flag,
}

/// An option: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    name: &'static CStr,
    pub(super) kind: Kind,
    pub(super) default: Option<&'static CStr>,
    doc: &'static str,
}

macro_rules! options {
    ($( $key:ident $name:literal $default:expr, $kind:expr, $doc:literal; )+) => {
        /// Identifies an option in the code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Setting { $( $key, )+ }

        /// All options, in the order of the documentation.
        pub(crate) const OPTIONS: &[Opt] = &[ $( Opt {
            name: $name, kind: $kind, default: $default, doc: $doc,
        }, )+ ];
    };
}

use Kind::{Choice, Decimal, Flag, Header, Number, Proxy, Secret, Text, TrustList, Url};

/// A day, in milliseconds. Longer times are taken for mistakes.
const DAY_MS: u64 = 86_400_000;

/// The library's name and version, as in the User-Agent header.
pub(crate) const PRODUCT: &CStr =
    match CStr::from_bytes_with_nul(concat!("libsmsp/", env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(product) => product,
        Err(_) => c"libsmsp",
    };

options! {
    ApiKey c"api_key" None, Secret,
        "The API key. Either this or `api_key_file` is required. If both are set, the last one counts; in the environment, this one. White space around the key is removed.";
    ApiKeyFile c"api_key_file" None, Text,
        "A file whose first line is the API key, for mounted secrets. It is read when a client is created.";
    BaseUrl c"base_url" Some(c"https://api.smspartner.fr/v1"), Url,
        "The address of the service. A trailing slash is removed. User names, queries and fragments are refused.";
    Format c"format" Some(c"json"), Choice(&["json", "xml"]),
        "The format of the answers. JSON is faster.";
    Method c"method" Some(c"post"), Choice(&["post", "get"]),
        "The HTTP method. **`get` puts the API key and all phone numbers into URLs, and servers and proxies write URLs into their logs.** A URL has less than 8,000 bytes, so a GET request asks about fewer messages.";
    BatchSize c"batch_size" Some(c"500"), Number(1, MAX_BATCH as u64),
        "The most messages that one request asks about.";
    MaxConnections c"max_connections" Some(c"4"), Number(1, 64),
        "The most requests that a client runs at the same time, over all its calls.";
    ConnectTimeoutMs c"connect_timeout_ms" Some(c"5000"), Number(0, DAY_MS),
        "The time limit for the name lookup, the connection and the TLS handshake together. 0 means no limit.";
    RequestTimeoutMs c"request_timeout_ms" Some(c"10000"), Number(0, DAY_MS),
        "The time limit for one attempt, from connecting to the last byte of the answer. 0 means no limit.";
    TotalTimeoutMs c"total_timeout_ms" Some(c"0"), Number(0, DAY_MS),
        "The time limit for a whole call, including retries and waiting for a connection. 0 means no limit.";
    MaxRetries c"max_retries" Some(c"3"), Number(0, 100),
        "How often the library retries a batch by itself. 0 turns retries off.";
    RetryBaseMs c"retry_base_ms" Some(c"200"), Number(0, DAY_MS),
        "The longest wait before the first retry. It doubles with each further retry. The actual wait is random, between 0 and this.";
    RetryMaxMs c"retry_max_ms" Some(c"20000"), Number(0, DAY_MS),
        "The longest wait before any retry, unless the service sends `Retry-After`.";
    RetryAfterMaxMs c"retry_after_max_ms" Some(c"60000"), Number(0, DAY_MS),
        "The longest `Retry-After` that the library waits for. A longer one ends the batch at once.";
    RequestsPerSecond c"requests_per_second" Some(c"0"), Decimal(10_000),
        "The most requests that a client starts per second, over all its calls. 0 means no limit; 0.2 is one request in five seconds.";
    MaxResponseBytes c"max_response_bytes" Some(c"16777216"), Number(1024, 1 << 30),
        "The largest answer that the library reads, in bytes after decompression.";
    Proxy c"proxy" None, Proxy,
        "An HTTP (CONNECT) or SOCKS5 proxy between the client and the service; `socks5h` means the same as `socks5`. The default port is 80 for HTTP and 1080 for SOCKS5. The proxy resolves the name of the service. An HTTP proxy gets a user name and a password by Basic authentication; percent-encode special characters in them. A `base_url` on this machine (`localhost`, 127.0.0.1, ::1) is reached without the proxy.";
    CaFile c"ca_file" Some(c"bundled"), TrustList,
        "The certificate authorities to trust, as a comma-separated list: `bundled` (Mozilla's list, inside the library), `system` (not on Windows), and paths of PEM files. Nothing else is trusted.";
    UserAgent c"user_agent" Some(PRODUCT), Header,
        "The User-Agent header. The library puts your value in front of its own name and version.";
    AllowHttp c"allow_http" Some(c"false"), Flag,
        "Allows plain http to other hosts than this machine. Everybody on the way can then read the API key and all statuses.";
    LogLevel c"log_level" Some(c"off"), Choice(LEVELS),
        "How much the library logs. **`trace` shows phone numbers in full**; no level shows the API key.";
    LogFile c"log_file" None, Text,
        "Where the log goes: a path, or `stderr`. Required unless `log_level` is `off`. A new file is readable by its owner only (on Windows it has the permissions of its folder). The file is opened for each line, so it can be rotated.";
}

/// The environment variable that the service's other clients use for the API key.
const API_KEY_VARIABLE: &str = "SMSPARTNER_API_KEY";

impl Opt {
    /// Returns the name of the option, as [`Config::set`](crate::Config::set) and `smsp_config_set` take it.
    pub fn name(&self) -> &'static str {
        self.name.to_str().unwrap_or("?")
    }

    pub(crate) fn c_name(&self) -> &'static CStr {
        self.name
    }

    /// Returns the environment variable that sets the option.
    pub fn variable(&self) -> String {
        if self.name == c"api_key" {
            return API_KEY_VARIABLE.to_owned();
        }
        format!("SMSP_{}", self.name().to_ascii_uppercase())
    }

    /// Returns the value that applies if nothing sets the option; None if it has none then.
    pub fn default(&self) -> Option<&'static str> {
        self.default.and_then(|text| text.to_str().ok())
    }

    /// Returns the values that the option takes, in words.
    pub fn values(&self) -> String {
        match self.kind {
            Text => "text without control characters".to_owned(),
            Header => "printable ASCII".to_owned(),
            Secret => "text without control characters; it is never shown".to_owned(),
            Url => "http://host[:port][/path] or https://host[:port][/path]".to_owned(),
            Proxy => PROXY_FORMS.to_owned(),
            TrustList => "a comma-separated list of bundled, system and paths of PEM files".to_owned(),
            Choice(words) => words.join(", "),
            Number(least, most) => format!("a whole number from {least} to {most}"),
            Decimal(most) => format!("a decimal number from 0 to {most}"),
            Flag => "true, false, 1 or 0".to_owned(),
        }
    }

    /// Returns what the option does, in one paragraph.
    pub fn doc(&self) -> &'static str {
        self.doc
    }
}
