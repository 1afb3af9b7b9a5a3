//! Certificates in PEM, however a file of them came about: joined without a line between, indented, with marks in front,
//! with `\n` for the ends of lines. No section is passed over without a word.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;

/// What stands on either side of a mark.
const DASHES: &str = "-----";

/// A certificate, also under the name that it had before RFC 7468.
const CERTIFICATES: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// No kind of section has a longer name.
const MAX_NAME: usize = 40;

/// How backslashes stand for white space in what was a text of JSON or a variable.
const ESCAPES: [&str; 3] = ["\\n", "\\r", "\\t"];

/// The line that begins or ends a section.
struct Mark<'t> {
    begins: bool,
    /// The kind of section; none if the mark is not whole.
    name: Option<&'t str>,
    start: usize,
    end: usize,
}

/// The sections of a text in their order: each is a certificate, or the reason why it is none. A reason quotes nothing of
/// what a section holds, which may be a private key.
pub(crate) fn sections(text: &str) -> Vec<Result<CertificateDer<'static>, String>> {
    let mut sections = Vec::new();
    let mut next = mark(text, 0);
    while let Some(begin) = next {
        let end = mark(text, begin.end);
        let is_pair = begin.begins && end.as_ref().is_some_and(|end| !end.begins);
        let after = end.as_ref().filter(|_| is_pair).map(|end| end.end);
        sections.push(section(text, &begin, end.filter(|_| is_pair)));
        next = mark(text, after.unwrap_or(begin.end));
    }
    sections
}

fn section(text: &str, begin: &Mark<'_>, end: Option<Mark<'_>>) -> Result<CertificateDer<'static>, String> {
    let line = line(text, begin.start);
    if !begin.begins {
        return Err(format!("ends in line {line} and has no beginning"));
    }
    let Some(name) = begin.name else {
        return Err(format!("begins in line {line} by a mark that is not whole: -----BEGIN CERTIFICATE----- is"));
    };
    match name {
        "TRUSTED CERTIFICATE" => {
            return Err(format!(
                "(line {line}) is a TRUSTED CERTIFICATE, OpenSSL's own form; convert it: openssl x509"
            ));
        }
        _ if CERTIFICATES.contains(&name) => {}
        _ => return Err(format!("(line {line}) is a {name} and no CERTIFICATE; take it out")),
    }
    match end {
        Some(end) if end.name == Some(name) => decoded(text, begin.end, end.start),
        _ => Err(format!("begins in line {line} and is not ended by -----END {name}-----")),
    }
}

/// What stands in base64 between two places of a text.
fn decoded(text: &str, start: usize, end: usize) -> Result<CertificateDer<'static>, String> {
    let mut digits = String::with_capacity(end - start);
    let mut rest = &text[start..end];
    while let Some(first) = rest.chars().next() {
        let escape = ESCAPES.into_iter().find(|escape| rest.starts_with(escape));
        match escape {
            None if first.is_ascii_alphanumeric() || "+/=".contains(first) => digits.push(first),
            None if !first.is_whitespace() => {
                return Err(format!("holds what is not base64, in line {}", line(text, end - rest.len())));
            }
            _ => {}
        }
        rest = &rest[escape.map_or(first.len_utf8(), str::len)..];
    }
    match STANDARD.decode(&digits) {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(format!("(line {}) lacks a part of its base64", line(text, start))),
    }
}

/// The first mark from a place on. One with too few dashes is one too, so that it is not passed over.
fn mark(text: &str, from: usize) -> Option<Mark<'_>> {
    let find = |word: &'static str| Some((from + text[from..].find(word)?, word));
    let (place, word) = find("--BEGIN ").into_iter().chain(find("--END ")).min()?;
    let after = place + word.len();
    let name = name(&text[after..]).filter(|_| text[from..place + 2].ends_with(DASHES));
    Some(Mark {
        begins: word == "--BEGIN ",
        name,
        start: from + text[from..place].trim_end_matches('-').len(),
        end: after + name.map_or(0, |name| name.len() + DASHES.len()),
    })
}

/// The kind of section in front of the dashes.
fn name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(DASHES)?;
    let is_one =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    Some(name).filter(|name| name.len() <= MAX_NAME && is_one(name))
}

