//! Reads `Content-Encoding`: whether a response body is compressed with gzip.

use ureq::http::HeaderMap;
use ureq::http::header::CONTENT_ENCODING;

use crate::error::{Code, Error};

/// The names of compressions. The first two mean the same.
const COMPRESSIONS: [&str; 7] = ["gzip", "x-gzip", "br", "compress", "x-compress", "deflate", "zstd"];
const GZIP: &[&str] = COMPRESSIONS.split_at(2).0;

/// Whether a body is compressed with gzip. The codings form a list, which may be spread over several lines. Codings
/// that compress nothing are ignored: `identity`, and what servers write there by mistake, such as a character set. A
/// compression that was not asked for is an error.
pub(crate) fn is_gzip(headers: &HeaderMap) -> Result<bool, Error> {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let mut is_gzip = false;
    for coding in codings {
        match COMPRESSIONS.iter().find(|name| coding.eq_ignore_ascii_case(name.as_bytes())) {
            None => {}
            Some(name) if GZIP.contains(name) && !is_gzip => is_gzip = true,
            Some(name) => {
                let within = if is_gzip { " around gzip" } else { "" };
                let text = format!("the answer is packed by {name}{within}, and only gzip was asked for");
                return Err(Error::new(Code::Protocol, text));
            }
        }
    }
    Ok(is_gzip)
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn read(lines: &[&str]) -> Result<bool, String> {
        let headers = lines.iter().map(|line| (CONTENT_ENCODING, HeaderValue::from_bytes(line.as_bytes()).unwrap()));
        is_gzip(&headers.collect()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn gzip_has_two_names_in_any_list() {
        for lines in [
            &["gzip"][..],
            &["GZip"],
            &["x-gzip"],
            &["X-GZIP"],
            &[" gzip\t"],
            &["gzip, identity"],
            &["identity,,gzip,"],
            &["identity", "x-gzip"],
            &["gzip", ""],
            &["UTF-8, gzip"],
        ] {
            assert_eq!(read(lines), Ok(true), "{lines:?}");
        }
    }

    #[test]
    fn what_packs_nothing_is_passed_over() {
        for lines in
            [&[][..], &[""], &["identity"], &["Identity, identity"], &["UTF-8"], &["none"], &["é"], &["gzipped"]]
        {
            assert_eq!(read(lines), Ok(false), "{lines:?}");
        }
    }

    #[test]
    fn a_packing_that_was_not_asked_for_is_named() {
        for (lines, name) in [
            (&["br"][..], "br"),
            (&["Deflate"], "deflate"),
            (&["identity, zstd"], "zstd"),
            (&["br, gzip"], "br"),
            (&["gzip", "x-gzip"], "x-gzip around gzip"),
            (&["gzip, compress"], "compress around gzip"),
        ] {
            let text = format!("the answer is packed by {name}, and only gzip was asked for");
            assert_eq!(read(lines), Err(text), "{lines:?}");
        }
    }
}
