//! Lists in, statuses out.

use std::io::Write;
use std::process::Stdio;

use crate::support::{KEY, ask, deserted_url, file_with, run, simulator, simulator_with_tls, smsp_status};
use serde_json::{Value, json};
use smsp_simulator::{Refusal, Simulator};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/messages.csv");
/// The rows of the data file, and those of them with a number or an id that cannot be one.
const DATA_ROWS: usize = 1233;
const DATA_INVALID: usize = 9;

const TWO: &str = "phone_number,message_id\n+33699999993,111111\n06 99 99 99 92,1000\n";

/// The state by which the library calls what the simulator answers for a message.
fn expected_state(simulator: &Simulator, phone_number: &str, message_id: &str) -> &'static str {
    match simulator.expected(phone_number, message_id).status.as_str() {
        "Delivered" => "delivered",
        "Not delivered" => "not_delivered",
        "ko" => "not_sent",
        "Numéro introuvable" => "not_found",
        other => panic!("{other}"),
    }
}

#[test]
fn a_list_that_is_answered_ends_with_0() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &[]), TWO);
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.status, 0);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "phone number    message id  state      date                  detail");
    assert_eq!(lines[1], "+33699999993    111111      delivered  2018-02-06T16:26:56Z  Delivered");
    assert!(lines[2].starts_with("06 99 99 99 92  1000        not_found  "), "{}", lines[2]);
    assert!(lines[4].starts_with("2 messages, 2 distinct, 1 final; "), "{}", lines[4]);
    assert!(lines[5].starts_with("delivered            1  50.0 %  █"), "{}", lines[5]);
    assert!(lines[6].starts_with("not_found            1  50.0 %  █"), "{}", lines[6]);
    assert_eq!(lines[7], "3 lines read: 2 asked, 1 skipped (1 up to the header), 0 named");
}

#[test]
fn the_data_file_is_answered_but_for_its_invalid_rows() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &["--format=jsonl", DATA]), "");
    assert_eq!(ended.status, 1);
    let (summary, named) =
        ended.stderr.lines().collect::<Vec<_>>().split_last().map(|(last, all)| (*last, all.len())).unwrap();
    assert_eq!(named, DATA_INVALID, "{}", ended.stderr);
    assert_eq!(summary, "smsp-status: 1234 lines read: 1224 asked, 1 skipped (1 up to the header), 9 named");
    for not_asked in [
        "line 9: \"06 39 98 05\", \"48210068\": \
         phone_number: a French national number is 0 and nine digits, the first not 0\n",
        "line 164: \"639980042\", \"48210899\": phone_number: it has nine digits, so its first 0 may be lost: ",
    ] {
        assert_eq!(ended.stderr.matches(not_asked).count(), 1, "{not_asked}: {}", ended.stderr);
    }
    let answers: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let queries: Vec<(String, String)> =
        csv::Reader::from_path(DATA).unwrap().deserialize().collect::<Result<_, _>>().unwrap();
    assert_eq!(queries.len(), DATA_ROWS);
    assert_eq!(answers.len(), DATA_ROWS);
    let mut compared = 0;
    for ((phone_number, message_id), answer) in queries.iter().zip(&answers) {
        assert_eq!(answer["phone_number"], phone_number.as_str());
        assert_eq!(answer["message_id"], message_id.as_str());
        assert_ne!(answer["state"], "unanswered", "{answer}");
        assert_eq!(answer["error"].is_null(), answer["state"] != "invalid", "{answer}");
        // These two forms need no reading, so the simulator can be asked what it answered.
        if phone_number.len() == 12 && phone_number.starts_with("+33") && !message_id.is_empty() {
            assert_eq!(answer["state"], expected_state(&simulator, phone_number, message_id), "{answer}");
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
    let invalid = answers.iter().filter(|answer| answer["state"] == "invalid");
    assert_eq!(invalid.count(), DATA_INVALID);
}

#[test]
fn the_table_shows_the_first_rows_and_counts_all() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &["--rows", "3", DATA]), "");
    assert_eq!(ended.status, 1);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines[3].starts_with("06.39.98.01.12 "), "{}", lines[3]);
    assert_eq!(lines[4], "… and 1230 more; --format csv writes all");
    assert!(lines[6].starts_with("1233 messages, "), "{}", lines[6]);
    let bars: Vec<_> = lines[7..].iter().filter(|line| line.contains(" %  ")).collect();
    let count = |bar: &str| bar.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap();
    assert_eq!(bars.iter().map(|bar| count(bar)).sum::<usize>(), DATA_ROWS);
    assert!(bars.iter().any(|bar| bar.starts_with("invalid              9   0.7 %")), "{bars:?}");
}

