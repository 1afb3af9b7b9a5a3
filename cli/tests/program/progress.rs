//! The progress bar, on a terminal of the test's own.

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;
use std::ptr::null_mut;
use std::time::Duration;

use crate::support::{ask, file_with, simulator};

/// Both ends of a terminal: what the program writes to the second is read from the first.
fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: the descriptors are written before they are read, and each gets one owner.
    unsafe {
        assert_eq!(libc::openpty(&mut ours, &mut theirs, null_mut(), null_mut(), null_mut()), 0);
        (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
    }
}

/// Everything that is written to a terminal until its other end is closed, which Linux reports as an error.
fn read_all(mut terminal: File) -> String {
    let mut text = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = terminal.read(&mut chunk) {
        text.extend_from_slice(&chunk[..length]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn progress_is_drawn_on_a_terminal_and_wiped_at_the_end() {
    let simulator = simulator().latency(Duration::from_millis(400)).start().unwrap();
    let list = file_with("progress_is_drawn", "0639980001,1\n0639980002,2\n0639980003,3\n");
    let (ours, theirs) = terminal();
    let settings = ["--set", "batch_size=1", "--set", "max_connections=1"];
    let mut command = ask(&simulator, &settings);
    command.env("TERM", "xterm").arg(list);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    drop(command);
    let written = read_all(ours);
    assert!(child.wait().unwrap().success(), "{written}");
    assert!(written.contains("1/3 answered"), "{written:?}");
    assert!(written.contains("2/3 answered"), "{written:?}");
    let wiped = written.trim_end_matches(['\r', '\n']).ends_with("\u{1b}[2K");
    assert!(wiped, "{written:?}");
}
