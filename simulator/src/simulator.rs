//! The handle on a running simulator.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

use crate::answer::Entry;
use crate::request::Seen;
use crate::server::{self, Shared};
use crate::states::Clock;

/// A running simulator. Dropping it closes its connections and ends its thread.
pub struct Simulator {
    address: SocketAddr,
    ca_pem: Option<String>,
    shared: Arc<Shared>,
    running: Option<(oneshot::Sender<Infallible>, JoinHandle<()>)>,
}

impl Simulator {
    /// Serves the connections of `listener` from a thread of its own.
    pub(crate) fn run(listener: TcpListener, shared: Shared, ca_pem: Option<String>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(shared);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        runtime.spawn(server::accept(listener, Arc::clone(&shared)));
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("smsp-simulator".to_owned()).spawn(move || {
            // Ends when the simulator is dropped; the end of the runtime closes every connection.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { address, ca_pem, shared, running: Some((stop, thread)) })
    }

    /// The base URL for clients, ending in `/v1`.
    pub fn base_url(&self) -> String {
        match self.ca_pem {
            Some(_) => format!("https://localhost:{}/v1", self.address.port()),
            None => format!("http://{}/v1", self.address),
        }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that clients are to trust, in PEM; none without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Writes [`ca_pem`](Self::ca_pem) to a file.
    ///
    /// # Errors
    /// `InvalidInput` without TLS; else what the system answers.
    pub fn write_ca(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let pem = self.ca_pem();
        let pem = pem.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "without TLS there is no certificate"))?;
        std::fs::write(path, pem)
    }

    /// The entry that the service answers now for a number and a message id.
    pub fn expected(&self, phone_number: &str, message_id: &str) -> Entry {
        self.shared.service.states.entry(phone_number, message_id)
    }

    /// Sets the time by which the simulator answers from now on.
    pub fn set_clock(&self, clock: Clock) {
        self.shared.service.states.set_clock(clock);
    }

    /// Sets the API keys that are accepted from now on, for a key that is rotated: the old one, both, the new one.
    pub fn set_api_keys(&self, keys: &[&str]) {
        *self.shared.service.api_keys.lock().unwrap() = keys.iter().map(|&key| key.to_owned()).collect();
    }

    /// The requests seen so far, in the order of their arrival. A request is seen before its
    /// answer is sent.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log.seen.lock().unwrap().clone()
    }

    /// How many faults happened so far, by name.
    pub fn faults(&self) -> BTreeMap<&'static str, usize> {
        self.shared.log.faults()
    }

    /// How many TCP connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.log.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
