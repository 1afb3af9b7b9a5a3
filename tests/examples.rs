//! The programs that readers paste from: they build without a warning, and print what they should.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{KEY, ROOT, isolated, output, run, scratch, simulator};
use smsp_simulator::Simulator;

/// Messages of the documentation's samples, and one that cannot be asked.
const MESSAGES: [&str; 4] = ["+33699999993:111111", "+33699999992:1000", "0619922264:1226613", "06xxxxxxx1:1222"];

/// What is printed for them, but for the blanks at the ends of the lines.
const LINES: [&str; 4] = [
    "+33699999993     111111       delivered     2018-02-06T16:26:56Z Delivered",
    "+33699999992     1000         not_found                          Numéro introuvable",
    "0619922264       1226613      delivered     2018-02-06T16:26:56Z Delivered",
    "06xxxxxxx1       1222         invalid",
];

#[test]
fn c() {
    let program = scratch("examples").join("c");
    let source = Path::new(ROOT).join("examples/c/multi_status.c");
    common::compile_c(&source, &program, common::shared());
    check(&program);
}

#[test]
fn go() {
    let program = scratch("examples").join("go");
    let unformatted = run(Command::new("gofmt").arg("-l").arg(go_folder()));
    assert_eq!(unformatted, "", "gofmt would change these");
    run(go_command().args(["vet", "./..."]));
    run(go_command().args(["build", "-buildvcs=false", "-o"]).arg(&program));
    check(&program);
}

fn go_folder() -> PathBuf {
    Path::new(ROOT).join("examples/go")
}

/// The Go tool, which gets the library by the environment and nothing from the network.
fn go_command() -> Command {
    let mut go = Command::new("go");
    go.current_dir(go_folder()).env("GOCACHE", scratch("go-cache")).env("GO111MODULE", "on");
    go.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    go.env("CGO_CFLAGS", format!("-I{ROOT}/include"));
    go.env("CGO_LDFLAGS", format!("-L{}", common::library().folder.display()));
    go
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
    let unanswered = ["+33699999993     111111       unanswered"];
    expect(program, &wrong_key, &MESSAGES[..1], &unanswered, "SMSP_E_AUTH: ", 2);
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
