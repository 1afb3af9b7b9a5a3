//! No value of an option or a message becomes more than a value: what arrives is looked at.

use smsp::{Config, Query};
use smsp_simulator::{Clock, Request, Simulator};
use support::proxy::Proxy;
use support::{KEY, ask, client};

/// Every header that a request has.
const HEADERS: [&str; 4] = ["accept", "accept-encoding", "host", "user-agent"];
const HEADERS_OF_A_BODY: [&str; 2] = ["content-length", "content-type"];

const HOSTILE: [&str; 8] = [
    r#"a","SMSStatut_List":[],"x":"b"#,
    r#"a\"}"#,
    "a&apiKey=b&SMSStatut_List[0][messageId]=9#x",
    "a b+c%20%0d%0aX-Injected: 1",
    "a HTTP/1.1\u{2028}X-Injected: 1",
    "a</apiKey><x>",
    "'; DROP TABLE sms; --",
    "é\u{feff}\u{202e}\u{10ffff}",
];

/// Sends a request for this message with these options; answers what arrived.
fn arrived(options: &[(&str, &str)], id: &str) -> Request {
    let simulator = Simulator::builder().clock(Clock::Finished).record(true).start().unwrap();
    let base_url = simulator.base_url();
    let filled: Vec<_> = options.iter().map(|(name, value)| (*name, value.replace("{base_url}", &base_url))).collect();
    let filled: Vec<_> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let client = client(&base_url, &[&[("max_retries", "0")], &filled[..]].concat());
    // Whether the service likes it is not the question.
    _ = client.multi_status([Query::new("+33639980001", id)]).unwrap();
    let seen = simulator.requests();
    assert_eq!(seen.len(), 1, "one request: {options:?}");
    (**seen[0].request.as_ref().unwrap()).clone()
}

/// Fails unless the request has the headers that each has, and no other.
fn check_headers(request: &Request) {
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let mut expected = HEADERS.to_vec();
    if request.method == "POST" {
        expected.extend(HEADERS_OF_A_BODY);
        expected.sort_unstable();
    }
    assert_eq!(names, expected);
}

/// Fails unless the request asks about one message, with this key and this id.
fn check_values(request: &Request, key: &str, id: &str) {
    check_headers(request);
    if request.method == "POST" {
        let expected = serde_json::json!({
            "apiKey": key, "SMSStatut_List": [{ "phoneNumber": "+33639980001", "messageId": id }]
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&request.body).unwrap(), expected);
        return;
    }
    let (path, query) = request.target.split_once('?').unwrap();
    assert_eq!(path, "/v1/multi-status");
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let parameters: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let parameters: Vec<_> = parameters.into_iter().map(|(name, value)| (name, decoded(value))).collect();
    let (phone, entry) = ("+33639980001".to_owned(), "SMSStatut_List[0]");
    let names = [format!("{entry}[phoneNumber]"), format!("{entry}[messageId]")];
    let expected = [("apiKey", key.to_owned()), (&names[0], phone), (&names[1], id.to_owned())];
    assert_eq!(parameters, expected);
}

#[test]
fn a_control_character_is_in_no_option() {
    let controls = (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32);
    for control in controls {
        for option in Config::options() {
            let value = match option.name() {
                "base_url" => format!("http://127.0.0.1/v1{control}x"),
                "proxy" => format!("http://u:p{control}x@127.0.0.1:1"),
                _ => format!("1{control}x"),
            };
            let mut config = Config::new();
            let error = config.set(option.name(), &value).expect_err(option.name());
            assert!(error.message().starts_with(option.name()), "{error}");
            assert!(!error.message().contains(control), "{error:?}");
            assert_eq!(config.get(option.name()), option.default(), "{}", option.name());
        }
    }
}

#[test]
fn a_key_is_a_key_and_an_id_is_an_id() {
    for method in ["post", "get"] {
        for value in HOSTILE {
            check_values(&arrived(&[("method", method), ("api_key", value)], "x"), value, "x");
            // An id with an invisible mark inside is not sent at all.
            let id: String = value.chars().filter(|character| !matches!(character, '\u{feff}' | '\u{202e}')).collect();
            check_values(&arrived(&[("method", method)], &id), KEY, &id);
        }
    }
}

#[test]
fn a_user_agent_is_one_header() {
    for value in [r#"shop"1.0" X-Injected: 1"#, "shop, X-Injected: 1; \\", ": x", "(", "\r\n shop \r\n"] {
        let request = arrived(&[("user_agent", value)], "1");
        check_headers(&request);
        let sent = format!("{} libsmsp/{}", value.trim(), env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), Some(sent.as_str()));
    }
    for value in ["shöp", "shop\u{2028}X-Injected: 1", "x\r\nX-Injected: 1"] {
        assert!(Config::new().set("user_agent", value).is_err(), "{value:?}");
    }
}

#[test]
fn a_base_url_is_a_path() {
    for path in
        ["/%0d%0aX-Injected:%201", "/a;b=c,d", "/a'b", "/a@b", "/a//b/../c", "/é", "/a|b", "/a\"b", "/a{b}", "/a:b"]
    {
        let url = format!("{{base_url}}{path}");
        let request = arrived(&[("base_url", &url)], "1");
        check_headers(&request);
        assert_eq!(request.target, format!("/v1{path}/multi-status"));
    }
    for wrong in ["/a b", "/a?b", "/a#b", "/ HTTP/1.1"] {
        assert!(Config::new().set("base_url", &format!("http://127.0.0.1/v1{wrong}")).is_err(), "{wrong}");
    }
}

/// The proxy of the tests takes one line for each header that there may be, and nothing else.
#[test]
fn credentials_of_a_proxy_are_one_header() {
    let simulator = Simulator::builder().start().unwrap();
    let proxy = Proxy::http(simulator.address());
    let url = format!("http://u%0d%0aX-Injected: 1:p%0d%0aX-Injected%3A 2%0d%0a%0d%0a@{}", proxy.address);
    let client = client("http://sms.test", &[("allow_http", "1"), ("max_retries", "0"), ("proxy", &url)]);
    _ = ask(&client, 1);
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1);
    let password = "1:p\r\nX-Injected: 2\r\n\r\n".to_owned();
    assert_eq!(asked[0].credentials, Some(("u\r\nX-Injected".to_owned(), format!(" {password}"))));
    assert_eq!(simulator.requests().len(), 1, "nothing but the request went on");
}
