//! What `make dist` made, each on its own platform: unpacked somewhere, linked with, run against a simulator.
//! `make test-platforms` runs this, which `cargo test` by itself does not: it takes compilers for other systems.

mod windows;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use smsp_simulator::{Certificate, Simulator};
use support::guide::{blocks, read};
use support::program::sources;
use support::rows::{RowsFile, expected, messages};
use support::{C_FLAGS, KEY, ROOT, isolated, run, scratch, simulator, tell};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A platform of scripts/dist.sh, and how its programs are compiled and run here.
struct Platform {
    name: &'static str,
    compiler: &'static str,
    /// What runs its programs, where this machine does not by itself.
    runner: &'static [&'static str],
    /// What the library needs from the system, and nothing else.
    needed: &'static [&'static str],
    /// The compiler that links the archive, and what with beside the libraries that smsp.pc names.
    archive: (&'static [&'static str], &'static [&'static str]),
}

const GLIBC: &[&str] = &["libc.so.6", "libdl.so.2", "libpthread.so.0"];

const X86_64: Platform =
    Platform { name: "x86_64-linux-gnu", compiler: "gcc", runner: &[], needed: GLIBC, archive: (&["gcc"], &[]) };

const I686: Platform = Platform {
    name: "i686-linux-gnu",
    compiler: "i686-linux-gnu-gcc",
    runner: &[],
    needed: GLIBC,
    archive: (&["i686-linux-gnu-gcc"], &[]),
};

const ARM64: Platform = Platform {
    name: "aarch64-linux-gnu",
    compiler: "aarch64-linux-gnu-gcc",
    runner: &["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    needed: GLIBC,
    archive: (&["aarch64-linux-gnu-gcc"], &[]),
};

/// The unwinder that gcc has here wants glibc, so zig, which brings another, links the archive.
const MUSL: Platform = Platform {
    name: "x86_64-linux-musl",
    compiler: "musl-gcc",
    runner: &[],
    needed: &["libc.so"],
    archive: (&["python-zig", "cc", "-target", "x86_64-linux-musl"], &["-lunwind"]),
};

/// What the script says that there is.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run make test-platforms"))
}

fn dist() -> PathBuf {
    PathBuf::from(variable("SMSP_DIST"))
}

impl Platform {
    /// Where it is unpacked: not where it was packed.
    fn unpacked(&self) -> PathBuf {
        let folder = scratch("platforms").join(self.name);
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let archive = dist().join(format!("libsmsp-{VERSION}-{}.tar.gz", self.name));
        run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder));
        let moved = folder.join("somewhere");
        fs::rename(folder.join(format!("libsmsp-{VERSION}-{}", self.name)), &moved).unwrap();
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        let library = size(&moved.join(format!("lib/libsmsp.so.{VERSION}")));
        let (static_, status) = (size(&moved.join("lib/libsmsp.a")), size(&moved.join("bin/smsp-status")));
        let tarball = size(&archive);
        tell(&format!(
            "{}: tarball {tarball}, library {library}, archive {static_}, smsp-status {status} bytes",
            self.name
        ));
        moved
    }

    fn command(&self, program: &Path) -> Command {
        let words: Vec<_> = self.runner.iter().map(Path::new).chain([program]).collect();
        let mut command = isolated(words[0]);
        command.args(&words[1..]).env_remove("LD_LIBRARY_PATH");
        command
    }

    fn check(&self) {
        let folder = self.unpacked();
        self.check_files(&folder);
        check_sizes(self.compiler, &folder);
        let link = pkg_config(&folder, &["--cflags", "--libs"]);
        let shared = [link, vec![format!("-Wl,-rpath,{}/lib", folder.display())]].concat();
        self.check_example(&folder, "shared", &[self.compiler], &shared);
        self.check_programs(&folder, &shared);
        self.check_loading(&folder);
        let flags = pkg_config(&folder, &["--static", "--cflags", "--libs"]);
        let archive = folder.join("lib/libsmsp.a").display().to_string();
        let by_name = |word: String| if word == "-lsmsp" { archive.clone() } else { word };
        let (compiler, more) = self.archive;
        let flags = flags.into_iter().map(by_name).chain(more.iter().map(|&word| word.to_owned()));
        self.check_example(&folder, "archive", compiler, &flags.collect::<Vec<_>>());
        check_status(&folder, || self.command(&folder.join("bin/smsp-status")));
    }

    /// What the library needs is there on any such system.
    fn check_files(&self, folder: &Path) {
        check_sums(folder, &[&format!("lib/libsmsp.so.{VERSION}"), "lib/libsmsp.a", "bin/smsp-status"]);
        let dynamic = run(Command::new("readelf").arg("-dW").arg(folder.join("lib/libsmsp.so.0")));
        assert!(dynamic.contains("soname: [libsmsp.so.0]") && !dynamic.contains("TEXTREL"), "{dynamic}");
        let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
        for line in needed {
            let loader = line.contains("[ld-linux");
            assert!(loader || self.needed.iter().any(|name| line.contains(&format!("[{name}]"))), "{line}");
        }
    }

    /// The example of the README.
    fn check_example(&self, folder: &Path, name: &str, compiler: &[&str], link: &[String]) {
        let program = folder.join(name);
        compile(compiler, &Path::new(ROOT).join("examples/c/multi_status.c"), &program, link);
        check_asking(folder, || self.command(&program));
    }

    /// Programs of the tests, which print failed checks only.
    fn check_programs(&self, folder: &Path, link: &[String]) {
        let simulator = simulator().latency(Duration::from_millis(60)).start().unwrap();
        let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
        let arguments = [rows.arguments(&simulator), vec!["batch_size=100".to_owned()]].concat();
        let reported = support::options(&simulator);
        for (name, arguments) in [("threads", &arguments[..]), ("operation", &arguments), ("report", &reported)] {
            let program = folder.join(name);
            compile(&[self.compiler], &sources().join(format!("{name}.c")), &program, link);
            let mut command = self.command(&program);
            assert_eq!(run(command.args(arguments)), "", "{command:?}");
        }
    }

    /// A host that loads it when it needs it: the program of the guide.
    fn check_loading(&self, folder: &Path) {
        let shown = blocks(&read("docs/LINKING.md")).into_iter().find(|block| block.kind == "c").unwrap();
        let (source, program) = (folder.join("loads.c"), folder.join("loads"));
        fs::write(&source, shown.text).unwrap();
        let flags = [pkg_config(folder, &["--cflags"]), vec!["-ldl".to_owned()]].concat();
        compile(&[self.compiler], &source, &program, &flags);
        let mut command = self.command(&program);
        assert_eq!(run(command.env("LD_LIBRARY_PATH", folder.join("lib"))), format!("{VERSION}\n"));
    }
}

