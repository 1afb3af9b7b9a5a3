//! The programs that readers paste from: they build without a warning, and print what they should.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use smsp_simulator::Simulator;
use support::{KEY, ROOT, golang, isolated, isolated_from_group, output, scratch, simulator};

/// Messages of the documentation's samples, and one that cannot be asked.
const MESSAGES: [&str; 4] = ["+33699999993:111111", "+33699999992:1000", "0619922264:1226613", "06xxxxxxx1:1222"];

/// What is printed for them, but for the blanks at the ends of the lines.
const LINES: [&str; 4] = [
    "+33699999993     111111       delivered     2018-02-06T16:26:56Z Delivered",
    "+33699999992     1000         not_found                          Numéro introuvable",
    "0619922264       1226613      delivered     2018-02-06T16:26:56Z Delivered",
    "06xxxxxxx1       1222         invalid                            phone_number: this is not a phone number",
];

#[test]
fn the_example_in_c_prints_what_it_should() {
    let program = scratch("examples").join("c");
    let source = Path::new(ROOT).join("examples/c/multi_status.c");
    support::compile_c(&source, &program, support::shared());
    check(&program);
}

#[test]
fn the_example_in_cpp_prints_what_it_should() {
    let program = scratch("examples").join("cpp");
    let source = Path::new(ROOT).join("examples/cpp/multi_status.cpp");
    let out = ["-o".to_owned(), program.display().to_string()];
    support::compile_cpp("g++", "11", &source, [out.to_vec(), support::shared()].concat());
    check(&program);
}

#[test]
fn the_example_in_go_prints_what_it_should() {
    check(&go_program());
}

#[test]
fn the_example_in_go_without_the_binding_prints_what_it_should() {
    check(&golang::program("examples/go", "bare", &["./bare"]));
}

#[test]
fn the_example_in_dotnet_prints_what_it_should() {
    let source = Path::new(ROOT).join("examples/dotnet/multi_status.cs");
    let program = support::dotnet::compile("multi_status", &[&source]);
    check(&script("mono", &program, &program.with_extension("sh")));
}

#[test]
fn the_example_in_php_prints_what_it_should() {
    support::require("php");
    let source = Path::new(ROOT).join("examples/php/multi_status.php");
    check(&script("php -derror_reporting=-1 -ddisplay_errors=stderr", &source, &scratch("examples").join("php")));
}

/// A program that has another one run a third.
fn script(runtime: &str, program: &Path, script: &Path) -> PathBuf {
    fs::write(script, format!("#!/bin/sh\nexec {runtime} '{}' \"$@\"\n", program.display())).unwrap();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    script.to_path_buf()
}

/// The program in Go, built once.
fn go_program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| golang::program("examples/go", "example", &["."])).clone()
}

/// A program in C that asks in the background.
fn background(name: &str) -> PathBuf {
    let program = scratch("examples").join(name);
    support::compile_c(&Path::new(ROOT).join(format!("examples/c/{name}.c")), &program, support::shared());
    program
}

#[test]
fn the_example_of_progress_draws_it_and_ends_by_ctrl_c() {
    let (program, simulator) = (background("progress"), simulator().start().unwrap());
    let ended = output(asking(&program, &simulator).args(MESSAGES));
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let states = ["delivered", "not_found", "delivered", "invalid"];
    let lines = MESSAGES.iter().zip(states).map(|(message, state)| {
        let (phone, id) = message.split_once(':').unwrap();
        format!("{phone:16} {id:12} {state}\n")
    });
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), lines.collect::<String>());
    let drawn = String::from_utf8(ended.stderr).unwrap();
    assert!(drawn.contains(&format!("\r[{}] 4/4", "#".repeat(40))), "{drawn}");
    assert!(drawn.contains("SMSP_PARTIAL: queries[3]"), "{drawn}");

    check_ctrl_c(&program, |child, _| {
        let (mut drawn, mut chunk) = (String::new(), [0; 256]);
        while !(2..200).any(|done| drawn.contains(&format!("] {done}/200"))) {
            let length = child.stderr.as_mut().unwrap().read(&mut chunk).unwrap();
            assert!(length > 0, "{drawn}");
            drawn.push_str(std::str::from_utf8(&chunk[..length]).unwrap());
        }
    });
}

#[test]
fn the_example_in_go_ends_by_ctrl_c() {
    check_ctrl_c(&go_program(), |_, simulator| {
        while simulator.requests().len() < 3 {
            sleep(Duration::from_millis(5));
        }
    });
}

/// The event loop, which waits by epoll, and by poll where there is none. Built once.
fn event_loops() -> &'static [PathBuf; 2] {
    static PROGRAMS: OnceLock<[PathBuf; 2]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let by_poll = scratch("examples").join("event_loop_by_poll");
        let link = [vec!["-U__linux__".to_owned()], support::shared()].concat();
        support::compile_c(&Path::new(ROOT).join("examples/c/event_loop.c"), &by_poll, link);
        [background("event_loop"), by_poll]
    })
}

/// Runs it with this on its standard input: its exit status, and the lines that it prints, sorted.
fn event_loop(mut command: Command, typed: &str) -> (Option<i32>, Vec<String>) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    let mut lines: Vec<_> = String::from_utf8(ended.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    (ended.status.code(), lines)
}

