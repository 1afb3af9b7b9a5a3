//! The C interface as C programs meet it. Each program of `tests/abi/` is linked with the shared and with the static
//! library, run against a simulator, and run again under valgrind.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use smsp_simulator::{Answer, Refusal, Request};
use support::program::{FORMS, program, sources};
use support::rows::{Row, RowsFile, as_sent, expected, messages};
use support::{KEY, ROOT, archive, compile_c, isolated, options, run, scratch, simulator};

const OK: i32 = 0;
const PARTIAL: i32 = 1;
const E_INVALID_ARGUMENT: i32 = -1;
const E_HTTP: i32 = -7;
const E_PROTOCOL: i32 = -8;
const E_API: i32 = -12;

const NOTHING: [&str; 0] = [];

/// What is written in Rust in a folder, and below it.
fn sources_below(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources_below(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    paths.map(read).collect()
}

#[test]
fn every_program_is_run() {
    let calls = sources_below(&Path::new(ROOT).join("tests"));
    for entry in fs::read_dir(sources()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        // What is only compiled: scripts/abi.sh does.
        if path.extension() == Some(OsStr::new("c")) && name != "version_0" {
            let run = [format!("program({name:?})"), format!("join(\"{name}.c\")")];
            assert!(run.iter().any(|run| calls.contains(run)), "no test runs tests/abi/{name}.c");
        }
    }
}

#[test]
fn codes_and_states_have_their_names() {
    program("names").run_and_check_memory(&NOTHING);
}

#[test]
fn every_option_takes_and_refuses_what_it_should() {
    program("config").run_and_check_memory(&NOTHING);
}

#[test]
fn the_log_of_a_c_program_survives_a_fork() {
    let simulator = simulator().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smsp.log").display().to_string();
    let arguments = [vec![file], options(&simulator).to_vec()].concat();
    program("log").run_plain(&arguments);
    program("log").check_memory_of_children(&arguments);
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up() {
    let simulator = simulator().start().unwrap();
    program("unread").run_plain(&options(&simulator));
}

#[test]
fn nothing_of_the_key_is_left_in_memory() {
    let key = "/é\" and then some more abcdefghijklmnopqrstuvwxyz é\"/";
    let turned: String = key.bytes().map(|byte| format!("{:02x}", !byte)).collect();
    let folder = tempfile::tempdir().unwrap();
    let (file, ca) = (folder.path().join("key"), folder.path().join("ca.pem"));
    fs::write(&file, key).unwrap();
    for tls in [false, true] {
        let simulator = simulator().api_key(key).tls(tls).start().unwrap();
        let mut arguments = vec![turned.clone(), file.display().to_string(), "batch_size=1".to_owned()];
        arguments.push(format!("base_url={}", simulator.base_url()));
        if tls {
            simulator.write_ca(&ca).unwrap();
            arguments.push(format!("ca_file={}", ca.display()));
        }
        program("wiped").run_plain(&arguments);
    }
}

#[test]
fn options_are_read_from_the_environment() {
    program("environment").run_and_check_memory(&NOTHING);
}

#[test]
fn a_null_pointer_harms_nowhere() {
    program("null").run_and_check_memory(&NOTHING);
}

#[test]
fn a_client_is_made_or_refused_and_counts() {
    let simulator = simulator().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let arguments = [KEY, &simulator.base_url(), folder.path().to_str().unwrap()];
    program("client").run_and_check_memory(&arguments);
}

#[test]
fn threads_can_share_a_configuration() {
    program("shared_config").run_and_check_memory(&NOTHING);
}

#[test]
fn a_report_is_read_by_index_and_by_state() {
    program("report").run_and_check_memory(&options(&simulator().start().unwrap()));
}

#[test]
fn what_cannot_be_asked_holds_up_nothing() {
    program("invalid").run_and_check_memory(&options(&simulator().start().unwrap()));
}

#[test]
fn a_query_given_twice_is_asked_once() {
    let simulator = simulator().start().unwrap();
    program("duplicates").run(&options(&simulator));
    let asked: Vec<_> = simulator.requests().iter().map(|request| request.entries).collect();
    assert_eq!(asked, [500].repeat(FORMS.len()), "one request for each run");
    program("duplicates").check_memory(&options(&simulator));
}

#[test]
fn threads_can_share_a_client() {
    let simulator = simulator().start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
    program("threads").run_and_check_memory(&rows.arguments(&simulator));
    // Every form and valgrind, four connections at the most for each.
    assert!(simulator.connections() <= (FORMS.len() + 1) * 4, "{} connections", simulator.connections());
}

#[test]
fn a_call_goes_on_when_its_client_is_freed() {
    let simulator = simulator().latency(Duration::from_millis(200)).start().unwrap();
    program("freed").run_and_check_memory(&options(&simulator));
}

#[test]
fn a_client_works_on_both_sides_of_a_fork() {
    let simulator = simulator().start().unwrap();
    program("fork").run_plain(&RowsFile::new(&expected(&simulator, &messages(501))).arguments(&simulator));
    program("fork").check_memory_of_children(&RowsFile::new(&expected(&simulator, &messages(3))).arguments(&simulator));
}

#[test]
fn a_client_works_on_both_sides_of_a_fork_over_tls() {
    let simulator = simulator().tls(true).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    simulator.write_ca(&ca).unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(501)));
    let mut arguments = rows.arguments(&simulator);
    arguments.push(format!("ca_file={}", ca.display()));
    program("fork").run_plain(&arguments);
}

