//! Windows: only sockets can be waited for, with `select`. There are no signals and no fork.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::os::windows::io::{AsHandle, AsRawSocket};
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use windows_sys::Win32::Foundation::{ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_TOO_MANY_OPEN_FILES};
use windows_sys::Win32::Networking::WinSock::{
    FD_SET, INVALID_SOCKET, SOCKET, SOCKET_ERROR, TIMEVAL, WSAEMFILE, WSAENOBUFS, WSAEWOULDBLOCK, WSAGetLastError,
    WSAHOST_NOT_FOUND, WSANO_DATA, WSATRY_AGAIN, select,
};
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};

/// What can be waited for, its borrowed socket, and its raw socket: the same names on all systems.
pub(crate) use std::os::windows::io::{AsSocket as Waitable, BorrowedSocket as Descriptor, RawSocket as RawDescriptor};

/// Not a socket. [`poll`] ignores it.
pub(crate) const NO_DESCRIPTOR: RawDescriptor = INVALID_SOCKET as RawDescriptor;

/// The borrowed socket of something that can be waited for.
pub(crate) fn descriptor(waitable: &impl Waitable) -> Descriptor<'_> {
    waitable.as_socket()
}

/// The raw socket of something that can be waited for.
pub(crate) fn raw(waitable: &impl Waitable) -> RawDescriptor {
    waitable.as_socket().as_raw_socket()
}

/// The same, in the type of the C interface. Handles fit into 32 bits, even where they are wider.
pub(crate) fn number(waitable: &impl Waitable) -> i32 {
    raw(waitable) as i32
}

/// How long to wait for a byte that is sent within this process. It takes microseconds.
const DELIVERY: Duration = Duration::from_secs(1);

/// An event whose socket is readable, for `select` and the like, while it is set. Child processes do not inherit it.
///
/// The socket is connected to another one of this process, which sends it a byte, and never more than one.
#[derive(Debug)]
pub(crate) struct Event {
    receiver: TcpStream,
    sender: TcpStream,
    has_happened: Mutex<bool>,
}

impl Event {
    /// An event that is not set. Fails if there is no socket left.
    pub(crate) fn new() -> io::Result<Event> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(16)?;
        let receiver = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        receiver.connect(&listener.local_addr()?)?;
        let sender = accept(&listener, &receiver)?;
        for socket in [&receiver, &sender] {
            socket.set_nonblocking(true)?;
            // Otherwise the port would stay in use for a while after the end, as for a distant peer.
            socket.set_linger(Some(Duration::ZERO))?;
        }
        sender.set_tcp_nodelay(true)?;
        Ok(Event { receiver: receiver.into(), sender: sender.into(), has_happened: Mutex::new(false) })
    }

    /// Sets the event. Doing so again changes nothing. Whoever checks after that sees it.
    pub(crate) fn set(&self) {
        let mut has_happened = self.lock();
        if !*has_happened && (&self.sender).write(&[1]).is_ok() {
            *has_happened = true;
            // If it takes longer, the byte arrives later.
            let _ = poll(&mut [Polled::readable(raw(&self.receiver))], Some(DELIVERY));
        }
    }

    /// Clears the event.
    pub(crate) fn clear(&self) {
        let mut has_happened = self.lock();
        // There is nothing to read if it is not set.
        let _ = (&self.receiver).read(&mut [0; 2]);
        *has_happened = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.has_happened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waitable for Event {
    fn as_socket(&self) -> Descriptor<'_> {
        self.receiver.as_socket()
    }
}

/// Accepts the other end of `connected`. Any program of this machine may connect first: its connection is dropped.
fn accept(listener: &Socket, connected: &Socket) -> io::Result<Socket> {
    let address = connected.local_addr()?;
    loop {
        let (socket, peer) = listener.accept()?;
        if peer.as_socket() == address.as_socket() {
            return Ok(socket);
        }
    }
}

/// A socket, what it is waited for, and whether it is ready.
#[derive(Clone, Copy)]
pub(crate) struct Polled {
    socket: RawDescriptor,
    for_writing: bool,
    is_ready: bool,
}

impl Polled {
    pub(crate) const fn readable(socket: RawDescriptor) -> Polled {
        Polled { socket, for_writing: false, is_ready: false }
    }

    pub(crate) const fn writable(socket: RawDescriptor) -> Polled {
        Polled { socket, for_writing: true, is_ready: false }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.is_ready
    }
}

/// Waits until one of these is ready, or for `time` (None means no limit). There must be fewer than FD_SETSIZE. Uses
/// `select`, since `WSAPoll` reports connections that fail only since Windows 10 of 2020.
pub(crate) fn poll(list: &mut [Polled], time: Option<Duration>) -> io::Result<()> {
    let mut readable = fd_set(list.iter().filter(|polled| !polled.for_writing));
    let mut writable = fd_set(list.iter().filter(|polled| polled.for_writing));
    if readable.fd_count + writable.fd_count == 0 {
        // `select` refuses to wait for nothing.
        thread::sleep(time.unwrap_or(Duration::MAX));
        return Ok(());
    }
    // Connections that fail.
    let mut failed = writable;
    let time = time.map(timeval);
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the sets and the time live until the end; the first number is ignored.
    if unsafe { select(0, &mut readable, &mut writable, &mut failed, time) } == SOCKET_ERROR {
        // SAFETY: it takes no arguments.
        return Err(io::Error::from_raw_os_error(unsafe { WSAGetLastError() }));
    }
    for polled in list {
        polled.is_ready =
            [&readable, &writable, &failed].iter().any(|set| members(set).contains(&(polled.socket as SOCKET)));
    }
    Ok(())
}