/// More than are in flight at a time.
#[test]
fn the_example_of_an_event_loop_prints_each_message_once() {
    let simulator = simulator().start().unwrap();
    let messages = many(1_200);
    let expected: Vec<_> = messages.iter().map(|message| message.replacen(':', " ", 1)).collect();
    for program in event_loops() {
        let mut command = asking(program, &simulator);
        command.args(&messages).env("SMSP_MAX_CONNECTIONS", "8");
        let (status, lines) = event_loop(command, "");
        let asked = lines.iter().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        assert_eq!(asked.collect::<Vec<_>>(), expected, "{program:?}");
        assert!(lines.iter().all(|line| line.ends_with(" SMSP_OK")), "{lines:?}");
        assert_eq!(status, Some(0));
    }
}

#[test]
fn the_example_of_an_event_loop_cancels_by_a_line() {
    let simulator = slow();
    for program in event_loops() {
        let mut command = asking(program, &simulator);
        command.args(many(100));
        let (status, lines) = event_loop(command, "\n");
        let cancelled = lines.iter().filter(|line| line.ends_with(" unanswered   SMSP_E_CANCELLED")).count();
        assert!(cancelled > 0 && lines.len() == 100, "{lines:?}");
        assert_eq!(status, Some(1));
    }
}

#[test]
fn the_example_of_an_event_loop_tells_what_failed() {
    for program in event_loops() {
        let ended = output(isolated(program).args(MESSAGES));
        assert_eq!((ended.status.code(), ended.stdout.len()), (Some(1), 0), "{ended:?}");
        let complaint = String::from_utf8(ended.stderr).unwrap();
        assert!(complaint.starts_with("SMSP_E_CONFIG: api_key"), "{complaint}");
    }
}

/// Interrupts a program once it has begun: it prints what came, and that the rest was cancelled.
fn check_ctrl_c(program: &Path, begin: impl FnOnce(&mut Child, &Simulator)) {
    let simulator = slow();
    let mut command = asking(program, &simulator);
    let mut child = command.args(many(200)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    begin(&mut child, &simulator);
    // SAFETY: the child is not waited for yet, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id().try_into().unwrap(), libc::SIGINT) }, 0);
    let ended = child.wait_with_output().unwrap();
    let (printed, complained) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(1), "{complained}");
    assert!(complained.contains("SMSP_PARTIAL: ") && complained.contains("cancelled"), "{complained}");
    let unanswered = printed.lines().filter(|line| line.contains(" unanswered")).count();
    assert!(unanswered > 0 && unanswered < 200 && printed.lines().count() == 200, "{printed}");
}

/// A simulator that takes its time.
fn slow() -> Simulator {
    simulator().latency(Duration::from_millis(50)).start().unwrap()
}

/// So many messages, as arguments.
fn many(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("+336{place:08}:{}", place + 1)).collect()
}

/// The program, with one request at a time for each message.
fn asking(program: &Path, simulator: &Simulator) -> Command {
    let mut command = isolated_from_group(program);
    command.env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url());
    command.env("SMSP_BATCH_SIZE", "1").env("SMSP_MAX_CONNECTIONS", "1");
    command
}

/// Every message answered, some, none: what is printed, what is complained about, and how it ends.
fn check(program: &Path) {
    let simulator = simulator().start().unwrap();
    let base_url = simulator.base_url();
    let good = [("SMSPARTNER_API_KEY", KEY), ("SMSP_BASE_URL", &base_url)];

    expect(program, &good, &MESSAGES[..3], &LINES[..3], "", 0);
    expect(program, &good, &[], &[], "", 0);
    expect(program, &good, &MESSAGES, &LINES, "SMSP_PARTIAL: ", 1);

    let wrong_key = [("SMSPARTNER_API_KEY", "wrong"), ("SMSP_BASE_URL", &base_url)];
    let refused = "the service refuses the request with code 10: Clé API incorrecte";
    let unanswered = format!("+33699999993     111111       unanswered                         {refused}");
    expect(program, &wrong_key, &MESSAGES[..1], &[&unanswered], "SMSP_E_AUTH: ", 2);
    expect(program, &good[1..], &MESSAGES, &[], "SMSP_E_CONFIG: api_key", 2);
    let wrong_option = [("SMSPARTNER_API_KEY", KEY), ("SMSP_BATCH_SIZE", "501")];
    expect(program, &wrong_option, &MESSAGES, &[], "SMSP_E_CONFIG: SMSP_BATCH_SIZE", 2);
    assert_eq!(requests(&simulator), [3, 3, 0], "only what could be asked was asked");
}

fn requests(simulator: &Simulator) -> Vec<usize> {
    simulator.requests().iter().map(|request| request.entries).collect()
}

/// Runs the program; `complaint` is how the one line on its standard error begins.
fn expect(program: &Path, variables: &[(&str, &str)], messages: &[&str], lines: &[&str], complaint: &str, status: i32) {
    let mut command = isolated(program);
    command.envs(variables.iter().copied()).env("GODEBUG", "cgocheck=2").args(messages);
    let ended = output(&mut command);
    let (printed, complained) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(status), "{command:?}\n{printed}{complained}");
    let printed: Vec<_> = printed.lines().map(str::trim_end).collect();
    assert_eq!(printed, lines, "{command:?}");
    assert!(complained.starts_with(complaint), "{command:?}: {complained:?} begins otherwise than {complaint:?}");
    assert_eq!(complained.lines().count(), usize::from(!complaint.is_empty()), "{command:?}: {complained:?}");
}
