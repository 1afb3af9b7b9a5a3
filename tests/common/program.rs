//! The programs of `tests/abi/`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::{ROOT, isolated, run, scratch};

/// The folder of the programs.
pub fn sources() -> PathBuf {
    Path::new(ROOT).join("tests/abi")
}

/// A program of the folder, linked both ways.
pub struct Program {
    shared: PathBuf,
    archive: PathBuf,
}

/// Compiles a program of the folder, once.
pub fn program(name: &'static str) -> Arc<Program> {
    static PROGRAMS: OnceLock<Mutex<HashMap<&'static str, Arc<Program>>>> = OnceLock::new();
    let mut programs = PROGRAMS.get_or_init(Mutex::default).lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let compile = || {
        let (source, folder) = (sources().join(format!("{name}.c")), scratch("abi"));
        let program =
            Program { shared: folder.join(format!("{name}-shared")), archive: folder.join(format!("{name}-static")) };
        super::compile_c(&source, &program.shared, super::shared());
        super::compile_c(&source, &program.archive, super::archive());
        Arc::new(program)
    };
    Arc::clone(programs.entry(name).or_insert_with(compile))
}

/// The library of `tests/abi/preload/resolver.c`, which stands before the system's resolver. Compiled once.
pub fn resolver() -> &'static str {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = scratch("preload").join("resolver.so");
        super::compile_c(&sources().join("preload/resolver.c"), &library, ["-shared", "-fPIC"]);
        library.display().to_string()
    })
}

impl Program {
    /// Runs it in both forms. It prints failed checks only, and the library prints nothing at all.
    pub fn run(&self, arguments: &[impl AsRef<OsStr>]) {
        self.run_in(&[], arguments);
    }

    /// The same with these variables in the environment.
    pub fn run_in(&self, environment: &[(&str, &str)], arguments: &[impl AsRef<OsStr>]) {
        for form in [&self.shared, &self.archive] {
            let mut command = isolated(form);
            let printed = run(command.envs(environment.iter().copied()).args(arguments));
            assert_eq!(printed, "", "{command:?}");
        }
    }

    /// Runs it under valgrind, where it takes some fifty times as long.
    pub fn check_memory(&self, arguments: &[impl AsRef<OsStr>]) {
        super::require("valgrind");
        let mut valgrind = isolated("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
        valgrind.args(["--show-leak-kinds=definite", "--num-callers=40"]);
        valgrind.arg(format!("--suppressions={}", sources().join("valgrind.supp").display()));
        run(valgrind.arg(&self.shared).args(arguments));
    }

    pub fn run_and_check_memory(&self, arguments: &[impl AsRef<OsStr>]) {
        self.run(arguments);
        self.check_memory(arguments);
    }
}