/// The number of the line that this place is in.
fn line(text: &str, place: usize) -> usize {
    let before = text.as_bytes()[..place].split(|&byte| byte == b'\n').count();
    // Macintoshes of old ended lines by another sign.
    if text.contains('\n') { before } else { text.as_bytes()[..place].split(|&byte| byte == b'\r').count() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A part of a file, and what is to become of it: nothing where it is no section.
    #[derive(Clone, Debug)]
    struct Part {
        text: String,
        expected: Option<Result<Vec<u8>, &'static str>>,
    }

    /// What the private keys of these tests hold.
    const KEY: &str = "cHJpdmF0ZSBrZXk";

    /// A section with lines of this width, each ended and indented in this way.
    fn written(name: &str, base64: &str, width: usize, end: &str, indent: &str) -> String {
        let lines = base64.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap());
        let lines: Vec<_> = lines.map(|line| format!("{indent}{line}{end}")).collect();
        format!("{indent}-----BEGIN {name}-----{end}{}{indent}-----END {name}-----", lines.concat())
    }

    fn part() -> impl Strategy<Value = Part> {
        let bytes = prop::collection::vec(any::<u8>(), 1..200);
        let ends = prop::sample::select(vec!["\n", "\r\n", "\r", "\\n", "\\r\\n", "\n\n", " \n", " "]);
        let indents = prop::sample::select(vec!["", " ", "\t", "      "]);
        let names = prop::sample::select(CERTIFICATES.to_vec());
        let certificate =
            (bytes, ends.clone(), indents.clone(), names, 1..100usize).prop_map(|(bytes, end, indent, name, width)| {
                let text = written(name, &STANDARD.encode(&bytes), width, end, indent);
                Part { text, expected: Some(Ok(bytes)) }
            });
        let names = ["PRIVATE KEY", "RSA PRIVATE KEY", "X509 CRL", "TRUSTED CERTIFICATE", "DH PARAMETERS"];
        let others = (prop::sample::select(names.to_vec()), ends, indents).prop_map(|(name, end, indent)| {
            let text = written(name, KEY, 64, end, indent);
            Part { text, expected: Some(Err(name)) }
        });
        let broken = prop::sample::select(vec![
            ("-----BEGIN CERTIFICATE-----\nM*I=\n-----END CERTIFICATE-----", "not base64, in line"),
            ("-----BEGIN CERTIFICATE-----\nMIIB\nM\n-----END CERTIFICATE-----", "lacks a part"),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END PRIVATE KEY-----", "is not ended"),
            ("----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "not whole"),
            ("-----BEGIN PRIVATE KEY\ncHJpdmF0ZSBrZXk\n-----END PRIVATE KEY-----", "not whole"),
            ("-----BEGIN cHJpdmF0ZSBrZXk-----\n-----END cHJpdmF0ZSBrZXk-----", "not whole"),
            ("MIIB\n-----END CERTIFICATE-----", "has no beginning"),
        ]);
        let broken = broken.prop_map(|(text, part)| Part { text: format!("{text}\n"), expected: Some(Err(part)) });
        let between =
            prop::sample::select(vec!["", "\n", "\u{feff}", "# Ours", "Bag Attributes\n", "é\r\n", "--\n", "BEGIN"]);
        let between = between.prop_map(|text| Part { text: text.to_owned(), expected: None });
        prop_oneof![3 => certificate, 1 => others, 1 => broken, 3 => between]
    }

    proptest! {
        #[test]
        fn every_section_comes_out_or_is_named(parts in prop::collection::vec(part(), 0..12)) {
            let text: String = parts.iter().map(|part| &*part.text).collect();
            let expected: Vec<_> = parts.iter().filter_map(|part| part.expected.as_ref()).collect();
            let found = sections(&text);
            prop_assert_eq!(found.len(), expected.len(), "{}", text);
            for (found, expected) in found.iter().zip(expected) {
                match (found, expected) {
                    (Ok(found), Ok(expected)) => prop_assert_eq!(&**found, &**expected),
                    (Err(reason), Err(part)) => {
                        prop_assert!(reason.contains(part), "{}: {}", part, reason);
                        prop_assert!(reason.len() < 120 && !reason.contains(&KEY[..4]) && !reason.contains('\n'), "{}", reason);
                    }
                    _ => prop_assert!(false, "{:?} {:?}", found, expected),
                }
            }
        }

        /// Whatever a file is.
        #[test]
        fn no_reason_shows_what_a_file_holds(text in "(-----BEGIN [A-Za-z ]{0,50}|-{0,6}|-----END [A-Z]{0,9}|[a-z]{9}|\n|é){0,30}") {
            for reason in sections(&text).into_iter().filter_map(Result::err) {
                prop_assert!(reason.len() < 130 && !reason.contains('\n'), "{}", reason);
            }
        }
    }

    #[test]
    fn a_section_without_an_end_ends_before_the_next() {
        let good = written("CERTIFICATE", "TUlJQg==", 64, "\n", "");
        let found = sections(&format!("{}\n{good}", good.replace("-----END CERTIFICATE-----", "")));
        assert_eq!(found[0], Err("begins in line 1 and is not ended by -----END CERTIFICATE-----".to_owned()));
        assert_eq!((found.len(), found[1].as_deref()), (2, Ok(b"MIIB".as_slice())));
        let cut = sections("\r\r-----BEGIN CERTIFICATE-----\rTUlJQg==");
        assert_eq!(cut, [Err("begins in line 3 and is not ended by -----END CERTIFICATE-----".to_owned())]);
    }
}
