//! What the messages of errors show of texts that others wrote: one line, nothing invisible, and nothing of the key.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use log::LevelFilter;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};
use smsp::{Client, Error, Outcome, Query};
use smsp_simulator::{Answer, Clock, Request, Simulator};

/// What a key may be: what real ones are, what has a meaning in each of the notations, what is long.
const KEYS: [&str; 5] = [
    "k3y-of-the-tests",
    "0123456789abcdef0123456789abcdef01234567",
    "k&y<of>'the'\"tests\"/\\?=+é",
    "key of mine & of nobody else",
    "Long-k3y.0a1b2c3d4e5f6071829.3a4b5c6d7e8f90a1b2c3.d4e5f60718293a4b5c6d7e8f.90a1b2c3d4e5f60718293a4b.5c6d7e8f90a1b2c3d4",
];

/// No message shows so much of a key, in characters, in any notation.
const MOST_OF_A_KEY: usize = 8;

/// What stands around an echo of the key.
const NOISE: [&str; 24] = [
    "",
    " ",
    "\"",
    "{",
    "}",
    "[",
    ":",
    ",",
    "\\",
    "é",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{2028}",
    "***",
    "&amp;",
    "<",
    "<p>",
    "apiKey=",
    "0699999999",
];

/// What markup may put into a word without anyone seeing it.
const UNSEEN: [&str; 10] = [
    "<b>",
    "</b>",
    "<br/>",
    "<p class='x'>",
    "<!-- x > y -->",
    "<wbr>",
    "&shy;",
    "&#8203;",
    "\u{200b}",
    "<script>x</script>",
];

/// What the service answers with.
#[derive(Clone, Debug)]
struct Said {
    status: u16,
    location: Option<String>,
    body: String,
}

/// The key in a notation, each by another hand than the library's.
fn written(key: &str, notation: usize) -> String {
    let json = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let all = |text: &str, unit: &dyn Fn(u8) -> String| text.bytes().map(unit).collect::<String>();
    let in_url = |upper: bool| {
        let write = move |byte: u8| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        all(key, &write)
    };
    match notation {
        0 => key.to_owned(),
        1 => json(key).trim_end_matches('"').to_owned(),
        2 => json(&json(key)),
        3 => json(key).replace('/', "\\/").replace('é', "\\u00e9"),
        4 => in_url(true),
        5 => in_url(false),
        6 => all(key, &|byte| format!("{byte:02x}")),
        7 => all(key, &|byte| format!("{byte:02X}")),
        8 => STANDARD.encode(key),
        9 => STANDARD.encode(format!("{{\"apiKey\":\"{key}\"}}")),
        10 => URL_SAFE_NO_PAD.encode(format!("a{key}bc")),
        _ => escaped(key),
    }
}

const NOTATIONS: usize = 12;

/// Those that may stand in a JSON text: what is JSON twice by then is not JSON three times.
const WITHIN_JSON: [usize; 10] = [0, 1, 4, 5, 6, 7, 8, 9, 10, 11];

