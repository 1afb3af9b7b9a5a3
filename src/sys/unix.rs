//! Linux: descriptors and `ppoll`, `eventfd`, signals, `errno`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::ptr;
use std::time::Duration;

use socket2::SockRef;

/// What can be waited for; how it is borrowed, and how it is named in the interface.
pub(crate) use std::os::fd::{AsFd as Waitable, BorrowedFd as Descriptor, RawFd as RawDescriptor};

/// `poll` passes over it.
pub(crate) const NO_DESCRIPTOR: RawDescriptor = -1;

/// The descriptor of something that can be waited for.
pub(crate) fn descriptor(waitable: &impl Waitable) -> Descriptor<'_> {
    waitable.as_fd()
}

/// Its number.
pub(crate) fn raw(waitable: &impl Waitable) -> RawDescriptor {
    waitable.as_fd().as_raw_fd()
}

/// The same as the C interface has it.
pub(crate) fn number(waitable: &impl Waitable) -> i32 {
    raw(waitable)
}

/// A descriptor that is readable, for `poll` and its like, once the event has happened. Close-on-exec.
#[derive(Debug)]
pub(crate) struct Event {
    file: File,
}

impl Event {
    /// An event that has not happened.
    pub(crate) fn new() -> io::Result<Event> {
        // SAFETY: eventfd takes numbers only.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was made just now and belongs to nobody else.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Event { file: File::from(descriptor) })
    }

    /// Lets it happen; a second time changes nothing. Async-signal-safe but for `errno`, which a write may set.
    pub(crate) fn set(&self) {
        // It cannot fail: only a counter that is full would, and it is readable then.
        let _ = (&self.file).write(&1u64.to_ne_bytes());
    }

    /// Makes it one that has not happened.
    pub(crate) fn clear(&self) {
        // There is nothing to read where it has not happened.
        let _ = (&self.file).read(&mut [0; size_of::<u64>()]);
    }
}

impl Waitable for Event {
    fn as_fd(&self) -> Descriptor<'_> {
        self.file.as_fd()
    }
}

/// A descriptor, what it is waited for, and whether that is there.
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

/// Waits until one of these is ready, or for this time. `ppoll`, since milliseconds are too coarse for a pace of
/// thousands a second.
pub(crate) fn poll(list: &mut [Polled], time: Option<Duration>) -> io::Result<()> {
    // 32 bits hold 68 years, and its fields are no wider everywhere.
    let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let time = time.map(|time| libc::timespec {
        tv_sec: number(time.as_secs()).into(),
        tv_nsec: number(time.subsec_nanos().into()).into(),
    });
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the length is the list's own, whose entries are `pollfd`; the time lives until the end, and no signal mask
    // is one that is allowed.
    let ready = unsafe { libc::ppoll(list.as_mut_ptr().cast(), list.len() as libc::nfds_t, time, ptr::null()) };
    if ready < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether a connection that does not block is being made.
pub(crate) fn is_connecting(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// Descriptors or memory are used up.
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    let exhausted = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
    error.raw_os_error().is_some_and(|number| exhausted.contains(&number))
}

/// Runs what starts a thread, which has the signal mask of the one that starts it.
pub(crate) fn starting_thread<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are local, filled by the calls before they are read, and the mask is put back.
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

/// Runs something whose writes may raise SIGPIPE in this thread: the pipe may be without an end, and the host would be
/// ended by the signal for it. The host never gets it.
pub(crate) fn without_sigpipe<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: the sets are local, filled by the calls before they are read, and the mask is put back. The wait ends at
    // once, since the signal is pending and blocked here.
    unsafe {
        let mut pipe = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        // One that was pending belongs to the host.
        let hosts = is_pending();
        let blocked = libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before) == 0;
        let result = run();
        if blocked {
            if !hosts && is_pending() {
                libc::sigwait(&pipe, &mut 0);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        }
        result
    }
}

/// Whether a SIGPIPE waits to be taken.
fn is_pending() -> bool {
    // SAFETY: the set is local and filled by the call before it is read.
    unsafe {
        let mut pending = std::mem::zeroed();
        libc::sigpending(&mut pending) == 0 && libc::sigismember(&pending, libc::SIGPIPE) == 1
    }
}

/// Runs something after which `errno` is what it was before.
pub(crate) fn keeping_errno(run: impl FnOnce()) {
    // SAFETY: the place belongs to the thread, and is there as long as that is.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        run();
        *errno = before;
    }
}

/// What the system says of an error of its own, in English, without the number that std puts behind it.
pub(crate) fn text(error: &io::Error) -> String {
    let text = in_english(|| error.to_string());
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Runs something in which the system speaks English to this thread; the host goes on in its own language.
pub(crate) fn in_english<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: the locale that is made is used by this thread alone, and not freed before the one that was is back.
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

/// Opens a log for one line. A pipe that nobody reads is an error and not a wait.
pub(crate) fn open_log(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

/// Writes as much of a line to standard error as that takes at once. The flags of the host's descriptor stay as they are: a
/// socket is told not to wait, a pipe or a terminal is opened anew.
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
    match OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(anew) {
        Ok(mut own) => own.write(line),
        Err(_) => write_if_writable(&mut shared, line),
    }
}

/// For what cannot be opened anew: another user's, or there is no /proc. A pipe that is writable takes a line as a whole,
/// unless somebody else fills it at this very moment.
fn write_if_writable(file: &mut File, line: &[u8]) -> io::Result<usize> {
    let mut writable = [Polled::writable(raw(file))];
    poll(&mut writable, Some(Duration::ZERO))?;
    if writable[0].is_ready() { file.write(line) } else { Err(ErrorKind::WouldBlock.into()) }
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

/// The file of the authorities that this machine trusts, or why there is none.
pub(crate) fn authorities() -> Result<&'static str, String> {
    let found = BUNDLES.iter().find(|path| fs::metadata(path).is_ok());
    found.copied().ok_or_else(|| format!("this machine has none of {}", BUNDLES.join(", ")))
}
