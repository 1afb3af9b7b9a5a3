//! The program `smsp-simulator`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smsp-simulator"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A running program, ended with the test.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Self { child, url }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn it_prints_its_address_and_answers() {
    let options = [
        "--port=0",
        "--api-key",
        "secret",
        "--seed=3",
        "--finished",
        "--latency-ms=1",
        "--format-style",
        "compact-utf8",
        "--refusal-status=403",
        "--address",
        "127.0.0.1",
    ];
    let running = Running::start(&options);
    let authority = running.url.strip_prefix("http://").unwrap();
    let authority = authority.strip_suffix("/v1\n").unwrap();
    for (key, status) in [("secret", "200"), ("demo", "403")] {
        let mut stream = TcpStream::connect(authority).unwrap();
        write!(
            stream,
            "GET /v1/multi-status?apiKey={key}&SMSStatut_List[0][phoneNumber]=0699999992\
             &SMSStatut_List[0][messageId]=1000 HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")));
        assert_eq!(response.contains(r#""status":"Numéro introuvable""#), status == "200");
    }
}

#[test]
fn it_writes_the_files_asked_for_before_it_is_ready() {
    let folder = std::env::temp_dir().join(format!("smsp-simulator-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let (url_file, ca_file) = (folder.join("url"), folder.join("ca.pem"));
    let running =
        Running::start(&["--tls", "--url-file", url_file.to_str().unwrap(), "--ca-out", ca_file.to_str().unwrap()]);
    assert!(running.url.starts_with("https://localhost:"));
    assert_eq!(std::fs::read_to_string(url_file).unwrap(), running.url);
    let pem = std::fs::read_to_string(ca_file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 2, "nothing but what was asked for");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_wrong_is_named() {
    for (arguments, code, message) in [
        (&["--port", "x"][..], 2, "--port x: invalid digit"),
        (&["--port"], 2, "--port needs a value"),
        (&["--latency-ms=-1"], 2, "--latency-ms -1: invalid digit"),
        (&["--format-style=tabs"], 2, "--format-style tabs: not one of compact,"),
        (&["--fault", "cut at=x"], 2, "--fault cut at=x: cut: at=x: invalid digit"),
        (&["--faults", "/nonexistent/rules"], 2, "--faults /nonexistent/rules: No such file"),
        (&["--fault=slow-handshake"], 1, "without TLS there is no handshake"),
        (&["--address=here"], 2, "--address here: invalid IP address"),
        (&["--tls=yes"], 2, "'--tls'"),
        (&["--colour"], 2, "'--colour'"),
        (&["-p"], 2, "'-p'"),
        (&["file"], 2, "\"file\""),
        (&["--ca-out", "x"], 2, "--ca-out needs --tls"),
        (&["--address=192.0.2.1"], 1, "loopback"),
        (&["--refusal-status=99"], 1, "99"),
        (&["--url-file=/nonexistent/url"], 1, "cannot write /nonexistent/url"),
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_and_readme_know_every_option() {
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    let readme = include_str!("../README.md");
    let words = help.split([' ', ',', '\n']);
    let options: Vec<&str> = words.filter(|word| word.starts_with("--")).collect();
    assert_eq!(options.len(), 15);
    for option in options {
        assert!(readme.contains(option), "{option}");
    }
    let version = output(&["--version"]);
    let expected = concat!("smsp-simulator ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(version.stdout, expected.as_bytes());
}
