//! Parses PEM certificates, however their file was made: joined without a line break between them, indented, with
//! byte-order marks, or with `\n` in place of line breaks. No section is skipped silently.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;

/// The dashes on both sides of a boundary.
const DASHES: &str = "-----";

/// The label of a certificate, today and before RFC 7468.
const CERTIFICATES: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// The longest label of a section, in bytes.
const MAX_NAME: usize = 40;

/// Backslash escapes for white space, in a text that was a JSON string or an environment variable.
const ESCAPES: [&str; 3] = ["\\n", "\\r", "\\t"];

/// The boundary that begins or ends a section.
struct Mark<'t> {
    begins: bool,
    /// The label of the section; None if the boundary is not complete.
    name: Option<&'t str>,
    /// Where the boundary begins and ends in the text, in bytes.
    start: usize,
    end: usize,
}

/// Returns the sections of a text in order: each is a certificate, or the reason why it is not one. A reason quotes
/// nothing from inside a section, which may be a private key.
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

/// Decodes the base64 between two offsets of a text.
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

/// Returns the first boundary at an offset or behind it. One with too few dashes counts too, so that it is not skipped.
fn mark(text: &str, from: usize) -> Option<Mark<'_>> {
    let find = |word: &'static str| Some((from + text[from..].find(word)?, word));
    let (offset, word) = find("--BEGIN ").into_iter().chain(find("--END ")).min()?;
    let after = offset + word.len();
    let name = name(&text[after..]).filter(|_| text[from..offset + 2].ends_with(DASHES));
    Some(Mark {
        begins: word == "--BEGIN ",
        name,
        start: from + text[from..offset].trim_end_matches('-').len(),
        end: after + name.map_or(0, |name| name.len() + DASHES.len()),
    })
}

/// Returns the label in front of the dashes.
fn name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(DASHES)?;
    let is_one =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    Some(name).filter(|name| name.len() <= MAX_NAME && is_one(name))
}

/// Returns the number of the line that contains this offset, counted from 1.
fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes()[..offset].split(|&byte| byte == b'\n').count();
    // Old Macintosh computers end lines with `\r`.
    if text.contains('\n') { before } else { text.as_bytes()[..offset].split(|&byte| byte == b'\r').count() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A part of a file and the expected result; None if it is not a section.
    #[derive(Clone, Debug)]
    struct Part {
        text: String,
        expected: Option<Result<Vec<u8>, &'static str>>,
    }

    /// The content of the private keys in these tests.
    const KEY: &str = "cHJpdmF0ZSBrZXk";

    /// Returns a section with lines of this width, this line end and this indentation.
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

        /// Whatever the file contains.
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
