//! `make install` and what can be built from its tree alone: by pkg-config and by CMake, shared and static, with gcc and
//! clang, and beside the Rust and the TLS of others.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use smsp_simulator::{Certificate, Simulator};
use support::guide::{blocks, read};
use support::{KEY, ROOT, output, run, scratch, simulator, tell, without};

const COMPILERS: [&str; 2] = ["gcc", "clang"];

/// What every compiler driver links with by itself.
const DRIVER_LIBRARIES: [&str; 2] = ["-lgcc_s", "-lc"];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a target of the Makefile, which builds for release, with these variables.
fn make(target: &str, variables: &[(&str, &Path)]) -> String {
    let mut make = Command::new("make");
    make.current_dir(ROOT).args(["--no-print-directory", target]);
    make.args(variables.iter().map(|(name, value)| format!("{name}={}", value.display())));
    // What the make and the cargo outside tell this test is not for the ones inside.
    without(&mut make, |name| {
        name.starts_with("CARGO") && name != "CARGO_HOME"
            || ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "OUT_DIR"].contains(&name)
    });
    run(make.env("CARGO_TARGET_DIR", support::target_folder()))
}

/// Where it is installed, once.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("install").join("opt");
        _ = fs::remove_dir_all(&prefix);
        make("install", &[("PREFIX", &prefix)]);
        tell(&run(Command::new("sh").arg("scripts/facts.sh").arg(prefix.join("lib")).current_dir(ROOT)));
        prefix
    })
}

fn library() -> PathBuf {
    prefix().join(format!("lib/libsmsp.so.{VERSION}"))
}

/// What pkg-config says of the installed library.
fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let printed = run(command.args(arguments).arg("smsp").env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")));
    printed.split_whitespace().map(str::to_owned).collect()
}

/// Compiles the example from the installed tree with these arguments at the end.
fn compile(compiler: &str, name: &str, source: &str, arguments: &[String]) -> PathBuf {
    let program = scratch("install").join(format!("{name}-{compiler}"));
    let mut command = Command::new(compiler);
    command.args(support::C_FLAGS).arg(Path::new(ROOT).join(source)).arg("-o").arg(&program);
    run(command.args(arguments));
    program
}

/// A command without anything in its environment that leads to a library or configures it.
fn alone(program: &Path, simulator: &Simulator) -> Command {
    let mut command = support::isolated(program);
    command.env_remove("LD_LIBRARY_PATH").env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url());
    command
}

/// Runs the example: the message is answered.
fn check(program: &Path) {
    let simulator = simulator().start().unwrap();
    let printed = run(alone(program, &simulator).arg("+33699999993:111111"));
    assert!(printed.starts_with("+33699999993     111111       delivered     "), "{printed}");
}

#[test]
fn programs_are_built_by_pkg_config() {
    let folder = pkg_config(&["--variable=libdir"]).concat();
    assert_eq!(fs::canonicalize(&folder).unwrap(), fs::canonicalize(prefix().join("lib")).unwrap());
    assert_eq!(pkg_config(&["--modversion"]), [VERSION]);
    for compiler in COMPILERS {
        let shared = [pkg_config(&["--cflags", "--libs"]), vec![format!("-Wl,-rpath,{folder}")]].concat();
        check(&compile(compiler, "shared", "examples/c/multi_status.c", &shared));

        let full = [
            pkg_config(&["--static", "--cflags", "--libs"]),
            vec!["-static".to_owned(), "-Wl,--gc-sections,-s".to_owned()],
        ];
        let program = compile(compiler, "static", "examples/c/multi_status.c", &full.concat());
        check(&program);
        let headers = run(Command::new("readelf").arg("-lW").arg(&program));
        assert!(!headers.contains("INTERP"), "{headers}");
        tell(&format!("{}: {} bytes, wholly static", program.display(), fs::metadata(&program).unwrap().len()));
    }
}

#[test]
fn programs_are_built_by_cmake() {
    for compiler in COMPILERS {
        let build = scratch("install").join(format!("cmake-{compiler}"));
        let configure = |wanted: &str| {
            _ = fs::remove_dir_all(&build);
            let mut cmake = Command::new("cmake");
            cmake.arg("-S").arg(Path::new(ROOT).join("tests/packages/cmake")).arg("-B").arg(&build);
            cmake
                .arg(format!("-DCMAKE_C_COMPILER={compiler}"))
                .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()));
            cmake.arg(format!("-DEXAMPLE={ROOT}/examples/c/multi_status.c")).arg(format!("-DWANTED={wanted}"));
            output(&mut cmake)
        };
        for newer in ["0.99", "1.0"] {
            let refused = configure(newer);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains(&format!("version: {VERSION}")), "{said}");
        }
        let configured = configure("0.1");
        assert!(configured.status.success(), "{configured:?}");
        run(Command::new("cmake").arg("--build").arg(&build));
        check(&build.join("multi_status_smsp"));
        check(&build.join("multi_status_static"));
        let needed = |name| run(Command::new("readelf").arg("-dW").arg(build.join(name)));
        assert!(needed("multi_status_smsp").contains("[libsmsp.so.0]"));
        assert!(!needed("multi_status_static").contains("libsmsp"));
    }
}

