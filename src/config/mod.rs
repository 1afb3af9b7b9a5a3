//! The configuration of a client: the value of each option, set by name or from the environment.

use std::ffi::{CStr, CString};
use std::fmt;

use zeroize::Zeroizing;

mod options;
mod pem;
pub(crate) mod proxy;
pub(crate) mod settings;
pub(crate) mod url;
mod value;

pub use options::Opt;
pub(crate) use options::{OPTIONS, Setting};
use url::BaseUrl;

use crate::error::Error;
use crate::secret;
use crate::sys;

/// The environment variables that name a proxy, by precedence. `HTTP_PROXY` is not among them, because a CGI request
/// can set it.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The environment variables that list the hosts to reach without that proxy, by precedence.
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Why `load_env` refuses the environment.
const ENV_REFUSED: &str = "it is not obeyed, since this program has more rights than who started it (setuid, setgid or \
    capabilities of its file); set the options one by one";

/// The value of an option.
#[derive(Clone)]
struct Value {
    /// It may be a secret.
    text: secret::Secret,
    shown: CString,
}

/// The options of a client. They come from the environment only by [`Config::load_env`].
#[derive(Clone)]
pub struct Config {
    /// By index in the table of options.
    values: Vec<Option<Value>>,
    /// Which of `api_key` and `api_key_file` provides the key: the one that was set last.
    key_source: Option<Setting>,
    /// The hosts to reach without the proxy, if it comes from one of `PROXY_VARIABLES`.
    no_proxy: Option<String>,
    /// What is wrong with the proxy of the environment, if the base URL does not need that proxy.
    invalid_env_proxy: Option<Error>,
}

impl Default for Config {
    fn default() -> Config {
        let default =
            |option: &Opt| option.default().map(|text| Value { text: text.into(), shown: option.shown(text) });
        Config {
            values: OPTIONS.iter().map(default).collect(),
            key_source: None,
            no_proxy: None,
            invalid_env_proxy: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(OPTIONS.iter().map(|option| (option.name(), self.get(option.name())))).finish()
    }
}

impl Config {
    /// Returns a configuration with the defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// Returns all options.
    pub fn options() -> &'static [Opt] {
        OPTIONS
    }

