//! A server in front of another that breaks connections off.

use std::io::Read;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Passes bytes on in both directions; once so many have come from a client it stops reading, and closes while more are
/// on their way: the client's next write finds a connection that is gone.
pub struct Relay {
    address: SocketAddr,
    scheme: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// In front of the server with this URL.
    pub fn start(url: &str, bytes: usize) -> Relay {
        let (scheme, rest) = url.split_once("://").unwrap();
        let server: SocketAddr = rest.split('/').next().unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            for client in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                thread::spawn(move || break_off(&client, &TcpStream::connect(server).unwrap(), bytes));
            }
        };
        Relay { address, scheme: scheme.to_owned(), stop, thread: Some(thread::spawn(serve)) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn base_url(&self) -> String {
        format!("{}://{}/v1", self.scheme, self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn break_off(client: &TcpStream, server: &TcpStream, bytes: usize) {
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let back = thread::spawn(move || drop(std::io::copy(&mut from, &mut to)));
    let (from, mut to) = (client, server);
    let passed = std::io::copy(&mut from.take(bytes as u64), &mut to);
    if passed.is_ok_and(|passed| passed == bytes as u64) {
        // The end comes first, so that the client writes to what is half closed; then what it wrote is thrown away.
        let _ = client.shutdown(Shutdown::Write);
        let _ = client.set_read_timeout(Some(Duration::from_secs(60)));
        let _ = client.peek(&mut [0]);
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
    // With the last handle the connection is closed, and reset for what nobody has read.
}
