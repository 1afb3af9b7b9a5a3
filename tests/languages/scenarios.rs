//! Every language does what C does: tests/scenarios/README.md says how. And every binding is complete.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fs, thread};

use smsp::{Code, Config, State, counters};
use smsp_simulator::{Rule, Simulator};
use support::program::SANITIZERS;
use support::{ROOT, dotnet, golang, isolated, output, scratch};

/// A language in which the library can be used.
struct Language {
    name: &'static str,
    /// The files and folders of its binding; C needs none.
    sources: &'static [&'static str],
    /// Builds its runner, and answers how that is run: the program and its first arguments.
    runner: fn() -> Vec<PathBuf>,
    /// What scenarios need and its strings cannot be.
    lacks: &'static [&'static str],
}

/// The first defines what the others must print.
const LANGUAGES: &[Language] = &[
    Language { name: "C", sources: &[], runner: c, lacks: &[] },
    Language { name: "C++", sources: &["include/smsp.hpp"], runner: cpp, lacks: &["null"] },
    Language { name: "Go", sources: &["bindings/go"], runner: go, lacks: &["null"] },
    Language { name: ".NET", sources: &["bindings/dotnet/src"], runner: net, lacks: &["bytes"] },
    // Its declarations are beside its sources, as they are no calls.
    Language { name: "PHP", sources: &["bindings/php/src"], runner: php, lacks: &[] },
];

fn c() -> Vec<PathBuf> {
    let program = scratch("scenarios").join("c");
    let link = [support::shared(), SANITIZERS.map(str::to_owned).to_vec()].concat();
    support::compile_c(&folder().join("runner.c"), &program, link);
    vec![program]
}

fn cpp() -> Vec<PathBuf> {
    let program = scratch("scenarios").join("cpp");
    let out = ["-o".to_owned(), program.display().to_string()];
    let arguments = [SANITIZERS.map(str::to_owned).to_vec(), out.to_vec(), support::shared()].concat();
    support::compile_cpp("g++", "11", &folder().join("runner.cpp"), arguments);
    vec![program]
}

fn go() -> Vec<PathBuf> {
    vec![golang::program("tests/scenarios/go", "scenarios", &["."])]
}

fn net() -> Vec<PathBuf> {
    vec!["mono".into(), dotnet::compile("scenarios", &[&folder().join("Runner.cs")])]
}

fn php() -> Vec<PathBuf> {
    support::require("php");
    // All that PHP has to say about the package would be printed.
    let settings = ["-derror_reporting=-1", "-ddisplay_errors=stderr"].map(PathBuf::from);
    [vec!["php".into()], settings.to_vec(), vec![folder().join("runner.php")]].concat()
}

fn folder() -> PathBuf {
    Path::new(ROOT).join("tests/scenarios")
}

/// What a file of the folder says.
struct Scenario {
    name: String,
    path: PathBuf,
    text: String,
}

impl Scenario {
    fn all() -> Vec<Scenario> {
        let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
        let read = |path: PathBuf| Scenario {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            text: fs::read_to_string(&path).unwrap(),
            path,
        };
        files.map(read).collect()
    }

