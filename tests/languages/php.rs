//! The package for PHP: on the command line, and in PHP-FPM behind nginx.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use smsp_simulator::{Rule, Simulator};
use support::{KEY, ROOT, guide, isolated, run, scratch, simulator};
use tempfile::TempDir;

fn package() -> PathBuf {
    Path::new(ROOT).join("bindings/php")
}

/// PHP on the command line; all that it has to say is printed.
fn php() -> Command {
    let mut command = isolated("php");
    command.args(["-derror_reporting=-1", "-ddisplay_errors=stderr", "-dzend.exception_ignore_args=0"]);
    command
}

/// The files of a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_file_is_strict() {
    let scripts = ["bindings/php", "examples/php"].iter().flat_map(|folder| files(&Path::new(ROOT).join(folder)));
    let scripts: Vec<_> = scripts.filter(|path| path.extension().is_some_and(|extension| extension == "php")).collect();
    assert!(scripts.len() > 30, "{scripts:?}");
    for script in &scripts {
        assert!(fs::read_to_string(script).unwrap().contains("\ndeclare(strict_types=1);\n"), "{script:?}");
        run(php().arg("-l").arg(script));
    }
}

/// PSR-12; but names that are C's or the test's are as they are, and a script may declare what it does.
#[test]
fn every_file_keeps_to_psr_12() {
    let but = "PSR1.Methods.CamelCapsMethodName,PSR1.Classes.ClassDeclaration,PSR1.Files.SideEffects";
    let mut command = isolated("phpcs");
    command.current_dir(ROOT).args(["--standard=PSR12", "--warning-severity=0", "-s", &format!("--exclude={but}")]);
    let folders = ["bindings/php", "examples/php", "tests/scenarios", "benches/bindings", "benches/small"];
    run(command.arg("--extensions=php").args(folders));
}

#[test]
fn its_unit_tests_pass() {
    let rule = |text: &str| text.parse::<Rule>().unwrap();
    let fault = |text: &str| simulator().fault(rule(text));
    let kinds = [
        "refuse code=10",
        "refuse code=20",
        "refuse code=50",
        "too-many-requests",
        "status code=503",
        "status code=404",
        "garbage-body",
        "reset-after",
        "latency ms=60000",
    ];
    let mut simulators: Vec<_> = kinds.iter().map(|kind| (*kind, fault(kind).start().unwrap())).collect();
    simulators.push(("plain", simulator().start().unwrap()));
    simulators.push(("slow", simulator().latency(Duration::from_millis(60)).start().unwrap()));
    simulators
        .push(("one by one", fault("status code=404 ids=1").fault(rule("refuse code=50 ids=3")).start().unwrap()));
    simulators.push(("refuse alone", fault("refuse code=9 ids=3").start().unwrap()));
    simulators.push(("held", fault("latency ms=600000 ids=1003").start().unwrap()));
    let mut urls: BTreeMap<_, _> = simulators.iter().map(|(name, it)| (*name, it.base_url())).collect();
    urls.insert("https", urls["plain"].replace("http://", "https://"));
    let mut command = php();
    command.arg("/usr/bin/phpunit").arg("--configuration").arg(package().join("tests/phpunit.xml"));
    let printed = run(command.env("SMSP_TEST_SIMULATORS", serde_json::to_string(&urls).unwrap()));
    assert!(printed.contains("OK ("), "{printed}");
}

/// PHP-FPM behind nginx, in a folder of their own.
struct Web {
    folder: TempDir,
    servers: Vec<Child>,
}