#[test]
fn a_call_works_where_no_thread_is_to_be_had() {
    let simulator = simulator().start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(12)));
    for connections in [1, 2, 4] {
        let mut arguments = rows.arguments(&simulator);
        arguments.push(format!("max_connections={connections}"));
        program("denied").run(&arguments);
    }
    program("denied").check_memory(&rows.arguments(&simulator));
}

#[test]
fn calls_take_turns_where_no_thread_is_to_be_had() {
    let latency = Duration::from_millis(150);
    let simulator = simulator().latency(latency).start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(12)));
    let mut arguments = rows.arguments(&simulator);
    arguments.insert(1, latency.as_millis().to_string());
    arguments.extend(["max_connections=1", "batch_size=1", "connect_timeout_ms=0"].map(str::to_owned));
    program("denied_turns").run(&arguments);
}

#[test]
fn threads_of_the_library_block_all_signals() {
    let simulator = simulator().latency(Duration::from_millis(100)).start().unwrap();
    let mut arguments = options(&simulator).to_vec();
    arguments.push("batch_size=1".to_owned());
    program("signals").run(&arguments);
}

#[test]
fn the_process_stays_as_it_was() {
    program("guest").run_and_check_memory(&options(&simulator().start().unwrap()));
}

#[test]
fn lists_of_any_length_are_answered() {
    let simulator = simulator().start().unwrap();
    for count in [0, 1, 500, 501, 1201] {
        let rows = RowsFile::new(&expected(&simulator, &messages(count)));
        program("multi_status").run(&rows.call(&simulator, OK, &[]));
    }
    let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
    program("multi_status").check_memory(&rows.call(&simulator, OK, &[]));
}

#[test]
fn a_list_of_100_000_is_answered() {
    let simulator = simulator().start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(100_000)));
    program("multi_status").run(&rows.call(&simulator, OK, &[]));
}

/// Beyond what the caller holds: one array of rows and one arena of text, and 2 MiB of the client's own.
#[test]
fn half_a_million_statuses_take_105_bytes_each() {
    let simulator = simulator().start().unwrap();
    let program = scratch("abi").join("client");
    compile_c(&Path::new(ROOT).join("benches/client.c"), &program, archive());
    let printed = run(isolated(&program).args([&simulator.base_url(), KEY, "500000", "1", "4"]));
    // The fourth figure: by how many KiB the peak of memory grew.
    let grown: f64 = printed.split_whitespace().nth(3).unwrap().parse().unwrap();
    let bytes = grown * 1024.0 / 500_000.0;
    assert!(bytes <= 105.0 + f64::from(2 << 20) / 500_000.0, "{printed}");
}