#[test]
fn csv_over_tls() {
    let (simulator, ca_file) = simulator_with_tls("csv_over_tls.pem");
    let setting = format!("ca_file={ca_file}");
    let ended = run(ask(&simulator, &["-f", "csv", "--set", &setting, "-"]), TWO);
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.status, 0);
    let mut rows = csv::Reader::from_reader(ended.stdout.as_bytes());
    assert_eq!(
        rows.headers().unwrap().iter().collect::<Vec<_>>().join(" "),
        "phone_number message_id state code api_code date date_unix date_text status_text stop_sms is_spam \
         error_message error_http_status error_retryable"
    );
    let rows: Vec<Vec<String>> = rows.deserialize().collect::<Result<_, _>>().unwrap();
    let delivered = ["+33699999993", "111111", "delivered", "SMSP_OK", "200", "2018-02-06T16:26:56Z", "1517934416"];
    assert_eq!(rows[0][..7], delivered);
    assert_eq!(rows[0][7..], ["", "Delivered", "false", "false", "", "", ""]);
    assert_eq!(rows[1][..3], ["06 99 99 99 92", "1000", "not_found"]);
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_bad_line_is_named_and_the_rest_is_asked() {
    let simulator = simulator().start().unwrap();
    let list = "phone_number;message_id\r\n+33699999993;111111\r\nnothing here\r\n0699999992;1000\r\n";
    let ended = run(ask(&simulator, &["--format", "csv"]), list);
    let named =
        "smsp-status: line 3: a phone number and a message id are expected, in the columns 1 and 2; it has 1 field\n";
    let summary = "smsp-status: 4 lines read: 2 asked, 1 skipped (1 up to the header), 1 named\n";
    assert_eq!(ended.stderr, [named, summary].concat());
    assert_eq!(ended.stdout.lines().count(), 3);
    assert_eq!(ended.status, 1);
}

#[test]
fn a_request_that_is_refused_leaves_the_others_and_ends_with_1() {
    let builder = simulator().mutate(|request, answer| {
        if request.entries.iter().any(|entry| entry.message_id == "1000") {
            answer.refusal = Some(Refusal { code: 50, message: "no \u{1b}[31m access".into() });
        }
    });
    let simulator = builder.start().unwrap();
    let ended = run(ask(&simulator, &["-fjsonl", "--set", "batch_size=1"]), TWO);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.starts_with("smsp-status: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("SMSP_E_API"), "{}", ended.stderr);
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    let answers: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["state"], "delivered");
    assert_eq!(answers[1]["state"], "unanswered");
    assert_eq!(answers[1]["code"], "SMSP_E_API");
    assert_eq!(answers[1]["api_code"], 50);
    assert!(answers[0]["error"].is_null());
    let error = &answers[1]["error"];
    let told = ["code", "api_code", "http_status", "retryable"].map(|name| &error[name]);
    assert_eq!(told, [&json!("SMSP_E_API"), &json!(50), &json!(200), &json!(false)]);
    assert!(error["message"].as_str().unwrap().contains("code 50: no "), "{error}");
}

#[test]
fn a_message_that_is_refused_alone_is_answered_and_ends_with_0() {
    let simulator = simulator().fault("refuse code=9 ids=1000".parse().unwrap()).start().unwrap();
    let ended = run(ask(&simulator, &["-fjsonl"]), TWO);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let answers: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["state"], "delivered");
    assert_eq!((&answers[1]["state"], &answers[1]["api_code"]), (&json!("rejected"), &json!(9)));
    assert!(answers[1]["error"].is_null());
}

