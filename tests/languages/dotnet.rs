//! The binding for .NET, compiled by Mono's compiler without a warning and run on Mono.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use smsp_simulator::{Builder, Rule, Simulator};
use support::{KEY, ROOT, dotnet, guide, isolated, run, scratch, simulator};

/// The test program, compiled once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| dotnet::compile("tests", &[&Path::new(ROOT).join("tests/dotnet/Tests.cs")]))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = isolated("mono");
    command.args(["--debug".as_ref(), program()]).args(arguments);
    command
}

/// Runs a test of the program against a simulator; it prints failed checks only.
fn check(name: &str, simulator: &Simulator) {
    assert_eq!(run(&mut command(&[name, &simulator.base_url()])), "", "{name}");
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn faulty(text: &str) -> Builder {
    simulator().fault(rule(text))
}

#[test]
fn structs_are_laid_out_as_in_c() {
    let layouts = scratch("dotnet-c").join("layouts");
    support::compile_c(&Path::new(ROOT).join("tests/dotnet/layouts.c"), &layouts, [""; 0]);
    let wanted = run(&mut Command::new(layouts));
    assert!(wanted.lines().count() == 15 && wanted.contains("index "), "{wanted}");
    assert_eq!(run(&mut command(&["layouts"])), wanted);
}

#[test]
fn texts_are_utf8() {
    assert_eq!(run(&mut command(&["utf8"])), "");
}

#[test]
fn options_are_set_and_read() {
    assert_eq!(run(&mut command(&["configuration"])), "");
}

#[test]
fn answers_are_read_whole() {
    check("answers", &simulator().start().unwrap());
}

#[test]
fn what_c_cannot_hold_is_invalid() {
    let simulator = simulator().start().unwrap();
    check("texts", &simulator);
    let asked: Vec<_> = simulator.requests().iter().map(|request| request.entries).collect();
    assert_eq!(asked, [1]);
}

#[test]
fn failures_are_told_by_their_kind() {
    // The simulator's fault, and how the exception and the first entry tell of it.
    let table = [
        ("refuse code=10", "SmspRefusedException Auth 10 200 False"),
        ("refuse code=20", "SmspRefusedException Denied 20 200 False"),
        ("refuse code=50", "SmspRefusedException Api 50 200 False"),
        ("too-many-requests", "SmspRefusedException RateLimited 0 429 True"),
        ("status code=503", "SmspServiceException Http 0 503 True"),
        ("status code=404", "SmspServiceException Http 0 404 False"),
        ("garbage-body", "SmspServiceException Protocol 0 200 True"),
        ("reset-after", "SmspNetworkException Connect 0 0 True"),
        ("latency ms=60000", "SmspNetworkException Timeout 0 0 True"),
    ];
    let simulators: Vec<_> = table.iter().map(|(fault, _)| faulty(fault).start().unwrap()).collect();
    let urls: Vec<_> = simulators.iter().map(Simulator::base_url).collect();
    let plain = simulators[0].base_url().replace("http://", "https://");
    let arguments: Vec<_> = ["failures"].into_iter().chain(urls.iter().map(String::as_str)).chain([&*plain]).collect();
    let lines = table.iter().map(|(_, line)| *line).chain(["SmspNetworkException Tls 0 0 False"]);
    let lines = lines.map(|line| {
        let code = line.split(' ').nth(1).unwrap();
        format!("{line} Unanswered:{code},Unanswered:{code},Invalid:InvalidArgument\n")
    });
    assert_eq!(run(&mut command(&arguments)), lines.collect::<String>());
}

#[test]
fn every_entry_has_its_error() {
    check("errors", &faulty("status code=404 ids=1").fault(rule("refuse code=50 ids=3")).start().unwrap());
}

#[test]
fn a_message_that_is_refused_alone_is_answered() {
    check("refused", &faulty("refuse code=9 ids=1002").start().unwrap());
}

#[test]
fn progress_is_told_in_order() {
    check("progress", &simulator().latency(Duration::from_millis(60)).start().unwrap());
}

#[test]
fn a_call_can_be_cancelled() {
    check("cancel", &faulty("latency ms=600000 ids=1002").fault(rule("latency ms=600000 ids=1003")).start().unwrap());
}

#[test]
fn an_exception_of_progress_ends_the_call() {
    check("throwing", &faulty("latency ms=600000 ids=1003").start().unwrap());
}

#[test]
fn calls_that_wait_hold_no_thread_of_the_pool() {
    check("many", &faulty("latency ms=600000").start().unwrap());
}

#[test]
fn progress_is_told_twenty_times_a_second_at_most() {
    check("paced", &simulator().latency(Duration::from_millis(3)).start().unwrap());
}

#[test]
fn each_of_many_calls_gets_its_own_statuses() {
    check("short", &simulator().start().unwrap());
}

#[test]
fn what_waits_ends_when_there_is_no_call() {
    check("idle", &faulty("latency ms=600000").start().unwrap());
}

/// Less than the thread waits for calls, by far.
fn ends_soon(name: &str, simulator: &Simulator) -> String {
    let begun = Instant::now();
    let printed = run(&mut command(&[name, &simulator.base_url()]));
    assert!(begun.elapsed() < Duration::from_secs(5), "{name} took {:?}", begun.elapsed());
    printed
}

#[test]
fn a_program_ends_at_once() {
    assert_eq!(ends_soon("leave", &simulator().start().unwrap()), "");
    let held = faulty("latency ms=600000 ids=1003").start().unwrap();
    assert_eq!(ends_soon("leave busy", &held), "1 answered, 0 ended\n");
}

#[test]
fn a_domain_can_be_unloaded() {
    check("domain", &faulty("latency ms=600000 ids=1003").start().unwrap());
}

#[test]
fn calls_end_where_there_is_no_descriptor() {
    check("descriptors", &faulty("latency ms=600000 ids=1003").start().unwrap());
}

#[test]
fn threads_share_a_client() {
    check("threads", &simulator().start().unwrap());
}

#[test]
fn a_client_can_be_disposed_while_it_works() {
    check("disposed", &simulator().start().unwrap());
}

#[test]
fn nothing_is_left_behind() {
    check("memory", &simulator().start().unwrap());
}

/// What the README shows: all of it is compiled, and the first program is run.
#[test]
fn the_readme_compiles_and_runs() {
    let page = guide::read("bindings/dotnet/README.md");
    let shown: Vec<_> = guide::blocks(&page).into_iter().filter(|block| block.kind == "csharp").collect();
    assert_eq!(shown.len(), 3, "a program, options, progress");
    let mut around = guide::read("tests/dotnet/Readme.cs");
    for (number, block) in shown.iter().enumerate() {
        around =
            around.replace(&format!("@{number}@"), block.text.strip_prefix("using Smsp;\n").unwrap_or(&block.text));
    }
    let source = scratch("dotnet").join("Readme.cs");
    fs::write(&source, around).unwrap();
    let simulator = simulator().start().unwrap();
    let mut command = isolated("mono");
    command.arg(dotnet::compile("readme", &[&source]));
    let printed = run(command.env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url()));
    // What the simulator makes of these messages.
    assert_eq!(printed, "+33 6 12 34 56 78 Delivered 2023-11-14 22:13:27Z\n0612345679 NotSent \n");
}

