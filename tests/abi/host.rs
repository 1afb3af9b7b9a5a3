//! The library inside a host process: signals, forks, loading, limits. Programs of `tests/abi/`, as in `calls.rs`.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smsp_simulator::{Builder, Simulator};
use support::program::{FORMS, FOUND, Form, compiled, program, sources};
use support::relay::Relay;
use support::rows::{RowsFile, expected, messages};
use support::{
    KEY, Library, compile_c, isolated, library, library_that_panics, options, output, run, scratch, simulator, tell,
};
use tempfile::TempDir;

/// A simulator that is asked over http or https, and what it takes to trust it.
struct Server {
    simulator: Simulator,
    ca: Option<(TempDir, String)>,
}

impl Server {
    fn start(simulator: Builder, tls: bool) -> Server {
        let simulator = simulator.tls(tls).start().unwrap();
        let ca = tls.then(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ca.pem");
            simulator.write_ca(&path).unwrap();
            (folder, format!("ca_file={}", path.display()))
        });
        Server { simulator, ca }
    }

    /// By address, since a look-up needs threads and descriptors of its own.
    fn base_url(&self) -> String {
        self.simulator.base_url().replace("localhost", "127.0.0.1")
    }

    fn ca_file(&self) -> Option<String> {
        self.ca.as_ref().map(|(_, option)| option.clone())
    }

    /// The arguments of a program: what stands first, the file of rows, and what leads to the simulator.
    fn arguments(&self, first: &[&str], rows: &RowsFile) -> Vec<String> {
        let mut arguments: Vec<_> = first.iter().map(|argument| argument.to_string()).collect();
        arguments.extend(rows.arguments(&self.simulator));
        arguments.push(format!("base_url={}", self.base_url()));
        arguments.extend(self.ca_file());
        arguments
    }

    fn rows(&self, count: usize) -> RowsFile {
        RowsFile::new(&expected(&self.simulator, &messages(count)))
    }
}

#[test]
fn a_server_that_goes_away_raises_no_sigpipe() {
    // Past any handshake, and in the middle of a body of 150 KB.
    const BYTES: usize = 20_000;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let control = Relay::start(&format!("http://{}", silent.local_addr().unwrap()), BYTES);
    for tls in [false, true] {
        let server = Server::start(simulator(), tls);
        let relay = Relay::start(&server.base_url(), BYTES);
        let mut arguments = vec![control.address().to_string(), "2000".to_owned(), format!("api_key={KEY}")];
        arguments.extend([format!("base_url={}", relay.base_url()), "max_retries=0".to_owned()]);
        arguments.extend(server.ca_file());
        program("sigpipe").run(&arguments);
    }
}

#[test]
fn a_process_can_fork_while_its_threads_call() {
    let server = Server::start(simulator(), false);
    let rows = server.rows(5000);
    program("forks").run_form(Form::Shared, &server.arguments(&["1000"], &rows));
    // Not under the sanitizer, whose own allocator may be locked for ever in a child.
    program("forks").run_form(Form::Static, &server.arguments(&["100"], &rows));
}

#[test]
fn a_process_can_fork_while_its_threads_call_over_tls() {
    let server = Server::start(simulator(), true);
    program("forks").run_form(Form::Shared, &server.arguments(&["100"], &server.rows(5000)));
}

