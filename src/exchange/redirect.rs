//! Redirects are not followed: the key goes to `base_url` and nowhere else. The error says where they point to.

use ureq::http::header::LOCATION;

use crate::config::settings::Settings;
use crate::error::{Code, Error};
use crate::net::http::ResponseHead;

/// Adds to the error for a redirect the host that it points to. Returns other errors unchanged. Path and query are not
/// shown, since they may contain the key.
pub(super) fn redirected(error: Error, head: &ResponseHead, settings: &Settings) -> Error {
    let location = head.headers.get(LOCATION).filter(|_| (300..400).contains(&head.status));
    let Some(location) = location.filter(|_| error.code() == Code::Http) else { return error };
    // Hidden before it is parsed: a key may contain characters that end a host.
    let location = settings.secrets.hide(&String::from_utf8_lossy(location.as_bytes()));
    match target(location.trim(), &settings.url) {
        Some(target) => {
            let target = settings.secrets.quote(&target);
            error.with_note(&format!("it points to {target}: set base_url to where the service is"))
        }
        None => error,
    }
}

/// Describes where a reference leads, in the response to a request for this URL. None if that is no host.
fn target(reference: &str, url: &str) -> Option<String> {
    let own = origin(url, "")?;
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match origin(reference, scheme) {
        Some(other) if !other.eq_ignore_ascii_case(&own) => Some(other),
        None if reference.is_empty() || scheme_of(reference).is_some() => None,
        _ => Some(format!("another path of {own}")),
    }
}

/// The scheme, the host and the port of a reference that names a host, possibly without a scheme. None if it names no
/// host.
fn origin(reference: &str, default_scheme: &str) -> Option<String> {
    let (scheme, rest) = scheme_of(reference).unwrap_or((default_scheme, reference));
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    Some(format!("{scheme}://{host}"))
}

/// The scheme of a reference and what follows it. None if it has no scheme (RFC 3986, 3.1).
fn scheme_of(reference: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = reference.split_once(':')?;
    let is_one = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_one.then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.smspartner.fr/v1/multi-status";

    #[test]
    fn hosts_that_a_redirect_points_to() {
        for (reference, expected) in [
            ("https://www.example.fr", "https://www.example.fr"),
            ("https://www.example.fr/", "https://www.example.fr"),
            ("https://www.example.fr/v1?apiKey=secret#secret", "https://www.example.fr"),
            ("https://www.example.fr?secret", "https://www.example.fr"),
            ("https://www.example.fr#secret", "https://www.example.fr"),
            ("https://www.example.fr:8443/v1", "https://www.example.fr:8443"),
            ("http://api.smspartner.fr/v1", "http://api.smspartner.fr"),
            ("HTTP://WWW.example.fr/v1", "HTTP://WWW.example.fr"),
            ("https://user:secret@www.example.fr/v1", "https://www.example.fr"),
            ("https://a@b@www.example.fr/v1", "https://www.example.fr"),
            ("https://www.example.fr\\@api.smspartner.fr/", "https://www.example.fr"),
            ("https://[2001:db8::1]:443/v1", "https://[2001:db8::1]:443"),
            ("https://bücher.example/v1", "https://bücher.example"),
            ("//www.example.fr/v1", "https://www.example.fr"),
            ("//www.example.fr:81", "https://www.example.fr:81"),
            ("ftp://www.example.fr/", "ftp://www.example.fr"),
        ] {
            assert_eq!(target(reference, URL).as_deref(), Some(expected), "{reference}");
        }
        assert_eq!(target("//b/", "http://127.0.0.1:80/v1").as_deref(), Some("http://b"));
    }

    #[test]
    fn redirects_on_the_same_host() {
        for reference in [
            "/v2/multi-status?apiKey=secret",
            "v2",
            "../v2",
            "?secret",
            "#secret",
            "/a:b//c",
            "1:2",
            "//api.smspartner.fr/v2",
            "https://API.smspartner.fr/v2",
            "https://u:secret@api.smspartner.fr",
        ] {
            let expected = "another path of https://api.smspartner.fr";
            assert_eq!(target(reference, URL).as_deref(), Some(expected), "{reference}");
        }
        let own = target("/v2", "http://[::1]:8080/v1/multi-status");
        assert_eq!(own.as_deref(), Some("another path of http://[::1]:8080"));
    }

    #[test]
    fn references_without_a_host() {
        for reference in
            ["", "mailto:secret", "https:secret", "https:/secret", "https://", "https:///secret", "https://u@"]
        {
            assert_eq!(target(reference, URL), None, "{reference}");
        }
    }
}
