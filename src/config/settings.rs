//! What a client works with: the options after parsing, with those checked that depend on each other, and with their
//! files read.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use super::options::PRODUCT;
use super::proxy::{Credentials, Proxy};
use super::url::BaseUrl;
use super::value::trim;
use super::{Config, Setting, pem};
use crate::error::{Code, Error, reason};
use crate::level::Level;
use crate::log::Log;
use crate::plan::BatchLimit;
use crate::secret::Secret;
use crate::secret::redact::Secrets;
use crate::stats::Stats;
use crate::sys;
use crate::wire::{Format, request};

/// URLs stay shorter than this, in bytes, because servers and proxies may refuse longer ones.
pub(crate) const MAX_URL: usize = 8000;

/// The path of the endpoint under the base URL.
const ENDPOINT: &str = "/multi-status";

/// The HTTP method of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

/// The options for retries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub max_retries: u32,
    pub base: Duration,
    pub max: Duration,
    pub retry_after_max: Duration,
}

/// The options of a client in the form in which they are used.
pub(crate) struct Settings {
    pub api_key: Secret,
    pub secrets: Arc<Secrets>,
    pub log: Log,
    pub base_url: BaseUrl,
    /// The URL of the endpoint, without a query string.
    pub url: String,
    pub format: Format,
    pub method: Method,
    pub batch: BatchLimit,
    pub max_connections: usize,
    pub connect_timeout: Option<Duration>,
    pub request_timeout: Option<Duration>,
    pub total_timeout: Option<Duration>,
    pub retry: RetryPolicy,
    /// The shortest time from the start of one request to the start of the next; None for no limit.
    pub pace: Option<Duration>,
    pub max_response_bytes: u64,
    pub user_agent: String,
    pub allow_http: bool,
    /// None for plain http.
    pub tls: Option<ClientConfig>,
    /// None if the service is reached without a proxy.
    pub proxy: Option<Arc<Proxy>>,
}

impl Settings {
    /// Parses the options and reads the files that they name. An error names the option that is wrong.
    pub(crate) fn new(config: &Config, stats: &Arc<Stats>) -> Result<Settings, Error> {
        let api_key = api_key(config)?;
        let base_url = base_url(config)?;
        let proxy = proxy(config, &base_url)?;
        let format = if config.text(Setting::Format) == Some("xml") { Format::Xml } else { Format::Json };
        let method = if config.text(Setting::Method) == Some("get") { Method::Get } else { Method::Post };
        let url = format!("{base_url}{ENDPOINT}");
        let size = |key| usize::try_from(config.number(key)).unwrap_or(usize::MAX);
        let time = |key| Some(Duration::from_millis(config.number(key))).filter(|time| !time.is_zero());
        let secrets = Arc::new(secrets(&api_key, proxy.as_deref()));
        Ok(Settings {
            log: Log::new(
                Level::from_name(config.text(Setting::LogLevel).unwrap_or_default()),
                config.text(Setting::LogFile),
                &secrets,
                stats,
            )?,
            secrets,
            proxy,
            tls: base_url.is_https().then(|| tls(config)).transpose()?,
            base_url,
            batch: BatchLimit {
                entries: size(Setting::BatchSize),
                query_bytes: (method == Method::Get).then(|| room_in_url(&url, &api_key, format)).transpose()?,
            },
            url,
            format,
            method,
            max_connections: size(Setting::MaxConnections),
            connect_timeout: time(Setting::ConnectTimeoutMs),
            request_timeout: time(Setting::RequestTimeoutMs),
            total_timeout: time(Setting::TotalTimeoutMs),
            retry: RetryPolicy {
                max_retries: u32::try_from(config.number(Setting::MaxRetries)).unwrap_or(u32::MAX),
                base: Duration::from_millis(config.number(Setting::RetryBaseMs)),
                max: Duration::from_millis(config.number(Setting::RetryMaxMs)),
                retry_after_max: Duration::from_millis(config.number(Setting::RetryAfterMaxMs)),
            },
            pace: pace(config),
            max_response_bytes: config.number(Setting::MaxResponseBytes),
            user_agent: user_agent(config),
            allow_http: config.flag(Setting::AllowHttp),
            api_key,
        })
    }
}

fn api_key(config: &Config) -> Result<Secret, Error> {
    let key = match config.key_source() {
        Some(Setting::ApiKeyFile) => config.text(Setting::ApiKeyFile).map(read_key).transpose()?,
        _ => config.text(Setting::ApiKey).map(Secret::from),
    };
    key.ok_or_else(|| Error::config("api_key", "none is set: set api_key or api_key_file"))
}

/// Returns the key in the first line of a file.
fn read_key(path: &str) -> Result<Secret, Error> {
    let wrong = |what: String| Error::config("api_key_file", what);
    let content = sys::read(path).map_err(|error| wrong(format!("cannot read {path:?}: {}", reason(&error))))?;
    let content = Zeroizing::new(content);
    let line = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let key = std::str::from_utf8(line).map_err(|_| wrong(format!("the first line of {path:?} is not UTF-8")))?;
    let key = trim(key);
    if key.is_empty() {
        return Err(wrong(format!("the first line of {path:?} is empty")));
    }
    if key.chars().any(char::is_control) {
        return Err(wrong(format!("the first line of {path:?} holds a control character")));
    }
    Ok(key.into())
}

