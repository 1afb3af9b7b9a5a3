//! Servers on loopback that speak in bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A running server, with a thread for each connection.
pub struct Server {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that does this with each connection.
    pub fn start(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let (stopped, serve) = (Arc::clone(&stop), Arc::new(serve));
        let accept = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let serve = Arc::clone(&serve);
                // It ends with the connection. A client that goes away is no concern of a server.
                thread::spawn(move || _ = stream.set_nodelay(true).and_then(|()| serve(stream)));
            }
        };
        Server { address, stop, thread: Some(thread::spawn(accept)) }
    }

    /// A server that answers what comes by these texts, one after another, and is silent after the last.
    pub fn scripted(answers: &[&[u8]]) -> Server {
        let answers: Vec<_> = answers.iter().map(|answer| answer.to_vec()).collect();
        Server::start(move |mut client| {
            let mut answers = answers.iter();
            while client.read(&mut [0; 4096])? > 0 {
                client.write_all(answers.next().map_or(b"", Vec::as_slice))?;
            }
            Ok(())
        })
    }

    /// A server that answers by the first text and then by the second for ever, with a pause before each time.
    pub fn endless(start: &[u8], again: &[u8], pause: Duration) -> Server {
        let (start, again) = (start.to_vec(), again.to_vec());
        Server::start(move |mut client| {
            _ = client.read(&mut [0; 4096])?;
            client.write_all(&start)?;
            loop {
                thread::sleep(pause);
                client.write_all(&again)?;
            }
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
