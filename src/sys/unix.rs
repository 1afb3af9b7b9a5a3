//! Linux: `ppoll`, `eventfd`, signals, `errno`, and files.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::thread::JoinHandleExt;
use std::path::Path;
use std::ptr;
use std::thread::JoinHandle;
use std::time::Duration;

use once_cell::race::OnceNonZeroUsize;
use socket2::SockRef;

use super::descriptor::{Descriptor, RawDescriptor, Waitable, above_stdio, raw};
use super::fork::Kept;

/// An event whose descriptor is readable, for `poll` and the like, while it is set. Close-on-exec.
#[derive(Debug)]
pub(crate) struct Event {
    file: Kept<File>,
}

impl Event {
    /// An event that is not set. Fails if there is no descriptor left.
    pub(crate) fn new() -> io::Result<Event> {
        // SAFETY: eventfd takes numbers only.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and belongs to nobody else.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Event { file: Kept::new(File::from(descriptor))? })
    }

    /// Sets the event. Doing so again changes nothing. Async-signal-safe, except that the write may set `errno`.
    pub(crate) fn set(&self) {
        // It fails only if the counter is full, and then the event is set.
        let _ = (&*self.file).write(&1u64.to_ne_bytes());
    }

    /// Clears the event.
    pub(crate) fn clear(&self) {
        // There is nothing to read if it is not set.
        let _ = (&*self.file).read(&mut [0; size_of::<u64>()]);
    }
}

impl Waitable for Event {
    fn as_fd(&self) -> Descriptor<'_> {
        self.file.as_fd()
    }
}

/// A descriptor, what it is waited for, and whether it is ready.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Polled(libc::pollfd);

impl Polled {
    pub(crate) const fn readable(descriptor: RawDescriptor) -> Polled {
        Polled(libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 })
    }

    pub(crate) const fn writable(descriptor: RawDescriptor) -> Polled {
        Polled(libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 })
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.revents != 0
    }
}

/// Waits until one of these is ready, or for `time` (None means no limit). Uses `ppoll`, since milliseconds are too
/// coarse for thousands of requests a second.
pub(crate) fn poll(list: &mut [Polled], time: Option<Duration>) -> io::Result<()> {
    // 32 bits hold 68 years, and the fields are not wider on all systems.
    let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let time = time.map(|time| libc::timespec {
        tv_sec: number(time.as_secs()).into(),
        tv_nsec: number(time.subsec_nanos().into()).into(),
    });
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the length is that of the list, whose entries are `pollfd`; the time lives until the end, and the signal
    // mask may be null.
    let ready = unsafe { libc::ppoll(list.as_mut_ptr().cast(), list.len() as libc::nfds_t, time, ptr::null()) };
    if ready < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether the error of a non-blocking connect says that the connection is still being established.
pub(crate) fn is_connecting(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// Whether an error says that descriptors or memory are used up.
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    let exhausted = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
    error.raw_os_error().is_some_and(|number| exhausted.contains(&number))
}

/// Runs `run`, which starts a thread, with all signals blocked: a new thread inherits the signal mask.
pub(crate) fn while_starting_thread<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are local and filled by the calls before they are read, and the mask is restored.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigfillset(&mut all);
        let blocked = libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before) == 0;
        let result = run();
        if blocked {
            libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        }
        result
    }
}

/// Whether this thread is the current one. std cannot tell at the end of a thread.
pub(crate) fn is_current<T>(thread: &JoinHandle<T>) -> bool {
    // SAFETY: it takes no arguments.
    let current = unsafe { libc::pthread_self() };
    // It is a number or a pointer.
    thread.as_pthread_t() as usize == current as usize
}

