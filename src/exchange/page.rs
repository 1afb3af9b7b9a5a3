//! Extracts the text of HTML pages, which a gateway, a server or PHP itself sends when the service does not answer.

use memchr::{memchr, memmem};

use crate::invisible::is_invisible;

/// What follows the first `<` of a page, as browsers recognise it (WHATWG, MIME Sniffing, 7.1).
const STARTS: [&str; 16] = [
    "!doctype html",
    "html",
    "head",
    "script",
    "iframe",
    "h1",
    "div",
    "font",
    "table",
    "a",
    "style",
    "title",
    "b",
    "body",
    "br",
    "p",
];

/// Elements within a word or a line. All others begin something new.
const INLINE: [&str; 18] = [
    "a", "abbr", "b", "code", "em", "font", "i", "kbd", "mark", "s", "small", "span", "strong", "sub", "sup", "tt",
    "u", "wbr",
];

/// Elements whose content is not shown.
const HIDDEN: [&str; 2] = ["script", "style"];

/// The entity names of the characters from U+00A0 to U+00FF.
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// Other entities that occur in pages.
const ENTITIES: [(&str, char); 17] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("euro", '€'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("oelig", 'œ'),
    ("OElig", 'Œ'),
    ("trade", '™'),
];

/// The length of the longest entity, without `&` and `;`, in bytes.
const LONGEST_ENTITY: usize = 9;

/// Whether a body is an HTML page.
pub(crate) fn is_page(body: &str) -> bool {
    let mut rest = body.trim_start_matches('\u{feff}').trim_start();
    while rest.starts_with("<!--") || rest.starts_with("<?") {
        rest = rest[end_of_tag(rest)..].trim_start();
    }
    let begins_with = |start: &str| {
        let tag = rest.strip_prefix('<').and_then(|tag| tag.split_at_checked(start.len()));
        let ends = |rest: &str| rest.is_empty() || rest.starts_with(['>', '/', ' ', '\t', '\r', '\n']);
        tag.is_some_and(|(tag, rest)| tag.eq_ignore_ascii_case(start) && ends(rest))
    };
    STARTS.iter().any(|start| begins_with(start))
}

/// The text that a page shows, as one line. Tags, comments, scripts and styles are left out, entities become
/// characters, and each run of white space becomes a space. `between` is inserted where a tag begins something new.
pub(crate) fn text(page: &str, between: &str) -> String {
    let mut line = String::new();
    let mut rest = page;
    while let Some(character) = rest.chars().next() {
        let length = if let Some(tag) = tag(rest) {
            if !INLINE.iter().any(|name| tag.eq_ignore_ascii_case(name)) {
                add(&mut line, between.chars());
            }
            end_of_element(rest, tag)
        } else if let Some((entity, length)) = entity(rest) {
            add(&mut line, [entity]);
            length
        } else {
            add(&mut line, [character]);
            character.len_utf8()
        };
        rest = &rest[length..];
    }
    line.truncate(line.trim_end().len());
    line
}

/// Appends what is visible, with one space for each run of white space.
fn add(line: &mut String, characters: impl IntoIterator<Item = char>) {
    for character in characters {
        match character {
            white if white.is_whitespace() => {
                if !line.is_empty() && !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            invisible if is_invisible(invisible) => {}
            shown => line.push(shown),
        }
    }
}

/// The name of the tag at the start of a text, whether it begins or ends an element. It is empty for a comment and the
/// like. None if there is no tag.
fn tag(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    match tag.bytes().next()? {
        b'!' | b'?' => Some(""),
        b'/' => Some(name(&tag[1..])),
        first => first.is_ascii_alphabetic().then(|| name(tag)),
    }
}

/// The letters and digits at the start of a text.
fn name(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

/// The offset after the tag at the start of a text, or after its element if that is not shown.
fn end_of_element(text: &str, tag: &str) -> usize {
    let end = end_of_tag(text);
    if text.starts_with("</") || !HIDDEN.iter().any(|hidden| tag.eq_ignore_ascii_case(hidden)) {
        return end;
    }
    let mut offset = end;
    while let Some(next) = memmem::find(&text.as_bytes()[offset..], b"</") {
        offset += next;
        if name(&text[offset + 2..]).eq_ignore_ascii_case(tag) {
            return offset + end_of_tag(&text[offset..]);
        }
        offset += 2;
    }
    text.len()
}

/// The offset after the tag or comment at the start of a text. The end of the text if it does not end.
fn end_of_tag(text: &str) -> usize {
    let end = if text.starts_with("<!--") {
        memmem::find(text.as_bytes(), b"-->").map(|offset| offset + 3)
    } else {
        memchr(b'>', text.as_bytes()).map(|offset| offset + 1)
    };
    end.unwrap_or(text.len())
}

/// The entity at the start of a text, as a character, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let entity = text.strip_prefix('&')?;
    let end = entity.bytes().take(LONGEST_ENTITY + 1).position(|byte| byte == b';')?;
    let name = &entity[..end];
    let character = match name.strip_prefix('#') {
        Some(number) => by_number(number)?,
        None => by_name(name)?,
    };
    Some((character, "&;".len() + end))
}

fn by_name(name: &str) -> Option<char> {
    let latin_1 = || ('\u{a0}'..).zip(LATIN_1).find(|(_, known)| *known == name).map(|(character, _)| character);
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character).or_else(latin_1)
}

