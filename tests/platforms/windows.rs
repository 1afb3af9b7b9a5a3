//! What is for Windows, compiled by gcc and run under wine.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{VERSION, check_asking, check_sizes, check_status, check_sums, dist, pkg_config, variable};
use support::guide::{blocks, read};
use support::program::sources;
use support::rows::{RowsFile, expected, messages};
use support::{ROOT, isolated, options, run, scratch, simulator, tell};

/// As the others have it, but without POSIX threads, which would be a library beside each program.
const C_FLAGS: [&str; 5] = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"];

/// What every Windows since 8 has. Those beside the system's own are names under which it has some of itself.
const OF_SYSTEM: &[&str] = &[
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// A platform of scripts/dist.sh.
pub struct Windows {
    name: &'static str,
    /// The prefix of its compiler and binutils.
    tools: &'static str,
    /// What wine calls its kind, and what its program is called.
    wine: (&'static str, &'static str),
}

pub const X86_64: Windows =
    Windows { name: "x86_64-windows-gnu", tools: "x86_64-w64-mingw32-", wine: ("win64", "wine64") };

pub const I686: Windows = Windows { name: "i686-windows-gnu", tools: "i686-w64-mingw32-", wine: ("win32", "wine") };

/// What is linked from a folder.
struct Built<'w> {
    platform: &'w Windows,
    folder: PathBuf,
    /// The example with the DLL, and with the archive.
    shared: PathBuf,
    archive: PathBuf,
}

impl Windows {
    pub fn archive(&self) -> String {
        format!("libsmsp-{VERSION}-{}.zip", self.name)
    }

    /// The programs themselves: Debian's script wants both.
    fn wine_program(&self) -> PathBuf {
        let (kind, name) = self.wine;
        let root = if kind == "win32" { wine_root() } else { PathBuf::from("/") };
        root.join("usr/lib/wine").join(name)
    }

    fn tool(&self, name: &str) -> String {
        format!("{}{name}", self.tools)
    }

    /// Where it is unpacked: not where it was packed.
    fn unpacked(&self) -> PathBuf {
        let folder = scratch("platforms").join(self.name);
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let zip = dist().join(self.archive());
        run(Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&folder));
        let moved = folder.join("somewhere");
        fs::rename(folder.join(format!("libsmsp-{VERSION}-{}", self.name)), &moved).unwrap();
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        let [dll, archive, status] =
            ["bin/libsmsp.dll", "lib/libsmsp.a", "bin/smsp-status.exe"].map(|name| moved.join(name));
        tell(&format!(
            "{}: zip {}, library {}, archive {}, smsp-status {} bytes",
            self.name,
            size(&zip),
            size(&dll),
            size(&archive),
            size(&status)
        ));
        moved
    }

    /// All that can be looked at without running it, and the example, linked in both ways.
    fn built(&self) -> Built<'_> {
        let folder = self.unpacked();
        check_sums(
            &folder,
            &["bin/libsmsp.dll", "lib/libsmsp.dll.a", "lib/libsmsp.a", "bin/smsp-status.exe", "lib/smsp.def"],
        );
        check_sizes(&self.tool("gcc"), &folder);
        self.check_exports(&folder);
        let programs = folder.join("programs");
        fs::create_dir(&programs).unwrap();
        let example = Path::new(ROOT).join("examples/c/multi_status.c");
        let (shared, archive) = (programs.join("shared.exe"), programs.join("archive.exe"));
        self.compile(&example, &shared, &pkg_config(&folder, &["--cflags", "--libs"]));
        self.compile(&example, &archive, &by_archive(&folder));
        assert!(self.imports(&shared).contains("libsmsp.dll") && !self.imports(&archive).contains("libsmsp.dll"));
        for file in [&archive, &folder.join("bin/libsmsp.dll"), &folder.join("bin/smsp-status.exe")] {
            let foreign: Vec<_> =
                self.imports(file).into_iter().filter(|name| !OF_SYSTEM.contains(&name.as_str())).collect();
            assert_eq!(foreign, [""; 0], "{file:?}");
        }
        Built { platform: self, folder, shared, archive }
    }

    fn compile(&self, source: &Path, program: &Path, link: &[String]) {
        let mut compiler = Command::new(self.tool("gcc"));
        run(compiler.args(C_FLAGS).arg(source).arg("-o").arg(program).args(link));
    }

    /// What a file takes from the system.
    fn imports(&self, file: &Path) -> BTreeSet<String> {
        let printed = run(Command::new(self.tool("objdump")).arg("-p").arg(file));
        printed.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: ")).map(str::to_ascii_lowercase).collect()
    }

    /// The DLL has the functions of the interface, and nothing else: its list, and its import library, name the same.
    fn check_exports(&self, folder: &Path) {
        let list = fs::read_to_string(folder.join("lib/smsp.def")).unwrap();
        let (head, names) = list.split_once("EXPORTS\n").unwrap();
        assert_eq!(head, "LIBRARY libsmsp.dll\n");
        let named: BTreeSet<_> = names.lines().map(str::trim).collect();
        assert!(named.contains("smsp_multi_status"), "{list}");
        let printed = run(Command::new(self.tool("objdump")).arg("-p").arg(folder.join("bin/libsmsp.dll")));
        let table = printed.split("[Ordinal/Name Pointer] Table").nth(1).unwrap().split("\n\n").next().unwrap();
        let exported = table.lines().skip(1).filter_map(|line| line.split_whitespace().next_back());
        assert_eq!(exported.collect::<BTreeSet<_>>(), named);
        let printed = run(Command::new(self.tool("nm")).arg("-g").arg(folder.join("lib/libsmsp.dll.a")));
        let stubs = printed.lines().filter_map(|line| line.split(" T ").nth(1));
        // In front of a name there is an underscore with 32 bits.
        assert_eq!(stubs.map(|stub| stub.trim_start_matches('_')).collect::<BTreeSet<_>>(), named);
    }
}

