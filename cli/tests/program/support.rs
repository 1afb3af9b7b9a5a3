//! Running `smsp-status` against a simulator.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use smsp_simulator::{Builder, Clock, Simulator};

/// A key with characters that every encoding writes in its own way.
pub const KEY: &str = "hush/hush+\"9\"";

/// How the key looks as it is, in JSON and in a URL.
const KEY_FORMS: [&str; 5] = [KEY, "hush/hush", "hush\\/hush", "hush%2Fhush", "hush%2fhush"];

/// A simulator that knows the key and for which every message is final.
pub fn simulator() -> Builder {
    Simulator::builder().api_key(KEY).seed(1).clock(Clock::Finished)
}

/// The program with the key, and nothing else in its environment.
pub fn smsp_status(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smsp-status"));
    command.env_clear().env("SMSPARTNER_API_KEY", KEY).args(arguments);
    command
}

/// The program with the key, asking this simulator.
pub fn ask(simulator: &Simulator, arguments: &[&str]) -> Command {
    let mut command = smsp_status(arguments);
    command.env("SMSP_BASE_URL", simulator.base_url());
    command
}

/// What a program left behind.
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end on this standard input. Whatever it writes, the key is not in it.
pub fn run(mut command: Command, stdin: &str) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // A program that reads no list closes its standard input early.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let ended = Ended {
        status: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    for form in KEY_FORMS {
        assert!(!ended.stdout.contains(form), "{}", ended.stdout);
        assert!(!ended.stderr.contains(form), "{}", ended.stderr);
    }
    ended
}

/// A file for one test, by a name of its own.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A file for one test with this text.
pub fn file_with(name: &str, text: &str) -> String {
    let path = file(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A simulator that speaks TLS, and the file with the authority that it is to be trusted under.
pub fn simulator_with_tls(ca_file: &str) -> (Simulator, String) {
    let simulator = simulator().tls(true).start().unwrap();
    let path = file(ca_file);
    simulator.write_ca(&path).unwrap();
    (simulator, path.to_str().unwrap().to_owned())
}

/// The base URL of a loopback port where nobody listens.
pub fn deserted_url() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}
