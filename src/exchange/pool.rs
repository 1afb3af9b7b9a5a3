//! The worker threads of a client. They are started when there is something to ask, and are at most `max_connections`.
//! When there is nothing more, the last one stays until there is something to ask again, or until the idle connections
//! are to be closed.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use super::ask::{Exchange, Scratch};
use super::call::Call;
use super::monitor::DeadlineMonitor;
use crate::error::{Code, Error, reason};
use crate::net::http::MAX_IDLE;
use crate::panics;
use crate::sys::threads::{join, spawn};
use crate::sys::{Generation, WorkGuard};

/// Calls wait here for a free connection. Their batches are taken in turn, so that a short list does not wait for the
/// end of a long one.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Exists as long as there are operations.
    monitor: Mutex<Weak<DeadlineMonitor>>,
    process: Generation,
}

struct Shared {
    exchange: Exchange,
    max_threads: usize,
    queue: Mutex<Queue>,
    /// Wakes the idle thread when the queue has changed.
    more: Condvar,
}

#[derive(Default)]
struct Queue {
    calls: VecDeque<Arc<Call>>,
    /// How many connections are in use, each by a thread, or by a caller for which no thread could be started.
    running: usize,
    /// Whether one of these threads has nothing to ask.
    is_idle: bool,
    /// Whether the client is being freed.
    ends: bool,
}