/// A set of these sockets, for `select`.
fn fd_set<'a>(list: impl Iterator<Item = &'a Polled>) -> FD_SET {
    let mut set = FD_SET::default();
    let sockets = list.filter(|polled| polled.socket != NO_DESCRIPTOR);
    for (index, polled) in set.fd_array.iter_mut().zip(sockets) {
        *index = polled.socket as SOCKET;
        set.fd_count += 1;
    }
    set
}

fn members(set: &FD_SET) -> &[SOCKET] {
    &set.fd_array[..set.fd_count as usize]
}

/// The time for `select`, rounded up.
fn timeval(time: Duration) -> TIMEVAL {
    let time = time.saturating_add(Duration::from_nanos(999));
    TIMEVAL { tv_sec: i32::try_from(time.as_secs()).unwrap_or(i32::MAX), tv_usec: time.subsec_micros() as i32 }
}

/// Whether the error of a non-blocking connect says that the connection is still being established.
pub(crate) fn is_connecting(error: &io::Error) -> bool {
    error.raw_os_error() == Some(WSAEWOULDBLOCK)
}

/// Whether an error says that handles or memory are used up.
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    let of_system = [ERROR_TOO_MANY_OPEN_FILES, ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY].map(|number| number as i32);
    error.raw_os_error().is_some_and(|number| [WSAEMFILE, WSAENOBUFS].contains(&number) || of_system.contains(&number))
}

/// Runs `run`, which starts a thread. From then on the library stays loaded: otherwise FreeLibrary would remove the
/// code that the thread runs.
pub(crate) fn while_starting_thread<T>(run: impl FnOnce() -> T) -> T {
    let mut module = ptr::null_mut();
    let flags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
    // SAFETY: with this flag it takes any address in a module; the handle lives until the end.
    unsafe { GetModuleHandleExW(flags, (is_connecting as *const ()).cast(), &mut module) };
    run()
}

/// There is no fork, so all generations are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation;

impl Generation {
    pub(crate) fn current() -> Generation {
        Generation
    }

    pub(crate) fn was_at_rest(self) -> bool {
        true
    }
}

/// There is no fork.
pub(crate) fn was_forked_at_work() -> bool {
    false
}

/// Exists while a thread uses what a client keeps. Nothing checks it here.
pub(crate) struct WorkGuard;

impl WorkGuard {
    pub(crate) fn begin() -> WorkGuard {
        WorkGuard
    }
}

/// A socket that is kept for more than a moment.
#[derive(Debug)]
pub(crate) struct Kept<T>(T);

impl<T> Kept<T> {
    /// Keeps something newly opened.
    pub(crate) fn new(opened: T) -> io::Result<Kept<T>> {
        Ok(Kept(opened))
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Waitable> Waitable for Kept<T> {
    fn as_socket(&self) -> Descriptor<'_> {
        self.0.as_socket()
    }
}

/// The host's exit handlers never run in a thread of the library.
pub(crate) fn is_current<T>(_: &JoinHandle<T>) -> bool {
    false
}

/// Thread-local data is not on the stack.
pub(crate) fn system_stack_size() -> usize {
    0
}

/// The last thread of a process ends it without the host's exit handlers.
pub(crate) fn note_end_of_thread() {}

/// Nothing runs in a thread that has ended.
pub(crate) fn thread_has_ended() -> bool {
    false
}

/// Writes raise no signals.
pub(crate) fn without_write_signals<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// A thread cannot be cancelled.
pub(crate) fn without_thread_cancellation<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// No signal handler interrupts a thread.
pub(crate) fn preserving_errno(run: impl FnOnce()) {
    run();
}

/// Handles of files and sockets are never those of standard input, output and error.
pub(crate) fn above_stdio<T>(opened: T) -> io::Result<T> {
    Ok(opened)
}

/// What an error of the system means, in English. The texts of Windows are in the language of the machine.
pub(crate) fn text(error: &io::Error) -> String {
    let number = error.raw_os_error().unwrap_or_default();
    let text = match number {
        WSAHOST_NOT_FOUND | WSANO_DATA => "no such host is known".to_owned(),
        WSATRY_AGAIN => "no answer to the look-up, which may help later".to_owned(),
        _ => error.kind().to_string(),
    };
    format!("{text} (error {number} of Windows)")
}

/// Errors are numbers, for which [`text`] has English texts.
pub(crate) fn in_english<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// Opens a log for one line.
pub(crate) fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Writes a line to standard error, without the lock of Rust's own. Waits if nobody reads a pipe: this cannot be
/// checked, nor avoided without changing the host's handle.
pub(crate) fn write_stderr(line: &[u8]) -> io::Result<usize> {
    io::stderr().as_handle().try_clone_to_owned().map(File::from)?.write(line)
}

/// A program has the rights of its caller.
pub(crate) fn has_more_rights_than_its_caller() -> bool {
    false
}

/// The file with the authorities that this machine trusts, or why there is none.
pub(crate) fn ca_bundle_path() -> Result<&'static str, String> {
    Err("Windows keeps its authorities in no file; list bundled, or a file that they were exported to as PEM"
        .to_owned())
}
