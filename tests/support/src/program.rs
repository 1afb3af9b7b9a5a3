//! The programs of `tests/abi/`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use super::{ROOT, isolated, run, scratch};

/// The folder of the programs.
pub fn sources() -> PathBuf {
    Path::new(ROOT).join("tests/abi")
}

/// How a program is built to be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Linked with the shared library.
    Shared,
    /// Linked with the static library.
    Static,
    /// Linked with the shared library under AddressSanitizer, which also looks for leaks, and with the program itself
    /// under UndefinedBehaviorSanitizer.
    Sanitized,
}

/// Every form: a program that is run asks the simulator so many times.
pub const FORMS: [Form; 3] = [Form::Shared, Form::Static, Form::Sanitized];

/// What a program is compiled with to look for its mistakes in memory.
pub const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"];

/// What a sanitizer that finds something ends a program with: no status of the programs themselves.
pub const FOUND: i32 = 97;

/// A program of the folder, in all its forms.
pub struct Program {
    name: &'static str,
}

/// A program of the folder.
pub fn program(name: &'static str) -> Program {
    Program { name }
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

/// Compiles a program once for each of what it is linked with.
pub fn compiled(name: &'static str, form: Form) -> PathBuf {
    type Compiled = HashMap<(&'static str, Form), Arc<OnceLock<PathBuf>>>;
    static PROGRAMS: OnceLock<Mutex<Compiled>> = OnceLock::new();
    let mut programs = PROGRAMS.get_or_init(Mutex::default).lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let place = Arc::clone(programs.entry((name, form)).or_default());
    drop(programs);
    let compile = || {
        let path = scratch("abi").join(format!("{name}-{form:?}"));
        let link = match form {
            Form::Shared => super::shared(),
            Form::Static => super::archive(),
            Form::Sanitized => [super::shared(), SANITIZERS.map(str::to_owned).to_vec()].concat(),
        };
        super::compile_c(&sources().join(format!("{name}.c")), &path, link);
        path
    };
    place.get_or_init(compile).clone()
}

impl Program {
    /// A command that runs one form of it.
    pub fn command(&self, form: Form) -> Command {
        let mut command = isolated(compiled(self.name, form));
        // A library that is loaded before the sanitizer's, as some tests want, is none of what that replaces.
        let options = format!("exitcode={FOUND}:detect_leaks=1:verify_asan_link_order=0");
        command.env("ASAN_OPTIONS", options);
        command.env("UBSAN_OPTIONS", format!("exitcode={FOUND}:print_stacktrace=1"));
        command
    }

    /// Runs one form. It prints failed checks only, and the library prints nothing at all.
    pub fn run_form(&self, form: Form, arguments: &[impl AsRef<OsStr>]) {
        let mut command = self.command(form);
        let printed = run(command.args(arguments));
        assert_eq!(printed, "", "{command:?}");
    }

    /// Runs every form.
    pub fn run(&self, arguments: &[impl AsRef<OsStr>]) {
        self.run_in(&[], arguments);
    }

    /// The same with these variables in the environment.
    pub fn run_in(&self, environment: &[(&str, &str)], arguments: &[impl AsRef<OsStr>]) {
        for form in FORMS {
            let mut command = self.command(form);
            let printed = run(command.envs(environment.iter().copied()).args(arguments));
            assert_eq!(printed, "", "{command:?}");
        }
    }

    /// Runs it in the forms without a sanitizer: for programs that take memory or allocation away, which one needs, and for
    /// those that fork while threads work, whose children may find the sanitizer's allocator locked for ever.
    pub fn run_plain(&self, arguments: &[impl AsRef<OsStr>]) {
        [Form::Shared, Form::Static].iter().for_each(|form| self.run_form(*form, arguments));
    }

    /// Runs it, and answers what it prints.
    pub fn printed(&self, arguments: &[impl AsRef<OsStr>]) -> String {
        run(self.command(Form::Shared).args(arguments))
    }

    /// Runs it under valgrind, where it takes some fifty times as long.
    ///
    /// That is not for programs that look at what is another thing there: time (`denied_turns`, `look_up`, `unread`), memory
    /// (`bounded`, `memory`, `starved`, `wiped`), stacks (`stack`, `thread_data_large`), descriptors (`generations`), signals
    /// (`signals`), limits of threads (`limits threads`), system calls (`sandbox`); nor for those that ask very often (`forks`,
    /// `operation_many`) or wait for the end of idle threads (`idle`, `last_thread library`).
    pub fn check_memory(&self, arguments: &[impl AsRef<OsStr>]) {
        run(&mut self.memory_command(arguments));
    }

    /// A command that runs it so.
    pub fn memory_command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let leaks = ["--leak-check=full", "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"];
        self.under_valgrind(&leaks, arguments)
    }

    /// The same without a look for leaks: a child leaves behind what was held by threads that it has not.
    pub fn check_memory_of_children(&self, arguments: &[impl AsRef<OsStr>]) {
        run(&mut self.under_valgrind(&["--leak-check=no"], arguments));
    }

    /// A command that runs it under valgrind.
    fn under_valgrind(&self, options: &[&str], arguments: &[impl AsRef<OsStr>]) -> Command {
        super::require("valgrind");
        let mut valgrind = isolated("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--num-callers=40"]).args(options);
        valgrind.arg(format!("--suppressions={}", sources().join("valgrind.supp").display()));
        valgrind.arg(compiled(self.name, Form::Shared)).args(arguments);
        valgrind
    }

    pub fn run_and_check_memory(&self, arguments: &[impl AsRef<OsStr>]) {
        self.run(arguments);
        self.check_memory(arguments);
    }
}
