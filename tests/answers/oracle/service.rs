//! A server on loopback that shows what it was asked and what it answered.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::manner::Manner;
use super::model::Exchange;
use support::server::Server;

/// The server, and what it saw.
pub struct Service {
    _server: Server,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    manner: Option<Arc<Manner>>,
    exchanges: Vec<Exchange>,
    bodies: Vec<Vec<u8>>,
}

impl Service {
    pub fn start() -> Service {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |stream| serve(stream, &shared));
        Service { address: server.address, _server: server, state }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Behaves like this from now on.
    pub fn behave(&self, manner: &Manner) {
        *self.state.lock().unwrap() = State { manner: Some(Arc::new(manner.clone())), ..State::default() };
    }

    /// What was asked and answered since, in the order in which it came, and the bodies.
    pub fn seen(&self) -> (Vec<Exchange>, Vec<Vec<u8>>) {
        let mut state = self.state.lock().unwrap();
        (std::mem::take(&mut state.exchanges), std::mem::take(&mut state.bodies))
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some((method, target, body)) = receive(&mut reader)? {
        let answer = {
            let mut state = state.lock().unwrap();
            let manner = state.manner.clone().expect("a case is set before it is asked");
            let (target, parameters) = parameters(&method, &target, &body);
            let answer = manner.answer(&parameters);
            let (body, content_type) = manner.body(&answer, &parameters);
            let head = format!(
                "HTTP/1.1 {} x\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
                answer.http_status,
                body.len()
            );
            let sent = [head.as_bytes(), &body].concat();
            state.exchanges.push(Exchange { method, target, parameters, answer });
            state.bodies.push(body);
            sent
        };
        stream.write_all(&answer)?;
    }
    Ok(())
}

/// Method, target and body of the next request; none at the end of the connection.
fn receive(reader: &mut impl BufRead) -> io::Result<Option<(String, String, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((method, target, body)))
}

/// The target without what a GET asks, and the parameters.
fn parameters(method: &str, target: &str, body: &[u8]) -> (String, Value) {
    let parameters = |value: Value| (target.to_owned(), value);
    if method == "POST" {
        return parameters(serde_json::from_slice(body).unwrap_or_else(|error| json!({"no JSON": error.to_string()})));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut read = Map::new();
    let mut list: Vec<Value> = Vec::new();
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let (name, value) = (decoded(name), decoded(value));
        match name.strip_prefix("SMSStatut_List[").and_then(|rest| rest.split_once("][")) {
            Some((place, field)) => {
                if place.parse() == Ok(list.len()) {
                    list.push(json!({}));
                }
                if let Some(entry) = list.last_mut() {
                    entry[field.trim_end_matches(']')] = Value::from(value);
                }
            }
            None => _ = read.insert(name, Value::from(value)),
        }
    }
    read.insert("SMSStatut_List".to_owned(), Value::from(list));
    (path.to_owned(), Value::from(read))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |tail: &[u8]| u8::from_str_radix(std::str::from_utf8(tail.get(..2)?).ok()?, 16).ok();
        match (first, hex(tail)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
