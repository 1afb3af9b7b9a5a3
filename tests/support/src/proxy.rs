//! A proxy on loopback.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::server::Server;

/// What a client asked a proxy for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Host and port.
    pub target: String,
    /// User name and password.
    pub credentials: Option<(String, String)>,
}

/// A running proxy, which leads everything to one address, whatever it is asked for.
pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Ends with the proxy.
    _server: Server,
}

type Credentials = Option<(String, String)>;

impl Proxy {
    /// An HTTP proxy.
    pub fn http(to: SocketAddr) -> Proxy {
        Proxy::start(move |client, asked| http(client, asked, to, &None))
    }

    /// A SOCKS5 proxy.
    pub fn socks5(to: SocketAddr) -> Proxy {
        Proxy::start(move |client, asked| socks5(client, asked, to, &None))
    }

    /// An HTTP proxy that wants these credentials.
    pub fn http_for(to: SocketAddr, user: &str, password: &str) -> Proxy {
        let wanted = Some((user.to_owned(), password.to_owned()));
        Proxy::start(move |client, asked| http(client, asked, to, &wanted))
    }

    /// A SOCKS5 proxy that wants these credentials.
    pub fn socks5_for(to: SocketAddr, user: &str, password: &str) -> Proxy {
        let wanted = Some((user.to_owned(), password.to_owned()));
        Proxy::start(move |client, asked| socks5(client, asked, to, &wanted))
    }

    /// What it was asked for so far, one for each connection.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn start(serve: impl Fn(TcpStream, &Mutex<Vec<Asked>>) -> io::Result<()> + Send + Sync + 'static) -> Proxy {
        let asked = Arc::new(Mutex::default());
        let noted = Arc::clone(&asked);
        let server = Server::start(move |client| serve(client, &noted));
        Proxy { address: server.address, asked, _server: server }
    }
}

fn http(mut client: TcpStream, asked: &Mutex<Vec<Asked>>, to: SocketAddr, wanted: &Credentials) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(take::<1>(&mut client)?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let target = lines.next().and_then(|line| line.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1")).unwrap();
    assert_eq!(lines.next(), Some(format!("Host: {target}").as_str()), "{head:?}");
    let token = lines.next().map(|line| line.strip_prefix("Proxy-Authorization: Basic ").unwrap());
    assert_eq!(lines.next(), None, "{head:?}");
    let credentials = token.map(|token| {
        let known = String::from_utf8(STANDARD.decode(token).unwrap()).unwrap();
        let (user, password) = known.split_once(':').unwrap();
        (user.to_owned(), password.to_owned())
    });
    asked.lock().unwrap().push(Asked { target: target.to_owned(), credentials: credentials.clone() });
    if wanted.is_some() && credentials != *wanted {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    let server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")?;
    join(client, server)
}

fn socks5(mut client: TcpStream, asked: &Mutex<Vec<Asked>>, to: SocketAddr, wanted: &Credentials) -> io::Result<()> {
    let [5, count] = take(&mut client)? else { panic!("a greeting of another version") };
    let mut methods = vec![0; count.into()];
    client.read_exact(&mut methods)?;
    let method = if wanted.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return client.write_all(&[5, 0xff]);
    }
    client.write_all(&[5, method])?;
    let mut credentials = None;
    if wanted.is_some() {
        let [1] = take(&mut client)? else { panic!("credentials of another version") };
        credentials = Some((text(&mut client)?, text(&mut client)?));
    }
    if credentials != *wanted {
        asked.lock().unwrap().push(Asked { target: String::new(), credentials });
        return client.write_all(&[1, 1]);
    }
    if wanted.is_some() {
        client.write_all(&[1, 0])?;
    }
    let [5, 1, 0, kind] = take(&mut client)? else { panic!("a request of another kind") };
    let host = match kind {
        1 => IpAddr::from(take::<4>(&mut client)?).to_string(),
        3 => text(&mut client)?,
        4 => format!("[{}]", IpAddr::from(take::<16>(&mut client)?)),
        other => panic!("an address of kind {other}"),
    };
    let port = u16::from_be_bytes(take(&mut client)?);
    asked.lock().unwrap().push(Asked { target: format!("{host}:{port}"), credentials });
    let server = TcpStream::connect(to)?;
    // The address that it connected from, in the longest form, behind which TLS begins.
    client.write_all(&[&[5, 0, 0, 3, 4][..], b"here", &[0, 80]].concat())?;
    join(client, server)
}

fn take<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A text behind its length.
fn text(client: &mut TcpStream) -> io::Result<String> {
    let [length] = take(client)?;
    let mut bytes = vec![0; length.into()];
    client.read_exact(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// Carries bytes both ways until both sides have ended.
fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let upward = thread::spawn(move || carry(&mut from_client, &mut to_server));
    let (mut from_server, mut to_client) = (server, client);
    carry(&mut from_server, &mut to_client);
    _ = upward.join();
    Ok(())
}

fn carry(from: &mut TcpStream, to: &mut TcpStream) {
    _ = io::copy(from, to);
    _ = to.shutdown(Shutdown::Write);
}