impl Pool {
    pub(crate) fn new(exchange: Exchange, max_threads: usize) -> Pool {
        let shared = Shared { exchange, max_threads, queue: Mutex::default(), more: Condvar::new() };
        let (threads, monitor) = (Mutex::default(), Mutex::default());
        Pool { shared: Arc::new(shared), threads, monitor, process: Generation::current() }
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// Asks about all batches of a call, and returns when the last one has ended. Does so in the calling thread if no
    /// thread can be started.
    pub(crate) fn run(&self, call: &Arc<Call>) {
        if call.batches() == 0 {
            return;
        }
        let mut queue = self.shared.lock();
        let mut here = self.start_threads(&mut queue, call).is_err();
        queue.running += usize::from(here);
        self.shared.add(queue, call);
        loop {
            if here {
                self.work_in_caller(call);
            }
            if call.wait_or_take_back() {
                return;
            }
            here = self.shared.take_slot();
        }
    }

    /// Lets threads ask about all batches of a call, and returns at once. Returns the monitor of the call, or None if
    /// there is nothing to ask. If no thread can be started, fails and asks nothing.
    pub(crate) fn start(&self, call: &Arc<Call>) -> Result<Option<Arc<DeadlineMonitor>>, Error> {
        if call.batches() == 0 {
            return Ok(None);
        }
        let monitor = self.monitor().map_err(|error| no_thread(&error))?;
        monitor.add(call).map_err(|error| no_thread(&error))?;
        let mut queue = self.shared.lock();
        self.start_threads(&mut queue, call).map_err(|error| no_thread(&error))?;
        self.shared.add(queue, call);
        Ok(Some(monitor))
    }

    /// The monitor of the running operations, or a new one.
    fn monitor(&self) -> io::Result<Arc<DeadlineMonitor>> {
        let mut current = self.monitor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(monitor) = current.upgrade() {
            return Ok(monitor);
        }
        let monitor = Arc::new(DeadlineMonitor::new()?);
        *current = Arc::downgrade(&monitor);
        Ok(monitor)
    }

    /// Starts threads for the batches of a call while connections are free. Fails if no thread can be started and none
    /// is there.
    fn start_threads(&self, queue: &mut Queue, call: &Call) -> io::Result<()> {
        // The idle thread takes a batch, and is not counted on for another call.
        let at_hand = usize::from(std::mem::take(&mut queue.is_idle));
        for _ in at_hand..call.batches() {
            if queue.running == self.shared.max_threads {
                break;
            }
            match self.start_thread() {
                Ok(()) => queue.running += 1,
                Err(error) if queue.running == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Starts a thread. The caller counts its slot, and may hold the lock of the queue meanwhile: the thread waits for
    /// it.
    fn start_thread(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = spawn("smsp-exchange", move || shared.work())?;
        self.keep(thread);
        Ok(())
    }

    /// Does the work of a call in the calling thread, in the slot that it has taken, since no thread could be started.
    /// It serves no other call. Others may rely on the slot by then: it goes to a thread if one can be started now;
    /// otherwise their callers do their own work.
    fn work_in_caller(&self, call: &Arc<Call>) {
        let mut scratch = Scratch::default();
        while let Some((number, _)) = call.take() {
            self.shared.serve(call, number, &mut scratch);
        }
        let mut queue = self.shared.lock();
        queue.calls.retain(|call| call.has_more());
        if queue.calls.is_empty() {
            queue.running -= 1;
        } else if let Err(error) = self.start_thread() {
            queue.running -= 1;
            let is_last = queue.running == 0;
            queue.calls.iter().for_each(|call| call.leave(is_last.then(|| no_thread(&error))));
        }
    }

    /// Keeps the handle of a thread, and joins the threads that have ended.
    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let (ended, running) = std::mem::take(&mut *threads).into_iter().partition(JoinHandle::is_finished);
        *threads = running;
        threads.push(thread);
        join(ended);
    }
}

impl Drop for Pool {
    /// Nothing is asked any more, so the threads are idle or about to end. A child of `fork` has none of them.
    fn drop(&mut self) {
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        if self.process != Generation::current() {
            return std::mem::forget(threads);
        }
        self.shared.lock().ends = true;
        self.shared.more.notify_all();
        join(threads);
    }
}

impl Shared {
    /// Asks about the batches of the calls in turn, until there are none.
    fn work(&self) {
        let mut scratch = Scratch::default();
        while let Some((call, number)) = self.next_or_end(&mut scratch) {
            self.serve(&call, number, &mut scratch);
        }
    }

    /// Asks about a batch of a call. A panic ends the call with an error.
    fn serve(&self, call: &Call, number: usize, scratch: &mut Scratch) {
        let _work = WorkGuard::begin();
        let served = panics::catch(|| {
            if let Some(batch) = call.batch(number) {
                self.exchange.ask(call, &batch, scratch);
            }
        });
        if let Err(message) = served {
            call.abandon(&Error::new(Code::Internal, format!("a defect of the library: {message}")));
        }
    }

    /// Puts a call into the queue.
    fn add(&self, mut queue: MutexGuard<'_, Queue>, call: &Arc<Call>) {
        queue.calls.push_back(Arc::clone(call));
        drop(queue);
        self.more.notify_one();
    }

    /// Takes a slot. Returns false if none is free.
    fn take_slot(&self) -> bool {
        let mut queue = self.lock();
        let is_free = queue.running < self.max_threads;
        queue.running += usize::from(is_free);
        is_free
    }

    /// Takes the next batch. If there is none, gives the slot back. A call that has more batches goes to the end of the
    /// queue under the same lock: otherwise a thread that finds the queue empty meanwhile would end, although the call
    /// needs it.
    fn next(&self) -> Option<(Arc<Call>, usize)> {
        let mut queue = self.lock();
        while let Some(call) = queue.calls.pop_front() {
            if let Some((number, has_more)) = call.take() {
                if has_more {
                    queue.calls.push_back(Arc::clone(&call));
                }
                return Some((call, number));
            }
        }
        queue.running -= 1;
        None
    }

    /// The same, except that the last thread stays until connections have been idle for so long that they are to be
    /// closed.
    fn next_or_end(&self, scratch: &mut Scratch) -> Option<(Arc<Call>, usize)> {
        let mut queue = self.lock();
        let is_last = queue.running == 1;
        if queue.calls.is_empty() && is_last && !queue.ends {
            self.exchange.store_scratch(std::mem::take(scratch));
            queue.is_idle = true;
            let quiet = |queue: &mut Queue| queue.calls.is_empty() && !queue.ends;
            queue = self.more.wait_timeout_while(queue, MAX_IDLE, quiet).unwrap_or_else(PoisonError::into_inner).0;
            queue.is_idle = false;
            if queue.calls.is_empty() && queue.running == 1 {
                self.exchange.free_idle();
            }
            *scratch = self.exchange.take_scratch();
        }
        drop(queue);
        self.next()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_thread(error: &io::Error) -> Error {
    Error::new(Code::Resource, format!("no thread or descriptor for an operation: {}", reason(error)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::config::Config;
    use crate::config::settings::Settings;
    use crate::plan::Plan;
    use crate::query::{Query, RawQuery};

    /// A pool whose batches have one message each.
    fn pool(options: &[(&str, &str)]) -> (Pool, Arc<Settings>) {
        let mut config = Config::new();
        for (name, value) in [("api_key", "key"), ("batch_size", "1")].iter().chain(options) {
            config.set(name, value).unwrap();
        }
        let settings = Arc::new(Settings::new(&config, &Arc::default()).unwrap());
        (Pool::new(Exchange::new(&settings, &Arc::default()), 4), settings)
    }

    fn call(settings: &Settings, ids: &[&str]) -> Arc<Call> {
        let queries: Vec<_> = ids.iter().map(|id| RawQuery::from(Query::new("+33612345678", id))).collect();
        let (plan, draft) = Plan::new(queries.into_iter(), settings.batch).unwrap();
        Arc::new(Call::new(1, plan, draft, None, None))
    }

    #[test]
    fn a_call_stays_in_the_queue_while_it_has_batches() {
        let (pool, settings) = pool(&[]);
        let call = |ids: &[&str]| call(&settings, ids);
        let (one, other) = (call(&["1", "2", "3"]), call(&["4", "5"]));
        pool.shared.lock().running = 1;
        for call in [&one, &other] {
            pool.shared.add(pool.shared.lock(), call);
        }
        // As several threads take them, in turn, before the first one is sent.
        for (call, number) in [(&one, 0), (&other, 0), (&one, 1), (&other, 1), (&one, 2)] {
            let (next, taken) = pool.shared.next().unwrap();
            assert!(Arc::ptr_eq(&next, call) && taken == number);
        }
        assert!(pool.shared.next().is_none());
        assert_eq!(pool.shared.lock().running, 0);
    }

    /// Answers the single message of a request, and closes the connection.
    fn answer(mut stream: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"]}") {
            let mut chunk = [0; 1024];
            let read = stream.read(&mut chunk).unwrap();
            request.extend(&chunk[..read]);
        }
        let request = String::from_utf8(request).unwrap();
        let asked = request.split_once("\"SMSStatut_List\":[{").unwrap().1.strip_suffix("}]}").unwrap();
        let body = format!(
            r#"{{"success":true,"code":200,"StatutResponse_List":[{{"success":true,"code":200,{asked},"status":"ko"}}]}}"#
        );
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    }

    #[test]
    fn a_caller_that_can_have_no_thread_gets_through_an_outage_too() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let base_url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        // Nothing listens for a while.
        let service = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            socket.listen(16).unwrap();
            TcpListener::from(socket).incoming().flatten().take(8).for_each(answer);
        });
        let (pool, settings) = pool(&[("base_url", &base_url), ("max_retries", "12"), ("retry_max_ms", "400")]);
        let (here, beside) = (call(&settings, &["1", "2", "3", "4"]), call(&settings, &["5", "6", "7", "8"]));
        thread::scope(|scope| {
            scope.spawn(|| pool.run(&beside));
            pool.shared.lock().running += 1;
            pool.work_in_caller(&here);
            here.wait(None);
        });
        for call in [here, beside] {
            assert_eq!(call.finish().error, None);
        }
        service.join().unwrap();
    }
}