#[test]
fn every_output_says_why_a_message_is_not_answered() {
    let builder = simulator().fault("status code=404 ids=1".parse().unwrap()).fault("missing ids=2".parse().unwrap());
    let simulator = builder.start().unwrap();
    let list = "phone_number,message_id\n\n0639980001,1\n+33699999993,\n0639980002,2\n+33699999993,111111\n";
    let why = [
        ("the service answered with HTTP status 404: \"Fault 404 Fault\"", "404", "false", "SMSP_E_HTTP"),
        ("message_id: the text is empty", "0", "false", "SMSP_E_INVALID_ARGUMENT"),
        // It speaks of lines.
        (
            "the answer has no entry for 1 of the 1 messages asked, the first is line 5",
            "200",
            "true",
            "SMSP_E_PROTOCOL",
        ),
    ];
    let asking = |format| {
        let settings = ["batch_size=1", "max_connections=1", "max_retries=0"].map(|setting| format!("--set={setting}"));
        let arguments = [vec![format], settings.iter().map(String::as_str).collect()].concat();
        run(ask(&simulator, &arguments), list)
    };
    let csv = asking("-fcsv");
    let mut reader = csv::Reader::from_reader(csv.stdout.as_bytes());
    let rows: Vec<Vec<String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let jsonl = asking("-fjsonl");
    let objects: Vec<Value> = jsonl.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let table = asking("-ftable");
    for (place, (message, http_status, retryable, code)) in why.into_iter().enumerate() {
        assert_eq!(rows[place][11..], [message, http_status, retryable]);
        assert_eq!(rows[place][3], code);
        let error = &objects[place]["error"];
        assert_eq!((&error["message"], &error["code"]), (&json!(message), &json!(code)));
        assert_eq!(
            (error["http_status"].to_string(), error["retryable"].to_string()),
            (http_status.into(), retryable.into())
        );
        let line = table.stdout.lines().nth(place + 1).unwrap();
        assert!(line.ends_with(&format!("  {message} ({code})")), "{line}");
    }
    assert_eq!(rows[3][2..5], ["delivered", "SMSP_OK", "200"]);
    for ended in [csv, jsonl, table] {
        assert_eq!(ended.status, 1);
        let named = "smsp-status: line 4: \"+33699999993\", \"\": message_id: the text is empty\n";
        assert!(ended.stderr.starts_with(named) && ended.stderr.contains("(SMSP_E_HTTP)"), "{}", ended.stderr);
    }
}

#[test]
fn a_key_that_is_refused_ends_with_2_and_every_row_says_why() {
    let simulator = Simulator::builder().api_key("another").start().unwrap();
    let ended = run(ask(&simulator, &["-fcsv"]), TWO);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("(SMSP_E_AUTH)"), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches(",unanswered,SMSP_E_AUTH,10,").count(), 2, "{}", ended.stdout);
}

#[test]
fn a_list_without_one_usable_row_ends_with_2_unasked() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &["-fcsv"]), "nobody,1\n,2\n");
    assert_eq!(ended.status, 2);
    assert_eq!(ended.stdout.matches(",invalid,SMSP_E_INVALID_ARGUMENT,").count(), 2, "{}", ended.stdout);
    assert!(simulator.requests().is_empty());
}

#[test]
fn a_row_that_is_not_asked_stands_in_its_place() {
    let simulator = simulator().start().unwrap();
    let list = "phone;id\n+33699999993;111111\n612345678;1\n0699999992;1,99E+05\n\"0699999992\n0699999992;1000\n";
    let ended = run(ask(&simulator, &["--format", "csv"]), list);
    let rows: Vec<_> = ended.stdout.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
    let expected = [
        "phone_number,message_id,state",
        "+33699999993,111111,delivered",
        "612345678,1,invalid",
        "0699999992,\"1,99E+05\"",
        "0699999992,1000,not_found",
    ];
    assert_eq!(rows, expected);
    let named: Vec<_> = ended.stderr.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(named, ["line 3", "line 4", "line 5", "6 lines read"]);
    assert_eq!(ended.status, 1);
    let answers = run(ask(&simulator, &["-fjsonl"]), list).stdout;
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = &answers[1]["error"];
    let message = error["message"].as_str().unwrap();
    assert!(ended.stderr.contains(&format!("line 3: \"612345678\", \"1\": {message}\n")), "{}", ended.stderr);
    let told = ["code", "api_code", "http_status", "retryable"].map(|name| &error[name]);
    assert_eq!(told, [&json!("SMSP_E_INVALID_ARGUMENT"), &json!(0), &json!(0), &json!(false)]);
    let table = run(ask(&simulator, &[]), list).stdout;
    assert!(table.contains("\n4 messages, 4 distinct, "), "{table}");
    assert!(table.contains("\ninvalid              2  50.0 %  "), "{table}");
    assert!(table.ends_with("\n6 lines read: 2 asked, 1 skipped (1 up to the header), 3 named\n"), "{table}");
}