/// How many bytes of a thread's stack the system takes. With glibc the stack contains the thread-local data of the
/// whole program, which may be megabytes. Elsewhere this data is not on the stack.
pub(crate) fn system_stack_size() -> usize {
    type Least = unsafe extern "C" fn(*const libc::pthread_attr_t) -> usize;
    // SAFETY: the name is a C string; glibc's function of this name has this type, and reads attributes that were
    // initialised.
    unsafe {
        let address = libc::dlsym(libc::RTLD_DEFAULT, c"__pthread_get_minstack".as_ptr());
        let mut attributes = std::mem::zeroed();
        if address.is_null() || libc::pthread_attr_init(&mut attributes) != 0 {
            return 0;
        }
        let least = std::mem::transmute::<*mut c_void, Least>(address)(&attributes);
        libc::pthread_attr_destroy(&mut attributes);
        least
    }
}

/// Whether a thread has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Ahead,
    /// Ahead, and it will be noted.
    Awaited,
    Past,
}

thread_local! {
    static END: Cell<End> = const { Cell::new(End::Ahead) };
}

/// Makes sure that the end of this thread is noted. When the last thread of a process has ended, the system runs the
/// host's exit handlers (`atexit`) in it, and no longer counts it. If a thread is started there, it is taken for the
/// last one when it ends, and ends the process while the first one still runs.
pub(crate) fn note_end_of_thread() {
    if END.get() == End::Ahead {
        END.set(End::Awaited);
        await_end();
    }
}

/// Uses the destructor of a pthread key, which runs when a thread ends. Those of Rust's thread-local values also run in
/// `exit`, without the end of a thread.
fn await_end() {
    static KEY: OnceNonZeroUsize = OnceNonZeroUsize::new();
    extern "C" fn end(_: *mut c_void) {
        END.set(End::Past);
    }
    let make = || {
        let mut key = 0;
        // SAFETY: the key is local, and the function exists as long as the library, which stays loaded.
        let failed = unsafe { libc::pthread_key_create(&mut key, Some(end)) } != 0;
        // Keys are counted from 0.
        NonZeroUsize::new(key as usize + 1).filter(|_| !failed).ok_or(())
    };
    // If there is no key, the end is not noted.
    if let Ok(key) = KEY.get_or_try_init(make) {
        // SAFETY: the key was created here. The value is never read, but must not be NULL.
        unsafe { libc::pthread_setspecific((key.get() - 1) as libc::pthread_key_t, ptr::from_ref(&KEY).cast()) };
    }
}

/// Whether this thread has ended (`pthread_exit`), and only runs what the system runs in it afterwards.
pub(crate) fn thread_has_ended() -> bool {
    END.get() == End::Past
}

/// The signals that a write may raise in its thread: for a pipe that nobody reads, for a file at its largest size
/// (`RLIMIT_FSIZE`), and for a terminal that lets no background process write (`tostop`).
const SIGNALS_OF_WRITES: [c_int; 3] = [libc::SIGPIPE, libc::SIGXFSZ, libc::SIGTTOU];

/// Runs `run`, and takes the signals that its writes raise in this thread. The host, which they would end, never gets
/// them.
pub(crate) fn without_write_signals<T>(run: impl FnOnce() -> T) -> T {
    let of_writes = set_of(&SIGNALS_OF_WRITES);
    // What was pending before belongs to the host.
    let hosts = pending();
    // SAFETY: both sets are local; one is filled, the other is filled by the call before it is read, and the mask is
    // restored. The wait ends at once, since the signal is pending and blocked here.
    unsafe {
        let mut before = std::mem::zeroed();
        let blocked = libc::pthread_sigmask(libc::SIG_BLOCK, &of_writes, &mut before) == 0;
        let result = run();
        if blocked {
            let raised = pending();
            for signal in SIGNALS_OF_WRITES {
                if is_member(&raised, signal) && !is_member(&hosts, signal) {
                    libc::sigwait(&set_of(&[signal]), &mut 0);
                }
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        }
        result
    }
}

/// A set of these signals.
fn set_of(signals: &[c_int]) -> libc::sigset_t {
    // SAFETY: the set is local and emptied before it is filled.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        signals.iter().for_each(|signal| _ = libc::sigaddset(&mut set, *signal));
        set
    }
}

/// The pending signals.
fn pending() -> libc::sigset_t {
    let mut pending = set_of(&[]);
    // SAFETY: the set is local. It stays empty if the call fails.
    unsafe { libc::sigpending(&mut pending) };
    pending
}

