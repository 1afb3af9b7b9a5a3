//! Memory that is refused: `tests/abi/starved.c`, with answers that take as much as they can.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use smsp_simulator::{Answer, Request};
use support::program::{Form, program};
use support::{options, run, simulator, tell};

/// Allocations of this size and more are refused wherever they are made.
const LARGE: &str = "131072";

/// And of this size and more where only the messages and the answer ask for them, once the connection is there. No text
/// of the service takes as much.
const SMALL: &str = "2048";

/// What a large text is made of, in bytes: with it there are four large allocations for a body at the least.
const LENGTH: usize = 1 << 20;

/// A little less than the largest body that is read.
const LONGEST: usize = 15 << 20;

/// What is answered to a call for one message.
struct Scenario {
    name: &'static str,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Scenario {
    fn new(name: &'static str, body: impl Into<Vec<u8>>) -> Scenario {
        Scenario { name, status: 200, headers: Vec::new(), body: body.into() }
    }

    fn packed(self) -> Scenario {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&self.body).unwrap();
        let headers = vec![("Content-Encoding".to_owned(), "gzip".to_owned())];
        Scenario { headers, body: packed.finish().unwrap(), ..self }
    }

    /// The large allocations, in turn.
    fn play(self) {
        assert!(self.refuse("call", LARGE) >= 4);
    }

    fn refuse(self, how: &str, bytes: &str) -> u32 {
        let Scenario { name, status, headers, body } = self;
        let mutate = move |_: &Request, answer: &mut Answer| {
            answer.status = status;
            answer.headers.extend(headers.iter().cloned());
            answer.raw = Some(body.clone());
        };
        let simulator = simulator().mutate(mutate).start().unwrap();
        let more = ["max_retries=0", "max_connections=1", "request_timeout_ms=60000"];
        refuse(name, how, bytes, 1, &[&options(&simulator).each_ref().map(String::as_str)[..], &more].concat())
    }
}

/// Refuses each allocation of so many bytes; how many there are.
fn refuse(name: &str, how: &str, bytes: &str, count: usize, options: &[&str]) -> u32 {
    let mut command = program("starved").command(Form::Shared);
    let printed = run(command.args([how, bytes, &count.to_string()]).args(options));
    tell(&format!("{name}: {} allocations of {bytes} bytes or more", printed.trim_end()));
    printed.trim_end().parse().unwrap()
}

#[test]
fn a_list_survives_each_refused_allocation() {
    let simulator = simulator().start().unwrap();
    let options = options(&simulator);
    let options = options.each_ref().map(String::as_str);
    for how in ["call", "operation"] {
        assert!(refuse(how, how, LARGE, 10_000, &options) >= 4);
    }
    let one = [&options[..], &["max_connections=1"]].concat();
    assert!(refuse("three batches", "warm", SMALL, 1_201, &one) >= 6);
    assert!(refuse("three batches in XML", "warm", SMALL, 1_201, &[&one[..], &["format=xml"]].concat()) >= 6);
}

/// Each message fails for itself, and so has an error of its own.
#[test]
fn a_list_of_errors_survives_each_refused_allocation() {
    let fail = |_: &Request, answer: &mut Answer| answer.status = 404;
    let simulator = simulator().mutate(fail).start().unwrap();
    let options = options(&simulator);
    let options = [&options.each_ref().map(String::as_str)[..], &["batch_size=1"]].concat();
    assert!(refuse("errors", "call", "65536", 2_000, &options) >= 4);
}

fn json(list: &str) -> String {
    format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#)
}

