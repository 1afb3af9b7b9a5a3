//! The header for C++: every standard and both compilers take it without a warning, with exceptions and without, and it
//! does what it says.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::guide::{blocks, read};
use common::program::{FOUND, SANITIZERS};
use common::{KEY, ROOT, compile_cpp, isolated, run, scratch, simulator};

const COMPILERS: [&str; 2] = ["g++", "clang++"];
const STANDARDS: [&str; 4] = ["11", "14", "17", "20"];
const EXCEPTIONS: [&str; 2] = ["-fexceptions", "-fno-exceptions"];

fn source() -> PathBuf {
    Path::new(ROOT).join("tests/cpp/interface.cpp")
}

#[test]
fn every_standard_takes_it() {
    for compiler in COMPILERS {
        for standard in STANDARDS {
            for exceptions in EXCEPTIONS {
                compile_cpp(compiler, standard, &source(), [exceptions, "-fsyntax-only"]);
            }
        }
    }
}

/// The ends of the range of standards; what gcc builds also under AddressSanitizer, which looks for leaks too, and
/// UndefinedBehaviorSanitizer.
#[test]
fn it_does_what_it_says() {
    let sanitizers = SANITIZERS.as_slice();
    for (compiler, standard, exceptions, sanitizers) in [
        ("g++", "11", "-fexceptions", sanitizers),
        ("g++", "20", "-fno-exceptions", sanitizers),
        ("clang++", "11", "-fno-exceptions", &[]),
        ("clang++", "20", "-fexceptions", &[]),
    ] {
        let program = scratch("cpp").join(format!("interface-{compiler}-{standard}"));
        let out = [exceptions, "-o", program.to_str().unwrap()];
        let link: Vec<_> = common::shared();
        let link = link.iter().map(String::as_str);
        compile_cpp(compiler, standard, &source(), sanitizers.iter().copied().chain(out).chain(link));
        let simulator = simulator().fault("status code=503 ids=503".parse().unwrap()).start().unwrap();
        let mut command = isolated(program);
        command.env("ASAN_OPTIONS", format!("exitcode={FOUND}:detect_leaks=1"));
        assert_eq!(run(command.arg(simulator.base_url()).arg(KEY)), "", "{compiler} {standard} {exceptions}");
    }
}

/// What the page shows is compiled: each block as statements for which there is a list and a client.
#[test]
fn what_is_shown() {
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