/// A folder with the program, and what it finds there under the library's name.
fn deployed(name: &str, put: impl FnOnce(&Path)) -> Command {
    let folder = scratch(&format!("dotnet-{name}"));
    let built = program().parent().unwrap();
    for file in ["Smsp.dll", "Smsp.dll.config", "tests.exe"] {
        fs::copy(built.join(file), folder.join(file)).unwrap();
    }
    put(&folder);
    let mut command = isolated("mono");
    command.arg(folder.join("tests.exe")).current_dir("/").env_remove("LD_LIBRARY_PATH");
    command
}

#[test]
fn the_library_is_found_beside_the_assembly() {
    let put = |folder: &Path| {
        _ = fs::copy(support::library().folder.join("libsmsp.so"), folder.join("libsmsp.so.0")).unwrap()
    };
    let printed = run(deployed("beside", put).arg("version"));
    assert_eq!(printed.trim_end(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_library_that_is_not_found_is_told() {
    // A name that no system has, so that none that is installed is found.
    let rename = |folder: &Path| {
        let config = folder.join("Smsp.dll.config");
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains("target=\"libsmsp.so.0\""), "{text}");
        fs::write(&config, text.replace("libsmsp.so.0", "libsmsp-of-nobody.so")).unwrap();
    };
    let mut command = deployed("missing", rename);
    let folder = scratch("dotnet-missing").display().to_string();
    // Nor is one that somebody has put into the working directory.
    let here = scratch("dotnet-here");
    support::planted(&here.join("libsmsp-of-nobody.so"), "6.6.6");
    let printed = run(command.arg("missing").current_dir(&here));
    assert!(printed.starts_with("libsmsp.so.0 was not found"), "{printed}");
    assert!(printed.contains(&folder) && printed.contains("LD_LIBRARY_PATH, which is not set"), "{printed}");
    // The README says the same.
    let readme = guide::read("bindings/dotnet/README.md");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&readme).contains(&words(&printed.replace(&folder, "/srv/app"))), "{printed}");
    let printed = run(command.env("LD_LIBRARY_PATH", "/nowhere"));
    assert!(printed.contains("LD_LIBRARY_PATH, now /nowhere") && printed.lines().count() == 1, "{printed}");
}

#[test]
fn a_library_of_another_major_version_is_refused() {
    let printed =
        run(deployed("other", |folder| support::planted(&folder.join("libsmsp.so.0"), "1.2.3")).arg("missing"));
    assert!(printed.starts_with("libsmsp 1.2.3 was found, but"), "{printed}");
}

#[test]
fn the_project_file_names_this_version() {
    let project = fs::read_to_string(dotnet::folder().join("Smsp.csproj")).unwrap();
    assert!(project.contains(concat!("<Version>", env!("CARGO_PKG_VERSION"), "</Version>")), "{project}");
}
