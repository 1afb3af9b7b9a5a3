//! Who asks: the calling thread as long as a connection is free, and beside it the threads of the client. Callers and
//! threads together use at most `max_connections` connections.
//!
//! Threads are started when there is something to ask and none is idle. They stay until the idle connections are to be
//! closed.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ask::{Exchange, Scratch, Shared as Ridden};
use super::call::{Call, Waited};
use super::monitor::DeadlineMonitor;
use super::pace::too_late;
use super::ride::Ride;
use super::together::Rider;
use crate::error::{Code, Error, reason};
use crate::net::http::MAX_IDLE;
use crate::panics;
use crate::sys::threads::{join, spawn};
use crate::sys::{Event, Generation, WorkGuard};

/// Calls wait here for a free connection. Their batches are taken in turn, so that a short list does not wait for the
/// end of a long one.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    process: Generation,
}

struct Shared {
    exchange: Exchange,
    max_connections: usize,
    queue: Mutex<Queue>,
    /// Wakes idle threads, one for each that is called.
    called: Condvar,
    /// Wakes the thread that waits for the next moment when the client is freed.
    ends: Condvar,
    /// Looks after the operations. It exists as long as they or threads do.
    monitor: Mutex<Option<Arc<DeadlineMonitor>>>,
}

struct Queue {
    /// Calls with batches that nobody has taken. The others are removed when they are met.
    calls: VecDeque<Arc<Call>>,
    /// Batches that were in shared requests and are to be asked alone. They go first.
    alone: VecDeque<Rider>,
    /// How many calls may share a request. It is halved when a shared request fails for another reason than its calls.
    most_riders: usize,
    /// How many connections are in use, each by a thread or by a caller.
    in_use: usize,
    /// When a connection was last in use.
    last_use: Instant,
    /// How many threads have nothing to do.
    idle: usize,
    /// How many other threads had nothing to do and are called. A connection is in use for each.
    called: usize,
    /// Whether a thread waits for the next moment that `requests_per_second` allows. It takes all that wait then.
    is_pacing: bool,
    /// Whether the client is being freed.
    ends: bool,
}

/// How many calls may always share a request.
const LEAST_RIDERS: usize = 2;

/// What a thread is to ask.
enum Work {
    /// A batch of a call.
    Batch(Rider),
    /// Batches of several calls, in one request.
    Together(Vec<Rider>, Arc<Ride>),
}

