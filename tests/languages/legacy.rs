//! The examples in languages that were there before: they build without a warning, and all print the same.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{KEY, ROOT, isolated, output, run, scratch, simulator};

const NUMBERS: [&str; 3] = ["+33699999993", "+33699999992", "06 19 92 22 64"];

fn source(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples/legacy").join(name)
}

fn libraries() -> String {
    support::library().folder.display().to_string()
}

#[test]
fn the_example_in_cobol_prints_what_it_should() {
    let program = scratch("legacy").join("cobol");
    let mut cobc = Command::new("cobc");
    cobc.args(["-x", "-free", "-Wall", "-Werror", "-fstatic-call"]).arg(source("three.cob"));
    run(cobc.arg("-o").arg(&program).args(["-L", &libraries(), "-lsmsp"]));
    check(&program, &[]);
}

#[test]
fn the_example_in_pascal_prints_what_it_should() {
    let (folder, program) = (scratch("legacy-pascal"), scratch("legacy").join("pascal"));
    let mut fpc = Command::new("fpc");
    // Warnings are shown, and end it.
    fpc.args(["-vw", "-Sew"]).arg(format!("-Fl{}", libraries())).arg(format!("-FU{}", folder.display()));
    run(fpc.arg(format!("-o{}", program.display())).arg(source("three.pas")));
    check(&program, &[]);
}

#[test]
fn the_example_in_python_prints_what_it_should() {
    check(Path::new("python3"), &["-Werror".as_ref(), "-B".as_ref(), source("three.py").as_os_str()]);
}

/// All answered, one not, none: what is printed and complained about, and how it ends.
fn check(program: &Path, arguments: &[&OsStr]) {
    let (sound, flaky) = (simulator(), simulator().fault("status code=503 ids=1000".parse().unwrap()));
    let (sound, flaky) = (sound.start().unwrap(), flaky.start().unwrap());
    let (sound, flaky) = (sound.base_url(), flaky.base_url());
    let answered = [("SMSPARTNER_API_KEY", KEY), ("SMSP_BASE_URL", sound.as_str())];
    let wrong_key = [("SMSPARTNER_API_KEY", "wrong"), answered[1]];
    let one_fails = [answered[0], ("SMSP_BASE_URL", &flaky), ("SMSP_BATCH_SIZE", "1"), ("SMSP_MAX_RETRIES", "0")];

    let run = |variables: &[(&str, &str)], states: &[&str], complaint: &str, status: i32| {
        let ended = output(isolated(program).args(arguments).envs(variables.iter().copied()));
        let lines = NUMBERS.iter().zip(states).map(|(number, state)| format!("{number} {state}\n"));
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), lines.collect::<String>(), "{program:?}");
        let complained = String::from_utf8(ended.stderr).unwrap();
        assert!(complained.starts_with(complaint), "{program:?}: {complained}");
        assert_eq!(complained.lines().count(), usize::from(!complaint.is_empty()), "{program:?}: {complained}");
        assert_eq!(ended.status.code(), Some(status), "{program:?}: {complained}");
    };
    run(&answered, &["delivered", "not_found", "delivered"], "", 0);
    run(&one_fails, &["delivered", "unanswered", "delivered"], "SMSP_PARTIAL: ", 1);
    run(&wrong_key, &["unanswered"; 3], "SMSP_E_AUTH: ", 2);
    run(&answered[1..], &[], "SMSP_E_CONFIG: api_key", 2);
}