/// A decimal number, or a hexadecimal one after an x. What is not a character becomes U+FFFD.
fn by_number(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|code| *code != 0);
    is_number.then(|| code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_page_is_known_by_how_it_begins() {
        for page in [
            "<!DOCTYPE html>\n<html>",
            "\u{feff} \n<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">",
            "<html>",
            "<HTML lang=fr>",
            "<?xml version=\"1.0\"?>\n<!-- a > b --> <!DOCTYPE html>",
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
            "<!-- <result> --><body\nclass=x>",
            "<br />\n<b>Fatal error</b>:  Uncaught",
            "<h1>503</h1>",
            "<title>x",
            "<p>x",
            "<p",
        ] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "",
            "<",
            "<!",
            "<!-- html",
            "<?xml",
            "html",
            "Error <html>",
            "{\"message\":\"<html>\"}",
            "<result><entry>x",
            "<?xml version=\"1.0\"?><result>",
            "<!DOCTYPE result>",
            "<htmlx>",
            "<a:Envelope>",
            "<p-x>",
            "< html>",
            "</html>",
            "<bé>",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }

    #[test]
    fn what_a_page_shows() {
        for (page, shown) in [
            (
                "<html><head><title>503 Service\n Unavailable</title></head>\r\n<body>\t<h1>Sorry</h1></body></html>\n",
                "503 Service Unavailable Sorry",
            ),
            (
                "<br />\n<b>Fatal error</b>:  x in <b>/a.php</b> on line <b>3</b><br />",
                "Fatal error: x in /a.php on line 3",
            ),
            ("a<script>if (a < b) { '</b>' }</script>b<STYLE type=x>p > a {}</StYlE >c", "a b c"),
            ("a<script src=x />b</script>c<script>d", "a c"),
            ("a<script></script", "a"),
            ("a<!-- b > <p> -- c -->d<!doctype x>e<?php f ?>g<![CDATA[h]]>i", "a d e g i"),
            ("a<!-- b > c", "a"),
            ("a<p", "a"),
            ("a</p", "a"),
            ("1 < 2 <3 <é <", "1 < 2 <3 <é <"),
            ("x<b>y</b>z<wbr>w<custom>v", "xyzw v"),
            ("<ul><li>a<li>b</ul>", "a b"),
            ("a&nbsp;\u{a0}&#160; \u{2028}\u{3000}b", "a b"),
            ("k&shy;e\u{200b}y\u{feff}", "key"),
            ("&lt;p&gt; &amp;lt; &quot;&apos;&#39;&#x27;&#X27;", "<p> &lt; \"''''"),
            ("Cl&eacute; &agrave; l&rsquo;&Egrave;re &euro;&yuml;&iexcl;&frac34;", "Clé à l’Ère €ÿ¡¾"),
            ("&#0;&#xd800;&#x110000;&#99999999;", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("&#x1f600;&#0000107;", "\u{1f600}k"),
            ("", ""),
            (" \n<p></p> <!-- -->", ""),
        ] {
            assert_eq!(text(page, " "), shown, "{page}");
        }
        for literal in ["& &; &#; &#x; &#-1; &#+1; &#xg; &amp &unknown; &a", "&#00000000107;", "&é;"] {
            assert_eq!(text(literal, " "), literal);
        }
        assert_eq!(text("a<p>b<br>c<b>d</b> e", ""), "abcd e");
    }

    /// Each of these is read once. Reading from each position to the end would take hours.
    #[test]
    fn a_page_is_read_in_one_go() {
        const LENGTH: usize = 1 << 20;
        let start = Instant::now();
        for part in [
            "<",
            "<a",
            "<!--",
            "<script>",
            "<script></",
            "</script",
            "<p>",
            "&",
            "&#",
            "&#9",
            "&amp",
            "&amp;",
            "a ",
            "\u{200b}",
            "<!-- -->",
            "-->",
            "<script></script>",
            "<style>",
            "é",
            "<?",
            "<?>",
        ] {
            let page = part.repeat(LENGTH / part.len());
            assert!(text(&page, " ").len() <= LENGTH, "{part}");
            is_page(&page);
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    }
}