    /// Sets an option. If the name or the value is wrong, changes nothing and returns an error that names the option.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.set_from(name, name, value)
    }

    /// Like `set`, with texts that may not be UTF-8.
    pub(crate) fn set_c(&mut self, name: &CStr, value: &CStr) -> Result<(), Error> {
        let name = name.to_str().map_err(|_| Error::config("name", "is not UTF-8"))?;
        if index(name).is_none() {
            return Err(no_such_option(name));
        }
        let value = value.to_str().map_err(|_| Error::config(name, "is not UTF-8"))?;
        self.set(name, value)
    }

    /// Sets the options that the environment sets: `SMSP_` and the option's name in capitals, `SMSPARTNER_API_KEY` for
    /// the API key, and the usual variables for a proxy. An empty variable counts as unset. If a value is wrong,
    /// changes nothing and returns an error that names the variable.
    ///
    /// No other thread may change the environment (`setenv`) at the same time. In a program that has more rights than
    /// its caller (setuid) this is always an error, because the environment is the caller's.
    pub fn load_env(&mut self) -> Result<(), Error> {
        if sys::has_more_rights_than_its_caller() {
            return Err(Error::config("environment", ENV_REFUSED));
        }
        let mut loaded = self.clone();
        // In reverse order, so that `api_key` takes precedence over `api_key_file`.
        for option in OPTIONS.iter().rev() {
            loaded.set_from_variable(option.name(), &option.variable())?;
        }
        if variable(&OPTIONS[Setting::Proxy as usize].variable()).is_none() {
            loaded.set_proxy_from_variables()?;
        }
        *self = loaded;
        Ok(())
    }

    /// Returns the value of an option as text, with secrets replaced by `***`. None if it has no value, or if there is
    /// no such option.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_c(name)?.to_str().ok()
    }

    /// Like `get`, but NUL-terminated.
    pub(crate) fn get_c(&self, name: &str) -> Option<&CStr> {
        Some(self.values[index(name)?].as_ref()?.shown.as_c_str())
    }

    /// Returns the value itself, secrets included. None if there is none or it is empty.
    pub(crate) fn text(&self, key: Setting) -> Option<&str> {
        self.values[key as usize].as_ref().map(|value| &*value.text).filter(|text| !text.is_empty())
    }

    /// Returns which of `ApiKey` and `ApiKeyFile` provides the key; None if no key is set.
    pub(crate) fn key_source(&self) -> Option<Setting> {
        self.key_source
    }

    /// Whether this URL is reached without the proxy: a URL on this machine always is, and one that `NO_PROXY` lists is
    /// if the proxy comes from one of `PROXY_VARIABLES`.
    pub(crate) fn bypasses_proxy(&self, url: &BaseUrl) -> bool {
        let is_listed = |list: &String| proxy::is_exempt(list, url.host(), url.port());
        url.is_loopback() || self.no_proxy.as_ref().is_some_and(is_listed)
    }

    /// Returns why the proxy of the environment cannot be used, if it cannot.
    pub(crate) fn invalid_env_proxy(&self) -> Option<&Error> {
        self.invalid_env_proxy.as_ref()
    }

    /// Returns the value of a numeric option.
    pub(crate) fn number(&self, key: Setting) -> u64 {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Returns the value of a boolean option.
    pub(crate) fn flag(&self, key: Setting) -> bool {
        self.text(key) == Some("true")
    }

    fn set_from_variable(&mut self, name: &str, source: &str) -> Result<(), Error> {
        let Some(value) = variable(source) else { return Ok(()) };
        let value = std::str::from_utf8(&value).map_err(|_| Error::config(source, "is not UTF-8"))?;
        self.set_from(name, source, value)
    }

    /// The first variable that is set counts; the others are ignored. Its value may be `host:port` without a scheme, as
    /// is usual there. A value that cannot be parsed is an error only if the base URL needs the proxy.
    fn set_proxy_from_variables(&mut self) -> Result<(), Error> {
        let Some((source, value)) = first_variable(&PROXY_VARIABLES) else { return Ok(()) };
        let list = first_variable(&NO_PROXY_VARIABLES).map(|(_, list)| String::from_utf8_lossy(&list).into_owned());
        let set = self.set_proxy_from(source, &value);
        if set.is_err() {
            self.set_from("proxy", source, "")?;
        }
        self.no_proxy = list;
        let past = self.text(Setting::BaseUrl).and_then(|text| text.parse().ok());
        self.invalid_env_proxy = set.err();
        match &self.invalid_env_proxy {
            Some(error) if !past.is_some_and(|url| self.bypasses_proxy(&url)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Sets the proxy to the value of a variable. A value without a scheme is an HTTP proxy.
    fn set_proxy_from(&mut self, source: &str, value: &[u8]) -> Result<(), Error> {
        let value = std::str::from_utf8(value).map_err(|_| Error::config(source, "is not UTF-8"))?;
        let with_scheme = Zeroizing::new(["http://", value].concat());
        self.set_from("proxy", source, if value.contains("://") { value } else { &with_scheme })
    }

    /// `source` is what an error names: the option, or the environment variable that the value comes from.
    fn set_from(&mut self, name: &str, source: &str, value: &str) -> Result<(), Error> {
        let index = index(name).ok_or_else(|| no_such_option(name))?;
        let option = &OPTIONS[index];
        let text: secret::Secret = option.validate(value).map_err(|reason| Error::config(source, reason))?.into();
        let empty_is_none = text.is_empty() && option.default.is_none();
        self.values[index] = (!empty_is_none).then(|| Value { shown: option.shown(&text), text });
        self.key_source = self.last_key_source(index);
        if index == Setting::Proxy as usize {
            (self.no_proxy, self.invalid_env_proxy) = (None, None);
        }
        Ok(())
    }

    fn last_key_source(&self, set: usize) -> Option<Setting> {
        let keys = [Setting::ApiKey, Setting::ApiKeyFile];
        let last = keys.into_iter().find(|key| *key as usize == set).or(self.key_source);
        // An option that was emptied gives way to the other one.
        last.into_iter().chain(keys).find(|key| self.text(*key).is_some())
    }
}

/// Returns the value of an environment variable. An empty one counts as unset.
fn variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(|value| Zeroizing::new(value.into_encoded_bytes()))
}

/// Returns the first of these variables that is set, and its value.
fn first_variable(names: &[&'static str]) -> Option<(&'static str, Zeroizing<Vec<u8>>)> {
    names.iter().find_map(|name| Some((*name, variable(name)?)))
}

fn no_such_option(name: &str) -> Error {
    Error::config(&format!("{name:?}"), "there is no such option")
}

fn index(name: &str) -> Option<usize> {
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
