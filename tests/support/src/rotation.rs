//! A key that is rotated while a program asks.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use smsp_simulator::Simulator;
use tempfile::TempDir;

use super::rows::{RowsFile, expected, messages};
use super::simulator;

/// A key file that is replaced as mounted secrets are: by another that takes its name.
struct Key {
    folder: TempDir,
}

impl Key {
    fn new(key: &str) -> Key {
        let written = Key { folder: tempfile::tempdir().unwrap() };
        written.set(key);
        written
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn set(&self, key: &str) {
        let fresh = self.folder.path().join("fresh");
        fs::write(&fresh, format!("{key}\n")).unwrap();
        fs::rename(fresh, self.path()).unwrap();
    }
}

/// Waits until so many requests more were made, or the program has ended: its threads ask all the time, and never wait for
/// the test.
fn wait_for_requests(simulator: &Simulator, child: &mut Child, more: usize) {
    let begin = simulator.requests().len();
    while simulator.requests().len() < begin + more && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(2));
    }
}

/// Rotates a key while a program asks: both keys work until the program says that the old client is gone, then only the
/// new one.
fn rotate_under(mut command: Command, rotations: usize, simulator: &Simulator, key: &Key) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for number in 1..=rotations {
        wait_for_requests(simulator, &mut child, 20);
        let (old, new) = (format!("key-{}", number - 1), format!("key-{number}"));
        simulator.set_api_keys(&[&old, &new]);
        key.set(&new);
        _ = stdin.write_all(b"\n");
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        simulator.set_api_keys(&[&new]);
        if line != "gone\n" {
            break; // It has ended: its complaints say why.
        }
    }
    wait_for_requests(simulator, &mut child, 20);
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Runs `tests/abi/rotation.c` by a command with these arguments.
pub fn check_rotation(rotations: usize, command: impl Fn(&[String]) -> Command) {
    let simulator = simulator().api_key("key-0").latency(Duration::from_millis(3)).start().unwrap();
    let key = Key::new("key-0");
    let rows = RowsFile::new(&expected(&simulator, &messages(120)));
    let mut arguments = vec![key.path().display().to_string()];
    arguments.extend(rows.arguments(&simulator).into_iter().filter(|it| !it.starts_with("api_key=")));
    arguments.push("batch_size=40".to_owned());
    rotate_under(command(&arguments), rotations, &simulator, &key);
}
