//! The guides hold: the programs that they show are compiled and print what the guides say, and what they quote is said.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::guide::{Block, blocks, read};
use support::program::{FORMS, Form, program};
use support::rotation::check_rotation;
use support::rows::{RowsFile, expected, messages};
use support::{ROOT, archive, compile_c, isolated, output, run, scratch, simulator, simulator_program};

/// The program `smsp-simulator`, run as a guide says.
struct Service {
    child: Child,
    base_url: String,
}

impl Service {
    /// By a command line of the shell.
    fn start(line: &str) -> Service {
        let folder = simulator_program().parent().unwrap().display().to_string();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("PATH={folder}:$PATH; exec {line}")]).stdout(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let mut base_url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base_url).unwrap();
        assert!(base_url.starts_with("http://127.0.0.1:"), "{line}: {base_url:?}");
        Service { child, base_url: base_url.trim_end().to_owned() }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What a program of the introduction prints, where the simulator is the one that it was told to start. The guide names a
/// port, the simulator takes any.
fn printed(program: &Path, service: &str) -> String {
    let service = Service::start(service);
    let mut command = isolated(program);
    command.env("SMSPARTNER_API_KEY", "demo").env("SMSP_BASE_URL", &service.base_url);
    run(&mut command).replace(&service.base_url, "http://127.0.0.1:41234/v1")
}

/// Whether a block is for the outermost level of a file.
fn is_function(text: &str) -> bool {
    ["static ", "/*"].iter().any(|start| text.starts_with(start)) && text.ends_with("\n}\n")
}

/// Compiles what a guide shows: a whole program, or statements with these functions before them.
fn compiled(name: &str, functions: &str, text: &str) -> PathBuf {
    let around = read("tests/guides/around.c");
    let whole = around.replace("@FUNCTIONS@", functions).replace("@STATEMENTS@", text);
    let source = scratch("guides").join(format!("{name}.c"));
    fs::write(&source, if text.contains("int main(") { text } else { &whole }).unwrap();
    let program = source.with_extension("");
    compile_c(&source, &program, support::shared());
    program
}

#[test]
fn the_readme_shows_what_compiles_and_prints_that() {
    let shown: Vec<_> = blocks(&read("README.md")).into_iter().filter(|block| block.kind == "c").collect();
    let functions = shown.iter().filter(|block| is_function(&block.text)).map(|block| block.text.as_str());
    let functions =
        "static void save(const smsp_status *status) { (void)status; }\n".to_owned() + &functions.collect::<String>();
    let rest: Vec<_> = shown.iter().filter(|block| !is_function(&block.text)).collect();
    assert_eq!(rest.len(), 3, "a program, an operation, a loop that takes two days");
    let program = compiled("readme-0", "", &rest[0].text);
    assert_eq!(printed(&program, "smsp-simulator --finished"), "+33 6 12 34 56 78 delivered\n0612345679 delivered\n");
    let operation = compiled("readme-1", "", &rest[1].text);
    assert!(!printed(&operation, "smsp-simulator --finished --latency-ms 300").is_empty());
    compiled("readme-2", &functions, &rest[2].text);
}

#[test]
fn the_introduction_shows_what_compiles_and_prints_that() {
    let (mut service, mut functions, mut ran) = (String::new(), String::new(), 0);
    let mut blocks = blocks(&read("docs/INTRODUCTION.md")).into_iter().peekable();
    while let Some(Block { kind, text }) = blocks.next() {
        if let Some(line) = text.lines().find(|line| kind == "sh" && line.starts_with("smsp-simulator")) {
            service = line.to_owned();
        }
        if kind != "c" {
            continue;
        }
        if is_function(&text) {
            functions += &text;
            continue;
        }
        ran += 1;
        let program = compiled(&format!("introduction-{ran}"), &std::mem::take(&mut functions), &text);
        let printed = printed(&program, &service);
        let expected = blocks.next_if(|next| next.kind == "text").map_or(String::new(), |block| block.text);
        assert_eq!(printed, expected, "what this prints is not what docs/INTRODUCTION.md says:\n{text}");
    }
    assert!(functions.is_empty() && ran > 10, "{ran} programs");
}

/// What stands between the marks of a C program.
fn marked(source: &str) -> &str {
    source.split_once("/* -- begin -- */\n").unwrap().1.split_once("/* -- end -- */\n").unwrap().0
}

#[test]
fn rotation_is_shown_as_it_is_tested() {
    let source = read("tests/abi/rotation.c");
    let shown = blocks(&read("docs/DEPLOYING.md")).into_iter().find(|block| block.text.contains("give_back"));
    assert_eq!(shown.unwrap().text, marked(&source));
}

#[test]
fn a_key_is_rotated_under_load() {
    for form in FORMS {
        check_rotation(30, |arguments| {
            let mut command = program("rotation").command(form);
            command.args(arguments);
            command
        });
    }
    check_rotation(5, |arguments| program("rotation").memory_command(arguments));
}

