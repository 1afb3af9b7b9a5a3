//! The progress bar, on a terminal of the test's own.

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;
use std::ptr::null_mut;
use std::time::Duration;

use crate::support::{ask, file_with, simulator};

/// Both ends of a terminal: what the program writes to the second is read from the first.
pub fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: the descriptors are written before they are read, and each gets one owner.
    unsafe {
        assert_eq!(libc::openpty(&mut ours, &mut theirs, null_mut(), null_mut(), null_mut()), 0);
        (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
    }
}

/// Everything that is written to a terminal until its other end is closed, which Linux reports as an error. `seen` gets
/// what there is so far, again and again.
pub fn read_all(mut terminal: File, mut seen: impl FnMut(&str)) -> String {
    let mut text = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = terminal.read(&mut chunk) {
        text.extend_from_slice(&chunk[..length]);
        seen(&String::from_utf8_lossy(&text));
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
    let written = read_all(ours, |_| {});
    assert!(child.wait().unwrap().success(), "{written}");
    assert!(written.contains("1/3, "), "{written:?}");
    assert!(written.contains("2/3, "), "{written:?}");
    let wiped = written.trim_end_matches(['\r', '\n']).ends_with("\u{1b}[2K");
    assert!(wiped, "{written:?}");
}

#[test]
fn ctrl_c_cancels_and_what_came_is_written() {
    let simulator = simulator().latency(Duration::from_millis(100)).start().unwrap();
    let list: String = (0..200).map(|place| format!("06399{place:05},1\n")).collect();
    let list = file_with("ctrl_c", &list);
    let (ours, theirs) = terminal();
    let mut command =
        ask(&simulator, &["--format=csv", "--set", "batch_size=1", "--set", "max_connections=1", list.as_str()]);
    command.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(theirs);
    let child = command.spawn().unwrap();
    drop(command);
    let pid = child.id().try_into().unwrap();
    let mut is_sent = false;
    let written = read_all(ours, |written| {
        if !is_sent && (2..200).any(|done| written.contains(&format!(" {done}/200"))) {
            // SAFETY: the child is not waited for yet, so the number is its own.
            assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
            is_sent = true;
        }
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{written}");
    assert!(written.contains("cancelled (SMSP_E_CANCELLED)"), "{written}");
    let rows = String::from_utf8(output.stdout).unwrap();
    let cancelled = rows.lines().filter(|row| row.contains(",unanswered,SMSP_E_CANCELLED,")).count();
    let answered = rows.lines().filter(|row| row.contains(",SMSP_OK,")).count();
    assert!(answered >= 2 && cancelled > 0 && answered + cancelled == 200, "{rows}");
    assert!(simulator.requests().len() < 200);
}
