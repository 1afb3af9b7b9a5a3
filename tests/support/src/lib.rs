//! What the test files share: the library as programs link it, ways to run programs, and the statuses to expect.

mod asking;
pub mod away;
pub mod dotnet;
pub mod golang;
pub mod guide;
pub mod page;
pub mod program;
pub mod proxy;
pub mod relay;
pub mod rotation;
pub mod rows;
pub mod server;

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

pub use asking::{ask, client, configured};
use smsp_simulator::{Builder, Clock, Simulator};
use socket2::{Domain, Socket, Type};

/// The folder of the whole tree: that of this crate without its end.
pub const ROOT: &str = {
    let folder = env!("CARGO_MANIFEST_DIR").as_bytes();
    let (root, _) = folder.split_at(folder.len() - "/tests/support".len());
    match std::str::from_utf8(root) {
        Ok(root) => root,
        Err(_) => panic!(),
    }
};

/// The key of every simulator that is started here. It is recognisable, so that a message showing it is caught.
pub const KEY: &str = "k3y-of-the-tests";

/// What C programs are compiled with; a warning is an error.
pub const C_FLAGS: [&str; 6] = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-pthread"];

/// What a program needs beside the static library: `rustc --print native-static-libs`.
pub const NATIVE_LIBRARIES: [&str; 6] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];

/// No program of the tests takes that long; one that hangs is ended. In seconds.
const LIMIT: &str = "300";

/// The library as it was built.
pub struct Library {
    /// A folder with `libsmsp.so` under all its names, and nothing else for a linker to find.
    pub folder: PathBuf,
    /// `libsmsp.a`.
    pub archive: PathBuf,
}

/// Builds the library, once, in the profile of the tests; or takes the one in the folder `SMSP_TEST_LIBRARY`.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        if let Some(folder) = env::var_os("SMSP_TEST_LIBRARY").map(PathBuf::from) {
            return Library { archive: folder.join("libsmsp.a"), folder };
        }
        let messages = build("build", &["--package", "smsp", "--lib", "--profile", &profile()], target_folder(), &[]);
        linked(&messages, "lib")
    })
}

/// Builds the library with what `smsp_panics` adds, once, in a folder of its own.
pub fn library_that_panics() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| linked(&built_to_panic(), "lib-panics"))
}

/// Builds it; cargo's messages, and rustc's list of what the archive needs from the system.
fn built_to_panic() -> String {
    let part = ["--package", "smsp", "--lib", "--profile", "demo"];
    let flags = ["--", "--cfg", "smsp_panics", "--print", "native-static-libs"];
    build("rustc", &part, &target_folder().join("panics"), &flags)
}

/// What rustc says that the archive needs from the system.
pub fn native_libraries() -> Vec<String> {
    let messages = built_to_panic();
    let messages = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let texts: Vec<_> =
        messages.filter_map(|message| message["message"]["message"].as_str().map(str::to_owned)).collect();
    let list = texts.iter().find_map(|text| text.strip_prefix("native-static-libs: ")).expect("rustc prints its list");
    list.split_whitespace().map(str::to_owned).collect()
}

/// Puts what cargo built where linkers find it.
fn linked(messages: &str, folder: &str) -> Library {
    let folder = scratch(folder);
    for name in ["libsmsp.so", "libsmsp.so.0"] {
        link(&built(messages, "libsmsp.so"), &folder.join(name));
    }
    Library { folder, archive: built(messages, "libsmsp.a") }
}

/// Prints a figure even where the test succeeds, whose output cargo keeps back.
pub fn tell(figure: &str) {
    _ = writeln!(io::stderr(), "{figure}");
}

/// Builds the program `smsp-simulator`, in the profile of the tests.
pub fn simulator_program() -> PathBuf {
    let part = ["--workspace", "--bin", "smsp-simulator", "--profile", &profile()];
    built(&build("build", &part, target_folder(), &[]), "smsp-simulator")
}

/// Builds a part of the workspace; cargo's messages.
fn build(command: &str, part: &[&str], target: &Path, flags: &[&str]) -> String {
    let mut cargo = Command::new(env::var_os("CARGO").expect("the tests run under cargo"));
    cargo.current_dir(ROOT).args([command, "--locked", "--message-format", "json"]).args(part);
    cargo.arg("--target-dir").arg(target).args(flags);
    // What cargo tells this test about its package. Build scripts look at these too: with them the dependencies
    // would be built anew here, and again by the cargo outside.
    without(&mut cargo, |name| {
        name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    let messages = output(&mut cargo);
    assert!(messages.status.success(), "{cargo:?}\n{}", String::from_utf8_lossy(&messages.stderr));
    String::from_utf8(messages.stdout).unwrap()
}

/// A folder for what a test makes. It stays after the test and is used again.
pub fn scratch(name: &str) -> PathBuf {
    let folder = target_folder().join("tmp").join(profile()).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Cargo's folder for what it builds.
pub fn target_folder() -> &'static Path {
    profile_folder().parent().unwrap()
}

/// Where the output of the profile lies that this test was built in: the test itself is in `deps` there.
fn profile_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned())
}

