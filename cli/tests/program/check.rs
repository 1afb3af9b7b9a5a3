//! `--check`: each step, and each way to stop at it.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{Ended, ask, deserted_url, file_with, run, simulator, simulator_with_tls, smsp_status};
use smsp_simulator::Simulator;

/// The steps that were taken, each with its mark.
fn steps(ended: &Ended) -> Vec<(&str, &str)> {
    let lines = ended.stdout.lines().take_while(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().unwrap(), words.next().unwrap())
        })
        .collect()
}

/// Asserts that every step up to this one was well, and that it says why it stopped there.
fn assert_stops(ended: &Ended, step: &str, why: &str) {
    let steps = steps(ended);
    let (last, before) = steps.split_last().expect("at least one step");
    assert_eq!(*last, ("STOP", step), "{}", ended.stdout);
    assert!(before.iter().all(|(mark, _)| *mark == "ok"), "{}", ended.stdout);
    assert!(ended.stdout.contains(why), "{}", ended.stdout);
    assert_eq!(ended.status, 2);
}

#[test]
fn every_step_is_taken_without_a_list() {
    let simulator = simulator().start().unwrap();
    let ended = run(ask(&simulator, &["--check"]), "");
    assert_eq!(ended.status, 0);
    assert_eq!(ended.stderr, "");
    let names: Vec<_> = steps(&ended).into_iter().map(|(mark, name)| format!("{mark} {name}")).collect();
    assert_eq!(names, ["ok configuration", "ok name", "ok connection", "ok query"]);
    let (_, transcript) = ended.stdout.split_once("Transcript").expect("a transcript");
    assert!(!ended.stdout.contains("699999991"), "{transcript}");
    for part in ["POST ", "/v1/multi-status", "+33***", "HTTP status 200", "Num"] {
        assert!(transcript.contains(part), "{part}: {transcript}");
    }
}

#[test]
fn the_query_is_the_first_row_of_the_list() {
    let simulator = simulator().record(true).start().unwrap();
    let list =
        file_with("the_query_is_the_first_row", "phone_number,message_id\n06 99 99 99 93,111111\n0639980001,1\n");
    let ended = run(ask(&simulator, &["--check", &list]), "");
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let request = simulator.requests().last().unwrap().request.clone().unwrap();
    assert_eq!(request.entries.len(), 1);
    assert_eq!(request.entries[0].message_id, "111111");
}

#[test]
fn tls_is_looked_at() {
    let (simulator, ca_file) = simulator_with_tls("tls_is_looked_at.pem");
    let ended = run(ask(&simulator, &["--check", "--set", &format!("ca_file={ca_file}")]), "");
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert_eq!(steps(&ended)[3], ("ok", "tls"));
    let tls = ended.stdout.lines().find(|line| line.contains(" tls ")).unwrap();
    assert!(tls.contains("TLS"), "{tls}");
}

#[test]
fn variables_that_set_nothing_are_named() {
    let simulator = simulator().start().unwrap();
    let mut command = ask(&simulator, &["--check"]);
    command.env("SMSP_MAXRETRIES", "hush-hush").env("SMSP_API_KEY", "hush-hush").env("SMSX_KEY", "1");
    let ended = run(command, "");
    let lines: Vec<_> = ended.stdout.lines().take(3).collect();
    assert_eq!(lines[0], "??    environment   SMSP_API_KEY sets nothing: is SMSPARTNER_API_KEY meant?");
    assert_eq!(lines[1], "??    environment   SMSP_MAXRETRIES sets nothing: is SMSP_MAX_RETRIES meant?");
    assert!(lines[2].starts_with("ok    configuration "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("hush-hush"), "{}", ended.stdout);
    assert_eq!(ended.status, 0);
}

#[test]
fn it_stops_at_the_configuration_without_a_key() {
    let mut command = smsp_status(&["--check"]);
    command.env_remove("SMSPARTNER_API_KEY");
    assert_stops(&run(command, ""), "configuration", "api_key");
}

#[test]
fn it_stops_at_a_name_that_cannot_be_one() {
    // A label of more than 63 characters cannot be asked for, so no question leaves this machine.
    let url = format!("base_url=https://{}.invalid/v1", "a".repeat(64));
    assert_stops(&run(smsp_status(&["--check", "--set", &url]), ""), "name", "SMSP_E_CONNECT");
}

#[test]
fn it_stops_at_a_connection_that_is_refused() {
    let url = format!("base_url={}", deserted_url());
    assert_stops(&run(smsp_status(&["--check", "--set", &url]), ""), "connection", "SMSP_E_CONNECT");
}

#[test]
fn it_stops_at_a_proxy_that_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://user:pass-w0rd@{}", listener.local_addr().unwrap());
    let refuse = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        assert!(client.read(&mut [0; 4096]).unwrap() > 0);
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").unwrap();
    });
    let mut command = smsp_status(&["--check"]);
    command.env("HTTPS_PROXY", proxy).env("SMSP_BASE_URL", "https://sms.test/v1");
    let ended = run(command, "");
    refuse.join().unwrap();
    assert_stops(&ended, "proxy", "HTTP status 407");
    assert!(!ended.stdout.contains("pass-w0rd"), "{}", ended.stdout);
}

#[test]
fn it_stops_at_a_certificate_that_is_not_trusted() {
    let (simulator, _) = simulator_with_tls("not_trusted.pem");
    assert_stops(&run(ask(&simulator, &["--check"]), ""), "tls", "SMSP_E_TLS");
}

#[test]
fn it_stops_at_the_query_with_a_wrong_key() {
    let simulator = Simulator::builder().api_key("another").start().unwrap();
    let ended = run(ask(&simulator, &["--check"]), "");
    assert_stops(&ended, "query", "SMSP_E_AUTH");
    assert!(ended.stdout.contains("Transcript"), "{}", ended.stdout);
}