#[test]
fn an_empty_list_is_answered_by_its_header() {
    for list in ["", "\n\n", "phone_number,message_id\n"] {
        let ended = run(smsp_status(&["-fcsv"]), list);
        assert_eq!((ended.status, ended.stdout.lines().count()), (0, 1), "{list:?}");
        assert_eq!(ended.stderr, "", "{list:?}");
    }
}

#[test]
fn a_list_of_which_nothing_can_be_asked_ends_with_2() {
    let simulator = simulator().start().unwrap();
    for list in ["phone;id\n612345678;1\n", "phone;id\n0612345678\n", "12/11/2024\n", "phone;id\nnobody;1\n"] {
        for arguments in [&["-fcsv", "-"][..], &["--check", "-"][..]] {
            let ended = run(ask(&simulator, arguments), list);
            assert_eq!(ended.status, 2, "{list:?} {arguments:?}: {}", ended.stderr);
        }
    }
    assert_eq!(run(ask(&simulator, &["--check", "-"]), "phone;id\n0612345678;1\n0612345678\n").status, 1);
}

#[test]
fn what_cannot_be_begun_ends_with_2() {
    let unreachable = format!("base_url={}", deserted_url());
    for (arguments, message) in [
        (vec!["no/such/list.csv"], "no/such/list.csv"),
        (vec!["--frmat", "csv"], "--frmat"),
        (vec!["--set", "colour=blue"], "colour"),
        (vec!["--set", "batch_size=501"], "batch_size"),
        (vec!["--set", &format!("api_key={KEY}")], "SMSPARTNER_API_KEY"),
        (vec!["--set", KEY], "NAME=VALUE"),
        (vec!["--set", &unreachable, "--set", "max_retries=0"], "SMSP_E_CONNECT"),
    ] {
        let ended = run(smsp_status(&arguments), TWO);
        assert_eq!(ended.status, 2, "{arguments:?}");
        assert!(ended.stderr.contains(message), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn the_key_may_come_from_a_file() {
    let simulator = simulator().start().unwrap();
    let key_file = file_with("the_key_may_come_from_a_file", &format!("{KEY}\n"));
    let mut command = ask(&simulator, &["--api-key-file", &key_file]);
    command.env_remove("SMSPARTNER_API_KEY");
    assert_eq!(run(command, TWO).status, 0);

    let mut command = ask(&simulator, &["--api-key-file", &key_file]);
    command.env("SMSPARTNER_API_KEY", "another");
    assert_eq!(run(command, TWO).status, 0, "the command line comes after the environment");
}

#[test]
fn without_a_key_the_message_says_what_to_do() {
    let mut command = smsp_status(&[]);
    command.env_remove("SMSPARTNER_API_KEY");
    let ended = run(command, TWO);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("api_key"), "{}", ended.stderr);
}

#[test]
fn set_comes_after_the_environment() {
    let simulator = simulator().start().unwrap();
    let url = format!("base_url={}", simulator.base_url());
    let mut command = smsp_status(&["--set", &url]);
    command.env("SMSP_BASE_URL", deserted_url());
    assert_eq!(run(command, TWO).status, 0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let simulator = simulator().start().unwrap();
    for format in ["table", "csv", "jsonl"] {
        let mut command = ask(&simulator, &["--format", format]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(TWO.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let mut command = smsp_status(&["--help"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.starts_with(b"smsp-status: standard output: "));
}

#[test]
fn a_message_given_twice_is_counted_twice_and_asked_once() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &[]), "0639980001,1\n0639980002,2\n0639980001,1\n");
    assert_eq!(ended.status, 0);
    assert!(ended.stdout.contains("3 messages, 2 distinct, "), "{}", ended.stdout);
    assert_eq!(simulator.requests()[0].entries, 2);
}

#[test]
fn help_and_version_ask_nothing() {
    let help = run(smsp_status(&["--help"]), "");
    assert_eq!((help.status, help.stderr.as_str()), (0, ""));
    for said in ["Usage: smsp-status", "SMSPARTNER_API_KEY", "--check", "Exit status"] {
        assert!(help.stdout.contains(said), "{said}");
    }
    assert!(help.stdout.lines().all(|line| line.chars().count() <= 100));
    let version = run(smsp_status(&["-V"]), "");
    assert_eq!(version.stdout, concat!("smsp-status ", env!("CARGO_PKG_VERSION"), "\n"));
}