/// The profile that this test was built in.
fn profile() -> String {
    match profile_folder().file_name().unwrap().to_str().unwrap() {
        "debug" => "dev".to_owned(),
        profile => profile.to_owned(),
    }
}

/// The path of a built file, from cargo's messages.
fn built(messages: &str, name: &str) -> PathBuf {
    let messages = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let files = messages.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let mut paths = files.map(|file| PathBuf::from(file.as_str().unwrap()));
    paths.find(|path| path.ends_with(name)).unwrap_or_else(|| panic!("cargo built no {name}"))
}

/// Makes a symbolic link, or another in its place, so that it is there at any moment.
pub fn link(target: &Path, link: &Path) {
    let fresh = link.with_extension(format!("new-{}", std::process::id()));
    std::os::unix::fs::symlink(target, &fresh).unwrap();
    fs::rename(fresh, link).unwrap();
}

/// A command for a program that must not hang, without variables that configure the library or a proxy.
pub fn isolated(program: impl AsRef<Path>) -> Command {
    within_limit(program.as_ref(), &[])
}

/// The same for a program that is sent a signal. `timeout` passes it on once, and not once more to the whole group.
pub fn isolated_from_group(program: impl AsRef<Path>) -> Command {
    within_limit(program.as_ref(), &["--foreground"])
}

fn within_limit(program: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(options).args(["--kill-after=5", LIMIT]).arg(program);
    without(&mut command, |name| name.starts_with("SMSP") || name.to_ascii_uppercase().ends_with("_PROXY"));
    command.env("LD_LIBRARY_PATH", &library().folder);
    command
}

/// Takes variables out of the environment of a command.
pub fn without(command: &mut Command, is_unwanted: impl Fn(&str) -> bool) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(&is_unwanted) {
            command.env_remove(name);
        }
    }
}

/// Runs a command to its end, whatever its exit status. A program that is missing fails the test.
pub fn output(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("{:?} is missing: run scripts/deps.sh test", command.get_program())
        }
        Err(error) => panic!("{command:?}: {error}"),
    }
}

/// Runs a command that must succeed; answers its two outputs, one after the other.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = output(command);
    let printed = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    assert!(status.success(), "{command:?}\nended with {status}\n{printed}");
    printed
}

/// Fails the test unless the program is there.
pub fn require(program: &str) {
    run(Command::new(program).arg("--version"));
}

/// Compiles a C program against the header, with further arguments for the linker at the end.
pub fn compile_c(source: &Path, program: &Path, link: impl IntoIterator<Item = impl AsRef<OsStr>>) {
    let mut cc = Command::new("cc");
    cc.args(C_FLAGS).args(["-g", "-O1", "-I"]).arg(Path::new(ROOT).join("include"));
    run(cc.arg(source).arg("-o").arg(program).args(link));
}

/// A library that says that it has this version, and nothing else.
pub fn planted(library: &Path, version: &str) {
    let source = library.with_extension("c");
    let text = "const char *smsp_version(void);\nconst char *smsp_version(void) { return \"@\"; }\n";
    fs::write(&source, text.replace('@', version)).unwrap();
    compile_c(&source, library, ["-shared", "-fPIC"]);
}

/// What C++ programs are compiled with.
pub const CPP_FLAGS: [&str; 7] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wshadow", "-pthread"];

/// Compiles a C++ program against the headers by one compiler and standard, with further arguments at the end.
pub fn compile_cpp(
    compiler: &str,
    standard: &str,
    source: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) {
    let mut command = Command::new(compiler);
    command.arg(format!("-std=c++{standard}")).args(CPP_FLAGS).args(["-g", "-O1", "-I"]);
    run(command.arg(Path::new(ROOT).join("include")).arg(source).args(arguments));
}

/// The arguments that link with the shared library.
pub fn shared() -> Vec<String> {
    vec!["-L".to_owned(), library().folder.display().to_string(), "-lsmsp".to_owned()]
}

/// The arguments that link with the static library.
pub fn archive() -> Vec<String> {
    let natives = NATIVE_LIBRARIES.map(str::to_owned);
    std::iter::once(library().archive.display().to_string()).chain(natives).collect()
}

/// A socket whose port refuses connections as long as it is there: it is bound, so nobody else can listen there, and it
/// does not listen itself.
pub fn refusing() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([0, 0, 0, 0], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

/// A simulator for which every message has its final state, to be changed further.
pub fn simulator() -> Builder {
    Simulator::builder().api_key(KEY).seed(1).clock(Clock::Finished)
}

/// The options that lead a client to the simulator, as `name=value`.
pub fn options(simulator: &Simulator) -> [String; 3] {
    [format!("api_key={KEY}"), format!("base_url={}", simulator.base_url()), "max_retries=0".to_owned()]
}
