//! A truncated answer gives no status at all, wherever it is cut.

use std::io::{Read, Write};
use std::net::TcpStream;

use smsp_simulator::{Clock, Simulator};

use super::fast_json;
use super::read::{Answer, read};
use super::repair::repair;
use super::response::Unreadable;

/// Returns a body of 500 entries as the service sends it.
fn body(format: &str) -> Vec<u8> {
    let simulator = Simulator::builder().seed(1).clock(Clock::Finished).start().unwrap();
    let ids = 1000..1500;
    let list: Vec<_> = ids.map(|id| format!(r#"{{"phoneNumber":"+33612345678","messageId":{id}}}"#)).collect();
    let request = format!(r#"{{"apiKey":"demo","_format":"{format}","SMSStatut_List":[{}]}}"#, list.join(","));
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    let length = request.len();
    write!(
        stream,
        "POST /v1/multi-status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{request}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    answer.split_off(head)
}

/// Parses a body with both parsers.
fn read_cut(cut: &[u8], check: impl FnOnce(Option<Answer<'_>>, Result<Answer<'_>, Unreadable>)) {
    check(fast_json::entries(cut).map(Answer::Entries), read(repair(cut, &mut String::new()).unwrap()));
}

/// Returns the offsets at which to cut. With `SMSP_EVERY_CUT` set, these are all, which takes minutes. Otherwise they
/// are all offsets in the first ten and the last three entries, and every 197th, which hits each byte of an entry
/// somewhere.
fn places(length: usize) -> Vec<usize> {
    let every = std::env::var_os("SMSP_EVERY_CUT").is_some();
    let entries = |count: usize| count * length / 500;
    let is_edge = |at: usize| at < entries(10) || at + entries(3) > length;
    (0..length).filter(|&at| every || is_edge(at) || at % 197 == 0).collect()
}

fn cut_everywhere(format: &str) {
    let body = body(format);
    // White space after the end may be missing.
    let end = body.trim_ascii_end().len();
    let offsets = places(body.len());
    let (tried, mut unreadable) = (offsets.len(), 0);
    read_cut(&body, |documented, whole| {
        let whole = whole.unwrap();
        assert!(matches!(&whole, Answer::Entries(entries) if entries.list.len() == 500));
        assert_eq!(documented.is_some(), format == "json");
        for at in offsets {
            read_cut(&body[..at], |documented, cut| {
                assert!(documented.is_none_or(|answer| at >= end && answer == whole), "{format} cut at {at}");
                match cut {
                    Err(_) => unreadable += 1,
                    Ok(answer) => assert!(at >= end && answer == whole, "{format} cut at {at}"),
                }
            });
        }
    });
    assert_eq!(unreadable, tried - (body.len() - end));
    // Cargo captures what a test prints, but not what it writes to stderr itself.
    _ = writeln!(std::io::stderr(), "{tried} cuts of {} bytes of {format}, none with a status", body.len());
}

#[test]
fn a_json_answer_of_500_entries_is_whole_or_nothing() {
    cut_everywhere("json");
}

#[test]
fn an_xml_answer_of_500_entries_is_whole_or_nothing() {
    cut_everywhere("xml");
}
