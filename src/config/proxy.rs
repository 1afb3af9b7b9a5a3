//! Parses the option `proxy` and the environment variable `NO_PROXY`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::options::PROXY_FORMS;
use crate::config::url::{BaseUrl, joined};
use crate::secret::Secret;

/// The longest user name or password in bytes: SOCKS5 sends its length in one byte.
const MAX_SOCKS_TEXT: usize = 255;

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Socks5,
}

impl Protocol {
    /// Returns the default port.
    fn port(self) -> u16 {
        match self {
            Protocol::Http => 80,
            Protocol::Socks5 => 1080,
        }
    }
}

/// A proxy, and the credentials to log in with.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub protocol: Protocol,
    pub host: String,
    pub port: u16,
    pub credentials: Option<Credentials>,
}

/// A user name and a password.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub user: Secret,
    pub password: Secret,
    /// The password as it is written in the option, possibly percent-encoded.
    written: Secret,
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Proxy, String> {
        let expected = || format!("expected {PROXY_FORMS}");
        let (scheme, rest) = text.split_once("://").ok_or_else(expected)?;
        let protocol = match scheme {
            "http" => Protocol::Http,
            // `socks5h` means that the proxy resolves names, which is always so here.
            "socks5" | "socks5h" => Protocol::Socks5,
            _ => return Err(expected()),
        };
        let (userinfo, address) = rest.rsplit_once('@').map_or((None, rest), |(user, address)| (Some(user), address));
        let address = address.strip_suffix('/').unwrap_or(address);
        let url = BaseUrl::from_str(&format!("http://{address}")).map_err(|_| expected())?;
        if address.contains('/') {
            return Err(expected());
        }
        let port = if url.has_port() { url.port() } else { protocol.port() };
        let credentials = userinfo.map(Credentials::from_str).transpose()?;
        let too_long = |text: &Secret| protocol == Protocol::Socks5 && text.len() > MAX_SOCKS_TEXT;
        if credentials.iter().flat_map(|known| [&known.user, &known.password]).any(too_long) {
            return Err(format!("SOCKS5 takes a user name and a password of at most {MAX_SOCKS_TEXT} bytes"));
        }
        Ok(Proxy { protocol, host: url.host().to_owned(), port, credentials })
    }
}

/// Shows a proxy without its credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Socks5 => "socks5",
        };
        write!(f, "{scheme}://{}", joined(&self.host, self.port))
    }
}

impl FromStr for Credentials {
    type Err = String;

    fn from_str(userinfo: &str) -> Result<Credentials, String> {
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let decoded = |text| match percent_decode_str(text).decode_utf8() {
            Ok(text) => Ok(Secret::from(text.into_owned())),
            Err(_) => Err("the user name or the password is not UTF-8".to_owned()),
        };
        Ok(Credentials { user: decoded(user)?, password: decoded(password)?, written: password.into() })
    }
}

impl Credentials {
    /// Returns the credentials as a Basic authentication header carries them: in base64.
    pub(crate) fn basic(&self) -> Secret {
        let known = Zeroizing::new([&self.user, ":", &self.password].concat());
        STANDARD.encode(known.as_bytes()).into()
    }

    /// Returns what no message may show.
    pub(crate) fn secrets(&self) -> [Secret; 3] {
        [self.password.clone(), self.written.clone(), self.basic()]
    }
}

/// Whether a list in the format of `NO_PROXY` includes this host: by its name or a domain that contains it, by its IP
/// address or a network in CIDR notation, each with or without a port, or by `*`.
pub(crate) fn is_exempt(list: &str, host: &str, port: u16) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let mut rules = list.split(|character: char| character == ',' || character.is_whitespace());
    rules.any(|rule| {
        let (pattern, only) = split_port(rule);
        only.is_none_or(|only| only == port) && covers(pattern, &host)
    })
}

