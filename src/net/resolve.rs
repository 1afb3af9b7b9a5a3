//! The DNS cache. Names are looked up in threads that can be left behind, and the addresses are used for a minute.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::wait::{PollSet, is_time_limit};
use crate::error::{Code, Error, reason};
use crate::panics;
use crate::sys::threads;
use crate::sys::{Event, in_english, is_exhaustion};

/// How long addresses are used before the name is looked up again.
const MAX_AGE: Duration = Duration::from_secs(60);

/// The lookups by name, both those that have ended and those that are running.
#[derive(Clone, Debug, Default)]
pub(crate) struct DnsCache {
    known: Arc<Mutex<HashMap<String, Arc<Lookup>>>>,
}

/// One lookup by the system, shared by all who need the name meanwhile. So a resolver that hangs holds one thread,
/// however often it is asked.
#[derive(Debug)]
struct Lookup {
    found: OnceLock<Resolved>,
    /// Set when the lookup ends, and removed then, so that a cached result holds no descriptor.
    ended: Mutex<Option<Arc<Event>>>,
}

#[derive(Debug)]
struct Resolved {
    /// The addresses without a port, or why there are none.
    addresses: Result<Vec<SocketAddr>, (Code, String)>,
    since: Instant,
}

impl DnsCache {
    /// Returns the addresses of a host, with those to be tried first in front. An address needs no lookup. If the
    /// deadline passes, the error has the code `Timeout`.
    pub(crate) fn look_up(&self, host: &str, port: u16, deadline: Option<Instant>) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let look_up = self.current(host)?;
        let mut addresses = look_up.wait(host, deadline)?;
        addresses.iter_mut().for_each(|address| address.set_port(port));
        Ok(addresses)
    }

    /// Forgets all addresses: the next connection looks up its name again.
    pub(crate) fn forget(&self) {
        self.lock().retain(|_, look_up| look_up.found.get().is_none());
    }

    /// The lookup to use for this name now: one that is running, one with recent addresses, or a new one.
    fn current(&self, host: &str) -> Result<Arc<Lookup>, Error> {
        let mut known = self.lock();
        if let Some(look_up) = known.get(host).filter(|look_up| look_up.is_current()) {
            return Ok(Arc::clone(look_up));
        }
        let look_up = Lookup::start(host)?;
        known.insert(host.to_owned(), Arc::clone(&look_up));
        Ok(look_up)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Lookup>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup {
    /// Starts a lookup. The system's resolver cannot be interrupted, so it runs in a thread of its own, which holds
    /// nothing of a client. Fails if there is no thread or descriptor left.
    fn start(host: &str) -> Result<Arc<Lookup>, Error> {
        let cannot = |error| Error::new(Code::Resource, format!("no thread to look up {host}: {}", reason(&error)));
        let ended = Arc::new(Event::new().map_err(cannot)?);
        let look_up = Arc::new(Lookup { found: OnceLock::new(), ended: Mutex::new(Some(ended)) });
        let (asked, answer) = (host.to_owned(), Arc::clone(&look_up));
        threads::spawn("smsp-resolve", move || {
            let found = in_english(|| panics::catch(|| ask_system(&asked)));
            answer.end(found.unwrap_or_else(|message| Err((Code::Internal, message))));
        })
        .map_err(cannot)?;
        Ok(look_up)
    }

    fn end(&self, addresses: Result<Vec<SocketAddr>, (Code, String)>) {
        // A lookup ends only once.
        let _ = self.found.set(Resolved { addresses, since: Instant::now() });
        if let Some(ended) = self.lock().take() {
            ended.set();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Event>>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_current(&self) -> bool {
        self.found.get().is_none_or(|found| found.addresses.is_ok() && found.since.elapsed() < MAX_AGE)
    }

    fn wait(&self, host: &str, deadline: Option<Instant>) -> Result<Vec<SocketAddr>, Error> {
        loop {
            let ended = self.lock().clone();
            if let Some(Resolved { addresses, .. }) = self.found.get() {
                let cannot = |(code, reason)| Error::new(code, format!("cannot look up {host}: {reason}"));
                return addresses.clone().map_err(cannot);
            }
            let Some(ended) = ended else { continue };
            PollSet::new().readable(&*ended).until(deadline).map_err(|error| match is_time_limit(&error) {
                true => Error::new(Code::Timeout, format!("no address of {host}")),
                false => Error::new(Code::Connect, format!("cannot wait for an address of {host}: {}", reason(&error))),
            })?;
        }
    }
}

fn ask_system(host: &str) -> Result<Vec<SocketAddr>, (Code, String)> {
    let code = |error: &io::Error| if is_exhaustion(error) { Code::Resource } else { Code::Connect };
    let found = (host, 0).to_socket_addrs().map_err(|error| (code(&error), reason(&error)))?;
    Ok(interleaved(found.collect()))
}

/// Alternates between the two address families, beginning with the one that the system prefers (RFC 8305, section 4).
/// Returns no more addresses than can be tried at a time.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first_family = |address: &SocketAddr| address.is_ipv6() == addresses[0].is_ipv6();
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(is_first_family);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let turns = std::iter::from_fn(|| Some([first.next(), second.next()]));
    turns.take(addresses.len()).flatten().flatten().take(PollSet::MOST).collect()
}

/// A placeholder. ureq looks up names before each request, even if there is a connection. In this library the connector
/// looks them up, as part of connecting and within its time limit.
#[derive(Debug)]
pub(crate) struct NoopResolver;

impl Resolver for NoopResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut placeholder = self.empty();
        placeholder.push(SocketAddr::from(([0, 0, 0, 0], 0)));
        Ok(placeholder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::cancel::CancelToken;
    use crate::net::wait::with_cancel_token;

    #[test]
    fn addresses_are_not_looked_up() {
        let names = DnsCache::default();
        let found = names.look_up("::1", 80, None).unwrap();
        assert_eq!(found, ["[::1]:80".parse().unwrap()]);
        assert!(names.lock().is_empty());
    }

    #[test]
    fn a_name_is_looked_up_once() {
        let names = DnsCache::default();
        let found = names.look_up("localhost", 80, None).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        let first = names.current("localhost").unwrap();
        assert_eq!(names.look_up("localhost", 80, Some(Instant::now())), Ok(found));
        assert!(Arc::ptr_eq(&first, &names.current("localhost").unwrap()));
        names.forget();
        assert!(!Arc::ptr_eq(&first, &names.current("localhost").unwrap()));
    }

    #[test]
    fn addresses_are_used_for_a_minute_and_failures_not_at_all() {
        let look_up = |addresses, age| {
            let since = Instant::now().checked_sub(Duration::from_secs(age)).unwrap();
            Lookup { found: Resolved { addresses, since }.into(), ended: Mutex::default() }
        };
        assert!(look_up(Ok(Vec::new()), 59).is_current());
        assert!(!look_up(Ok(Vec::new()), 61).is_current());
        assert!(!look_up(Err((Code::Connect, "no such name".to_owned())), 0).is_current());
    }

    #[test]
    fn a_wait_for_addresses_ends_at_the_deadline_or_when_cancelled() {
        let ended = Mutex::new(Some(Event::new().unwrap().into()));
        let hanging = Lookup { found: OnceLock::new(), ended };
        assert_eq!(hanging.wait("host", Some(Instant::now())).unwrap_err().code(), Code::Timeout);
        let cancel = CancelToken::alone().unwrap();
        cancel.cancel();
        assert_eq!(with_cancel_token(Some(&cancel), || hanging.wait("host", None)).unwrap_err().code(), Code::Connect);
        hanging.end(Ok(Vec::new()));
        assert_eq!(hanging.wait("host", None), Ok(Vec::new()));
    }

    #[test]
    fn families_take_turns() {
        let addresses = |list: &str| list.split(' ').map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
        for (found, tried) in [
            ("::1 ::2 ::3 10.0.0.1 10.0.0.2", "::1 10.0.0.1 ::2 10.0.0.2 ::3"),
            ("10.0.0.1 ::1 ::2 ::3", "10.0.0.1 ::1 ::2 ::3"),
            ("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2"),
        ] {
            let tried: Vec<SocketAddr> = addresses(tried);
            assert_eq!(interleaved(addresses(found)), tried);
        }
        assert!(interleaved(Vec::new()).is_empty());
        assert_eq!(interleaved(vec![SocketAddr::from(([127, 0, 0, 1], 0)); 40]).len(), PollSet::MOST);
    }
}