/// Every command of docs/LINKING.md, and the program that it builds.
#[test]
fn programs_are_built_as_the_guide_says() {
    let simulator = simulator().start().unwrap();
    let first = blocks(&read("docs/INTRODUCTION.md")).into_iter().find(|block| block.kind == "c").unwrap();
    let commands = blocks(&read("docs/LINKING.md")).into_iter().filter(|block| block.kind == "sh");
    let mut built = 0;
    for (place, block) in commands.enumerate() {
        let folder = scratch("install").join(format!("guide-{place}"));
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("program.c"), &first.text).unwrap();
        run(Command::new("sh").args(["-ec", &block.text]).current_dir(&folder).env("PREFIX", prefix()));
        let program = if block.text.contains("application/") { "application/program" } else { "program" };
        assert_eq!(run(&mut alone(&folder.join(program), &simulator)), "delivered\nnot_found\n", "{}", block.text);
        built += 1;
    }
    assert_eq!(built, 6, "docs/LINKING.md has other commands than before");
}

/// The system libraries of the archive are those that rustc names.
#[test]
fn the_native_libraries_are_those_that_rustc_names() {
    let named = pkg_config(&["--static", "--libs-only-l"]);
    let wanted =
        support::native_libraries().into_iter().filter(|library| !DRIVER_LIBRARIES.contains(&library.as_str()));
    let wanted: BTreeSet<_> = wanted.chain(["-lsmsp".to_owned()]).collect();
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), wanted, "scripts/lib/names.sh has what smsp.pc says");
}

#[test]
fn the_shared_library_is_hardened() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(library()));
    for part in ["Library soname: [libsmsp.so.0]", "BIND_NOW", "NODELETE"] {
        assert!(dynamic.contains(part), "{part}: {dynamic}");
    }
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
    let headers = run(Command::new("readelf").arg("-lW").arg(library()));
    assert!(headers.contains("GNU_RELRO"), "{headers}");
    let stack = headers.lines().find(|line| line.contains("GNU_STACK")).unwrap();
    assert!(stack.contains(" RW ") && !stack.contains('E'), "{stack}");
    let writable_code = headers.lines().any(|line| line.contains("LOAD") && line.contains("RWE"));
    assert!(!writable_code, "{headers}");
    for (link, to) in [("libsmsp.so", "libsmsp.so.0"), ("libsmsp.so.0", &format!("libsmsp.so.{VERSION}"))] {
        assert_eq!(fs::read_link(prefix().join("lib").join(link)).unwrap(), Path::new(to));
    }
}

/// The names that the two libraries give to others: the interface with its version, and nothing else.
#[test]
fn only_the_interface_is_exported() {
    let map = fs::read_to_string(Path::new(ROOT).join("packaging/smsp.map")).unwrap();
    let names = map.lines().filter_map(|line| line.trim().strip_suffix(';')).filter(|name| name.starts_with("smsp_"));
    let names: BTreeSet<_> = names.map(str::to_owned).collect();
    assert!(names.contains("smsp_multi_status"), "{map}");

    let exported = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let last = |line: &str| line.split(' ').next_back().unwrap().to_owned();
    let exported: BTreeSet<_> = exported.lines().map(last).collect();
    let versioned = names.iter().map(|name| format!("{name}@@SMSP_0")).chain(["SMSP_0".to_owned()]);
    assert_eq!(exported, versioned.collect());

    let globals = run(Command::new("nm").args(["-g", "--defined-only"]).arg(prefix().join("lib/libsmsp.a")));
    let globals: BTreeSet<_> = globals.lines().filter(|line| line.contains(' ')).map(last).collect();
    assert_eq!(globals, names);
}

/// What `make` builds has no log of its dependencies: the feature `without-log` is on there, and not where the tests run.
#[test]
fn the_log_of_dependencies_is_compiled_out() {
    let target = b"ureq_proto::util";
    let logs = |file: &Path| memchr::memmem::find(&fs::read(file).unwrap(), target).is_some();
    let stripped = scratch("install").join("stripped.so");
    run(Command::new("objcopy").arg("--strip-all").arg(support::library().folder.join("libsmsp.so")).arg(&stripped));
    assert_eq!(logs(&stripped), cfg!(not(feature = "without-log")), "what is looked for is there otherwise");
    for file in [library(), prefix().join("lib/libsmsp.a"), prefix().join("bin/smsp-status")] {
        assert!(!logs(&file), "{}: scripts/lib/names.sh has what it is built with", file.display());
    }
}

