//! The package for PHP: on the command line, and in PHP-FPM behind nginx.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{ROOT, isolated, run, simulator};
use smsp_simulator::Rule;

fn package() -> PathBuf {
    Path::new(ROOT).join("bindings/php")
}

/// PHP on the command line; all that it has to say is printed.
fn php() -> Command {
    let mut command = isolated("php");
    command.args(["-derror_reporting=-1", "-ddisplay_errors=stderr", "-dzend.exception_ignore_args=0"]);
    command
}

/// The files of a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_file_is_strict() {
    let scripts = ["bindings/php", "examples/php"].iter().flat_map(|folder| files(&Path::new(ROOT).join(folder)));
    let scripts: Vec<_> = scripts.filter(|path| path.extension().is_some_and(|extension| extension == "php")).collect();
    assert!(scripts.len() > 30, "{scripts:?}");
    for script in &scripts {
        assert!(fs::read_to_string(script).unwrap().contains("\ndeclare(strict_types=1);\n"), "{script:?}");
        run(php().arg("-l").arg(script));
    }
}

#[test]
fn unit_tests() {
    let fault = |rule: &str| simulator().fault(rule.parse::<Rule>().unwrap());
    let kinds = [
        "refuse code=10",
        "refuse code=20",
        "refuse code=77",
        "too-many-requests",
        "status code=503",
        "status code=404",
        "garbage-body",
        "reset-after",
        "latency ms=60000",
    ];
    let mut simulators: Vec<_> = kinds.iter().map(|kind| (*kind, fault(kind).start().unwrap())).collect();
    simulators.push(("plain", simulator().start().unwrap()));
    simulators.push(("slow", simulator().latency(Duration::from_millis(60)).start().unwrap()));
    simulators.push(("held", fault("latency ms=600000 ids=1003").start().unwrap()));
    let mut urls: BTreeMap<_, _> = simulators.iter().map(|(name, it)| (*name, it.base_url())).collect();
    urls.insert("https", urls["plain"].replace("http://", "https://"));
    let mut command = php();
    command.arg("/usr/bin/phpunit").arg("--configuration").arg(package().join("tests/phpunit.xml"));
    let printed = run(command.env("SMSP_TEST_SIMULATORS", serde_json::to_string(&urls).unwrap()));
    assert!(printed.contains("OK ("), "{printed}");
}