/// Returns the base URL. Plain http to another machine needs `allow_http`.
fn base_url(config: &Config) -> Result<BaseUrl, Error> {
    let text = config.text(Setting::BaseUrl).unwrap_or_default();
    let url: BaseUrl = text.parse().map_err(|reason| Error::config("base_url", reason))?;
    if url.is_https() || url.is_loopback() || config.flag(Setting::AllowHttp) {
        return Ok(url);
    }
    Err(Error::config(
        "base_url",
        format!("plain http to {:?} would show the API key; use https or set allow_http", url.host()),
    ))
}

/// Returns the proxy to reach the service with. None for a service on this machine, and for one that `NO_PROXY` lists.
fn proxy(config: &Config, url: &BaseUrl) -> Result<Option<Arc<Proxy>>, Error> {
    if config.bypasses_proxy(url) {
        return Ok(None);
    }
    if let Some(error) = config.invalid_env_proxy() {
        return Err(error.clone());
    }
    let proxy = config.text(Setting::Proxy).map(Proxy::from_str).transpose();
    Ok(proxy.map_err(|reason| Error::config("proxy", reason))?.map(Arc::new))
}

/// Returns what must never be shown: the API key and the credentials of the proxy.
fn secrets(api_key: &str, proxy: Option<&Proxy>) -> Secrets {
    let of_proxy = proxy.and_then(|proxy| proxy.credentials.as_ref()).map(Credentials::secrets);
    of_proxy.iter().flatten().fold(Secrets::new(api_key), |secrets, secret| secrets.and(secret))
}

/// Returns how many bytes of a URL are left for entries. Fails if there is no room for even one.
fn room_in_url(url: &str, api_key: &str, format: Format) -> Result<usize, Error> {
    let too_long = || Error::config("api_key", format!("too long for method=get: a URL stays below {MAX_URL} bytes"));
    let start = url.len() + "?".len() + request::query_start_size(api_key, format);
    let smallest = "&SMSStatut_List[0][phoneNumber]=%2B1234567&SMSStatut_List[0][messageId]=0".len();
    (MAX_URL - 1).checked_sub(start).filter(|room| *room >= smallest).ok_or_else(too_long)
}

/// Returns the shortest time between the starts of two requests, at most a day; None for no limit.
fn pace(config: &Config) -> Option<Duration> {
    let per_second: f64 = config.text(Setting::RequestsPerSecond)?.parse().ok()?;
    (per_second > 0.0).then(|| Duration::from_secs_f64((1.0 / per_second).min(86_400.0)))
}

/// Returns the User-Agent header: the caller's text, if there is one, and the library's name and version.
fn user_agent(config: &Config) -> String {
    let product = PRODUCT.to_str().unwrap_or("libsmsp");
    match config.text(Setting::UserAgent) {
        Some(text) if text != product => format!("{text} {product}"),
        _ => product.to_owned(),
    }
}

/// Configures TLS. Certificates are verified against what `ca_file` lists. The crypto provider is not the process-wide
/// one.
fn tls(config: &Config) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Code::Internal, format!("no TLS: {error}")))?;
    Ok(builder.with_root_certificates(trusted(config)?).with_no_client_auth())
}

fn trusted(config: &Config) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for part in config.text(Setting::CaFile).unwrap_or("bundled").split(',').map(str::trim) {
        match part {
            "bundled" => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            "system" => add_system(&mut store)?,
            path => add_all(&mut store, path)?,
        }
    }
    Ok(store)
}

/// Adds the certificates of the system. The system's file may contain some that only other software can parse; they are
/// skipped.
fn add_system(store: &mut RootCertStore) -> Result<(), Error> {
    let path = sys::ca_bundle_path().map_err(|reason| Error::config("ca_file", format!("system: {reason}")))?;
    store.add_parsable_certificates(sections(path)?.into_iter().flatten());
    Ok(())
}

/// Adds the certificates of a file. Every section must be a certificate that can be used.
fn add_all(store: &mut RootCertStore, path: &str) -> Result<(), Error> {
    for (index, section) in sections(path)?.into_iter().enumerate() {
        let unusable = |_| "is no X.509 certificate that can be read; it may have been cut or changed".to_owned();
        let added = section.and_then(|certificate| store.add(certificate).map_err(unusable));
        added.map_err(|what| Error::config("ca_file", format!("section {} of {path:?} {what}", index + 1)))?;
    }
    Ok(())
}

/// Parses the PEM sections of a file. Fails if it has none.
fn sections(path: &str) -> Result<Vec<Result<CertificateDer<'static>, String>>, Error> {
    let wrong = |what: String| Error::config("ca_file", what);
    let content = sys::read(path).map_err(|error| wrong(format!("cannot read {path:?}: {}", reason(&error))))?;
    // The file may contain a private key.
    let content = Zeroizing::new(content);
    let sections = pem::sections(&Zeroizing::new(String::from_utf8_lossy(&content).into_owned()));
    match &content[..] {
        _ if !sections.is_empty() => Ok(sections),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(wrong(format!("{path:?} is UTF-16; save it as UTF-8"))),
        [0x30, ..] => Err(wrong(format!("{path:?} looks like DER; make PEM of it: openssl x509 -inform der -in FILE"))),
        _ => Err(wrong(format!("{path:?} holds no PEM certificate"))),
    }
}
