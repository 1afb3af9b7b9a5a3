//! The options: one table, which drives setting, the environment, the error messages and `docs/CONFIGURATION.md`.

use std::ffi::{CStr, CString};
use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::limits::MAX_BATCH;
use crate::log::LEVELS;
use crate::proxy;
use crate::secret;
use crate::sys;
use crate::url::{BaseUrl, without_secrets};

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
    default: Option<&'static CStr>,
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

/// The variables that name a proxy, by precedence. `HTTP_PROXY` is not among them: a CGI request can set it.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The variables that list the hosts which go past the proxy of those, by precedence.
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Why the environment sets nothing.
const NOT_OBEYED: &str = "it is not obeyed, since this program has more rights than who started it (setuid, setgid or \
    capabilities of its file); set the options one by one";

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
    fn validate(&self, value: &str) -> Result<String, String> {
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

    fn shown(&self, value: &str) -> CString {
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

/// What is set for one option.
#[derive(Clone)]
struct Value {
    /// It may be a secret.
    text: secret::Secret,
    shown: CString,
}

/// The options of a client. It reads no environment unless asked to.
#[derive(Clone)]
pub struct Config {
    /// By place in the table.
    values: Vec<Option<Value>>,
    /// Of the two options that give the key, the one that was set last.
    key_source: Option<Setting>,
    /// The hosts that a proxy from the environment is not for.
    no_proxy: Option<String>,
    /// What is wrong with the proxy of the environment, if it can be done without.
    unreadable_proxy: Option<Error>,
}

impl Default for Config {
    fn default() -> Config {
        let default =
            |option: &Opt| option.default().map(|text| Value { text: text.into(), shown: option.shown(text) });
        Config {
            values: OPTIONS.iter().map(default).collect(),
            key_source: None,
            no_proxy: None,
            unreadable_proxy: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(OPTIONS.iter().map(|option| (option.name(), self.get(option.name())))).finish()
    }
}

impl Config {
    /// The defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// Every option there is.
    pub fn options() -> &'static [Opt] {
        OPTIONS
    }

    /// Sets an option. On an error, whose text names the option, nothing is changed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.set_from(name, name, value)
    }

    /// The same with texts that may be no UTF-8.
    pub(crate) fn set_c(&mut self, name: &CStr, value: &CStr) -> Result<(), Error> {
        let name = name.to_str().map_err(|_| Error::config("name", "is not UTF-8"))?;
        if place(name).is_none() {
            return Err(no_such_option(name));
        }
        let value = value.to_str().map_err(|_| Error::config(name, "is not UTF-8"))?;
        self.set(name, value)
    }

    /// Sets what the environment sets: `SMSP_` and the option's name in capitals, `SMSPARTNER_API_KEY` for the key, and
    /// the usual variables for a proxy. An empty variable is an unset one. On an error, whose text names the variable,
    /// nothing is changed. It must not run beside `setenv`. In a program that has more rights than its caller (setuid) it is an
    /// error: the environment is the caller's.
    pub fn load_env(&mut self) -> Result<(), Error> {
        if sys::has_more_rights_than_its_caller() {
            return Err(Error::config("environment", NOT_OBEYED));
        }
        let mut loaded = self.clone();
        // The other way round, so that a key counts before the file of a key.
        for option in OPTIONS.iter().rev() {
            loaded.set_from_variable(option.name(), &option.variable())?;
        }
        if variable(&OPTIONS[Setting::Proxy as usize].variable()).is_none() {
            loaded.set_proxy_from_variables()?;
        }
        *self = loaded;
        Ok(())
    }

    /// The value of an option as text; secrets read `***`. None if it has none, or if there is no such option.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_c(name)?.to_str().ok()
    }

    pub(crate) fn get_c(&self, name: &str) -> Option<&CStr> {
        Some(self.values[place(name)?].as_ref()?.shown.as_c_str())
    }

    /// The value itself, secrets too; None if there is none or it is empty.
    pub(crate) fn text(&self, key: Setting) -> Option<&str> {
        self.values[key as usize].as_ref().map(|value| &*value.text).filter(|text| !text.is_empty())
    }

    /// Which of `ApiKey` and `ApiKeyFile` gives the key.
    pub(crate) fn key_source(&self) -> Option<Setting> {
        self.key_source
    }

    /// Whether this URL is reached without the proxy: this machine, and what `NO_PROXY` lists, if the proxy is from a
    /// variable that it belongs to.
    pub(crate) fn goes_past_proxy(&self, url: &BaseUrl) -> bool {
        let is_listed = |list: &String| proxy::is_exempt(list, url.host(), url.port());
        url.is_loopback() || self.no_proxy.as_ref().is_some_and(is_listed)
    }

    /// Why the proxy of the environment cannot be used, if it cannot.
    pub(crate) fn unreadable_proxy(&self) -> Option<&Error> {
        self.unreadable_proxy.as_ref()
    }

    /// The value of a numeric option.
    pub(crate) fn number(&self, key: Setting) -> u64 {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The value of a boolean option.
    pub(crate) fn flag(&self, key: Setting) -> bool {
        self.text(key) == Some("true")
    }

    fn set_from_variable(&mut self, name: &str, source: &str) -> Result<(), Error> {
        let Some(value) = variable(source) else { return Ok(()) };
        let value = std::str::from_utf8(&value).map_err(|_| Error::config(source, "is not UTF-8"))?;
        self.set_from(name, source, value)
    }

    /// The first that is set counts; the others are not looked at. There `host:port` without a scheme is usual. One that
    /// cannot be read is no error while it is not for this URL.
    fn set_proxy_from_variables(&mut self) -> Result<(), Error> {
        let Some((source, value)) = first_variable(&PROXY_VARIABLES) else { return Ok(()) };
        let list = first_variable(&NO_PROXY_VARIABLES).map(|(_, list)| String::from_utf8_lossy(&list).into_owned());
        let set = self.set_proxy_from(source, &value);
        if set.is_err() {
            self.set_from("proxy", source, "")?;
        }
        self.no_proxy = list;
        let past = self.text(Setting::BaseUrl).and_then(|text| text.parse().ok());
        self.unreadable_proxy = set.err();
        match &self.unreadable_proxy {
            Some(error) if !past.is_some_and(|url| self.goes_past_proxy(&url)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn set_proxy_from(&mut self, source: &str, value: &[u8]) -> Result<(), Error> {
        let value = std::str::from_utf8(value).map_err(|_| Error::config(source, "is not UTF-8"))?;
        let with_scheme = Zeroizing::new(["http://", value].concat());
        self.set_from("proxy", source, if value.contains("://") { value } else { &with_scheme })
    }

    /// `source` is what an error names: the option, or the variable that it comes from.
    fn set_from(&mut self, name: &str, source: &str, value: &str) -> Result<(), Error> {
        let place = place(name).ok_or_else(|| no_such_option(name))?;
        let option = &OPTIONS[place];
        let text: secret::Secret = option.validate(value).map_err(|reason| Error::config(source, reason))?.into();
        let empty_is_none = text.is_empty() && option.default.is_none();
        self.values[place] = (!empty_is_none).then(|| Value { shown: option.shown(&text), text });
        self.key_source = self.last_key_source(place);
        if place == Setting::Proxy as usize {
            (self.no_proxy, self.unreadable_proxy) = (None, None);
        }
        Ok(())
    }

    fn last_key_source(&self, set: usize) -> Option<Setting> {
        let keys = [Setting::ApiKey, Setting::ApiKeyFile];
        let last = keys.into_iter().find(|key| *key as usize == set).or(self.key_source);
        // One that was emptied gives way to the other.
        last.into_iter().chain(keys).find(|key| self.text(*key).is_some())
    }
}

/// What a variable of the environment is set to; an empty one is not.
fn variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(|value| Zeroizing::new(value.into_encoded_bytes()))
}

/// The first of these variables that is set, and its value.
fn first_variable(names: &[&'static str]) -> Option<(&'static str, Zeroizing<Vec<u8>>)> {
    names.iter().find_map(|name| Some((*name, variable(name)?)))
}

fn no_such_option(name: &str) -> Error {
    Error::config(&format!("{name:?}"), "there is no such option")
}

fn place(name: &str) -> Option<usize> {
    OPTIONS.iter().position(|option| option.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        for option in OPTIONS {
            if let Some(default) = option.default() {
                assert_eq!(option.validate(default).as_deref(), Ok(default), "{}", option.name());
            }
        }
    }

    #[test]
    fn an_error_names_option_and_value() {
        let error = Config::new().set("batch_size", "501").unwrap_err();
        assert_eq!(error.message(), "batch_size: expected a whole number from 1 to 500, found \"501\"");
        let error = Config::new().set("batchsize", "5").unwrap_err();
        assert_eq!(error.message(), "\"batchsize\": there is no such option");
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut config = Config::new();
        config.set("api_key", "  secret\n").unwrap();
        config.set("proxy", "http://user:password@proxy:3128").unwrap();
        assert_eq!(config.text(Setting::ApiKey), Some("secret"));
        assert_eq!(config.get("api_key"), Some("***"));
        assert_eq!(config.get("proxy"), Some("http://***@proxy:3128"));
        let shown = format!("{config:?}");
        assert!(!shown.contains("secret") && !shown.contains("password"), "{shown}");
        for (name, value) in [("api_key", "sec\u{1}ret"), ("proxy", "ftp://user:secret@host:1")] {
            assert!(!config.set(name, value).unwrap_err().message().contains("secret"));
        }
    }

    #[test]
    fn the_key_comes_from_what_was_set_last() {
        let mut config = Config::new();
        assert_eq!(config.key_source(), None);
        for (name, value, source) in [
            ("api_key", "k", Setting::ApiKey),
            ("api_key_file", "/f", Setting::ApiKeyFile),
            ("batch_size", "7", Setting::ApiKeyFile),
            ("api_key_file", "", Setting::ApiKey),
        ] {
            config.set(name, value).unwrap();
            assert_eq!(config.key_source(), Some(source), "{name}={value}");
        }
        assert!(config.set("api_key", "").is_err());
    }
}
