//! The header: the committed one is the generated one, and every compiler takes it without a warning.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{ROOT, compile_c, isolated, output, run, scratch, shared};

const C_STANDARDS: [&str; 5] = ["c89", "c99", "c11", "c17", "c2x"];
const CPP_STANDARDS: [&str; 5] = ["c++98", "c++11", "c++17", "c++20", "c++2b"];

/// The header alone, as the first and only thing in a file.
const ALONE: &str = "#include <smsp.h>\n";

/// The header twice, and every kind of thing in it used.
const TWICE: &str = "\
#include <smsp.h>
#include <smsp.h>
extern int64_t no_date;
extern smsp_code least_code;
extern const char *versions[2];
extern int numbers[5];
size_t rows(const smsp_report *report, const smsp_query *query, const smsp_status *status);
SMSP_MUST_USE int checked(void);
#if SMSP_VERSION_NUMBER < 1
#error SMSP_VERSION_NUMBER is no number
#endif
int64_t no_date = SMSP_NO_DATE;
smsp_code least_code = SMSP_E_INTERNAL - SMSP_OK;
const char *versions[2] = {SMSP_VERSION, \"\" SMSP_VERSION \"\"};
int numbers[5] = {SMSP_VERSION_MAJOR, SMSP_VERSION_MINOR, SMSP_VERSION_PATCH, SMSP_VERSION_NUMBER,
                  SMSP_MAX_BATCH - SMSP_STATE_UNKNOWN};
size_t rows(const smsp_report *report, const smsp_query *query, const smsp_status *status)
{
    if (query->phone_number == status->phone_number && status->date == SMSP_NO_DATE)
        return 0;
    return smsp_report_count(report);
}
";

/// Prints the version of the header as one number, and that of the library.
const NUMBER: &str = "\
#include <smsp.h>
#include <stdio.h>
int main(void) { return printf(\"%ld %s\", (long)SMSP_VERSION_NUMBER, smsp_version()) < 0; }
";

/// A C++ program that calls C functions by their C names.
const PROGRAM: &str = "\
#include <smsp.h>
#include <cstring>
int main() { return std::strcmp(smsp_version(), SMSP_VERSION); }
";

#[test]
fn the_committed_header_is_the_generated_one() {
    let committed = fs::read_to_string(Path::new(ROOT).join("include/smsp.h")).expect("include/smsp.h");
    let generated = fs::read_to_string(env!("SMSP_HEADER")).expect("the header that build.rs generates");
    if committed == generated {
        return;
    }
    let lines = committed.lines().zip(generated.lines());
    let same = lines.take_while(|(committed, generated)| committed == generated).count();
    let line = |text: &'static str, header: &str| {
        format!("{text}: {}", header.lines().nth(same).unwrap_or("(the end of the file)"))
    };
    panic!(
        "include/smsp.h is not what the sources say, from line {} on: run 'make header'\n{}\n{}",
        same + 1,
        line("committed", &committed),
        line("generated", &generated)
    );
}

#[test]
fn gcc_takes_it_as_c() {
    check("gcc", "c", &C_STANDARDS);
}

#[test]
fn clang_takes_it_as_c() {
    check("clang", "c", &C_STANDARDS);
}

#[test]
fn gcc_takes_it_as_cpp() {
    check("g++", "c++", &CPP_STANDARDS);
}

#[test]
fn clang_takes_it_as_cpp() {
    check("clang++", "c++", &CPP_STANDARDS);
}

#[test]
fn a_cpp_program_links() {
    let folder = scratch("header");
    let (source, program) = (folder.join("program.cpp"), folder.join("program"));
    fs::write(&source, PROGRAM).unwrap();
    run(compiler("g++", "c++98").arg(&source).arg("-o").arg(&program).args(support::shared()));
    run(&mut support::isolated(program));
}

#[test]
fn the_version_number_is_that_of_the_package_and_of_the_library() {
    let part = |text: &str| text.parse::<u32>().unwrap();
    let [major, minor, patch] = [
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    ];
    assert!(minor < 100 && patch < 100, "SMSP_VERSION_NUMBER has two digits for each");
    let folder = scratch("header");
    let (source, program) = (folder.join("number.c"), folder.join("number"));
    fs::write(&source, NUMBER).unwrap();
    compile_c(&source, &program, shared());
    let printed = run(&mut isolated(program));
    assert_eq!(printed, format!("{} {}", major * 10000 + minor * 100 + patch, env!("CARGO_PKG_VERSION")));
}

/// Which functions they are: whoever ignores them is warned, unless the macro is empty.
#[test]
fn compilers_warn_of_results_that_must_be_used() {
    let marked = |name: &str, call: &str| {
        let text = format!("#include <smsp.h>\nvoid ignored(void);\nvoid ignored(void) {{ {call}; }}\n");
        let source = scratch("header").join(format!("{name}.c"));
        fs::write(&source, text).unwrap();
        ["gcc", "clang"].map(|name| {
            let warns = |arguments: &[&str]| {
                let mut compiler = compiler(name, "c99");
                !output(compiler.args(["-S", "-o", "/dev/null"]).args(arguments).arg(&source)).status.success()
            };
            assert!(!warns(&["-DSMSP_MUST_USE="]), "{name}: {call}");
            warns(&[])
        })
    };
    for (name, call, warns) in [
        ("config_new", "smsp_config_new()", true),
        ("config_load_env", "smsp_config_load_env(0, 0)", true),
        ("config_set", "smsp_config_set(0, 0, 0, 0)", true),
        ("client_new", "smsp_client_new(0, 0, 0)", true),
        ("client_new_from_env", "smsp_client_new_from_env(0, 0)", true),
        ("multi_status_start", "smsp_multi_status_start(0, 0, 0, 0, 0)", true),
        ("multi_status", "smsp_multi_status(0, 0, 0, 0, 0)", false),
        ("operation_wait", "smsp_operation_wait(0, 0)", false),
        ("queue_new", "smsp_queue_new()", true),
        ("operation_notify", "smsp_operation_notify(0, 0, 0)", true),
        ("queue_wait", "smsp_queue_wait(0, 0, 0, 0, 0)", false),
        ("operation_finish", "smsp_operation_finish(0, 0, 0)", false),
    ] {
        assert_eq!(marked(name, call), [warns; 2], "{name}: gcc, clang");
    }
}

/// The program at the head of the header is one.
#[test]
fn the_example_compiles() {
    let header = fs::read_to_string(Path::new(ROOT).join("include/smsp.h")).unwrap();
    let indented = header.lines().skip_while(|line| !line.contains("#include <smsp.h>"));
    let lines = indented.take_while(|line| *line == " *" || line.starts_with(" *     "));
    let program: String = lines.map(|line| format!("{}\n", line.trim_start_matches(" *"))).collect();
    assert!(program.contains("smsp_multi_status"), "{program}");
    let (source, object) = (scratch("header").join("example.c"), scratch("header").join("example"));
    fs::write(&source, program).unwrap();
    compile_c(&source, &object, shared());
}

/// What programs were compiled against is checked, with both compilers, and a change of each kind is called by its rule.
#[test]
fn a_change_of_version_0_is_noticed() {
    let header = fs::read_to_string(Path::new(ROOT).join("include/smsp.h")).unwrap();
    for compiler in ["gcc", "clang"] {
        assert_eq!(complaints(compiler, &header), "");
        for (from, to, complaint) in [
            ("void smsp_config_free(struct smsp_config *config);", "", "smsp_config_free is gone from {}. Rule 1"),
            ("const char *smsp_version(void);", "const char *smsp_version(int of);", "smsp_version: rule 1"),
            (
                "const char *smsp_version(void);",
                "const char *smsp_version(void);\nint smsp_new(void);",
                "smsp_new is new in {}. Rule 4",
            ),
            ("#define SMSP_E_TLS (-4)", "#define SMSP_E_TLS (-5)", "SMSP_E_TLS: rule 3"),
            ("#define SMSP_E_TLS (-4)", "", "SMSP_E_TLS is gone from {}. Rule 3"),
            (
                "#define SMSP_E_TLS (-4)",
                "#define SMSP_E_TLS (-4)\n#define SMSP_E_NEW (-14)",
                "SMSP_E_NEW is new in {}. Rule 4",
            ),
            ("int32_t api_code;", "int64_t api_code;", "smsp_status.api_code: rule 2"),
            ("  int64_t date;", "  int64_t first;\n  int64_t date;", "smsp_status.date: rule 2"),
            ("  int32_t is_spam;", "", "rule 2"),
        ] {
            let changed = header.replacen(from, to, 1);
            assert_ne!(changed, header, "{from}");
            let (found, path) = (complaints(compiler, &changed), changed_header().display().to_string());
            assert!(found.contains(&complaint.replace("{}", &path)), "{compiler}, {to:?} for {from:?}: {found}");
        }
    }
}

fn changed_header() -> PathBuf {
    scratch("header").join("changed.h")
}

/// What the guard of the C interface says of a header; it fails exactly if it says something.
fn complaints(compiler: &str, header: &str) -> String {
    fs::write(changed_header(), header).unwrap();
    let mut guard = Command::new("sh");
    let output = output(guard.arg("scripts/abi.sh").arg(changed_header()).current_dir(ROOT).env("CC", compiler));
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

fn check(name: &str, language: &str, standards: &[&str]) {
    let folder = scratch("header");
    for (kind, text) in [("alone", ALONE), ("twice", TWICE)] {
        let source = folder.join(format!("{name}-{kind}.source"));
        fs::write(&source, text).unwrap();
        for standard in standards {
            run(compiler(name, standard).args(["-fsyntax-only", "-x", language]).arg(&source));
        }
    }
}

fn compiler(name: &str, standard: &str) -> Command {
    let mut compiler = Command::new(name);
    compiler.args([&format!("-std={standard}"), "-pedantic", "-Wall", "-Wextra", "-Werror"]);
    compiler.arg("-I").arg(Path::new(ROOT).join("include"));
    compiler
}