/// Every batch but the last is full, and over one connection they come in the caller's order.
#[test]
fn every_batch_but_the_last_is_full() {
    for (size, asked) in [(500, [500, 500, 201].as_slice()), (400, &[400, 400, 400, 1])] {
        let simulator = simulator().record(true).start().unwrap();
        let messages = messages(1201);
        let rows = RowsFile::new(&expected(&simulator, &messages));
        let options = [format!("batch_size={size}"), "max_connections=1".to_owned()];
        program("multi_status").run(&rows.call(&simulator, OK, &[&options[0], &options[1]]));
        let seen = simulator.requests();
        // Every form calls twice.
        let entries: Vec<_> = seen.iter().map(|request| request.entries).collect();
        assert_eq!(entries, asked.repeat(2 * FORMS.len()));
        let requests = seen[..asked.len()].iter().filter_map(|seen| seen.request.as_ref());
        let queries = requests.flat_map(|request| &request.entries);
        let queries: Vec<_> = queries.map(|query| (query.phone_number.clone(), query.message_id.clone())).collect();
        let wanted: Vec<_> = messages.iter().map(|(phone, id)| (as_sent(phone), id.clone())).collect();
        assert_eq!(queries, wanted);
    }
}

/// One batch is answered, one refused, one lost, and what cannot be asked takes no place in any of them.
#[test]
fn a_batch_that_fails_leaves_the_others_alone() {
    let mutate = |request: &Request, answer: &mut Answer| match request.entries[0].message_id.as_str() {
        "1500" => answer.refusal = Some(Refusal { code: 50, message: "Trop".to_owned() }),
        "2000" => (answer.status, answer.raw) = (500, Some(b"<html>".to_vec())),
        _ => {}
    };
    let simulator = simulator().mutate(mutate).start().unwrap();
    let mut rows = expected(&simulator, &messages(1201));
    for (place, row) in rows.iter_mut().enumerate().skip(500) {
        let (code, api_code) = if place < 1000 { (E_API, 50) } else { (E_HTTP, 0) };
        *row = Row::without_answer(&row.phone_number, &row.message_id, "unanswered", code, api_code);
    }
    for place in [0, 250, 1000] {
        rows.insert(place, Row::without_answer("06xxxxxxx1", "1222", "invalid", E_INVALID_ARGUMENT, 0));
    }
    program("multi_status").run(&RowsFile::new(&rows).call(&simulator, PARTIAL, &["max_connections=1"]));
    let asked: Vec<_> = simulator.requests().iter().map(|request| request.entries).collect();
    assert_eq!(asked, [500, 500, 201].repeat(2 * FORMS.len()));
}

#[test]
fn the_samples_of_the_documentation_come_out_as_documented() {
    let simulator = simulator().start().unwrap();
    let samples =
        [("+33699999993", "111111"), ("+33699999992", "1000"), ("+33699999991", "1222"), ("0619922264", "1226613")];
    let messages = samples.map(|(phone, id)| (phone.to_owned(), id.to_owned()));
    let rows = expected(&simulator, &messages);
    let delivered = Row {
        date: Some(1_517_934_416),
        status_text: Some("Delivered".to_owned()),
        stop_sms: Some(false),
        is_spam: Some(false),
        ..Row::without_answer("+33699999993", "111111", "delivered", OK, 200)
    };
    let not_found = Row {
        status_text: Some("Numéro introuvable".to_owned()),
        ..Row::without_answer("+33699999992", "1000", "not_found", OK, 4)
    };
    assert_eq!(rows[..2], [delivered, not_found]);
    program("multi_status").run(&RowsFile::new(&rows).call(&simulator, OK, &[]));
}

#[test]
fn one_message_can_have_500_recipients() {
    let simulator = simulator().start().unwrap();
    let messages: Vec<_> = messages(500).into_iter().map(|(phone, _)| (phone, "1226613".to_owned())).collect();
    let rows = RowsFile::new(&expected(&simulator, &messages));
    program("multi_status").run(&rows.call(&simulator, OK, &[]));
}

