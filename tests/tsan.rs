//! Many threads under ThreadSanitizer. `make tsan` builds the library for it and runs this, which `cargo test` by
//! itself does not: it takes a rebuilt std.

use std::process::Command;
use std::time::Duration;

use support::program::{FOUND, sources};
use support::rotation::check_rotation;
use support::rows::{RowsFile, expected, messages};
use support::{compile_c, isolated, options, output, run, scratch, simulator};

/// What the script says of the library and of the sanitizer's runtime.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run make tsan"))
}

/// A program without a random address space, which the sanitizer's own would collide with.
fn command(program: &str, arguments: &[String]) -> Command {
    let path = scratch("tsan").join(program);
    let (library, runtime) = (variable("SMSP_TSAN_LIBRARY"), variable("SMSP_TSAN_RUNTIME"));
    let link = ["-fsanitize=thread", "-nodefaultlibs", &library, "-Wl,--whole-archive", &runtime];
    let natives =
        ["-Wl,--no-whole-archive", "-Wl,--export-dynamic", "-lpthread", "-ldl", "-lm", "-lrt", "-lgcc_s", "-lc"];
    compile_c(&sources().join(format!("{program}.c")), &path, link.iter().chain(&natives));
    let mut command = isolated("setarch");
    command.arg("--addr-no-randomize").arg(path).args(arguments);
    command.env("TSAN_OPTIONS", format!("halt_on_error=1:exitcode={FOUND}"));
    command
}

fn check(program: &str, arguments: &[String]) {
    let mut command = command(program, arguments);
    assert_eq!(run(&mut command), "", "{command:?}");
}

#[test]
fn a_planted_race_is_found() {
    let simulator = simulator().start().unwrap();
    let arguments = [vec!["race".to_owned()], options(&simulator).to_vec()].concat();
    let ended = output(&mut command("planted", &arguments));
    assert_eq!(ended.status.code(), Some(FOUND));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("data race"));
}

#[test]
fn threads_can_share_a_client() {
    for tls in [false, true] {
        let simulator = simulator().tls(tls).start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
        let mut arguments = rows.arguments(&simulator);
        if tls {
            let ca = folder.path().join("ca.pem");
            simulator.write_ca(&ca).unwrap();
            arguments.push(format!("ca_file={}", ca.display()));
        }
        check("threads", &arguments);
    }
}

#[test]
fn threads_can_share_a_configuration() {
    check("shared_config", &[]);
}

#[test]
fn a_call_goes_on_when_its_client_is_freed() {
    let simulator = simulator().latency(Duration::from_millis(200)).start().unwrap();
    check("freed", &options(&simulator));
}

#[test]
fn threads_can_share_an_operation() {
    let simulator = simulator().latency(Duration::from_millis(20)).start().unwrap();
    for (program, count) in [("operation", 1201), ("operation_threads", 300)] {
        let rows = RowsFile::new(&expected(&simulator, &messages(count)));
        let batch_size = format!("batch_size={}", count / 12);
        check(program, &[rows.arguments(&simulator), vec![batch_size]].concat());
    }
    check("operation_states", &[]);
}

#[test]
fn threads_can_share_a_queue() {
    let simulator = simulator().start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(300)));
    let first = vec![std::process::id().to_string(), "5".to_owned()];
    check("queue_threads", &[first, rows.arguments(&simulator)].concat());
}

#[test]
fn a_key_is_rotated_under_load() {
    check_rotation(10, |arguments| command("rotation", arguments));
}