#[test]
fn debug_information_is_beside_the_library() {
    let file = prefix().join(format!("lib/.debug/libsmsp.so.{VERSION}.debug"));
    let link = run(Command::new("readelf").arg("--string-dump=.gnu_debuglink").arg(library()));
    assert!(link.contains(&format!("libsmsp.so.{VERSION}.debug")), "{link}");
    let build_id = |path: &Path| {
        let notes = run(Command::new("readelf").arg("-n").arg(path));
        notes.lines().find(|line| line.contains("Build ID")).unwrap().to_owned()
    };
    assert_eq!(build_id(&library()), build_id(&file));
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let address = symbols.lines().find(|line| line.contains(" smsp_version@")).unwrap().split(' ').next().unwrap();
    let place = |path: &Path| run(Command::new("addr2line").arg("-e").arg(path).arg(address));
    assert!(place(&file).contains("abi/version.rs:"), "{}", place(&file));
    let sections = run(Command::new("readelf").arg("-SW").arg(library()));
    assert!(!sections.contains(".debug_") && !sections.contains(".symtab"), "{sections}");
}

#[test]
fn the_other_files_are_installed() {
    let version = run(Command::new(prefix().join("bin/smsp-status")).arg("--version"));
    assert!(version.contains(VERSION), "{version}");
    for file in fs::read_dir(Path::new(ROOT).join("include")).unwrap() {
        let name = file.unwrap().file_name();
        assert!(prefix().join("include").join(&name).is_file(), "{name:?}");
    }
    for name in [
        "man/man1/smsp-status.1",
        "bash-completion/completions/smsp-status",
        "zsh/site-functions/_smsp-status",
        "fish/vendor_completions.d/smsp-status.fish",
    ] {
        assert!(prefix().join("share").join(name).is_file(), "{name}");
    }
    let documents = prefix().join("share/doc/libsmsp");
    let suppressions = fs::read_to_string(prefix().join("share/libsmsp/valgrind.supp")).unwrap();
    assert_eq!(suppressions, read("tests/abi/valgrind.supp"));
    for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt", "docs/CONFIGURATION.md"] {
        assert!(documents.join(name).is_file(), "{name}");
    }
}

/// Files and links below a folder.
fn tree(folder: &Path) -> BTreeSet<PathBuf> {
    let files = run(Command::new("find").arg(folder).args(["!", "-type", "d", "-printf", "%P\\n"]));
    files.lines().map(PathBuf::from).collect()
}

#[test]
fn what_is_staged_is_taken_away_again() {
    let installed = tree(prefix());
    let stage = scratch("install").join("stage");
    _ = fs::remove_dir_all(&stage);
    let (usr, libdir) = (Path::new("/usr"), Path::new("/usr/lib/some-triplet"));
    let variables = [("DESTDIR", stage.as_path()), ("PREFIX", usr), ("LIBDIR", libdir)];
    make("install", &variables);
    let staged = tree(&stage.join("usr"));
    let moved = installed.into_iter().map(|path| match path.strip_prefix("lib") {
        Ok(rest) => Path::new("lib/some-triplet").join(rest),
        Err(_) => path,
    });
    assert_eq!(staged, moved.collect());
    let pc = fs::read_to_string(stage.join("usr/lib/some-triplet/pkgconfig/smsp.pc")).unwrap();
    assert!(
        pc.contains("prefix=${pcfiledir}/../../..\n") && pc.contains("libdir=${exec_prefix}/lib/some-triplet\n"),
        "{pc}"
    );
    assert!(!pc.contains('@') && !pc.contains("stage"), "{pc}");

    let other = stage.join("usr/include/other.h");
    fs::write(&other, "").unwrap();
    make("uninstall", &variables);
    assert_eq!(tree(&stage), BTreeSet::from([PathBuf::from("usr/include/other.h")]));
    assert!(!stage.join("usr/share/doc/libsmsp").exists() && !stage.join("usr/share/libsmsp").exists());
    assert!(!stage.join("usr/lib/some-triplet/cmake/smsp").exists());
}