#[test]
fn the_library_can_be_loaded_and_closed_again() {
    let server = Server::start(simulator(), false);
    let path = scratch("abi").join("dlopen");
    compile_c(&sources().join("dlopen.c"), &path, ["-ldl"]);
    let mut command = isolated(path);
    command.arg(library().folder.join("libsmsp.so")).arg("1000").args(options(&server.simulator));
    assert_eq!(run(&mut command), "", "{command:?}");
    let mut readelf = Command::new("readelf");
    let dynamic = run(readelf.args(["--dynamic", "--wide"]).arg(library().folder.join("libsmsp.so")));
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

#[test]
fn interrupts_of_the_host_disturb_no_call() {
    for tls in [false, true] {
        let server = Server::start(simulator().latency(Duration::from_millis(3)), tls);
        let rows = server.rows(500);
        for threads in ["4", "0"] {
            program("interrupts").run(&server.arguments(&[threads], &rows));
        }
    }
}

/// While it looks up, connects, sends and waits, in the calling thread alone and beside threads of the library.
#[test]
fn a_handler_that_interrupts_a_call_can_fork() {
    const LATENCY: u64 = 40;
    for tls in [false, true] {
        let server = Server::start(simulator().latency(Duration::from_millis(LATENCY)), tls);
        let latency = LATENCY.to_string();
        program("handler_forks").run(&server.arguments(&["20", &latency], &server.rows(3)));
        let rows = server.rows(40);
        let mut several = server.arguments(&["10", &latency], &rows);
        several.extend(["batch_size=5", "max_connections=2"].map(str::to_owned));
        program("handler_forks").run_plain(&several);
    }
}

#[test]
fn a_process_can_be_stopped_in_the_middle_of_its_calls() {
    for tls in [false, true] {
        let server = Server::start(simulator().latency(Duration::from_millis(5)), tls);
        let rows = server.rows(20);
        for batch_size in ["batch_size=500", "batch_size=5"] {
            let mut arguments = server.arguments(&["10", "150"], &rows);
            arguments.extend([batch_size, "request_timeout_ms=100"].map(str::to_owned));
            program("stopped").run(&arguments);
        }
    }
}

#[test]
fn descriptors_may_be_above_1024() {
    for tls in [false, true] {
        let server = Server::start(simulator(), tls);
        program("descriptors").run(&server.arguments(&[], &server.rows(1201)));
    }
}

#[test]
fn an_idle_client_has_neither_threads_nor_descriptors() {
    let server = Server::start(simulator(), true);
    program("idle").run_form(Form::Shared, &server.arguments(&[], &server.rows(2001)));
}

#[test]
fn a_call_fails_or_works_where_descriptors_run_out() {
    for tls in [false, true] {
        let server = Server::start(simulator(), tls);
        let rows = server.rows(1201);
        let arguments = server.arguments(&["descriptors"], &rows);
        program("limits").run(&arguments);
        if tls {
            program("limits").check_memory(&arguments);
        }
    }
}

#[test]
fn a_call_works_where_the_system_has_no_thread() {
    for tls in [false, true] {
        let server = Server::start(simulator(), tls);
        program("limits").run_plain(&server.arguments(&["threads"], &server.rows(1201)));
    }
}

#[test]
fn a_count_that_cannot_be_is_refused() {
    let server = Server::start(simulator(), false);
    program("limits").run_plain(&server.arguments(&["counts"], &server.rows(3)));
}

/// The figures stand in docs/RELIABILITY.md. Between little and enough there is a gap where an allocation of a few bytes
/// fails, which Rust ends a process for: what comes of it there is left open.
#[test]
fn a_call_fails_or_works_where_address_space_runs_out() {
    let server = Server::start(simulator(), false);
    let rows = server.rows(100_000);
    for form in [Form::Shared, Form::Static] {
        for (mebibytes, code) in [(1024, "SMSP_OK"), (512, "SMSP_OK"), (6, "SMSP_E_RESOURCE"), (2, "SMSP_E_RESOURCE")] {
            let mut command = program("memory").command(form);
            let printed = run(command.args(server.arguments(&[&mebibytes.to_string()], &rows)));
            assert_eq!(printed.trim_end(), code, "{form:?}, {mebibytes} MiB");
        }
    }
}

/// What the host's system says in French, in the order of the originals.
const FRENCH: [(&str, &str); 4] = [
    ("", "Content-Type: text/plain; charset=UTF-8\n"),
    ("Connection refused", "Connexion refusée"),
    ("Name or service not known", "Nom ou service inconnu é"),
    ("No such file or directory", "Aucun fichier à ce nom"),
];

/// A catalogue as gettext has it: its head, two tables of lengths and places, the texts.
fn catalogue(pairs: &[(&str, &str)]) -> Vec<u8> {
    let (count, head) = (pairs.len() as u32, 7 * 4);
    let texts: Vec<_> = pairs.iter().map(|pair| pair.0).chain(pairs.iter().map(|pair| pair.1)).collect();
    let mut numbers = vec![0x9504_12de, 0, count, head, head + 8 * count, 0, head + 16 * count];
    let mut place = head + 16 * count;
    for text in &texts {
        numbers.extend([text.len() as u32, place]);
        place += text.len() as u32 + 1;
    }
    let numbers = numbers.into_iter().flat_map(u32::to_ne_bytes);
    numbers.chain(texts.iter().flat_map(|text| text.bytes().chain([0]))).collect()
}

#[test]
fn messages_are_english_in_a_host_that_speaks_french() {
    let folder = tempfile::tempdir().unwrap();
    let messages = folder.path().join("fr/LC_MESSAGES");
    fs::create_dir_all(&messages).unwrap();
    fs::write(messages.join("libc.mo"), catalogue(&FRENCH)).unwrap();
    let missing = folder.path().join("missing/file");
    let key = format!("api_key={KEY}");
    let options: [&str; 3] = [&key, "max_retries=0", "base_url=https://127.0.0.1:1"];
    let paths = [folder.path(), &missing].map(|path| path.to_str().unwrap());
    program("locale").run_and_check_memory(&[&paths[..], &options].concat());
}

/// The functions that a library exports.
fn exported(library: &Path) -> String {
    let printed = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(library));
    let functions = printed.lines().filter_map(|line| line.split(' ').next());
    functions.filter(|name| name.starts_with("smsp_")).collect::<Vec<_>>().join(",")
}

