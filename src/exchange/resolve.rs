//! Looking up names: in a thread that can be left behind. What was found is used for a minute.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::threads;
use crate::error::{Code, Error};
use crate::settings::reason;

/// How long addresses are used before the name is looked up again.
const MAX_AGE: Duration = Duration::from_secs(60);

/// More addresses than this are not tried.
const MAX_ADDRESSES: usize = 16;

/// The names looked up so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Names {
    /// The addresses of a host. None for the time is no limit; the error is Timeout where it runs out.
    pub(crate) fn look_up(&self, host: &str, port: u16, time: Option<Duration>) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = format!("{host}:{port}");
        if let Some(addresses) = self.recent(&name) {
            return Ok(addresses);
        }
        let addresses = ask_system(&name, time)?;
        let known = Known { addresses: addresses.clone(), since: Instant::now() };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name, known);
        Ok(addresses)
    }

    /// Forgets all addresses: the next connection looks its name up again.
    pub(crate) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn recent(&self, name: &str) -> Option<Vec<SocketAddr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|known| known.since.elapsed() < MAX_AGE).map(|known| known.addresses.clone())
    }
}

/// The system's resolver cannot be interrupted, so it runs in a thread of its own, which holds nothing of ours.
fn ask_system(name: &str, time: Option<Duration>) -> Result<Vec<SocketAddr>, Error> {
    let (sender, receiver) = mpsc::sync_channel::<io::Result<Vec<SocketAddr>>>(1);
    let asked = name.to_owned();
    let look_up = move || {
        // Nobody listens any more where the time has run out.
        let _ = sender.send(asked.to_socket_addrs().map(|found| found.take(MAX_ADDRESSES).collect()));
    };
    threads::spawn("smsp-resolve", look_up)
        .map_err(|error| Error::new(Code::Resource, format!("no thread to look up {name}: {}", reason(&error))))?;
    let answer = match time {
        Some(time) => receiver
            .recv_timeout(time)
            .map_err(|_| Error::new(Code::Timeout, format!("connect_timeout_ms: cannot look up {name} in time")))?,
        None => receiver.recv().map_err(|_| Error::new(Code::Internal, "the look-up thread died"))?,
    };
    match answer {
        Ok(addresses) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(Error::new(Code::Connect, format!("{name} has no address"))),
        Err(error) => Err(Error::new(Code::Connect, format!("cannot look up {name}: {}", reason(&error)))),
    }
}

/// ureq looks names up before each request, also when a connection is at hand. Ours are looked up by the connector, as
/// part of connecting and within its time; here is only the placeholder that ureq wants.
#[derive(Debug)]
pub(crate) struct Later;

impl Resolver for Later {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut placeholder = self.empty();
        placeholder.push(SocketAddr::from(([0, 0, 0, 0], 0)));
        Ok(placeholder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_not_looked_up() {
        let names = Names::default();
        let found = names.look_up("::1", 80, None).unwrap();
        assert_eq!(found, ["[::1]:80".parse().unwrap()]);
        assert!(names.known.lock().unwrap().is_empty());
    }

    #[test]
    fn a_name_is_looked_up_once() {
        let names = Names::default();
        let found = names.look_up("localhost", 80, Some(Duration::from_secs(60))).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert_eq!(names.recent("localhost:80"), Some(found));
        names.forget();
        assert_eq!(names.recent("localhost:80"), None);
    }
}