/// A folder may have any name, and another one later.
#[test]
fn a_tree_can_have_any_name_and_be_moved() {
    prefix(); // builds
    let folder = scratch("install").join("named");
    _ = fs::remove_dir_all(&folder);
    let (first, moved) = (folder.join("a b&c|d"), folder.join("f g&h/i|j"));
    let libdir = first.join("lib/k l&m");
    let variables = [("PREFIX", first.as_path()), ("LIBDIR", libdir.as_path())];
    make("install", &variables);
    fs::create_dir_all(moved.parent().unwrap()).unwrap();
    fs::rename(&first, &moved).unwrap();
    let program = folder.join("program");
    let flags = "$(pkg-config --cflags --libs smsp)";
    let command = format!(r#"eval "cc \"\$EXAMPLE\" -o \"\$PROGRAM\" {flags} -Wl,-rpath,\"\$LIBDIR\"""#);
    let mut cc = Command::new("sh");
    cc.args(["-ec", &command]).env("PROGRAM", &program).env("LIBDIR", moved.join("lib/k l&m"));
    cc.env("EXAMPLE", Path::new(ROOT).join("examples/c/multi_status.c"));
    run(cc.env("PKG_CONFIG_PATH", moved.join("lib/k l&m/pkgconfig")));
    check(&program);
    fs::rename(&moved, &first).unwrap();
    make("uninstall", &variables);
    assert_eq!(tree(&first), BTreeSet::new());
}

/// A program that runs goes on with the library that it began with.
#[test]
fn a_library_can_be_replaced_while_it_is_used() {
    prefix(); // builds
    let prefix = scratch("install").join("replaced");
    _ = fs::remove_dir_all(&prefix);
    make("install", &[("PREFIX", &prefix)]);
    let library = prefix.join(format!("lib/libsmsp.so.{VERSION}"));
    let arguments = ["include", "lib"].map(|name| prefix.join(name).display().to_string());
    let arguments = [
        format!("-I{}", arguments[0]),
        format!("-L{}", arguments[1]),
        "-lsmsp".to_owned(),
        format!("-Wl,-rpath,{}", arguments[1]),
    ];
    let program = compile("gcc", "replaced", "examples/c/event_loop.c", &arguments);

    let simulator = simulator().latency(Duration::from_secs(600)).start().unwrap();
    let mut command = Command::new(&program);
    command
        .env("SMSPARTNER_API_KEY", KEY)
        .env("SMSP_BASE_URL", simulator.base_url())
        .env("SMSP_REQUEST_TIMEOUT_MS", "0");
    command.env_remove("LD_LIBRARY_PATH").args((1..=3).map(|id| format!("+3369999999{id}:{id}")));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    while simulator.connections() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        sleep(Duration::from_millis(5));
    }

    let before = fs::metadata(&library).unwrap().ino();
    make("install", &[("PREFIX", &prefix)]);
    assert_ne!(fs::metadata(&library).unwrap().ino(), before);
    let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
    assert!(maps.contains(&format!("{} (deleted)", library.display())), "{maps}");
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert_eq!((ended.status.code(), printed.matches("SMSP_E_CANCELLED").count()), (Some(1), 3), "{printed}");
}

/// One program of libsmsp.a, another Rust archive, by the same rustc and by another, and OpenSSL.
#[test]
fn it_is_linked_beside_other_rust_and_openssl() {
    let folder = scratch("install");
    let simulator = Simulator::builder().api_key(KEY).certificate(Certificate::default()).start().unwrap();
    let authority = folder.join("ca.pem");
    simulator.write_ca(&authority).unwrap();
    let another = Path::new("/usr/bin/rustc");
    for (place, rustc) in [Path::new("rustc"), another].into_iter().enumerate() {
        let guest = folder.join(format!("libguest{place}.a"));
        let mut command = Command::new(rustc);
        command.args(["--edition", "2018", "--crate-type", "staticlib", "-C", "opt-level=1", "-o"]).arg(&guest);
        run(command.arg(Path::new(ROOT).join("tests/packages/guest/guest.rs")));
        for compiler in COMPILERS {
            let mut arguments = vec![guest.display().to_string(), prefix().join("lib/libsmsp.a").display().to_string()];
            arguments.extend(
                pkg_config(&["--cflags", "--static", "--libs-only-l"])
                    .into_iter()
                    .filter(|argument| argument != "-lsmsp"),
            );
            arguments.extend(["-lssl", "-lcrypto", "-Wl,--gc-sections"].map(str::to_owned));
            let program = compile(compiler, &format!("host{place}"), "tests/packages/guest/host.c", &arguments);
            let mut host = alone(&program, &simulator);
            host.arg("2").arg(format!("api_key={KEY}")).arg(format!("base_url={}", simulator.base_url()));
            assert_eq!(run(host.arg(format!("ca_file={}", authority.display()))), "delivered\ndelivered\n");
        }
    }
}