    /// What follows this word, for each line that begins with it.
    fn said<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        self.text.lines().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '))
    }

    /// Runs a runner against a simulator of its own; answers what it prints, without what differs from run to run.
    fn run(&self, runner: &[PathBuf]) -> Result<String, String> {
        let (simulator, (_refusing, port)) = (self.simulator(), support::refusing());
        let refusing = format!("127.0.0.1:{port}");
        let mut command = isolated(&runner[0]);
        command.args(&runner[1..]).arg(&self.path).arg(simulator.base_url());
        for (name, value) in self.said("environment").filter_map(|pair| pair.split_once(' ')) {
            command.env(name, value.replace("{base_url}", &simulator.base_url()).replace("{refusing}", &refusing));
        }
        let authority = tempfile::NamedTempFile::new().unwrap();
        if simulator.ca_pem().is_some() {
            simulator.write_ca(authority.path()).unwrap();
            command.arg(authority.path());
        }
        let ended = output(&mut command);
        let (printed, complained) = (String::from_utf8(ended.stdout), String::from_utf8_lossy(&ended.stderr));
        let printed = printed.map_err(|error| error.to_string())?;
        if !ended.status.success() || !complained.is_empty() {
            return Err(format!("{command:?} ended with {}\n{complained}{printed}", ended.status));
        }
        let port = simulator.address().port();
        let printed = printed.replace(&refusing, "{refusing}").replace(env!("CARGO_PKG_VERSION"), "{version}");
        Ok(["127.0.0.1", "localhost"]
            .iter()
            .fold(printed, |printed, host| printed.replace(&format!("{host}:{port}"), "{address}")))
    }

    fn simulator(&self) -> Simulator {
        let mut builder = support::simulator();
        for line in self.said("simulator") {
            let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
            builder = match what {
                "fault" => builder.fault(rest.parse::<Rule>().unwrap()),
                "tls" => builder.tls(true),
                "body" => {
                    let body = rest.as_bytes().to_vec();
                    builder.mutate(move |_, answer| answer.raw = Some(body.clone()))
                }
                _ => panic!("{}: there is no `simulator {what}`", self.name),
            };
        }
        builder.start().unwrap()
    }

    /// What C printed as it is committed: the tables by their names, of a long report the first and the last status.
    fn abridged(printed: &str) -> String {
        let mut text = printed.to_owned();
        for (name, table) in tables() {
            text = text.replace(&table, &format!("{{{name}}}\n"));
        }
        let lines: Vec<_> = text.lines().collect();
        let is_status = |line: Option<&&str>| line.is_some_and(|line| line.starts_with("status "));
        let number = |line: &str| line.split(' ').nth(1).and_then(|word| word.parse::<usize>().ok());
        let mut abridged = String::new();
        for (place, line) in lines.iter().enumerate() {
            let inside = is_status(Some(line)) && number(line) >= Some(20) && is_status(lines.get(place + 1));
            match inside {
                true if abridged.ends_with("...\n") => {}
                true => abridged += "...\n",
                false => _ = writeln!(abridged, "{line}"),
            }
        }
        abridged
    }
}