/// Every file has its sum, and these, the library and what goes with it, are among them and name no folder of this machine.
fn check_sums(folder: &Path, contents: &[&str]) {
    run(Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder));
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let summed: BTreeSet<_> = sums.lines().map(|line| line.split_once("  ").unwrap().1.to_owned()).collect();
    let found =
        run(Command::new("find").arg(folder).args(["-type", "f", "!", "-name", "SHA256SUMS", "-printf", "%P\\n"]));
    assert_eq!(found.lines().map(str::to_owned).collect::<BTreeSet<_>>(), summed);
    for name in ["include/smsp.h", "lib/cmake/smsp/smsp-config.cmake", "share/doc/libsmsp/LICENSE-MIT"] {
        assert!(summed.contains(name), "{name}");
    }
    // The linker of Windows makes names of paths.
    let as_name = ROOT.replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    for name in contents {
        assert!(summed.contains(*name), "{name}");
        let strings = run(Command::new("strings").arg(folder.join(name)));
        let ours = strings.lines().find(|line| [ROOT, &as_name, ".cargo/"].iter().any(|part| line.contains(part)));
        assert_eq!(ours, None, "{name} has folders of the machine that built it");
    }
}

/// The interface has the sizes that it promises.
fn check_sizes(compiler: &str, folder: &Path) {
    let mut compiler = Command::new(compiler);
    compiler.args(["-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]);
    compiler.args(pkg_config(folder, &["--cflags"]));
    run(compiler.arg(sources().join("version_0.c")));
}

/// The example asks, over TCP and over TLS.
fn check_asking(folder: &Path, command: impl Fn() -> Command) {
    for tls in [false, true] {
        let simulator = if tls {
            simulator().certificate(Certificate::default()).start().unwrap()
        } else {
            simulator().start().unwrap()
        };
        let mut command = asking(command(), &simulator, folder, tls);
        let printed = run(command.arg("+33699999993:111111"));
        assert!(printed.starts_with("+33699999993     111111       delivered     "), "{printed}");
    }
}

/// `smsp-status` asks about a list.
fn check_status(folder: &Path, command: impl Fn() -> Command) {
    assert!(run(command().arg("--version")).contains(VERSION));
    let list = folder.join("list.csv");
    fs::write(&list, "+33699999993,111111\n").unwrap();
    let simulator = simulator().start().unwrap();
    let mut command = asking(command(), &simulator, folder, false);
    let printed = run(command.args(["--format", "csv"]).arg(&list));
    assert!(printed.contains("+33699999993,111111,delivered,"), "{printed}");
}

fn compile(compiler: &[&str], source: &Path, program: &Path, link: &[String]) {
    let mut command = Command::new(compiler[0]);
    run(command.args(&compiler[1..]).args(C_FLAGS).arg(source).arg("-o").arg(program).args(link));
}

/// A command that asks the simulator.
fn asking(mut command: Command, simulator: &Simulator, folder: &Path, tls: bool) -> Command {
    command.env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url());
    if tls {
        let authority = folder.join("ca.pem");
        simulator.write_ca(&authority).unwrap();
        command.env("SMSP_CA_FILE", authority);
    }
    command
}

fn pkg_config(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let printed = run(command.args(arguments).arg("smsp").env("PKG_CONFIG_PATH", folder.join("lib/pkgconfig")));
    printed.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn x86_64_linux_gnu_runs_here() {
    X86_64.check();
}

#[test]
fn i686_linux_gnu_runs_here() {
    I686.check();
}

#[test]
fn aarch64_linux_gnu_runs_under_qemu() {
    ARM64.check();
}

#[test]
fn x86_64_linux_musl_runs_here() {
    MUSL.check();
    let status = scratch("platforms").join("x86_64-linux-musl/somewhere/bin/smsp-status");
    let headers = run(Command::new("readelf").arg("-lW").arg(status));
    assert!(!headers.contains("INTERP"), "wholly static: {headers}");
}

#[test]
fn every_tarball_is_run() {
    let made = fs::read_dir(dist()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let made: BTreeSet<_> = made.filter(|name| name.starts_with(&format!("libsmsp-{VERSION}-"))).collect();
    let linux = [X86_64, I686, ARM64, MUSL].map(|platform| format!("libsmsp-{VERSION}-{}.tar.gz", platform.name));
    let windows = [windows::X86_64, windows::I686].map(|platform| platform.archive());
    assert_eq!(made, linux.into_iter().chain(windows).collect());
}

/// The Debian packages, installed below a root of their own, and the example built with them.
#[test]
fn debian_packages_hold_what_they_should() {
    let root = scratch("platforms").join("debian");
    _ = fs::remove_dir_all(&root);
    let database = root.join("var/lib/dpkg");
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(database.join(folder)).unwrap();
    }
    // What they rest on is taken to be there as it is on this machine, but for what that rests on.
    let about = |package: &str| run(Command::new("dpkg").args(["--status", package])) + "\n";
    fs::write(database.join("status"), about("libc6:amd64") + &about("libc6-dev:amd64")).unwrap();
    let package = |name: &str| dist().join(format!("{name}_{VERSION}_amd64.deb"));
    // Without the shared library the other one cannot be.
    let dpkg = |packages: &[PathBuf]| {
        let mut command = Command::new("dpkg");
        command.arg(format!("--root={}", root.display())).args(["--force-not-root", "--install"]).args(packages);
        support::output(&mut command)
    };
    let alone = dpkg(&[package("libsmsp-dev")]);
    assert!(!alone.status.success(), "{alone:?}");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("depends on libsmsp0 (= 0.1.0)"), "{alone:?}");
    let both = dpkg(&[package("libsmsp0"), package("libsmsp-dev")]);
    assert!(both.status.success(), "{both:?}");
    let verified = support::output(Command::new("dpkg").arg(format!("--root={}", root.display())).args([
        "--verify",
        "libsmsp0",
        "libsmsp-dev",
    ]));
    assert!(verified.status.success() && verified.stdout.is_empty(), "{verified:?}");

    let libdir = root.join("usr/lib/x86_64-linux-gnu");
    let mut config = Command::new("pkg-config");
    config.args(["--cflags", "--libs", "smsp"]).env("PKG_CONFIG_SYSROOT_DIR", &root);
    let flags = run(config
        .env("PKG_CONFIG_LIBDIR", libdir.join("pkgconfig"))
        .env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1")
        .env("PKG_CONFIG_ALLOW_SYSTEM_CFLAGS", "1"));
    let flags = flags.split_whitespace().map(str::to_owned).chain([format!("-Wl,-rpath,{}", libdir.display())]);
    X86_64.check_example(&root, "example", &[X86_64.compiler], &flags.collect::<Vec<_>>());

    // What packages that are linked with it depend on.
    let symbols = fs::read_to_string(database.join("info/libsmsp0:amd64.symbols")).unwrap();
    let exported = run(Command::new("nm").args(["-D", "--defined-only"]).arg(libdir.join("libsmsp.so.0")));
    let exported = exported.lines().map(|line| line.split(' ').next_back().unwrap().replace("@@", "@"));
    let named = symbols.lines().skip(1).map(|line| line.trim().split(' ').next().unwrap().to_owned());
    assert_eq!(named.collect::<BTreeSet<_>>(), exported.collect());
    assert!(database.join("info/libsmsp0:amd64.shlibs").is_file());
    let triggers = fs::read_to_string(database.join("info/libsmsp0:amd64.triggers")).unwrap();
    assert_eq!(triggers, "activate-noawait ldconfig\n");
    assert!(root.join("usr/share/doc/libsmsp0/copyright").is_file());
}