/// Splits off the port. An IPv6 address has one only behind brackets.
fn split_port(rule: &str) -> (&str, Option<u16>) {
    let port = |(pattern, port): (&'_ str, &str)| Some((pattern.len(), port.parse().ok()?));
    match rule.rsplit_once(':').and_then(port) {
        Some((end, port)) if !rule[..end].contains(':') || rule[..end].ends_with(']') => (&rule[..end], Some(port)),
        _ => (rule, None),
    }
}

fn covers(pattern: &str, host: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_in(address, pattern.trim_start_matches('[').trim_end_matches(']'));
    }
    let pattern = pattern.to_ascii_lowercase();
    let domain = pattern.trim_start_matches("*.").trim_matches('.');
    let below = host.strip_suffix(domain).filter(|_| !domain.is_empty());
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Whether an address is this one or in this network.
fn is_in(address: IpAddr, network: &str) -> bool {
    let (first, prefix) = network.split_once('/').map_or((network, None), |(first, prefix)| (first, Some(prefix)));
    let (one, other, width) = match (address, first.parse()) {
        (IpAddr::V4(one), Ok(IpAddr::V4(other))) => (one.to_bits().into(), other.to_bits().into(), u32::BITS),
        (IpAddr::V6(one), Ok(IpAddr::V6(other))) => (one.to_bits(), other.to_bits(), u128::BITS),
        _ => return false,
    };
    let prefix = prefix.map_or(Some(width), |prefix| prefix.parse().ok());
    let free = prefix.and_then(|prefix| width.checked_sub(prefix));
    free.is_some_and(|free| (one ^ other).checked_shr(free).unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_that_are_taken() {
        for (text, shown, credentials) in [
            ("http://proxy:3128", "http://proxy:3128", None),
            ("http://proxy:3128/", "http://proxy:3128", None),
            ("http://proxy", "http://proxy:80", None),
            ("socks5://u:p@proxy", "socks5://proxy:1080", Some(("u", "p"))),
            ("socks5h://[::1]", "socks5://[::1]:1080", None),
            ("socks5h://proxy:9", "socks5://proxy:9", None),
            ("socks5://[::1]:1080", "socks5://[::1]:1080", None),
            ("http://u:p@ss@10.0.0.1:1", "http://10.0.0.1:1", Some(("u", "p@ss"))),
            ("http://u:a:b@10.0.0.1:1", "http://10.0.0.1:1", Some(("u", "a:b"))),
            ("socks5://d%6Fm%5cu:p%40%C3%A9%@host:9", "socks5://host:9", Some(("dom\\u", "p@é%"))),
            ("http://user@host:9", "http://host:9", Some(("user", ""))),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!(proxy.to_string(), shown);
            let found = proxy.credentials.as_ref().map(|known| (&*known.user, &*known.password));
            assert_eq!(found, credentials, "{text}");
        }
        let proxy: Proxy = "http://Aladdin:open%20sesame@host:1".parse().unwrap();
        assert_eq!(&*proxy.credentials.unwrap().basic(), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn proxies_that_are_refused() {
        let long = format!("socks5://u:{}@host:1", "p".repeat(256));
        for text in [
            "proxy:3128",
            "http://",
            "http://proxy:",
            "https://proxy:1",
            "socks4://proxy:1",
            "http://:3128",
            "http://proxy:3128/path",
            "http://proxy:3128?query",
            "http://proxy:0",
            "http://u:%FF@proxy:3128",
            &long,
        ] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
        assert!(long.replace("socks5", "http").parse::<Proxy>().is_ok());
    }

    #[test]
    fn hosts_that_go_past_a_proxy() {
        for (list, host, port) in [
            ("*", "sms.test", 443),
            ("*", "10.0.0.1", 443),
            ("sms.test", "SMS.test", 443),
            ("other, sms.test", "sms.test.", 443),
            ("other sms.test.", "sms.test", 443),
            ("test", "api.sms.test", 443),
            (".sms.test", "api.sms.test", 443),
            (".sms.test", "sms.test", 443),
            ("*.sms.test", "api.sms.test", 443),
            ("sms.test:443", "sms.test", 443),
            ("10.1.2.3", "10.1.2.3", 443),
            ("10.1.2.3:443", "10.1.2.3", 443),
            ("10.0.0.0/8", "10.1.2.3", 443),
            ("0.0.0.0/0", "10.1.2.3", 443),
            ("fd00::1", "fd00::1", 443),
            ("[fd00::1]", "fd00::1", 443),
            ("[fd00::1]:443", "fd00:0::1", 443),
            ("fd00::/8", "fd12::1", 443),
            ("::/0", "fd12::1", 443),
        ] {
            assert!(is_exempt(list, host, port), "{list} {host}:{port}");
        }
    }

    #[test]
    fn hosts_that_go_through_a_proxy() {
        for (list, host, port) in [
            ("", "sms.test", 443),
            (", ,", "sms.test", 443),
            (".", "sms.test", 443),
            ("ms.test", "sms.test", 443),
            ("sms.test", "sms.test.evil", 443),
            ("api.sms.test", "sms.test", 443),
            ("sms.test:8443", "sms.test", 443),
            ("sms.test:port", "sms.test", 443),
            ("10.1.2.3", "10.1.2.30", 443),
            ("2.3", "10.1.2.3", 443),
            ("10.0.0.0/8", "11.1.2.3", 443),
            ("10.0.0.0/33", "10.0.0.0", 443),
            ("10.0.0.0/x", "10.0.0.0", 443),
            ("10.0.0.0/8", "::ffff:10.1.2.3", 443),
            ("fd00::/8", "fe00::1", 443),
            ("fd00::1:443", "fd00::1", 443),
        ] {
            assert!(!is_exempt(list, host, port), "{list} {host}:{port}");
        }
    }
}