impl Web {
    /// With so many workers, which may use FFI where the package is preloaded.
    fn start(simulator: &Simulator, workers: usize, preloaded: bool) -> Web {
        let folder = tempfile::tempdir().unwrap();
        let library = support::library().folder.join("libsmsp.so.0").display().to_string();
        let words = [
            ("@FOLDER@", folder.path().display().to_string()),
            ("@WORKERS@", workers.to_string()),
            ("@SCRIPTS@", scripts().display().to_string()),
            ("@LIBRARY@", library),
            ("@KEY@", KEY.to_owned()),
            ("@URL@", simulator.base_url()),
        ];
        for file in ["fpm.conf", "nginx.conf"] {
            let text = fs::read_to_string(scripts().join(file)).unwrap();
            let text = words.iter().fold(text, |text, (word, value)| text.replace(word, value));
            fs::write(folder.path().join(file), text).unwrap();
        }
        let mut fpm = isolated(fpm());
        fpm.args([
            "--nodaemonize",
            "--allow-to-run-as-root",
            "-dffi.enable=preload",
            "-dopcache.preload_user=root",
            "--fpm-config",
        ]);
        fpm.arg(folder.path().join("fpm.conf"));
        if preloaded {
            fpm.arg(format!("-dopcache.preload={}", package().join("preload.php").display()));
        }
        let mut nginx = isolated("nginx");
        nginx.arg("-e").arg(folder.path().join("nginx.log")).arg("-c").arg(folder.path().join("nginx.conf"));
        let servers =
            [fpm, nginx].map(|mut server| server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let web = Web { folder, servers: servers.into() };
        web.wait_until("they answer", || web.try_get("/no-such-script.php").is_ok_and(|page| page.contains(" 404 ")));
        web
    }

    /// A page, or what there is instead.
    fn try_get(&self, path: &str) -> io::Result<String> {
        let mut answer = Vec::new();
        self.request(path)?.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn request(&self, path: &str) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(self.folder.path().join("web.sock"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        Ok(stream)
    }

    /// The body of a page.
    fn get(&self, path: &str) -> String {
        let answer = self.try_get(path).unwrap_or_else(|error| panic!("{path}: {error}\n{}", self.logs()));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer}\n{}", self.logs()));
        assert!(head.contains(" 200 "), "{path}: {answer}\n{}", self.logs());
        body.to_owned()
    }

    fn logs(&self) -> String {
        ["fpm.log", "nginx.log"]
            .map(|log| fs::read_to_string(self.folder.path().join(log)).unwrap_or_default())
            .concat()
    }

    fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}\n{}", self.logs());
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // SAFETY: it is not waited for yet, so the number is its own.
            unsafe { libc::kill(server.id().try_into().unwrap(), libc::SIGTERM) };
            _ = server.wait();
        }
    }
}

/// No server takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

fn scripts() -> PathBuf {
    package().join("tests/web")
}

/// PHP-FPM, whose name has PHP's version.
fn fpm() -> PathBuf {
    let programs = fs::read_dir("/usr/sbin").unwrap().map(|file| file.unwrap().path());
    let mut found = programs.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("php-fpm"));
    found.next().expect("PHP-FPM is missing: run scripts/deps.sh test")
}

/// What ask.php prints: the worker, the requests and the connections of its client so far; the message is delivered.
fn asked(page: &str) -> (u32, u64, u64) {
    let words: Vec<_> = page.split(' ').collect();
    assert!(words.len() == 4 && words[3] == "delivered", "{page}");
    (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2].parse().unwrap())
}

/// Asks from several threads at once; for each worker the requests that its client had made, ascending. Each client
/// has one connection.
fn by_worker(web: &Web, path: &str) -> BTreeMap<u32, Vec<u64>> {
    let asking = || (0..10).map(|_| asked(&web.get(path))).collect::<Vec<_>>();
    let answers: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(asking)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut workers = BTreeMap::<_, Vec<_>>::new();
    for (worker, requests, connections) in answers {
        assert_eq!(connections, 1, "{path}");
        workers.entry(worker).or_default().push(requests);
    }
    workers.values_mut().for_each(|requests| requests.sort_unstable());
    assert!((2..=3).contains(&workers.len()), "{workers:?}");
    workers
}