/// Runs `tests/abi/sandbox.c`, and answers what it prints.
fn sandboxed(rule: &str, form: Form, tls: bool) -> (String, String) {
    let simulator = simulator().tls(tls).start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(120)));
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = [vec![rule.to_owned()], rows.arguments(&simulator)].concat();
    arguments.push(format!("log_file={}", folder.path().join("log").display()));
    arguments.extend(["log_level=debug".to_owned(), "batch_size=30".to_owned()]);
    if tls {
        let ca = folder.path().join("ca.pem");
        simulator.write_ca(&ca).unwrap();
        arguments.push(format!("ca_file={}", ca.display()));
    } else {
        let by_name = simulator.base_url().replace("127.0.0.1", "localhost");
        arguments.push(format!("base_url={by_name}"));
    }
    let printed = run(program("sandbox").command(form).args(arguments));
    (printed, simulator.address().port().to_string())
}

#[test]
fn a_sandbox_of_system_calls_is_enough() {
    for form in [Form::Shared, Form::Static] {
        for tls in [false, true] {
            assert_eq!(sandboxed("service", form, tls).0, "");
        }
    }
}

#[test]
fn what_a_sandbox_refuses_is_told() {
    let guide = read("docs/DEPLOYING.md");
    for rule in ["connect", "inet"] {
        let (printed, port) = sandboxed(rule, Form::Shared, false);
        let quoted = printed.trim_end().replace(&port, "443");
        assert!(guide.contains(&quoted), "{rule}: docs/DEPLOYING.md does not say: {quoted}");
    }
}

/// A folder with the shared library as it is installed: with its name for the loader, and its functions under this version.
fn versioned(test: &str, version: &str) -> PathBuf {
    let folder = scratch("guides").join(format!("{test}-{version}"));
    fs::create_dir_all(&folder).unwrap();
    let map = folder.join("map");
    fs::write(&map, format!("{version} {{ global: smsp_*; local: *; }};\n")).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-Wl,-soname,libsmsp.so.0", "-Wl,-u,smsp_version", "-Wl,--gc-sections", "-o"]);
    cc.arg(folder.join("libsmsp.so.0")).args(archive());
    run(cc.arg(format!("-Wl,--version-script={}", map.display())));
    fs::copy(folder.join("libsmsp.so.0"), folder.join("libsmsp.so")).unwrap();
    folder
}

/// Runs the program of this folder with libraries from nowhere else but one of these, and answers all that is said.
fn loaded(folder: &Path, library: &str) -> (Option<i32>, String) {
    let mut command = isolated("./program");
    let ended = output(command.current_dir(folder).env("LD_LIBRARY_PATH", library));
    (ended.status.code(), String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap())
}

#[test]
fn the_loader_says_what_the_guide_quotes() {
    let guide = read("docs/LINKING.md");
    let says =
        |text: &str| assert!(guide.contains(&format!("```\n{text}```\n")), "docs/LINKING.md does not say: {text}");
    let folder = versioned("loader", "SMSP_1");
    let source = folder.join("program.c");
    fs::write(&source, "#include <smsp.h>\nint main(void) { return smsp_version()[0] != '0'; }\n").unwrap();
    compile_c(&source, &folder.join("program"), [format!("-L{}", folder.display()).as_str(), "-lsmsp"]);

    assert_eq!(loaded(&folder, "."), (Some(0), String::new()));
    let (status, said) = loaded(&folder, "");
    assert_eq!(status, Some(127), "{said}");
    says(&said);
    fs::copy(versioned("loader", "SMSP_0").join("libsmsp.so.0"), folder.join("libsmsp.so.0")).unwrap();
    let (status, said) = loaded(&folder, ".");
    assert_eq!(status, Some(1), "{said}");
    says(&said);

    let linked = output(
        Command::new("cc")
            .arg("-I")
            .arg(Path::new(ROOT).join("include"))
            .args([&source])
            .args(["-lsmsp", "-o"])
            .arg(folder.join("none")),
    );
    let said = String::from_utf8(linked.stderr).unwrap();
    assert!(said.contains("cannot find -lsmsp"), "{said}");
    says("cannot find -lsmsp\n");
}

#[test]
fn the_library_can_be_loaded_when_it_is_needed() {
    let guide = read("docs/LINKING.md");
    let folder = versioned("dlopen", "SMSP_0");
    let mut shown = blocks(&guide).into_iter().skip_while(|block| block.kind != "c");
    let source = folder.join("program.c");
    fs::write(&source, shown.next().unwrap().text).unwrap();
    compile_c(&source, &folder.join("program"), ["-ldl"]);
    assert_eq!(loaded(&folder, "."), (Some(0), format!("{}\n", env!("CARGO_PKG_VERSION"))));
    assert_eq!(loaded(&folder, ""), (Some(1), shown.next().unwrap().text));
}