#[test]
fn panics_end_at_the_boundary() {
    let server = Server::start(simulator(), false);
    let Library { folder, .. } = library_that_panics();
    let path = scratch("abi").join("panics");
    compile_c(&sources().join("panics.c"), &path, ["-L", folder.to_str().unwrap(), "-lsmsp"]);
    let functions = exported(&folder.join("libsmsp.so"));
    assert!(functions.contains("smsp_multi_status") && functions.contains("smsp_test_panic"), "{functions}");
    let mut command = isolated(path);
    command.env("LD_LIBRARY_PATH", folder).arg(functions).args(options(&server.simulator));
    assert_eq!(run(&mut command), "", "{command:?}");
}

/// A file of its own for the log, and for the key, as options.
fn files(folder: &TempDir) -> [String; 2] {
    let (log, key) = (folder.path().join("log"), folder.path().join("key"));
    fs::write(&key, KEY).unwrap();
    [format!("log_file={}", log.display()), format!("api_key_file={}", key.display())]
}

#[test]
fn a_cancelled_thread_goes_through_every_function() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(simulator(), true);
    let rows = server.rows(3);
    let mut arguments = server.arguments(&[], &rows);
    arguments.extend(files(&folder));
    arguments.push("log_level=trace".to_owned());
    program("cancelled").run_and_check_memory(&arguments);
}