#[test]
fn lists_are_answered_over_tls() {
    let simulator = simulator().tls(true).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    simulator.write_ca(&ca).unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(1201)));
    for trusted in [ca.display().to_string(), format!("bundled,{}", ca.display())] {
        program("multi_status").run(&rows.call(&simulator, OK, &[&format!("ca_file={trusted}")]));
    }
    let few = RowsFile::new(&expected(&simulator, &messages(3)));
    program("multi_status").check_memory(&few.call(&simulator, OK, &[&format!("ca_file={}", ca.display())]));
}

/// Starts a simulator that changes its answers and asks it for 1,201 messages; `expect` turns what the simulator would
/// have answered unbent into what the report must say.
fn changed(code: i32, mutate: fn(&Request, &mut Answer), expect: impl Fn(usize, Row) -> Row) {
    let simulator = simulator().mutate(mutate).start().unwrap();
    let rows = expected(&simulator, &messages(1201)).into_iter().enumerate().map(|(place, row)| expect(place, row));
    let rows = RowsFile::new(&rows.collect::<Vec<_>>());
    program("multi_status").run(&rows.call(&simulator, code, &[]));
}

fn unanswered(row: Row) -> Row {
    Row::without_answer(&row.phone_number, &row.message_id, "unanswered", E_PROTOCOL, 0)
}

#[test]
fn answers_may_come_in_another_order() {
    changed(OK, |_, answer| answer.entries.reverse(), |_, row| row);
    changed(OK, |request, answer| answer.entries.rotate_left(request.entries.len() / 3), |_, row| row);
}

#[test]
fn what_is_missing_from_an_answer_is_unanswered() {
    // Places within a batch are places within the whole, modulo the size of a full batch.
    let drop_some = |_: &Request, answer: &mut Answer| {
        let entries = std::mem::take(&mut answer.entries).into_iter().enumerate();
        answer.entries = entries.filter(|(place, _)| place % 3 != 0).map(|(_, entry)| entry).collect();
    };
    let missing = |place: usize| (place % 500) % 3 == 0;
    changed(PARTIAL, drop_some, |place, row| if missing(place) { unanswered(row) } else { row });
}

#[test]
fn answers_to_what_was_not_asked_are_ignored() {
    // The right id with the number of another, the right number with the id of another, and one that is neither: put
    // in front, so that they would be taken first.
    let add_foreign = |_: &Request, answer: &mut Answer| {
        for place in (0..answer.entries.len()).rev() {
            let mut foreign = answer.entries[place].clone();
            match place % 3 {
                0 => foreign.phone_number = foreign.phone_number.replacen("+33", "+34", 1),
                1 => foreign.message_id.push('0'),
                _ => foreign.phone_number = "+4915112345678".to_owned(),
            }
            foreign.status = "Foreign".to_owned();
            answer.entries.insert(0, foreign);
        }
    };
    changed(OK, add_foreign, |_, row| row);
}

#[test]
fn an_answer_that_belongs_to_others_answers_nothing() {
    let replace = |_: &Request, answer: &mut Answer| {
        for entry in &mut answer.entries {
            entry.phone_number = entry.phone_number.replacen("+33", "+34", 1);
        }
    };
    let simulator = simulator().mutate(replace).start().unwrap();
    let rows: Vec<_> = expected(&simulator, &messages(501)).into_iter().map(unanswered).collect();
    program("multi_status").run(&RowsFile::new(&rows).call(&simulator, E_PROTOCOL, &[]));
}

#[test]
fn the_first_of_two_answers_counts() {
    let double = |_: &Request, answer: &mut Answer| {
        let mut doubles = answer.entries.clone();
        for double in &mut doubles {
            double.status = "Waiting".to_owned();
        }
        answer.entries.append(&mut doubles);
    };
    changed(OK, double, |_, row| row);
}