/// A text as the runners print it.
fn word(text: Option<&str>) -> String {
    let escape = |byte: u8| match byte {
        b'%' => "%25".to_owned(),
        b'!'..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    match text {
        None => "-".to_owned(),
        Some("") => "%".to_owned(),
        Some("-") => "%2D".to_owned(),
        Some(text) => text.bytes().map(escape).collect(),
    }
}

/// The tables of the library, as the runners print them.
fn tables() -> [(&'static str, String); 4] {
    let mut codes: Vec<_> = Code::ALL.iter().collect();
    codes.sort_by_key(|code| code.value());
    let codes = codes.iter().map(|code| format!("code {} {}\n", code.value(), code.name()));
    let state = |state: &State| {
        let last = if state.is_final() { "final" } else { "open" };
        format!("state {} {} {last}\n", state.value(), state.name())
    };
    let option = |option: &smsp::Opt| {
        let default = option.default().map(|text| text.replace(env!("CARGO_PKG_VERSION"), "{version}"));
        // The placeholder is put in after the runner's escapes.
        let default = word(default.as_deref()).replace("%7Bversion%7D", "{version}");
        format!("option {} {default}\n", option.name())
    };
    [
        ("codes", codes.collect()),
        ("states", State::ALL.iter().map(state).collect()),
        ("options", Config::options().iter().map(option).collect()),
        ("counters", counters().map(|(name, _)| format!("counter {name} 0\n")).collect()),
    ]
}

/// Where two texts differ first.
fn difference(wanted: &str, printed: &str) -> Option<String> {
    let (mut wanted, mut printed) = (wanted.lines(), printed.lines());
    for number in 1.. {
        match (wanted.next(), printed.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => return Some(format!("line {number}\n  wanted  {one:?}\n  printed {other:?}")),
        }
    }
    None
}

/// Runs a scenario in every language that can; answers what is wrong.
fn check(scenario: &Scenario, runners: &[Vec<PathBuf>]) -> Vec<String> {
    let (mut wrong, mut defined) = (Vec::new(), String::new());
    for (language, runner) in LANGUAGES.iter().zip(runners) {
        if scenario.said("needs").any(|need| language.lacks.contains(&need)) {
            continue;
        }
        let name = language.name;
        match scenario.run(runner) {
            Err(error) => wrong.push(format!("{}, {name}: {error}", scenario.name)),
            Ok(printed) if name == LANGUAGES[0].name => {
                wrong.extend(unexpected(scenario, &Scenario::abridged(&printed)));
                defined = printed;
            }
            Ok(printed) => {
                let found = difference(&defined, &printed);
                wrong.extend(found.map(|found| format!("{}, {name} is not as C: {found}", scenario.name)));
            }
        }
    }
    wrong
}

/// How what C printed differs from what is committed.
fn unexpected(scenario: &Scenario, printed: &str) -> Option<String> {
    let file = scenario.path.with_extension("expected");
    if env::var_os("SMSP_WRITE_SCENARIOS").is_some() {
        fs::write(&file, printed).unwrap();
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    difference(&wanted, printed).map(|found| format!("{}, C is not as expected: {found}", scenario.name))
}

#[test]
fn every_language_prints_what_c_prints() {
    // A warning of a sanitizer ends a runner.
    let runners: Vec<_> = thread::scope(|scope| {
        let building: Vec<_> = LANGUAGES.iter().map(|language| scope.spawn(language.runner)).collect();
        building.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let (scenarios, wrong) = (Mutex::new(Scenario::all()), Mutex::new(Vec::new()));
    assert!(scenarios.lock().unwrap().len() >= 16);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(scenario) = scenarios.lock().unwrap().pop() else { return };
                    wrong.lock().unwrap().extend(check(&scenario, &runners));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of a text, as C has them.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect()
}

/// Takes comments out, in languages that have those of C++.
fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('/') {
        let (before, comment) = rest.split_at(start);
        code += before;
        rest = match comment.as_bytes().get(1) {
            Some(b'*') => comment[2..].split_once("*/").map_or("", |(_, rest)| rest),
            Some(b'/') => comment.find('\n').map_or("", |end| &comment[end..]),
            _ => {
                code.push('/');
                &comment[1..]
            }
        };
    }
    code + rest
}

/// All that the files below a path say.
fn text_below(path: &Path) -> String {
    if path.is_file() {
        return String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned() + "\n";
    }
    let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| text_below(file)).collect()
}

const QUEUE: [&str; 6] = [
    "smsp_queue_fd",
    "smsp_queue_wake",
    "smsp_queue_free",
    "smsp_queue_new",
    "smsp_operation_notify",
    "smsp_queue_wait",
];

/// What a binding does without. Those for Go and .NET wait by one queue of their own, which for Go lives as long as the
/// process. The others wait for each operation by itself.
fn lacks(language: &str) -> &'static [&'static str] {
    match language {
        "Go" => &["smsp_queue_wake"],
        ".NET" => &["smsp_queue_fd"],
        _ => &QUEUE,
    }
}

#[test]
fn every_binding_is_complete() {
    let header = fs::read_to_string(Path::new(ROOT).join("include/smsp.h")).unwrap();
    let code = without_comments(&header);
    let is_function = |word: &&str| word.starts_with("smsp_") && code.contains(&format!("{word}("));
    let functions: Vec<_> = words(&code).into_iter().filter(is_function).collect();
    let defined = code.lines().filter_map(|line| line.strip_prefix("#define ")?.split(' ').next());
    let numbers = defined.filter(|name| {
        !name.starts_with("SMSP_VERSION") && !["SMSP_H", "SMSP_MAX_BATCH", "SMSP_MUST_USE"].contains(name)
    });
    let numbers: Vec<_> = numbers.collect();
    // All of them were found.
    assert!(functions.len() >= 33 && functions.contains(&"smsp_multi_status"), "{functions:?}");
    assert_eq!(numbers.len(), Code::ALL.len() + State::ALL.len() + 1, "{numbers:?}");

    let mut lacking = String::new();
    for Language { name, sources, .. } in LANGUAGES.iter().filter(|language| !language.sources.is_empty()) {
        let text: String = sources.iter().map(|source| text_below(&Path::new(ROOT).join(source))).collect();
        let code = without_comments(&text);
        // What is called, and what is at least spoken of: not every language has the names of C.
        let (called, named) = (words(&code), words(&text));
        let excepted = lacks(name).iter().filter(|function| called.contains(*function)).collect::<Vec<_>>();
        assert!(excepted.is_empty(), "{name} calls {excepted:?}, which `lacks` says that it does not");
        let functions =
            functions.iter().filter(|function| !called.contains(*function) && !lacks(name).contains(function));
        for lack in functions.chain(numbers.iter().filter(|number| !named.contains(*number))) {
            _ = writeln!(lacking, "{name} lacks {lack}");
        }
    }
    assert!(lacking.is_empty(), "{lacking}");
}

#[test]
fn comments_are_no_calls() {
    let code = without_comments("a(); // b();\n/* c(); */ d(1 / 2); /* e();");
    assert_eq!(code, "a(); \n d(1 / 2); ");
}
