//! Excerpts of response bodies, for error messages.

use super::page;
use crate::secret::redact::Secrets;

/// The length of an excerpt, in characters.
const LENGTH: usize = 80;

/// How many of these come before the position that the error is about.
const BEFORE: usize = 20;

/// How much of an HTML page is examined, in characters. Its title is at the start.
const PAGE: usize = 16 * 1024;

/// Returns an excerpt of a body, as one line in quotes: the text of an HTML page, or what surrounds the byte at
/// `offset`.
pub(crate) fn excerpt(secrets: &Secrets, body: &str, offset: usize) -> String {
    let excerpt = match body {
        "" => return "an empty body".to_owned(),
        page if page::is_page(page) => page_text(secrets, page),
        other => secrets.around(other, offset, BEFORE, LENGTH),
    };
    if excerpt.is_empty() { "a page without text".to_owned() } else { format!("\"{}\"", secrets.quote(&excerpt)) }
}

/// The start of the text of a page, without secrets: neither those that it contains as they are, nor those that tags or
/// entities break up.
fn page_text(secrets: &Secrets, page: &str) -> String {
    let mut rest = secrets.shown(page);
    let page: String = rest.by_ref().take(PAGE).collect();
    let joined = page::text(&page, "");
    let text = if secrets.are_in(&joined) { joined } else { page::text(&page, " ") };
    // Where a page is cut, a secret that is broken up may be cut too.
    let cut = if rest.next().is_some() { secrets.longest() } else { 0 };
    let most = text.len().saturating_sub(cut).min(LENGTH * secrets.longest());
    secrets.start(text.as_bytes(), most).chars().take(LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> String {
        excerpt(&Secrets::new("k3y-of-the-tests"), body, 0)
    }

    #[test]
    fn a_page_is_one_line_of_its_text() {
        let page = "<!DOCTYPE html>\n<html><head><title>503</title></head>\n<body><h1>D&eacute;sol&eacute;</h1></body></html>\n";
        assert_eq!(shown(page), "\"503 Désolé\"");
        assert_eq!(shown("<html>\0<p>a\u{1b}</html>"), "\"\\u{0} a\\u{1b}\"");
        assert_eq!(shown(&format!("<p>{}", "é".repeat(1000))), format!("\"{}\"", "é".repeat(80)));
        assert_eq!(shown("<html><body/></html>"), "a page without text");
        assert_eq!(shown("<x>\n"), "\"<x>\\u{a}\"");
        assert_eq!(shown(""), "an empty body");
    }

    #[test]
    fn a_key_in_a_page_is_hidden_however_tags_and_entities_take_it_apart() {
        for key in [
            "k3y-of-the-tests",
            "k3y<b>-of</b>-the-tests",
            "k3y<p>-of<br/>-the<!-- x -->-tests",
            "k<wbr>3&#121;-of&#x2d;t&shy;he-\u{200b}tests",
            "6b33792d6f66<br>2d7468652d7465737473",
        ] {
            let page = shown(&format!("<html><h1>Bad key</h1>{key}<p>Sorry"));
            assert!(page == "\"Bad key***Sorry\"" || page == "\"Bad key *** Sorry\"", "{key}: {page}");
        }
        let attribute = shown("<p title='k3y-of-the-tests'>a<a href=\"?apiKey=k3y-of-the-tests\">b</a>");
        assert_eq!(attribute, "\"ab\"");
        // Keys that contain markup.
        for (key, body) in [
            ("k&amp;y<of>'the'tests", "<p>k&amp;y<of>'the'tests!"),
            ("k&amp;y<of>'the'tests", "<p title=\"k&amp;y<of>'the'tests\">!"),
            ("key of  mine", "<p>key of  mine!"),
            ("key of mine", "<p>key<br>of mine!"),
        ] {
            let page = excerpt(&Secrets::new(key), body, 0);
            assert!(page == "\"***!\"" || page == "\"!\"", "{page}");
        }
    }

    #[test]
    fn only_the_start_of_a_page_is_looked_at() {
        let key = "k3&#121;-of-the-tests";
        for (before, keys) in (PAGE - 300..PAGE + 10).step_by(3).flat_map(|before| [(before, 1), (before, 20)]) {
            let shown = shown(&format!("<p {}>{}</p> b", "x".repeat(before), key.repeat(keys)));
            let rest = shown.replace("a page without text", "").replace(['"', ' ', '*'], "");
            assert!(rest.is_empty() || rest == "b", "{before}: {shown}");
        }
        for part in ["<", "<p>", "&amp;", "k3y-of-the-tests", "<!--", " "] {
            shown(&format!("<p>{}", part.repeat((1 << 24) / part.len())));
        }
    }
}
