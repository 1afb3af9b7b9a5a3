//! The base URL of the service.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ureq::http::Uri;

/// A URL that has scheme (`http` or `https`), host, port and path, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BaseUrl {
    uri: Uri,
    text: String,
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<BaseUrl, String> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let wrong = |what: &str| Err(format!("{what} in \"{}\"", without_secrets(text)));
        if text.contains('#') {
            return wrong("a fragment is not allowed");
        }
        let Ok(uri) = text.parse::<Uri>() else { return wrong("expected a URL, found something else") };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return wrong("expected http:// or https:// and a host");
        };
        if scheme != "http" && scheme != "https" {
            return wrong("expected http:// or https://");
        }
        if authority.as_str().contains('@') {
            return wrong("a user name is not allowed");
        }
        if uri.query().is_some() {
            return wrong("a query is not allowed");
        }
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host).unwrap_or_default();
        if host.is_empty() || !(port.is_empty() || authority.port_u16().is_some_and(|port| port != 0)) {
            return wrong("the host or the port is not one");
        }
        Ok(BaseUrl { uri, text: text.to_owned() })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BaseUrl {
    pub(crate) fn is_https(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// Whether the URL itself has a port.
    pub(crate) fn has_port(&self) -> bool {
        self.uri.port().is_some()
    }

    /// Returns the host, without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        bare_host(&self.uri)
    }

    /// Returns the port, or the default port of the scheme.
    pub(crate) fn port(&self) -> u16 {
        port(&self.uri)
    }

    /// Whether the host is `localhost` or a loopback address. A name that merely begins like one is not. Whether
    /// `localhost` leads to this machine is checked again when it is resolved.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Returns the host of a URI, without the brackets of an IPv6 address.
pub(crate) fn bare_host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Returns the port of a URI, or the default port of its scheme.
pub(crate) fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 })
}

/// Joins host and port. An IPv6 address gets brackets.
pub(crate) fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Returns a URL without possible secrets, for display. User name and password are hidden, and everything behind the
/// scheme if there is a `?` or a `#`, which may be a part of a password.
pub(crate) fn without_secrets(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let separator = if scheme.is_empty() { "" } else { "://" };
    if rest.contains(['?', '#']) {
        return format!("{scheme}{separator}***");
    }
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{separator}***@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_are_taken() {
        for (text, host, port, https, loopback) in [
            ("https://api.smspartner.fr/v1", "api.smspartner.fr", 443, true, false),
            ("http://127.0.0.1:8080/v1/", "127.0.0.1", 8080, false, true),
            ("http://[::1]:80/v1", "::1", 80, false, true),
            ("http://LOCALHOST", "LOCALHOST", 80, false, true),
            ("http://127.0.0.1.evil/v1", "127.0.0.1.evil", 80, false, false),
            ("http://[::ffff:127.0.0.1]/v1", "::ffff:127.0.0.1", 80, false, false),
            ("http://localhost.evil/", "localhost.evil", 80, false, false),
        ] {
            let url: BaseUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.is_https(), url.is_loopback()), (host, port, https, loopback));
            assert_eq!(url.to_string(), text.trim_end_matches('/'));
        }
    }

    /// Hosts that some resolvers, some browsers or a hasty reader take for this machine. Plain http to them needs
    /// `allow_http`.
    #[test]
    fn hosts_that_only_look_like_this_machine() {
        for host in [
            "127.0.0.1.evil",
            "127.0.0.1.nip.io",
            "127.0.0.1-evil.test",
            "localhost.evil",
            "localhost.localdomain",
            "evil-localhost",
            "notlocalhost",
            "localhos",
            "localhost.",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "0177.0.0.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "127.0.0.01",
            "127.0.0.256",
            "127.0.0.1%2eevil",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "128.0.0.1",
            "[::]",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "[::1%25evil]",
        ] {
            for text in [format!("http://{host}"), format!("HTTP://{}:80/v1", host.to_uppercase())] {
                let loopback = text.parse::<BaseUrl>().is_ok_and(|url| url.is_loopback());
                assert!(!loopback, "{text}");
            }
        }
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.255.255.254", "[::1]", "[0:0::0:1]"] {
            assert!(format!("http://{host}:8080").parse::<BaseUrl>().unwrap().is_loopback(), "{host}");
        }
    }

    /// No host hides behind another one, and nothing hides in a host.
    #[test]
    fn urls_with_two_hosts_are_refused() {
        for text in [
            "http://127.0.0.1@evil.test/",
            "http://localhost:80@evil.test/",
            "http://evil.test@127.0.0.1/",
            "http://@127.0.0.1/",
            "http://127.0.0.1\\@evil.test/",
            "http://127.0.0.1\\.evil.test/",
            "http://127.0.0.1#@evil.test/",
            "http://127.0.0.1?@evil.test/",
            "http://127.0.0.1:80:80/",
            "http://127.0.0.1:80evil.test/",
            "http://127.0.0.1 .evil.test/",
            "http://127.0.0.1\t.evil.test/",
            "http://127.0.0.1\r\nHost: evil.test/",
            "http://[::1].evil.test/",
            "http://[::1]evil.test/",
            "http://::1/",
            "http://１２７.0.0.1/",
            "http://localhoſt/",
            "http:/127.0.0.1/",
            "http:127.0.0.1",
            "//127.0.0.1/",
            "http:///127.0.0.1/",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn urls_that_are_refused() {
        for (text, reason) in [
            ("", "expected a URL"),
            ("api.smspartner.fr", "expected http:// or https:// and a host"),
            ("ftp://host/", "expected http:// or https://"),
            ("https://user:secret@host/", "a user name"),
            ("user:secret@host", "expected"),
            ("https://host/v1?apiKey=secret", "a query"),
            ("https://host/v1?a@b=secret", "a query"),
            ("https://host/v1#secret", "a fragment"),
            ("https://host/v1#top", "a fragment"),
            ("https://host:0/v1", "the port"),
            ("https://host:/v1", "the port"),
            ("https://host:99999/v1", ""),
            ("https:///v1", ""),
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(error.contains(reason) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
