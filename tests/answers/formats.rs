//! JSON and XML, POST and GET: the same list has the same report in all four ways.

use std::time::Duration;

use smsp::{Client, Code, Config, Outcome, Query, State};
use smsp_simulator::{Clock, Simulator};
use support::configured;

const WAYS: [(&str, &str); 4] = [("json", "post"), ("json", "get"), ("xml", "post"), ("xml", "get")];

/// Every form of number, ids of both kinds, characters that URLs and XML care about, and enough for several requests.
fn list() -> Vec<(String, String)> {
    let few = [
        ("+33699999993", "111111"),
        ("0699999992", "1000"),
        ("+33619922264", "1226613"),
        ("06 39 98 00 01", "a&b=c+d %<é>\"'"),
        ("+49 171 39200 01", "007"),
        ("not a number", "1"),
        ("+33699999993", "111111"),
    ];
    let many = (0..700).map(|i| (format!("+3363998{i:04}"), format!("{}", 5000 + i)));
    few.into_iter().map(|(phone, id)| (phone.to_owned(), id.to_owned())).chain(many).collect()
}

fn client(simulator: &Simulator, format: &str, method: &str) -> Client {
    let base_url = simulator.base_url();
    configured(&[("api_key", "k&y é"), ("base_url", &base_url), ("format", format), ("method", method)]).unwrap()
}

fn ask(client: &Client, list: &[(String, String)]) -> Outcome {
    client.multi_status(list.iter().map(|(phone, id)| Query::new(phone, id))).unwrap()
}

/// A report as lines, to be compared.
fn lines(outcome: &Outcome) -> Vec<String> {
    let line = |status: smsp::Status<'_>| {
        format!(
            "{} {} {:?} {:?} {} {:?} {:?} {:?} {:?}",
            status.phone_number(),
            status.message_id(),
            status.state(),
            status.code(),
            status.api_code(),
            status.status_text(),
            status.date(),
            status.stop_sms(),
            status.is_spam()
        )
    };
    outcome.report.iter().map(line).collect()
}

#[test]
fn all_four_ways_have_the_same_report() {
    let simulator = Simulator::builder().api_key("k&y é").seed(1).clock(Clock::Finished).start().unwrap();
    let list = list();
    let expected = lines(&ask(&client(&simulator, "json", "post"), &list));
    assert!(expected[0].contains("Delivered Ok 200 Some(\"Delivered\") Some(1517934416)"), "{}", expected[0]);
    for (format, method) in WAYS {
        let client = client(&simulator, format, method);
        let outcome = ask(&client, &list);
        assert_eq!(outcome.code(), Code::Partial, "{format} {method}: {:?}", outcome.error);
        assert_eq!(outcome.report.count_state(State::Invalid), 1);
        assert_eq!(lines(&outcome), expected, "{format} {method}");
        let requests = client.stat("requests").unwrap();
        assert_eq!(requests > 2, method == "get", "{format} {method}: {requests} requests");
    }
}

#[test]
fn a_refusal_says_the_same_in_all_four_ways() {
    let simulator = Simulator::builder().api_key("another").start().unwrap();
    for (format, method) in WAYS {
        let outcome = ask(&client(&simulator, format, method), &list());
        assert_eq!(outcome.code(), Code::Auth, "{format} {method}");
        let error = outcome.error.unwrap();
        assert_eq!(error.message(), "the service refuses the request with code 10: Clé API incorrecte");
        assert_eq!((error.api_code(), error.http_status()), (10, 200));
    }
}

#[test]
fn urls_stay_below_8000_bytes() {
    let simulator = Simulator::builder().api_key("k&y é").record(true).start().unwrap();
    let long: Vec<_> = (0..100).map(|i| ("0639980001".to_owned(), format!("{}{i}", "é".repeat(80)))).collect();
    let outcome = ask(&client(&simulator, "xml", "get"), &long);
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.error);
    let mut targets: Vec<_> =
        simulator.requests().iter().map(|seen| seen.request.as_ref().unwrap().target.len()).collect();
    targets.sort_unstable(); // batches arrive in any order; the one that is not full has the shortest URL
    let (last, full) = targets.split_first().unwrap();
    let base = simulator.base_url().len() - "/v1".len();
    let most = 7_999 - base;
    assert!(*last <= most && full.iter().all(|size| (most - 600..=most).contains(size)), "{targets:?}");
}

#[test]
fn a_key_that_fits_no_url_is_named() {
    let mut config = Config::new();
    config.set("api_key", &"k".repeat(7_950)).unwrap();
    Client::new(&config).unwrap();
    config.set("method", "get").unwrap();
    let error = Client::new(&config).err().unwrap();
    assert_eq!(
        (error.code(), error.message()),
        (Code::Config, "api_key: too long for method=get: a URL stays below 8000 bytes")
    );
}

#[test]
fn a_url_is_never_shown_with_its_key() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", silent.local_addr().unwrap());
    let timeout = Duration::from_millis(200).as_millis().to_string();
    let options = [
        ("api_key", "sécret"),
        ("base_url", &base_url),
        ("method", "get"),
        ("request_timeout_ms", &timeout),
        ("max_retries", "0"),
    ];
    let outcome = ask(&configured(&options).unwrap(), &list());
    let message = outcome.error.unwrap().message().to_owned();
    assert!(!message.contains("s%C3%A9cret") && !message.contains("sécret"), "{message}");
}