fn is_member(set: &libc::sigset_t, signal: c_int) -> bool {
    // SAFETY: it only reads the set.
    unsafe { libc::sigismember(set, signal) == 1 }
}

unsafe extern "C" {
    /// From POSIX. The libc crate lacks it.
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// The same in glibc and musl.
const PTHREAD_CANCEL_DISABLE: c_int = 1;

/// Runs `run` while this thread cannot be cancelled (`pthread_cancel`), since that would unwind through frames of the
/// library. A thread that is cancelled meanwhile ends afterwards, at a cancellation point of the host.
/// Async-signal-safe.
pub(crate) fn without_thread_cancellation<T>(run: impl FnOnce() -> T) -> T {
    let mut before = 0;
    // SAFETY: it writes to the local variable that it is given.
    let disabled = unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) } == 0;
    let result = run();
    if disabled {
        // SAFETY: the state is one that it returned; it writes nothing to NULL.
        unsafe { pthread_setcancelstate(before, ptr::null_mut()) };
    }
    result
}

/// Runs `run` and restores `errno` afterwards.
pub(crate) fn preserving_errno(run: impl FnOnce()) {
    // SAFETY: the place belongs to the thread and exists as long as it does.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        run();
        *errno = before;
    }
}

/// The system's text for an error of its own, in English, without the number that std appends.
pub(crate) fn text(error: &io::Error) -> String {
    let text = in_english(|| error.to_string());
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Runs `run` while the system's texts are in English for this thread. The host keeps its own language.
pub(crate) fn in_english<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: only this thread uses the new locale, and it is freed after the previous one is back.
    unsafe {
        let english = libc::newlocale(libc::LC_CTYPE_MASK | libc::LC_MESSAGES_MASK, c"C".as_ptr(), ptr::null_mut());
        if english.is_null() {
            return run();
        }
        let before = libc::uselocale(english);
        let result = run();
        libc::uselocale(before);
        libc::freelocale(english);
        result
    }
}

/// Opens a log for one line. A pipe that nobody reads is an error, not a wait.
pub(crate) fn open_log(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path).and_then(above_stdio)
}

/// Writes as much of a line to standard error as it takes at once. Returns the number of bytes. Fails if the host has
/// closed it. The flags of the host's descriptor stay as they are: a socket is told not to block, and a pipe or a
/// terminal is opened again.
pub(crate) fn write_stderr(line: &[u8]) -> io::Result<usize> {
    let mut shared = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let kind = shared.metadata()?.file_type();
    if kind.is_socket() {
        return SockRef::from(&shared).send_with_flags(line, libc::MSG_DONTWAIT);
    }
    if !kind.is_fifo() && !kind.is_char_device() {
        return shared.write(line);
    }
    let anew = format!("/proc/self/fd/{}", shared.as_raw_fd());
    let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(anew);
    match opened.and_then(above_stdio) {
        Ok(mut own) => own.write(line),
        Err(_) => write_if_writable(&mut shared, line),
    }
}

/// For what cannot be opened again: it belongs to another user, or there is no /proc. A writable pipe takes a whole
/// line, unless somebody else fills it at this very moment.
fn write_if_writable(file: &mut File, line: &[u8]) -> io::Result<usize> {
    let mut writable = [Polled::writable(raw(file))];
    poll(&mut writable, Some(Duration::ZERO))?;
    if writable[0].is_ready() { file.write(line) } else { Err(ErrorKind::WouldBlock.into()) }
}

/// Whether this program has more rights than its caller (setuid, setgid, file capabilities). The caller's environment
/// must then be ignored.
pub(crate) fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: it takes a number only.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Where systems keep the certificate authorities that they trust.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The file with the authorities that this machine trusts, or why there is none.
pub(crate) fn ca_bundle_path() -> Result<&'static str, String> {
    let found = BUNDLES.iter().find(|path| fs::metadata(path).is_ok());
    found.copied().ok_or_else(|| format!("this machine has none of {}", BUNDLES.join(", ")))
}