#[test]
fn a_worker_keeps_its_client() {
    let simulator = simulator().latency(Duration::from_millis(20)).start().unwrap();
    let web = Web::start(&simulator, 3, true);
    for requests in by_worker(&web, "/ask.php").values() {
        assert!(requests.iter().all(|requests| *requests == 1), "{requests:?}");
    }
    for requests in by_worker(&web, "/ask.php?kept").values() {
        assert!(requests.iter().copied().eq(1..=requests.len() as u64), "{requests:?}");
    }
}

#[test]
fn a_package_that_is_not_preloaded_is_told() {
    let simulator = simulator().start().unwrap();
    let web = Web::start(&simulator, 1, false);
    let page = web.get("/ask.php");
    assert!(
        page.starts_with("PHP lets nobody use FFI here") && page.contains("bindings/php/preload.php in php.ini"),
        "{page}"
    );
}

#[test]
fn a_request_that_is_given_up_leaves_nothing_running() {
    let simulator = simulator().fault("latency ms=600000 ids=1003".parse().unwrap()).start().unwrap();
    let web = Web::start(&simulator, 1, true);
    let worker = asked(&web.get("/ask.php?kept")).0;
    let folder = web.folder.path();
    for (query, how) in [("", "ended by PHP"), ("&ignore", "cancelled")] {
        let mut page = web.request(&format!("/wait.php?folder={}{query}", folder.display())).unwrap();
        // Its head and the first dot: the call is under way.
        let (mut seen, mut chunk) = (String::new(), [0; 256]);
        while !seen.contains("\r\n\r\n.") {
            let length = page.read(&mut chunk).unwrap();
            assert!(length > 0, "{seen}\n{}", web.logs());
            seen += std::str::from_utf8(&chunk[..length]).unwrap();
        }
        drop(page);
        let ended = folder.join("ended");
        web.wait_until(how, || fs::read_to_string(&ended).is_ok_and(|text| text == how));
        fs::remove_file(ended).unwrap();
        assert_eq!(asked(&web.get("/ask.php?kept")).0, worker);
    }
    // The time is up: PHP calls no destructors.
    let page = web.try_get(&format!("/wait.php?work&folder={}", folder.display())).unwrap();
    assert!(
        page.contains("Maximum execution time") || web.logs().contains("Maximum execution time"),
        "{page}{}",
        web.logs()
    );
    assert_eq!(asked(&web.get("/ask.php?kept")).0, worker, "{}", web.logs());
}

