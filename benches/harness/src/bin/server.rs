//! A server of multi-status answers that is no bottleneck: a thread for each connection, and nothing done twice.
//!
//! usage: server CA_FILE URL_FILE
//!
//! Speaks plain HTTP and TLS on two ports, and writes their URLs to URL_FILE, a line each, and the certificate to trust to
//! CA_FILE. What is answered stands in the path: `/SHAPE/MILLISECONDS/multi-status`, or `/SHAPE/MILLISECONDS/plain/…` to
//! have it never compressed. It ends with its standard input.

use std::collections::HashMap;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type AnyError = Box<dyn Error + Send + Sync>;

/// Compressed answers by the hash of what they are made of: compressing takes longer than all else.
type Compressed = Arc<Mutex<HashMap<u64, Arc<Vec<u8>>>>>;

/// How an answer is written. What stands between the fields, in the order of writing.
struct Shape {
    name: &'static str,
    open: &'static str,
    entry: &'static str,
    between: &'static str,
    close: &'static str,
    /// After the name of a field.
    colon: &'static str,
    /// Between fields.
    comma: &'static str,
    end: &'static str,
    not_found: &'static str,
    reversed: bool,
}

const COMPACT: Shape = Shape {
    name: "compact",
    open: r#"{"success":true,"code":200,"StatutResponse_List":["#,
    entry: "{",
    between: ",",
    close: "]}",
    colon: ":",
    comma: ",",
    end: "}",
    not_found: r"Num\u00e9ro introuvable",
    reversed: false,
};

const SHAPES: [Shape; 4] = [
    COMPACT,
    Shape { name: "compact-utf8", not_found: "Numéro introuvable", ..COMPACT },
    Shape {
        name: "pretty",
        open: "{\n    \"success\": true,\n    \"code\": 200,\n    \"StatutResponse_List\": [\n",
        entry: "        {\n            ",
        between: ",\n",
        close: "\n    ]\n}",
        colon: ": ",
        comma: ",\n            ",
        end: "\n        }",
        not_found: "Numéro introuvable",
        reversed: false,
    },
    Shape { name: "reversed", reversed: true, ..COMPACT },
];

/// What is asked: by the path, and by the headers.
struct Head {
    shape: &'static Shape,
    latency: Duration,
    gzip: bool,
    close: bool,
    length: usize,
}

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [ca_file, url_file] = arguments.as_slice() else { return Err("usage: server CA_FILE URL_FILE".into()) };
    let (tls, ca_pem) = identity()?;
    let (plain, secure) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let urls = format!("http://{}\nhttps://localhost:{}\n", plain.local_addr()?, secure.local_addr()?.port());
    let compressed = Compressed::default();
    let shared = Arc::clone(&compressed);
    thread::spawn(move || accept(&plain, &shared, Ok));
    thread::spawn(move || {
        accept(&secure, &compressed, move |stream| {
            Ok(StreamOwned::new(ServerConnection::new(Arc::clone(&tls))?, stream))
        })
    });
    fs::write(ca_file, ca_pem)?;
    fs::write(format!("{url_file}.new"), urls)?;
    fs::rename(format!("{url_file}.new"), url_file)?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// A certificate for `localhost`, under an authority made now.
fn identity() -> Result<(Arc<ServerConfig>, String), AnyError> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "bench authority");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
    Ok((Arc::new(config), authority.pem()))
}

fn accept<S: Read + Write>(
    listener: &TcpListener,
    compressed: &Compressed,
    wrap: impl Fn(TcpStream) -> Result<S, AnyError> + Clone + Send + 'static,
) {
    for stream in listener.incoming().flatten() {
        let (compressed, wrap) = (Arc::clone(compressed), wrap.clone());
        thread::spawn(move || {
            // A client that goes away is no concern of the server; one that asks wrongly sees the connection closed.
            let _ = stream.set_nodelay(true);
            wrap(stream).and_then(|stream| serve(stream, &compressed))
        });
    }
}

/// The requests of one connection, one after the other.
fn serve(stream: impl Read + Write, compressed: &Compressed) -> Result<(), AnyError> {
    let mut incoming = Incoming { stream, buffer: vec![0; ROOM], filled: 0 };
    let (mut body, mut out) = (Vec::new(), Vec::new());
    while let Some(end) = incoming.head()? {
        let head = head(std::str::from_utf8(&incoming.buffer[..end])?)?;
        let whole = end + head.length;
        incoming.up_to(whole)?;
        let due = Instant::now() + head.latency;
        write_answer(std::str::from_utf8(&incoming.buffer[end..whole])?, head.shape, &mut body)?;
        incoming.forget(whole);
        let packed = head.gzip.then(|| pack(&body, compressed)).transpose()?;
        let (encoding, bytes) = packed.as_ref().map_or(("", &body), |packed| ("Content-Encoding: gzip\r\n", packed));
        out.clear();
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{encoding}Content-Length: {}\r\n\r\n",
            bytes.len()
        )?;
        out.extend_from_slice(bytes);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        incoming.stream.write_all(&out)?;
        incoming.stream.flush()?;
        if head.close {
            break;
        }
    }
    Ok(())
}