/// An entry for the message that is asked about.
fn entry(rest: &str) -> String {
    format!(r#"{{"success":true,"code":200,"phoneNumber":"+33600000001","messageId":1001{rest}}}"#)
}

fn status(text: &str) -> String {
    json(&entry(&format!(r#","status":"{text}""#)))
}

/// A text of that size, in pieces.
fn large(piece: &str) -> String {
    piece.repeat(LENGTH / piece.len())
}

#[test]
fn the_longest_texts_survive_each_refused_allocation() {
    Scenario::new("the longest status", status(&"\\u00e9".repeat(LONGEST / 6))).play();
    Scenario::new("the longest status in XML", xml(&format!("<entry>{}</entry>", "x".repeat(LONGEST)))).play();
}

#[test]
fn large_texts_in_json_survive_each_refused_allocation() {
    for piece in ["x", "é", r"\u00e9", r"\ud83d\ude00", r"\n", r"\ud83d"] {
        let text = large(piece);
        Scenario::new("a status", status(&text)).play();
        Scenario::new("a refusal", format!(r#"{{"success":false,"code":5,"message":"{text}"}}"#)).play();
    }
    let text = large(r"\u0020");
    for (name, body) in [
        ("a date", json(&entry(&format!(r#","status":"Delivered","date":"{text}""#)))),
        ("digits", json(&entry(&format!(r#","status":"Delivered","date":{}"#, large("9"))))),
        ("a name", json(&entry(&format!(r#","{text}":1"#)))),
        ("a text for a list", format!(r#"{{"success":true,"StatutResponse_List":"{text}"}}"#)),
        ("a text for an entry", json(&format!("\"{text}\""))),
        ("another's number", json(&format!(r#"{{"phoneNumber":"{}"}}"#, large("1")))),
        ("another's number, escaped", json(&format!(r#"{{"phoneNumber":"{text}1"}}"#))),
        ("another's id", json(&format!(r#"{{"messageId":"{}"}}"#, large("1")))),
        ("another's id, escaped", json(&format!(r#"{{"messageId":"{text}1"}}"#))),
    ] {
        Scenario::new(name, body).play();
    }
}

/// An entry for the message that is asked about.
fn xml(rest: &str) -> String {
    let told = "<entry>1</entry><entry>200</entry><entry>+33600000001</entry><entry>1001</entry>";
    format!("<result><entry>1</entry><entry>200</entry><entry><entry>{told}{rest}</entry></entry></result>")
}

#[test]
fn large_texts_in_xml_survive_each_refused_allocation() {
    for piece in ["x", "é", "&#233;", "&amp;", "<![CDATA[x]]>", "<!-- -->", " "] {
        let text = large(piece);
        Scenario::new("a status", xml(&format!("<entry>{text}</entry>"))).play();
        let refusal = format!("<result><entry>0</entry><entry>5</entry><entry>{text}</entry></result>");
        Scenario::new("a refusal", refusal).play();
    }
    let name = large("x");
    for (what, text) in [
        ("an element", format!("<{name}>x</{name}>")),
        ("an empty element", format!("<{name}/>")),
        ("an end", format!("<entry>x</{name}>")),
        ("an end with spaces", format!("<entry>x</entry{}x>", large(" "))),
        ("an end too many", format!("</entry></entry></result></{name}>")),
        ("an attribute", format!("<entry {name}='{name}'>x</entry>")),
        ("an entity", format!("<entry>&{name};</entry>")),
        ("a number", format!("<entry>&#{}65;</entry>", large("0"))),
        ("an instruction", format!("<?{name}?>")),
        ("a document type", format!("<!DOCTYPE {name}>")),
    ] {
        Scenario::new(what, xml(&text)).play();
    }
}

/// So many entries.
fn list(count: usize, entry: impl Fn(usize) -> String) -> String {
    json(&(0..count).map(entry).collect::<Vec<_>>().join(","))
}

#[test]
fn many_entries_survive_each_refused_allocation() {
    let other = |i: usize| format!(r#"{{"phoneNumber":"+336{i:08}","messageId":{i},"status":"ko"}}"#);
    let text = |i: usize| entry(&format!(r#","status":"{i} {}""#, "x".repeat(i % 2 * 1_100)));
    let unusual = |i: usize| format!(r#"{{"number":"+336{i:08}","messageId":"{i}","statut":"{i}"}}"#);
    let details = vec![r#"{"elementId":1,"message":"Non"}"#; 2_000].join(",");
    let elements = "<entry/>".repeat(2_000);
    for (name, body) in [
        ("others", list(2_000, other)),
        ("texts", list(2_000, text)),
        ("unusual ones", list(2_000, unusual)),
        ("details", format!(r#"{{"success":false,"code":5,"error":[{details}]}}"#)),
        ("elements", xml(&format!("</entry>{elements}<entry>"))),
    ] {
        Scenario::new(name, body.as_str()).refuse("call", LARGE);
        assert!(Scenario::new(name, body).refuse("warm", SMALL) >= 5);
    }
    Scenario::new("too many", list(LENGTH / 3, |_| "{}".to_owned())).play();
    Scenario::new("too many elements", xml(&"<entry/>".repeat(LENGTH / 8))).play();
}

#[test]
fn many_fields_and_levels_survive_each_refused_allocation() {
    let fields = vec!["\"a\":1"; LENGTH / 6].join(",");
    Scenario::new("fields", list(1, |_| format!("{{{fields}}}"))).play();
    Scenario::new("fields of all", format!("{{{fields}}}")).play();
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[", "")] {
        let levels = format!("{}1{}", large(open), close.repeat(LENGTH / open.len()));
        Scenario::new("levels in an entry", json(&format!("{{\"a\":{levels}}}"))).play();
        Scenario::new("levels", format!("{{\"success\":{levels}}}")).play();
    }
}

#[test]
fn other_bodies_survive_each_refused_allocation() {
    let text = large("x");
    let latin_1 = [b"\xe9".as_slice(), text.as_bytes()].concat();
    Scenario::new("a text", text.as_str()).play();
    Scenario::new("Latin-1", latin_1.as_slice()).play();
    Scenario::new("Latin-1 in JSON", [b"{\"a\":\"".as_slice(), &latin_1, b"\"}"].concat()).play();
    Scenario::new("gzip", status(&text)).packed().play();
    for piece in ["x", "é", "<p>", "&amp;", "<!-- -->", " ", "\u{1}", "\u{1f600}"] {
        let page = format!("<html><h1>Sorry</h1>{}", large(piece));
        Scenario { status: 503, ..Scenario::new("a page", page) }.play();
    }
}

/// What a head can hold is bounded by the buffer of a connection, and nothing of it takes as much as is refused.
#[test]
fn a_head_takes_no_large_allocation() {
    let long = ("Location".to_owned(), format!("https://{}", "x".repeat(31_000)));
    let many = (0..80).map(|i| (format!("X-{i}"), "x".repeat(300))).collect();
    let body = status("Delivered");
    for (status, headers) in [(301, vec![long]), (200, many)] {
        let scenario = Scenario { status, headers, ..Scenario::new("a head", body.as_str()) };
        assert_eq!(scenario.refuse("call", LARGE), 0);
    }
}