#[test]
fn a_log_stops_at_the_largest_size_of_a_file() {
    let server = Server::start(simulator(), false);
    for form in FORMS {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        program("file_size").run_form(form, &server.arguments(&[&log], &server.rows(3)));
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log").display().to_string();
    program("file_size").check_memory(&server.arguments(&[&log], &server.rows(3)));
}

#[test]
fn the_environment_sets_nothing_for_more_rights_than_the_caller() {
    let environment = [("SMSPARTNER_API_KEY", KEY), ("SMSP_BATCH_SIZE", "7")];
    program("privileged").run_in(&environment, &["feigned"]);
    run(program("privileged").memory_command(&["feigned"]).envs(environment));
}

/// A copy that belongs to another user, who it runs as. It takes root to make one.
#[test]
fn the_environment_sets_nothing_for_a_setuid_program() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("privileged");
    // The loader takes no library for such a program from LD_LIBRARY_PATH.
    fs::copy(compiled("privileged", Form::Static), &copy).unwrap();
    let (owner, caller) = (Some(1), 65_534);
    chown(&copy, owner, owner).expect("it takes root to give a file away");
    fs::set_permissions(&copy, Permissions::from_mode(0o6755)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(copy);
    command.arg("real").env("SMSPARTNER_API_KEY", KEY).env("SMSP_BATCH_SIZE", "7").uid(caller).gid(caller);
    assert_eq!(run(&mut command), "", "{command:?}");
}

fn ends_with_the_last_thread(whose: &str, form: Form) {
    let server = Server::start(simulator(), true);
    let mut command = program("last_thread").command(form);
    command.arg(whose).args(options(&server.simulator)).arg(format!("base_url={}", server.base_url()));
    // So that a call needs a thread beside the calling one.
    command.arg("batch_size=1");
    assert_eq!(run(command.args(server.ca_file())), "freed\nend\n", "{command:?}");
}

#[test]
fn a_process_ends_when_its_last_thread_is_of_the_host() {
    FORMS.iter().for_each(|form| ends_with_the_last_thread("host", *form));
    let server = Server::start(simulator(), true);
    let mut arguments = vec!["host".to_owned()];
    arguments.extend(options(&server.simulator));
    arguments.extend([format!("base_url={}", server.base_url())].into_iter().chain(server.ca_file()));
    program("last_thread").check_memory(&arguments);
}

/// Not under the sanitizer, which takes for a leak what the C library has for the end of that thread.
#[test]
fn a_process_ends_when_its_last_thread_is_of_the_library() {
    ends_with_the_last_thread("library", Form::Shared);
}

/// An operation that nobody frees is finished, and then keeps the process no longer than an idle client does.
#[test]
fn the_last_thread_is_of_an_operation() {
    ends_with_the_last_thread("operation", Form::Shared);
}

#[test]
fn threads_have_room_beside_much_data_of_the_host() {
    let server = Server::start(simulator(), true);
    let rows = server.rows(1201);
    let mut arguments = rows.arguments(&server.simulator);
    arguments.extend(server.ca_file());
    program("thread_data").run(&arguments);
    program("thread_data_large").run(&arguments);
}

/// The figure stands in docs/RELIABILITY.md.
#[test]
fn a_call_takes_little_of_its_callers_stack() {
    const MOST: &str = "65536";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(simulator(), true);
    let rows = server.rows(1201);
    for format in ["json", "xml"] {
        let mut command = program("stack").command(Form::Shared);
        command.args(server.arguments(&[MOST], &rows)).args(files(&folder));
        command.args(["log_level=trace", &format!("format={format}")]);
        tell(run(&mut command).trim_end());
    }
}

#[test]
fn standard_descriptors_can_be_closed() {
    let folder = tempfile::tempdir().unwrap();
    let [log, key] = files(&folder);
    for tls in [false, true] {
        let server = Server::start(simulator(), tls);
        let rows = server.rows(3);
        for log in ["log_file=stderr", &log] {
            let mut arguments = rows.arguments(&server.simulator);
            arguments.extend(server.ca_file());
            arguments.extend([log, &key, "log_level=trace"].map(str::to_owned));
            program("closed").run(&arguments);
            if tls {
                program("closed").check_memory(&arguments);
            }
        }
    }
}

#[test]
fn a_child_may_have_the_number_of_its_parent() {
    let server = Server::start(simulator(), false);
    let rows = server.rows(3);
    for how in ["fork", "clone"] {
        program("same_pid").run_plain(&server.arguments(&[how], &rows));
    }
    program("same_pid").check_memory_of_children(&server.arguments(&["fork"], &rows));
}

/// The figures stand in docs/RELIABILITY.md. Without what a child frees it would be twice as much at the least.
#[test]
fn a_daemon_can_go_on_in_its_children() {
    const MOST: &str = "96";
    for (tls, logs) in [(false, false), (true, false), (true, true)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(simulator(), tls);
        let rows = server.rows(3);
        let mut arguments = server.arguments(&["30", MOST], &rows);
        if logs {
            arguments.extend(files(&folder));
            arguments.push("log_level=trace".to_owned());
        }
        for form in [Form::Shared, Form::Static] {
            let printed = run(program("generations").command(form).args(&arguments));
            tell(&format!("tls {tls}, log {logs}, {form:?}: {}", printed.trim_end()));
        }
    }
}

/// What the sanitizers look at is what they would find something in.
#[test]
fn sanitizers_find_what_is_planted() {
    let server = Server::start(simulator(), false);
    for (fault, found) in
        [("none", None), ("use_after_free", Some("heap-use-after-free")), ("leak", Some("detected memory leaks"))]
    {
        let mut command = program("planted").command(Form::Sanitized);
        let ended = output(command.arg(fault).args(options(&server.simulator)));
        let printed = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(if found.is_some() { FOUND } else { 0 }), "{fault}: {printed}");
        assert!(printed.contains(found.unwrap_or_default()), "{fault}: {printed}");
    }
}

#[test]
fn an_answer_may_come_in_the_millisecond_of_the_deadline() {
    let server = Server::start(simulator().latency(Duration::from_millis(5)), false);
    let rows = server.rows(20);
    for options in [["total_timeout_ms=6", "batch_size=500"], ["total_timeout_ms=7", "batch_size=500"]] {
        let mut command = program("last_moment").command(Form::Shared);
        tell(run(command.args(server.arguments(&["100"], &rows)).args(options)).trim_end());
    }
}

#[test]
fn threads_and_descriptors_of_many_calls_are_few() {
    for (callers, connections, calls) in [("4", "4", "2000"), ("16", "4", "6250"), ("2", "1", "2000")] {
        let server = Server::start(simulator(), false);
        let rows = server.rows(500);
        let mut command = program("steady").command(Form::Shared);
        command.args(server.arguments(&[callers, calls, connections], &rows));
        command.arg(format!("max_connections={connections}"));
        tell(run(&mut command).trim_end());
    }
}