/// How much is read at once.
const ROOM: usize = 64 * 1024;

/// What came and is not yet answered: the first `filled` bytes of `buffer`.
struct Incoming<S> {
    stream: S,
    buffer: Vec<u8>,
    filled: usize,
}

impl<S: Read> Incoming<S> {
    /// Reads up to the end of a head, and says where that is; none at the end of the connection.
    fn head(&mut self) -> io::Result<Option<usize>> {
        loop {
            let end = self.buffer[..self.filled].windows(4).position(|four| four == b"\r\n\r\n");
            if end.is_some() || !self.more()? {
                return Ok(end.map(|end| end + 4));
            }
        }
    }

    fn up_to(&mut self, length: usize) -> Result<(), AnyError> {
        while self.filled < length {
            if !self.more()? {
                return Err("the request is cut".into());
            }
        }
        Ok(())
    }

    /// Reads what is there; false at the end of the connection.
    fn more(&mut self) -> io::Result<bool> {
        if self.buffer.len() - self.filled < ROOM / 2 {
            self.buffer.resize(self.filled + ROOM, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..])?;
        self.filled += read;
        Ok(read > 0)
    }

    fn forget(&mut self, length: usize) {
        self.buffer.copy_within(length..self.filled, 0);
        self.filled -= length;
    }
}

fn head(text: &str) -> Result<Head, AnyError> {
    let mut lines = text.split("\r\n");
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no path")?;
    let mut parts = path.split('/').skip(1);
    let shape = parts.next().and_then(|name| SHAPES.iter().find(|shape| shape.name == name)).ok_or("no shape")?;
    let latency = Duration::from_millis(parts.next().ok_or("no latency")?.parse()?);
    let (mut gzip, mut close, mut length) = (false, false, 0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse()?;
        } else if name.eq_ignore_ascii_case("accept-encoding") {
            gzip = value.contains("gzip");
        } else if name.eq_ignore_ascii_case("connection") {
            close = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(Head { shape, latency, gzip: gzip && parts.next() != Some("plain"), close, length })
}

/// Answers every entry of a request. The peers write numbers first and ids after them, and escape nothing.
fn write_answer(request: &str, shape: &Shape, out: &mut Vec<u8>) -> Result<(), AnyError> {
    out.clear();
    out.extend_from_slice(shape.open.as_bytes());
    for (index, entry) in request.split('{').skip(2).enumerate() {
        let mut parts = entry.split('"');
        let (Some("phoneNumber"), _, Some(number), _, Some("messageId"), Some(id)) =
            (parts.nth(1), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("not a list of messages".into());
        };
        let id =
            if id.contains(|character: char| character.is_ascii_digit()) { id } else { parts.next().unwrap_or("") };
        let id: u64 = id.trim_matches(|character: char| !character.is_ascii_digit()).parse()?;
        if index > 0 {
            out.extend_from_slice(shape.between.as_bytes());
        }
        write_entry(number, id, shape, out)?;
    }
    out.extend_from_slice(shape.close.as_bytes());
    Ok(())
}

/// Of a hundred messages 80 are delivered, 10 not, 3 were never sent, 7 are not known.
fn write_entry(number: &str, id: u64, shape: &Shape, out: &mut Vec<u8>) -> Result<(), AnyError> {
    let dice = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let fate = dice % 100;
    let status = match fate {
        0..80 => "Delivered",
        80..90 => "Not delivered",
        90..93 => "ko",
        _ => shape.not_found,
    };
    let (success, code) = if fate < 93 { ("true", "200") } else { ("false", "4") };
    let national = number.strip_prefix('0');
    let (plus, number) = national.map_or(("", number), |rest| ("+33", rest));
    let (id, date) = (id.to_string(), (1_700_000_000 + dice % 10_000_000).to_string());
    let mut fields = [
        ("success", "", success, ""),
        ("code", "", code, ""),
        ("phoneNumber", plus, number, "\""),
        ("messageId", "", &id, ""),
        ("status", "", status, "\""),
        ("date", "", &date, "\""),
        ("stopSms", "", if fate == 0 { "1" } else { "0" }, "\""),
        ("isSpam", "", if fate == 1 { "1" } else { "0" }, "\""),
    ];
    let fields = if fate < 80 { &mut fields[..] } else { &mut fields[..5] };
    if shape.reversed {
        fields.reverse();
    }
    for (index, (name, prefix, value, quote)) in fields.iter().enumerate() {
        let before = if index == 0 { shape.entry } else { shape.comma };
        for part in [before, "\"", name, "\"", shape.colon, quote, prefix, value, quote] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(shape.end.as_bytes());
    Ok(())
}

fn pack(body: &[u8], compressed: &Compressed) -> Result<Arc<Vec<u8>>, AnyError> {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let hash = hasher.finish();
    if let Some(known) = compressed.lock().unwrap().get(&hash) {
        return Ok(Arc::clone(known));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    let packed = Arc::new(encoder.finish()?);
    compressed.lock().unwrap().insert(hash, Arc::clone(&packed));
    Ok(packed)
}