/// A copy of the package, and what it finds there under the library's name; no library is found elsewhere.
fn deployed(name: &str, put: impl FnOnce(&Path)) -> Command {
    let folder = scratch(&format!("php-{name}"));
    for file in files(&package()).iter().filter(|file| !file.starts_with(package().join("tests"))) {
        let copy = folder.join(file.strip_prefix(package()).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
    put(&folder);
    let mut command = php();
    command.current_dir(&folder).env_remove("LD_LIBRARY_PATH").arg("-r").arg(VERSION);
    command
}

/// Prints the version of the library, or why there is none.
const VERSION: &str = "require 'autoload.php';
    try { if (isset($argv[1])) { Smsp\\Library::use($argv[1]); } echo Smsp\\Library::version(); }
    catch (Smsp\\LibraryException $error) { echo $error->getMessage(); }";

#[test]
fn the_library_is_found_beside_the_package() {
    let put = |folder: &Path| _ = fs::copy(library(), folder.join("libsmsp.so.0")).unwrap();
    assert_eq!(run(&mut deployed("beside", put)), env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_library_is_found_where_one_says() {
    assert_eq!(run(deployed("path", |_| {}).arg(library())), env!("CARGO_PKG_VERSION"));
    assert_eq!(run(deployed("path", |_| {}).env("SMSP_LIBRARY", library())), env!("CARGO_PKG_VERSION"));
    let printed = run(deployed("path", |_| {}).env("SMSP_LIBRARY", "/nowhere/libsmsp.so.0"));
    assert!(printed.starts_with("libsmsp cannot be loaded: /nowhere/libsmsp.so.0: cannot open"), "{printed}");
}

fn library() -> PathBuf {
    support::library().folder.join("libsmsp.so")
}

#[test]
fn a_library_that_is_not_found_is_told() {
    // A name that no system has, so that none that is installed is found.
    let rename = |folder: &Path| {
        let source = folder.join("src/Native.php");
        let text = fs::read_to_string(&source).unwrap();
        assert!(text.contains("'libsmsp.so.0'"), "{text}");
        fs::write(&source, text.replace("libsmsp.so.0", "libsmsp-of-nobody.so")).unwrap();
    };
    let folder = scratch("php-missing").display().to_string();
    let printed = run(&mut deployed("missing", rename));
    // The README says the same.
    let readme = guide::read("bindings/php/README.md");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown =
        printed.replace("libsmsp-of-nobody.so", "libsmsp.so.0").replace(&folder, "/srv/app/vendor/libsmsp/smsp");
    assert!(words(&readme).contains(&words(&shown)), "{printed}");
    let printed = run(deployed("missing", rename).env("LD_LIBRARY_PATH", "/nowhere"));
    assert!(printed.contains("LD_LIBRARY_PATH, now /nowhere") && printed.lines().count() == 1, "{printed}");
}

#[test]
fn a_library_that_does_not_fit_is_refused() {
    let with = |version| run(&mut deployed("other", |folder| support::planted(&folder.join("libsmsp.so.0"), version)));
    assert_eq!(with("1.2.3"), "libsmsp 1.2.3 was found, but this package needs version 0.x");
    let printed = with("0.0.1");
    assert!(printed.contains("libsmsp.so.0 is older than this package: Failed resolving C function"), "{printed}");
}

#[test]
fn php_without_ffi_is_told() {
    let printed = run(deployed("without", |_| {}).args(["-dffi.enable=0"]));
    assert!(printed.starts_with("PHP lets nobody use FFI here"), "{printed}");
    // Without the settings that load extensions.
    let mut command = isolated("php");
    let printed = run(command.current_dir(scratch("php-without")).args(["-n", "-r", VERSION]));
    assert!(printed.starts_with("the extension FFI of PHP is not loaded"), "{printed}");
}

#[test]
fn the_composer_file_says_what_is_so() {
    let text = guide::read("bindings/php/composer.json");
    let composer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(composer["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(composer["require"], serde_json::json!({ "php-64bit": ">=8.1", "ext-ffi": "*" }));
    assert_eq!(composer["autoload"]["psr-4"], serde_json::json!({ "Smsp\\": "src/" }));
    // A class is in the file of its name.
    for file in files(&package().join("src")) {
        let class = file.file_stem().unwrap().to_str().unwrap();
        let declared = ["class", "enum"].map(|kind| format!("{kind} {class}"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\nnamespace Smsp;\n") && declared.iter().any(|it| text.contains(it)), "{file:?}");
    }
}

/// What the README shows: the blocks are one program, run from the first to the last.
#[test]
fn the_readme_is_a_program_that_runs() {
    let page = guide::read("bindings/php/README.md");
    let shown: Vec<_> = guide::blocks(&page).into_iter().filter(|block| block.kind == "php").collect();
    assert_eq!(shown.len(), 4, "a program, options, progress, errors");
    let text: String = shown.iter().map(|block| block.text.replace("<?php\n", "")).collect();
    let autoload = package().join("autoload.php").display().to_string();
    let text = format!("<?php\n{text}").replace("vendor/autoload.php", &autoload);
    let program = scratch("php").join("readme.php");
    fs::write(&program, text).unwrap();
    let simulator = simulator().start().unwrap();
    let mut command = php();
    command.arg(program).env("SMSPARTNER_API_KEY", KEY).env("SMSP_BASE_URL", simulator.base_url());
    let printed = run(&mut command);
    // What the simulator makes of these messages; how often progress is told depends on the time that it takes.
    assert!(printed.starts_with("+33 6 12 34 56 78 delivered 2023-11-14 22:13\n0612345679 not_sent -\n"), "{printed}");
    assert!(printed.ends_with(" of 2\n2 of 2\n") || printed.ends_with("-\n2 of 2\n"), "{printed}");
}