impl Pool {
    pub(crate) fn new(exchange: Exchange, max_connections: usize) -> Pool {
        let queue = Queue {
            calls: VecDeque::new(),
            alone: VecDeque::new(),
            most_riders: exchange.batch_size(),
            in_use: 0,
            last_use: Instant::now(),
            idle: 0,
            called: 0,
            is_pacing: false,
            ends: false,
        };
        let (queue, called, ends, monitor) = (Mutex::new(queue), Condvar::new(), Condvar::new(), Mutex::default());
        let shared = Shared { exchange, max_connections, queue, called, ends, monitor };
        Pool { shared: Arc::new(shared), threads: Mutex::default(), process: Generation::current() }
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// Asks about all batches of a call, and returns when the last one has ended. Returns false if this process was
    /// forked meanwhile: then nothing of the call can be used but its texts.
    pub(crate) fn run(&self, call: &Arc<Call>) -> bool {
        let mut queue = self.shared.lock();
        // Where requests are paced, a thread takes all that wait at each moment.
        let is_free = queue.in_use < self.shared.max_connections && !self.shared.is_paced();
        let mut here = call.batches() > 0 && is_free;
        queue.in_use += usize::from(here);
        if call.batches() > usize::from(here) {
            queue.calls.push_back(Arc::clone(call));
            let engaged = self.engage(queue, call.batches() - usize::from(here));
            // The caller asks about all batches if no thread can be had.
            here = here || engaged.is_err() && self.shared.take_connection();
        } else {
            drop(queue);
        }
        loop {
            if here {
                self.work_in_caller(call);
            }
            match call.wait_or_take_back() {
                Waited::Left => here = self.shared.take_connection(),
                waited => return waited != Waited::Forked,
            }
        }
    }

    /// Lets threads ask about all batches of a call, and returns at once. Returns the monitor of the call, or None if
    /// there is nothing to ask. If no thread can be started, fails and asks nothing.
    pub(crate) fn start(&self, call: &Arc<Call>) -> Result<Option<Arc<DeadlineMonitor>>, Error> {
        if call.batches() == 0 {
            return Ok(None);
        }
        let monitor = self.monitor().and_then(|monitor| monitor.add(call).map(|()| monitor));
        let monitor = monitor.map_err(|error| no_thread(&error))?;
        let mut queue = self.shared.lock();
        queue.calls.push_back(Arc::clone(call));
        if let Err(error) = self.engage(queue, call.batches()) {
            self.shared.lock().calls.retain(|other| !Arc::ptr_eq(other, call));
            return Err(no_thread(&error));
        }
        Ok(Some(monitor))
    }

    /// The monitor of the operations.
    fn monitor(&self) -> io::Result<Arc<DeadlineMonitor>> {
        let mut monitor = self.shared.monitor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(monitor) = &*monitor {
            return Ok(Arc::clone(monitor));
        }
        Ok(Arc::clone(monitor.insert(Arc::new(DeadlineMonitor::new()?))))
    }

    /// Gives free connections to this many threads: to idle ones, or else to new ones. Fails if no thread can be
    /// started and nobody uses a connection.
    fn engage(&self, mut queue: MutexGuard<'_, Queue>, most: usize) -> io::Result<()> {
        // While one thread waits for the next moment, another one is to be at hand for the moment after it.
        let most = if queue.is_pacing { usize::from(queue.idle == 0) } else { most };
        let free = most.min(self.shared.max_connections - queue.in_use);
        let woken = free.min(queue.idle);
        queue.call_idle(woken);
        let started = (woken..free).try_for_each(|_| {
            self.start_thread()?;
            queue.in_use += 1;
            Ok(())
        });
        let is_served = queue.in_use > 0;
        drop(queue);
        (0..woken).for_each(|_| self.shared.called.notify_one());
        started.or_else(|error| if is_served { Ok(()) } else { Err(error) })
    }

    /// Starts a thread, which has a connection. The caller counts it, and may hold the lock of the queue meanwhile: the
    /// thread waits for it.
    fn start_thread(&self) -> io::Result<()> {
        let interrupt = Arc::new(Event::new()?);
        let shared = Arc::clone(&self.shared);
        let thread = spawn("smsp-exchange", move || shared.work(&interrupt))?;
        self.keep(thread);
        Ok(())
    }

    /// Asks about the batches of a call in the calling thread, which has a connection. When all of them are taken, or
    /// others wait, the connection goes to the others.
    fn work_in_caller(&self, call: &Arc<Call>) {
        let _work = WorkGuard::begin();
        let mut scratch = self.exchange().take_scratch();
        let others_wait = || self.shared.lock().calls.iter().any(|other| !Arc::ptr_eq(other, call));
        while let Some((number, has_more)) = call.take(None) {
            self.shared.serve(call, number, false, &mut scratch);
            if call.is_inherited() {
                return;
            }
            if has_more && others_wait() {
                break;
            }
        }
        self.exchange().store_scratch(scratch);
        self.hand_on(call);
    }

    /// Gives the connection of a caller to a thread if somebody waits for one. If no thread can be had, those who wait
    /// ask in their own threads.
    fn hand_on(&self, call: &Arc<Call>) {
        let mut queue = self.shared.lock();
        if !queue.calls.is_empty() {
            queue.calls.retain(|other| !Arc::ptr_eq(other, call) && other.has_more());
            if call.has_more() {
                queue.calls.push_back(Arc::clone(call));
            }
        }
        queue.release();
        if !queue.has_work() {
            return;
        }
        if queue.idle > 0 {
            queue.call_idle(1);
            drop(queue);
            self.shared.called.notify_one();
        } else if let Err(error) = self.start_thread() {
            let is_last = queue.in_use == 0;
            queue.calls.iter().for_each(|call| call.leave(is_last.then(|| no_thread(&error))));
        } else {
            queue.in_use += 1;
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
        self.shared.called.notify_all();
        self.shared.ends.notify_all();
        join(threads);
    }
}

impl Queue {
    /// Gives free connections to this many idle threads, which are to be notified.
    fn call_idle(&mut self, threads: usize) {
        self.idle -= threads;
        self.called += threads;
        self.in_use += threads;
    }

    /// Gives free connections to idle threads, as far as there is something to ask, but to no more than `most`. Returns
    /// how many are to be notified.
    fn call_for_work(&mut self, max_connections: usize, most: usize) -> usize {
        let work = self.calls.len() + self.alone.len();
        let threads = work.min(most).min(self.idle).min(max_connections - self.in_use);
        self.call_idle(threads);
        threads
    }

    fn has_work(&self) -> bool {
        !self.calls.is_empty() || !self.alone.is_empty()
    }

    /// Ends the calls that would still wait at their deadline: no request may start before this moment.
    fn give_up_before(&mut self, moment: Instant) {
        for call in &self.calls {
            if let Some(deadline) = call.deadline.filter(|deadline| deadline.at <= moment) {
                call.give_up_all(&too_late(deadline));
            }
        }
    }

    /// Ends the calls that wait: the service refuses the key or the account.
    fn refuse(&mut self, error: &Error) {
        self.calls.drain(..).for_each(|call| call.give_up_waiting(error));
        self.alone.drain(..).for_each(|(call, _)| call.give_up_waiting(error));
    }

    /// Takes back a connection.
    fn release(&mut self) {
        self.in_use -= 1;
        self.last_use = Instant::now();
    }

    /// Takes what is to be asked next. A call that has more goes to the end of the queue. A request takes the last, not
    /// full batches of all calls that wait, as far as it has room for them.
    fn take(&mut self, interrupt: &Arc<Event>, room: usize) -> Option<Work> {
        while let Some((call, number)) = self.alone.pop_front() {
            if call.take_again(number, interrupt) {
                return Some(Work::Batch((call, number)));
            }
        }
        while let Some(call) = self.calls.pop_front() {
            let riders = self.riders(&call, room);
            if riders.len() > 1 {
                let ride = Arc::new(Ride::new(interrupt));
                let take = |call: Arc<Call>| call.take_for(&ride).map(|number| (call, number));
                let riders: Vec<_> = riders.into_iter().filter_map(take).collect();
                return Some(Work::Together(riders, ride));
            }
            if let Some((number, has_more)) = call.take(Some(interrupt)) {
                if has_more {
                    self.calls.push_back(Arc::clone(&call));
                }
                return Some(Work::Batch((call, number)));
            }
        }
        None
    }

    /// Removes from the queue the calls that may share a request with this one, and returns them all.
    fn riders(&mut self, first: &Arc<Call>, mut room: usize) -> Vec<Arc<Call>> {
        let mut riders = vec![Arc::clone(first)];
        let most = self.most_riders;
        let mut fits = |call: &Call, count: usize| match call.rows_to_share() {
            Some(rows) if rows <= room && count < most => {
                room -= rows;
                true
            }
            _ => false,
        };
        if !self.calls.is_empty() && fits(first, 0) {
            self.calls.retain(|call| {
                let rides = fits(call, riders.len());
                if rides {
                    riders.push(Arc::clone(call));
                }
                !rides
            });
        }
        riders
    }

    /// How long an idle thread stays if nothing happens.
    fn time_to_stay(&self) -> Duration {
        if self.ends { Duration::ZERO } else { MAX_IDLE.saturating_sub(self.last_use.elapsed()) }
    }
}

impl Shared {
    /// What a thread does: it asks about the batches of the calls in turn.
    fn work(&self, interrupt: &Arc<Event>) {
        let mut scratch = working(|| self.exchange.take_scratch());
        while let Some(work) = self.next(interrupt, &mut scratch) {
            let _work = WorkGuard::begin();
            match work {
                Work::Batch((call, number)) => self.serve(&call, number, true, &mut scratch),
                Work::Together(riders, ride) => self.serve_together(&riders, &ride, &mut scratch),
            }
        }
    }

    /// Asks about batches of several calls in one request. A panic ends these batches with an error.
    fn serve_together(&self, riders: &[Rider], ride: &Arc<Ride>, scratch: &mut Scratch) {
        let served = panics::catch(|| {
            let (together, apart) = self.exchange.put_together(riders, ride);
            self.put_back(&apart, ride);
            self.exchange.ask_together(&together, ride, scratch, |error| self.lock().refuse(error))
        });
        let ridden = served.unwrap_or_else(|message| {
            let error = defect(&message);
            riders.iter().for_each(|(call, number)| call.failed_together(*number, ride, &error));
            Ridden::Alone
        });
        let mut queue = self.lock();
        match ridden {
            Ridden::Ended => queue.most_riders = (queue.most_riders + 1).min(self.exchange.batch_size()),
            Ridden::Split => queue.most_riders = (riders.len() / 2).max(LEAST_RIDERS),
            Ridden::Alone => {}
        }
        // What has ended does not get off.
        let rest = riders.iter().filter(|(call, number)| call.get_off(*number, ride));
        queue.alone.extend(rest.cloned());
        let called = queue.call_for_work(self.max_connections, usize::MAX);
        drop(queue);
        (0..called).for_each(|_| self.called.notify_one());
        ride.cancel.clone().let_go();
    }

    /// Puts calls back to the front of the queue: they could not be put together with the others.
    fn put_back(&self, apart: &[Rider], ride: &Arc<Ride>) {
        if apart.is_empty() {
            return;
        }
        let mut queue = self.lock();
        for (call, _) in apart.iter().rev().filter(|(call, number)| call.wait_again(*number, ride)) {
            queue.calls.push_front(Arc::clone(call));
        }
        let called = queue.call_for_work(self.max_connections, usize::MAX);
        drop(queue);
        (0..called).for_each(|_| self.called.notify_one());
    }

    /// Asks about a batch of a call. `has_moment` says whether the first request may start now. A panic ends the call with
    /// an error.
    fn serve(&self, call: &Call, number: usize, has_moment: bool, scratch: &mut Scratch) {
        let served = panics::catch(|| {
            if let Some(batch) = call.batch(number) {
                self.exchange.ask(call, &batch, has_moment, scratch, |error| self.lock().refuse(error));
            }
        });
        if let Err(message) = served {
            call.abandon(number, &defect(&message));
        }
    }

    /// Takes a connection. Returns false if none is free.
    fn take_connection(&self) -> bool {
        let mut queue = self.lock();
        let is_free = queue.in_use < self.max_connections;
        queue.in_use += usize::from(is_free);
        is_free
    }

    /// Takes the next batch for a thread, which has a connection. If there is none, the thread gives its connection
    /// back and waits until it is called. It ends (None) when connections have been idle for so long that they are to be
    /// closed, and the last one closes them.
    fn next(&self, interrupt: &Arc<Event>, scratch: &mut Scratch) -> Option<Work> {
        let mut queue = self.lock();
        loop {
            let next;
            (queue, next) = self.take(queue, interrupt);
            if next.is_some() {
                self.leave_the_next_moment(queue);
                return next;
            }
            queue.release();
            queue.idle += 1;
            working(|| self.exchange.store_scratch(std::mem::take(scratch)));
            while queue.called == 0 {
                let time = queue.time_to_stay();
                if time.is_zero() {
                    queue.idle -= 1;
                    if queue.idle == 0 && queue.in_use == 0 {
                        self.exchange.free_idle();
                        // Operations that nobody has freed keep it.
                        self.monitor.lock().unwrap_or_else(PoisonError::into_inner).take();
                    }
                    return None;
                }
                queue = self.called.wait_timeout(queue, time).unwrap_or_else(PoisonError::into_inner).0;
            }
            queue.called -= 1;
            *scratch = working(|| self.exchange.take_scratch());
        }
    }

    /// Takes what is to be asked next. Where requests are paced, one thread waits for the next moment, and takes what
    /// waits then; None for the others.
    fn take<'q>(
        &'q self,
        mut queue: MutexGuard<'q, Queue>,
        interrupt: &Arc<Event>,
    ) -> (MutexGuard<'q, Queue>, Option<Work>) {
        let (pace, room) = (&self.exchange.pace, self.exchange.batch_size());
        if !pace.is_limited() {
            let next = queue.take(interrupt, room);
            return (queue, next);
        }
        let mut next = None;
        while !queue.is_pacing && !queue.ends && queue.has_work() && next.is_none() {
            let moment = pace.next().unwrap_or_else(Instant::now);
            queue.give_up_before(moment);
            let time = moment.saturating_duration_since(Instant::now());
            if !time.is_zero() {
                queue.is_pacing = true;
                queue = self.ends.wait_timeout(queue, time).unwrap_or_else(PoisonError::into_inner).0;
                queue.is_pacing = false;
            }
            next = pace.at_moment(|| queue.take(interrupt, room));
        }
        (queue, next)
    }

    /// Where requests are paced and there is more to ask, has an idle thread wait for the next moment.
    fn leave_the_next_moment(&self, mut queue: MutexGuard<'_, Queue>) {
        if self.is_paced() && !queue.is_pacing && queue.call_for_work(self.max_connections, 1) > 0 {
            drop(queue);
            self.called.notify_one();
        }
    }

    fn is_paced(&self) -> bool {
        self.exchange.pace.is_limited()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what counts as work of this thread.
fn working<T>(run: impl FnOnce() -> T) -> T {
    let _work = WorkGuard::begin();
    run()
}

fn defect(message: &str) -> Error {
    Error::new(Code::Internal, format!("a defect of the library: {message}"))
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
        Arc::new(Call::new(1, plan, draft, None, false))
    }

    #[test]
    fn a_call_stays_in_the_queue_while_it_has_batches() {
        let (pool, settings) = pool(&[]);
        let call = |ids: &[&str]| call(&settings, ids);
        let (one, other) = (call(&["1", "2", "3"]), call(&["4", "5"]));
        let interrupt = Arc::new(Event::new().unwrap());
        let mut queue = pool.shared.lock();
        queue.calls.extend([&one, &other].map(Arc::clone));
        // As several threads take them, in turn, before the first one is sent.
        for (call, number) in [(&one, 0), (&other, 0), (&one, 1), (&other, 1), (&one, 2)] {
            let Some(Work::Batch((next, taken))) = queue.take(&interrupt, 1) else { panic!("no batch") };
            assert!(Arc::ptr_eq(&next, call) && taken == number);
        }
        assert!(queue.take(&interrupt, 1).is_none() && queue.calls.is_empty());
    }

    #[test]
    fn the_last_batches_of_calls_that_wait_go_together() {
        let (pool, settings) = pool(&[("batch_size", "4")]);
        let call = |ids: &[&str]| call(&settings, ids);
        let long = call(&["1", "2", "3", "4", "5", "6"]);
        let [full, two, three, one] =
            [call(&["1", "2", "3", "4"]), call(&["7", "8"]), call(&["9", "10", "11"]), call(&["12"])];
        let interrupt = Arc::new(Event::new().unwrap());
        let mut queue = pool.shared.lock();
        queue.calls.extend([&long, &two, &full, &three, &one].map(Arc::clone));
        let mut next = || match queue.take(&interrupt, 4) {
            Some(Work::Batch(rider)) => vec![rider],
            Some(Work::Together(riders, _)) => riders,
            None => Vec::new(),
        };
        let mut takes = |expected: &[(&Arc<Call>, usize)]| {
            let taken = next();
            assert_eq!(taken.len(), expected.len());
            assert!(
                taken
                    .iter()
                    .zip(expected)
                    .all(|(taken, (call, number))| { Arc::ptr_eq(&taken.0, call) && taken.1 == *number })
            );
        };
        takes(&[(&long, 0)]);
        takes(&[(&two, 0), (&one, 0)]);
        takes(&[(&full, 0)]);
        takes(&[(&three, 0)]);
        takes(&[(&long, 1)]);
        takes(&[]);
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
            assert!(pool.shared.take_connection());
            pool.work_in_caller(&here);
            here.wait(None);
        });
        for call in [here, beside] {
            assert_eq!(call.finish().error, None);
        }
        service.join().unwrap();
    }
}
