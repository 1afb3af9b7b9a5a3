//! The binding for Go: what its own tests say, plain and with what looks for races and for pointers that must not cross,
//! what it costs, and every way to link it.

use std::process::Command;

use support::golang::{go, pointer_checks, prefix};
use support::guide::{blocks, read};
use support::{KEY, isolated, run, simulator, tell};

const BINDING: &str = "bindings/go";

/// Every module in the tree.
const MODULES: [&str; 3] = [BINDING, "examples/go", "tests/scenarios/go"];

#[test]
fn gofmt_and_vet_have_nothing_to_complain_about() {
    for module in MODULES {
        let unformatted =
            run(Command::new("gofmt").args(["-l", "."]).current_dir(format!("{}/{module}", support::ROOT)));
        assert_eq!(unformatted, "", "gofmt would change these in {module}");
        run(go(module).args(["vet", "./..."]));
    }
}

/// `go test` of everything.
fn test() -> Command {
    let mut go = go(BINDING);
    go.env("SMSP_SIMULATOR", support::simulator_program()).args(["test", "-count=1", "-vet=off", "./..."]);
    go
}

#[test]
fn its_tests_pass_with_every_check() {
    let (checks, value) = pointer_checks();
    let printed = run(test().args(["-race", "-v"]).env(checks, value));
    for name in ["TestGrowth", "TestCloseWhileCallsRun", "ExampleClient_MultiStatus"] {
        assert!(printed.contains(&format!("--- PASS: {name} ")), "{name} did not run:\n{printed}");
    }
    for line in printed.lines().filter(|line| line.contains("after 5,000 calls")) {
        tell(line.trim());
    }
}

/// The same without checks, and what is measured: the target is 60 ns.
#[test]
fn its_tests_pass_and_a_status_costs_little() {
    let printed = run(test().args(["-bench", "Status", "-benchtime=20x"]));
    let words: Vec<_> = printed.split_whitespace().collect();
    let figure = |unit: &str| {
        let place = words.iter().position(|word| *word == unit).unwrap_or_else(|| panic!("no {unit} in\n{printed}"));
        words[place - 1].parse::<f64>().unwrap()
    };
    let (added, least) = (figure("added-ns/status"), figure("least-added-ns/status"));
    let call = figure("C-ns/status");
    tell(&format!(
        "Go adds {added:.0} ns of processor time to the {call:.0} of a status in C, and {least:.0} at the least"
    ));
    assert!(added < 180.0, "{added} ns");
}

#[test]
fn it_links_in_every_way() {
    let simulator = simulator().start().unwrap();
    let lib = prefix().join("lib").display().to_string();
    let flags = [("CGO_CFLAGS", format!("-I{}/include", prefix().display())), ("CGO_LDFLAGS", format!("-L{lib}"))];
    let ways =
        [("", true), ("smsp_static", false), ("smsp_nopkgconfig", true), ("smsp_nopkgconfig,smsp_static", false)];
    for (tags, is_shared) in ways {
        let mut build = go("examples/go");
        if tags.contains("nopkgconfig") {
            // There is no such file to be found.
            build.envs(flags.clone()).env("PKG_CONFIG_PATH", support::scratch("go-empty"));
        }
        let program = support::scratch("go").join(format!("linked-{tags}"));
        run(build.args(["build", "-buildvcs=false", "-tags", tags, "-o"]).arg(&program).arg("."));
        let needed = run(Command::new("readelf").arg("-d").arg(&program));
        assert_eq!(needed.contains("[libsmsp.so"), is_shared, "{tags:?}: {needed}");
        let mut asking = isolated(&program);
        asking.env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url()).arg("+33699999993:111111");
        if !is_shared {
            asking.env_remove("LD_LIBRARY_PATH");
        }
        let printed = run(&mut asking);
        assert!(printed.contains(" delivered "), "{tags:?}: {printed}");
    }
}

/// A module is made as the page of the binding says, and runs what that shows.
#[test]
fn what_its_page_shows_runs() {
    let page = read("bindings/go/README.md");
    let shown: String =
        blocks(&page).iter().filter(|block| block.kind == "go").map(|block| block.text.as_str()).collect();
    let program = format!(
        "package main\n\nimport (\n\"context\"\n\"errors\"\n\"fmt\"\n\"log\"\n\n\"example.org/smsp\"\n)\n\n\
         func main() {{\nctx := context.Background()\n{shown}}}\n"
    );
    let folder = support::scratch("go").join("page");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.go"), program).unwrap();
    std::fs::write(folder.join("go.mod"), "module page\n\ngo 1.19\n").unwrap();
    let folder = folder.to_str().unwrap();
    let edit = page.lines().find_map(|line| line.strip_prefix("go mod edit ")).unwrap();
    let edit = edit.replace("/path/to/libsmsp", support::ROOT);
    run(go(folder).args(["mod", "edit"]).args(edit.split(' ')));

    let simulator = simulator().start().unwrap();
    let mut asking = go(folder);
    asking.env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url());
    let printed = run(asking.args(["run", "."]));
    assert!(printed.starts_with("+33 6 12 34 56 78 "), "{printed}");
}
