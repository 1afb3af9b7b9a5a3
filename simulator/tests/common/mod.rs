//! The least HTTP client that the tests need.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use smsp_simulator::Simulator;

/// A connection whose requests follow one another.
pub struct Client<S> {
    stream: BufReader<S>,
}

pub struct Response {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Client<TcpStream> {
    pub fn connect(simulator: &Simulator) -> Self {
        let stream = TcpStream::connect(simulator.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self::over(stream)
    }
}

impl<S: Read + Write> Client<S> {
    pub fn over(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    pub fn post(&mut self, body: &str) -> Response {
        self.send("POST", "/v1/multi-status", "", body)
    }

    /// Sends a request, with further header lines that each end in `\r\n`, and reads its response.
    pub fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> Response {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        self.receive()
    }

    fn receive(&mut self) -> Response {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.stream.read_line(&mut head).unwrap();
            assert_ne!(read, 0, "the connection ended after {head:?}");
        }
        let mut response = Response { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length = response.header("content-length").unwrap().parse().unwrap();
        response.body.resize(length, 0);
        self.stream.read_exact(&mut response.body).unwrap();
        response
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The body that asks about some messages with the key `demo`; ids are written as they are given.
pub fn body(messages: &[(&str, &str)]) -> String {
    let items: Vec<String> = messages
        .iter()
        .map(|(phone_number, id)| format!(r#"{{"phoneNumber":"{phone_number}","messageId":{id}}}"#))
        .collect();
    format!(r#"{{"apiKey":"demo","SMSStatut_List":[{}]}}"#, items.join(","))
}
