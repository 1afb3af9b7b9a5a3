//! The header for C++: every standard and both compilers take it without a warning, with exceptions and without, and it
//! does what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use smsp_simulator::{Answer, Request};
use support::guide::{blocks, read};
use support::program::{FOUND, SANITIZERS};
use support::rows::{RowsFile, expected};
use support::{KEY, ROOT, compile_cpp, isolated, run, scratch, simulator};

const COMPILERS: [&str; 2] = ["g++", "clang++"];
/// The last is 23 by its older name, which every compiler knows.
const STANDARDS: [&str; 5] = ["11", "14", "17", "20", "2b"];
const EXCEPTIONS: [&str; 2] = ["-fexceptions", "-fno-exceptions"];

fn source(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/cpp").join(name)
}

/// A program of one source that is compiled in several ways: compiler, standard and whatever else. Built by gcc with the
/// sanitizers; an object of another compiler has none.
fn program(name: &str, parts: &[(&str, &str, &[&str])]) -> PathBuf {
    let folder = scratch("cpp");
    let part = |i: usize| format!("{name}_{i}");
    let object = |i: usize| folder.join(part(i) + ".o").display().to_string();
    let waiting = Mutex::new(parts.iter().enumerate());
    // Two at a time: each takes half a gigabyte.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((i, &(compiler, standard, flags))) = waiting.lock().unwrap().next() else { return };
                    let out = ["-c".to_owned(), "-o".to_owned(), object(i), format!("-DPART={}", part(i))];
                    let flags = flags.iter().map(|flag| (*flag).to_owned());
                    compile_cpp(compiler, standard, &source(&format!("{name}.cpp")), flags.chain(out));
                }
            });
        }
    });
    let program = folder.join(name);
    let names: String = (0..parts.len()).map(|i| format!("part({}) ", part(i))).collect();
    let arguments = [format!("-DPARTS(part)={names}"), "-o".to_owned(), program.display().to_string()];
    let objects = (0..parts.len()).map(object);
    let sanitizers = SANITIZERS.map(str::to_owned);
    compile_cpp(
        "g++",
        "11",
        &source("main.cpp"),
        sanitizers.into_iter().chain(arguments).chain(objects).chain(support::shared()),
    );
    program
}

/// Runs a program, which must print nothing. What is freed is overwritten for objects without sanitizer too.
fn check(program: PathBuf, arguments: impl IntoIterator<Item = String>) {
    let mut command: Command = isolated(program);
    command.env("ASAN_OPTIONS", format!("exitcode={FOUND}:detect_leaks=1:max_free_fill_size=4096"));
    assert_eq!(run(command.args(arguments)), "");
}

#[test]
fn every_standard_takes_it() {
    for compiler in COMPILERS {
        for standard in STANDARDS {
            for exceptions in EXCEPTIONS {
                compile_cpp(compiler, standard, &source("interface.cpp"), [exceptions, "-fsyntax-only", "-DPART=part"]);
            }
        }
    }
}

/// By the ends of the range of standards, in one program: what each makes of the header must not be taken for what another
/// does.
#[test]
fn it_does_what_it_says() {
    let [address, no_recover, frames] = SANITIZERS;
    let program = program(
        "interface",
        &[
            ("g++", "11", &["-fexceptions", address, no_recover, frames]),
            ("g++", "20", &["-fno-exceptions", address, no_recover, frames]),
            ("clang++", "11", &["-fno-exceptions"]),
            ("clang++", "20", &["-fexceptions"]),
        ],
    );
    let reject = |_: &Request, answer: &mut Answer| {
        for entry in answer.entries.iter_mut().filter(|entry| entry.message_id == "96") {
            (entry.success, entry.code, entry.status) = (false, 96, "IP refused".to_owned());
        }
    };
    let refuse = "status code=503 ids=503".parse().unwrap();
    let simulator = simulator().mutate(reject).fault(refuse).start().unwrap();
    check(program, [simulator.base_url(), KEY.to_owned()]);
}

/// Every kind of range and of message, by every compiler and standard. The messages have texts that a `std::string` does not
/// hold itself, and become of them what not all have in common.
#[test]
fn every_range_is_asked_message_by_message() {
    let program = program(
        "ranges",
        &[
            ("g++", "14", &["-O0", "-g0", "-fno-exceptions"]),
            ("g++", "11", &["-O0", "-g0", "-fsanitize=address"]),
            ("g++", "17", &["-O0", "-g0", "-fsanitize=address", "-fno-exceptions"]),
            ("g++", "20", &["-O0", "-g0", "-fsanitize=address"]),
            ("g++", "2b", &["-O0", "-g0", "-fno-exceptions"]),
            ("clang++", "11", &["-O0", "-g0", "-fno-exceptions"]),
            ("clang++", "14", &["-O0", "-g0", "-D_GLIBCXX_USE_CXX11_ABI=0"]),
            ("clang++", "17", &["-O0", "-g0", "-DEVERYTHING"]),
            ("clang++", "20", &["-O0", "-g0", "-D_GLIBCXX_DEBUG"]),
            ("clang++", "2b", &["-O0", "-g0", "-fno-exceptions"]),
        ],
    );
    let simulator = simulator().start().unwrap();
    let message = |i: usize| (format!("+33 6 12 34 56 {i:02}"), format!("message {i:012}"));
    let rows = expected(&simulator, &(0..8).map(message).collect::<Vec<_>>());
    assert!(rows.windows(2).any(|pair| pair[0].state != pair[1].state), "{rows:?}");
    check(program, RowsFile::new(&rows).arguments(&simulator));
}

/// What the page shows is compiled: each block as statements for which there is a list and a client.
#[test]
fn what_its_page_shows_compiles() {
    let shown = blocks(&read("bindings/cpp/README.md")).into_iter().filter(|block| block.kind == "cpp");
    let mut compiled = 0;
    for block in shown {
        let source = scratch("cpp").join(format!("shown-{compiled}.cpp"));
        let text = format!(
            "#include <smsp.hpp>\n#include <iostream>\n\
             void shown(std::vector<smsp::query> list, smsp::client client);\n\
             void shown(std::vector<smsp::query> list, smsp::client client)\n{{\n    (void)list, (void)client;\n    {{\n{}    }}\n}}\n",
            block.text
        );
        fs::write(&source, text).unwrap();
        compile_cpp("g++", "11", &source, ["-Wno-shadow", "-fsyntax-only"]);
        compiled += 1;
    }
    assert_eq!(compiled, 3);
}