/// As XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The key in a page: some characters by number, and between some what nobody sees.
fn taken_apart(text: &str, dice: &[(u8, &'static str)]) -> String {
    let mut page = String::new();
    for (character, (die, unseen)) in text.chars().zip(dice.iter().cycle()) {
        match die % 8 {
            0 => write!(page, "&#{};", u32::from(character)).unwrap(),
            1 => write!(page, "&#x{:X};", u32::from(character)).unwrap(),
            2 => page += &format!("{unseen}{}", escaped(&character.to_string())),
            _ => page += &escaped(&character.to_string()),
        }
    }
    page
}

/// Noise, the key in any notation any number of times, noise.
fn text(key: &'static str, notations: impl Strategy<Value = usize>) -> impl Strategy<Value = String> {
    let noise = prop_oneof![
        prop::collection::vec(select(&NOISE[..]), 0..6).prop_map(|noise| noise.concat()),
        (0..120usize).prop_map(|length| "x".repeat(length)),
        "\\PC{0,12}",
    ];
    let echo = (noise.clone(), notations, 0..4usize)
        .prop_map(move |(noise, notation, times)| noise + &written(key, notation).repeat(times));
    (prop::collection::vec(echo, 1..5), noise).prop_map(|(echoes, noise)| echoes.concat() + &noise)
}

/// A page that shows the key: as it is, in any notation, taken apart, in an attribute, far behind.
fn page(key: &'static str) -> impl Strategy<Value = String> {
    let die = (any::<u8>(), select(&UNSEEN[..]));
    let echo = (0..NOTATIONS, prop::collection::vec(die, 1..20)).prop_map(move |(notation, dice)| match notation {
        // What has white space or markup in it is shown as it is, or escaped.
        0 => key.to_owned(),
        1 => format!("<a href=\"/?apiKey={}\">x</a>", written(key, 4)),
        2 => format!("<p title='{key}'>y</p>"),
        _ if notation % 2 == 0 => taken_apart(&written(key, notation), &dice),
        _ => taken_apart(key, &dice),
    });
    let filling = prop_oneof![
        4 => select(&["", " ", "Error", "<h1>Error</h1>\n", "<br>"][..]).prop_map(str::to_owned),
        1 => (65_300..65_600usize).prop_map(|length| format!("<p {}>", "x".repeat(length))),
    ];
    let start = select(
        &["<!DOCTYPE html>\n<html>", "<html><body>", "<br />\n<b>Warning</b>: ", "<?xml version='1.0'?><html>"][..],
    );
    let parts = prop::collection::vec((filling, echo), 1..4);
    (start, parts).prop_map(|(start, parts)| {
        parts.into_iter().fold(start.to_owned(), |page, (filling, echo)| page + &filling + &echo)
    })
}

/// A body of any kind.
fn body(key: &'static str) -> impl Strategy<Value = String> {
    let within_json = || text(key, select(&WITHIN_JSON[..]));
    let refusal = (within_json(), select(&[1, 10, 9, 77][..])).prop_map(|(message, code)| {
        serde_json::json!({"success": false, "code": code, "message": message}).to_string()
    });
    let details = within_json().prop_map(|text| {
        serde_json::json!({"success": false, "code": 9, "error": [{"elementId": text, "message": text}]}).to_string()
    });
    let cut = (within_json(), text(key, 0..NOTATIONS), 0..40usize).prop_map(|(value, behind, before)| {
        let before = "1,".repeat(before);
        format!("{{\"success\":true,\"x\":[{before}1],\"y\":{}, {behind}", serde_json::json!(value))
    });
    let element = text(key, 0..NOTATIONS).prop_map(|text| format!("<result><entry>1</entry><{text}>{text}"));
    prop_oneof![3 => text(key, 0..NOTATIONS), 4 => page(key), 1 => refusal, 1 => details, 1 => cut, 1 => element]
}

fn said(key: &'static str) -> impl Strategy<Value = Said> {
    let host =
        prop_oneof![Just("sms.test".to_owned()), (0..NOTATIONS).prop_map(move |notation| written(key, notation))];
    let location = (
        select(&["https://", "//", "/", "http://u:"][..]),
        host,
        text(key, 0..NOTATIONS),
        select(&["/", "?", "#", "@", ""][..]),
    )
        .prop_map(|(start, host, text, end)| {
            // A header is one line.
            format!("{start}{host}{end}{text}").replace(|character: char| character.is_control(), "")
        });
    (select(&[200, 301, 307, 403, 429, 503][..]), prop::option::of(location), body(key))
        .prop_map(|(status, location, body)| Said { status, location, body })
}

/// What no message may show: parts of the key, and of what stands for it.
fn parts_of(key: &str) -> Vec<String> {
    let hex = written(key, 6);
    let mut texts = vec![key.to_owned(), hex.to_uppercase(), hex, STANDARD.encode(key)];
    for (before, notation) in [(11, 9), (1, 10)] {
        let (encoded, bits) = (written(key, notation), 8 * (before + key.len()));
        texts.push(encoded[(8 * before).div_ceil(6)..bits / 6].to_owned());
    }
    let parts = |text: &String| {
        let characters: Vec<char> = text.chars().collect();
        characters.windows(MOST_OF_A_KEY).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>()
    };
    texts.iter().flat_map(parts).collect()
}

/// A client with this key, and a service that says what it is told to.
struct World {
    client: Client,
    said: Arc<Mutex<Option<Said>>>,
    _simulator: Simulator,
}

impl World {
    fn new(key: &str) -> World {
        let said = Arc::new(Mutex::new(None::<Said>));
        let told = Arc::clone(&said);
        let mutate = move |_: &Request, answer: &mut Answer| {
            if let Some(Said { status, location, body }) = told.lock().unwrap().clone() {
                answer.status = status;
                answer.headers.extend(location.map(|location| ("Location".to_owned(), location)));
                answer.raw = Some(body.into_bytes());
            }
        };
        let simulator = Simulator::builder().clock(Clock::Finished).mutate(mutate).start().unwrap();
        let options = [("api_key", key), ("base_url", &simulator.base_url()), ("max_retries", "0")];
        World { client: support::configured(&options).unwrap(), said, _simulator: simulator }
    }

    fn ask(&self, said: Said) -> Outcome {
        *self.said.lock().unwrap() = Some(said);
        self.client.multi_status([Query::new("+33639980001", "1"), Query::new("+33639980002", "2")]).unwrap()
    }

    fn error(&self, said: Said) -> Option<Error> {
        self.ask(said).error
    }

    /// The messages that come of it, the error's and each entry's, and the status texts, which are the service's own.
    fn texts(&self, said: Said) -> [Vec<String>; 2] {
        let outcome = self.ask(said);
        let errors = outcome.error.iter().chain(outcome.report.iter().filter_map(|status| status.error()));
        let messages = errors.map(|error| error.message().to_owned()).collect();
        [messages, outcome.report.iter().filter_map(|status| status.status_text().map(str::to_owned)).collect()]
    }
}

/// What a Rust program writes through the `log` crate is its own: only the feature `without-log` silences it.
#[test]
fn the_log_of_a_rust_program_is_its_own() {
    let level = if cfg!(feature = "without-log") { LevelFilter::Off } else { LevelFilter::Trace };
    assert_eq!(log::STATIC_MAX_LEVEL, level);
}

#[test]
fn no_message_shows_the_key_or_what_nobody_sees() {
    for key in KEYS {
        let (world, parts) = (World::new(key), parts_of(key));
        let looked_at = std::cell::Cell::new(0);
        let cases = Cases { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Cases::default() };
        let shown = TestRunner::new(cases).run(&said(key), |said| {
            let [messages, statuses] = world.texts(said.clone());
            for message in &messages {
                prop_assert!(!message.contains(is_unseen), "{:?}", message);
                prop_assert!(!message.contains("apiKey=%") && message.chars().count() < 1500, "{:?}", message);
            }
            for text in messages.iter().chain(&statuses) {
                looked_at.set(looked_at.get() + 1);
                let part = parts.iter().find(|part| text.contains(*part));
                prop_assert!(part.is_none(), "{:?} of the key in {:?}", part, text);
            }
            Ok(())
        });
        if let Err(failure) = shown {
            panic!("{key}: {failure}");
        }
        assert!(looked_at.get() > 600, "only {} texts", looked_at.get());
    }
}

/// Long texts are cut before the key is looked for in them, wherever that is in the key.
#[test]
fn what_a_cut_leaves_of_the_key_is_hidden() {
    for key in KEYS {
        let (world, parts) = (World::new(key), parts_of(key));
        for text in [key.to_owned(), written(key, 6), STANDARD.encode(key)] {
            let json = serde_json::to_string(&text.repeat(1_500 / text.len() + 2)).unwrap();
            let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            for before in (0..text.len() + 4).map(|length| "x".repeat(length)) {
                let refusal = format!(r#"{{"success":false,"code":90,"message":"{before}{}}}"#, &json[1..]);
                let other = format!(
                    r#"{{"success":true,"StatutResponse_List":[{{"phoneNumber":"{before}{},"messageId":{json}}}]}}"#,
                    &json[1..]
                );
                let name = format!("<result><{before}{}>", text.repeat(if is_name { 20 } else { 0 }));
                let entity = format!("<result><entry>&{before}{};", text.repeat(if is_name { 20 } else { 0 }));
                for body in [refusal, other, name, entity] {
                    for message in world.texts(Said { status: 200, location: None, body: body.clone() }) {
                        let part = parts.iter().find(|part| message.contains(*part));
                        assert!(part.is_none(), "{part:?} of the key in {message:?}, said in {body}");
                    }
                }
            }
        }
    }
}

/// Some of what is not to be seen in a message: enough for the noise.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[test]
fn a_page_is_one_line_of_its_text() {
    let world = World::new(KEYS[0]);
    let page = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
        <center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    for (status, text) in [
        (503, "the service answered with HTTP status 503: \"503 Service Temporarily Unavailable 503 Serv"),
        (429, "the service answered with HTTP status 429: \"503 Service Temporarily Unavailable 503 Serv"),
        (200, "the answer is not as documented: "),
    ] {
        let error = world.error(Said { status, location: None, body: page.to_owned() }).unwrap();
        assert!(error.message().starts_with(text) && !error.message().contains(['<', '\\']), "{error}");
    }
}

/// 16 MiB of anything: what is looked at is little.
#[test]
fn a_page_without_an_end_is_one_line_too() {
    let world = World::new(KEYS[0]);
    for part in ["<", "<p>", "<!-- ", "<script>", "&", "&#", "k3y-of-the-tests", " ", "</"] {
        let body = "<html>".to_owned() + &part.repeat(((16 << 20) - 6) / part.len());
        let error = world.error(Said { status: 503, location: None, body }).unwrap();
        assert_eq!(error.http_status(), 503, "{part}: {error}");
        assert!(error.message().len() < 200 && !error.message().contains("k3y"), "{part}: {error}");
    }
}