/// The system of wine for 32 bits.
fn wine_root() -> PathBuf {
    PathBuf::from(variable("SMSP_WINE32"))
}

/// The flags that link the archive.
fn by_archive(folder: &Path) -> Vec<String> {
    let archive = folder.join("lib/libsmsp.a").display().to_string();
    let flags = pkg_config(folder, &["--static", "--cflags", "--libs"]).into_iter();
    flags.map(|word| if word == "-lsmsp" { archive.clone() } else { word }).collect()
}

impl Built<'_> {
    /// Runs a program from a folder with the DLL beside it, and with what this wine lacks of Windows.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.here(self.platform.wine_program());
        command.arg(program);
        command
    }

    /// A command in the folder of the programs, with the settings of this wine. What has 64 bits passes over the libraries.
    fn here(&self, program: impl AsRef<Path>) -> Command {
        let mut command = isolated(program);
        command.current_dir(self.programs()).env("LD_LIBRARY_PATH", wine_root().join("usr/lib/i386-linux-gnu"));
        command
            .env("WINEPREFIX", self.folder.join("../wine"))
            .env("WINEARCH", self.platform.wine.0)
            .env("WINEDEBUG", "-all");
        command
    }

    /// Has the system of this wine run until its input is closed. Else each program would start it, and be waited for until that
    /// ends too, as it has the same outputs. What wine remarks when it is made is not for the tests.
    fn system(&self) -> Child {
        let mut command = self.command("cmd");
        command.args(["/c", "echo ready&& pause"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut system = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(system.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), "ready");
        system
    }

    fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    /// Puts what programs load beside them. The library for random numbers is one that wine 8 lacks.
    fn bring_libraries(&self) {
        let programs = self.programs();
        for name in ["libsmsp.dll", "smsp-status.exe"] {
            fs::copy(self.folder.join("bin").join(name), programs.join(name)).unwrap();
        }
        let stub = programs.join("bcryptprimitives.dll");
        let link = ["-shared", "-Wl,--kill-at", "-ladvapi32"].map(str::to_owned);
        self.platform.compile(&sources().join("windows/bcryptprimitives.c"), &stub, &link);
    }

    /// Programs of the tests, which print failed checks only.
    fn check_programs(&self) {
        let simulator = simulator().latency(Duration::from_millis(60)).start().unwrap();
        let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
        let arguments = [rows.arguments(&simulator), vec!["batch_size=100".to_owned()]].concat();
        let reported = options(&simulator);
        let threads = ["-Wl,-Bstatic", "-lpthread"];
        for (name, arguments, more) in [
            ("report", &reported[..], &[][..]),
            ("threads", &arguments, &threads),
            ("windows/operation", &arguments, &["-lws2_32"]),
        ] {
            let program = self.programs().join(name.replace('/', "-") + ".exe");
            let more = more.iter().map(|word| (*word).to_owned());
            let link: Vec<_> = pkg_config(&self.folder, &["--cflags", "--libs"]).into_iter().chain(more).collect();
            self.platform.compile(&sources().join(format!("{name}.c")), &program, &link);
            let mut command = self.command(&program);
            assert_eq!(run(command.args(arguments)), "", "{command:?}");
        }
    }

    /// A host that loads it when it needs it: the program of the guide, and one that lets go of it.
    fn check_loading(&self) {
        let page = read("docs/LINKING.md");
        let shown =
            blocks(&page).into_iter().find(|block| block.kind == "c" && block.text.contains("LoadLibrary")).unwrap();
        let (source, program) = (self.programs().join("loads.c"), self.programs().join("loads.exe"));
        fs::write(&source, shown.text).unwrap();
        self.platform.compile(&source, &program, &pkg_config(&self.folder, &["--cflags"]));
        assert_eq!(run(&mut self.command(&program)).trim_end(), VERSION);
        let program = self.programs().join("loaded.exe");
        self.platform.compile(&sources().join("windows/loaded.c"), &program, &pkg_config(&self.folder, &["--cflags"]));
        assert_eq!(run(&mut self.command(&program)), "");
    }

    /// The package for CMake, which builds the example in both ways.
    fn check_cmake(&self) {
        let build = self.folder.join("cmake");
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(Path::new(ROOT).join("tests/packages/cmake")).arg("-B").arg(&build);
        cmake.arg("-DCMAKE_SYSTEM_NAME=Windows").arg(format!("-DCMAKE_C_COMPILER={}", self.platform.tool("gcc")));
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", self.folder.display())).arg(format!("-DWANTED={VERSION}"));
        run(cmake.arg(format!("-DEXAMPLE={ROOT}/examples/c/multi_status.c")));
        run(Command::new("cmake").arg("--build").arg(&build));
        for name in ["multi_status_smsp.exe", "multi_status_static.exe"] {
            let program = self.programs().join(name);
            fs::rename(build.join(name), &program).unwrap();
            check_asking(&self.folder, || self.command(&program));
        }
    }

    /// What Windows has no file for is an error that says what to do.
    fn check_authorities(&self) {
        let mut command = self.command(&self.shared);
        let ended = support::output(command.env("SMSPARTNER_API_KEY", "key").env("SMSP_CA_FILE", "system"));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.starts_with("SMSP_E_CONFIG: ca_file: system: Windows keeps"), "{said}");
    }

    /// A log is made, and continued by the next program.
    fn check_log(&self) {
        let log = self.programs().join("log.txt");
        for lines in [1, 2] {
            check_status(&self.folder, || {
                let mut command = self.command("smsp-status.exe");
                command.env("SMSP_LOG_LEVEL", "info").env("SMSP_LOG_FILE", &log);
                command
            });
            let written = fs::read_to_string(&log).unwrap();
            assert!(written.lines().all(|line| line.ends_with(" code=SMSP_OK")), "{written}");
            assert_eq!(written.lines().count(), lines, "{written}");
        }
    }

    /// Ctrl-C in a console, which `script` brings: the program ends with what it has, though its question is not answered.
    fn check_ctrl_c(&self) {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let list = self.programs().join("open.csv");
        fs::write(&list, "+33699999993,111111\n").unwrap();
        let wine = self.platform.wine_program();
        let line = format!("{} smsp-status.exe --format csv open.csv >answered.csv", wine.display());
        let mut script = self.here("script");
        script
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        script.env("SMSPARTNER_API_KEY", "key").env("SMSP_REQUEST_TIMEOUT_MS", "0").env("TERM", "xterm");
        script.env("SMSP_BASE_URL", format!("http://{}", silent.local_addr().unwrap()));
        let mut running = script.spawn().unwrap();
        silent.set_nonblocking(true).unwrap();
        let asked = loop {
            match silent.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(Duration::from_millis(5)),
                accepted => break accepted.unwrap(),
            }
            assert!(running.try_wait().unwrap().is_none(), "it ended");
        };
        running.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(2));
        drop(asked);
        let answered = fs::read_to_string(self.programs().join("answered.csv")).unwrap();
        assert!(answered.contains("+33699999993,111111,unanswered,SMSP_E_CANCELLED,"), "{answered}");
    }
}

impl Windows {
    fn check(&self) {
        let built = self.built();
        built.bring_libraries();
        let mut system = built.system();
        for program in [&built.shared, &built.archive] {
            check_asking(&built.folder, || built.command(program));
        }
        built.check_programs();
        built.check_loading();
        built.check_cmake();
        built.check_authorities();
        built.check_log();
        built.check_ctrl_c();
        drop(system.stdin.take());
        assert!(system.wait().unwrap().success());
    }
}

#[test]
fn x86_64_windows_gnu_runs_under_wine() {
    X86_64.check();
}

#[test]
fn i686_windows_gnu_runs_under_wine() {
    I686.check();
}
