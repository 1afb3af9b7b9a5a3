//! The way through proxies. The simulator's name is known to the proxies of these tests only, so that nothing goes past
//! them unnoticed.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use smsp::{Client, Code, Error, Query};
use smsp_simulator::{Certificate, Refusal, Simulator};
use support::program::{FORMS, program};
use support::proxy::{Asked, Proxy};
use support::server::Server;
use support::{KEY, simulator};
use tempfile::TempPath;

const PASSWORD: &str = "s3cret: p@ss/wörd %41";
const PASSWORD_IN_URL: &str = "s3cret:%20p%40ss%2Fw%c3%b6rd%20%2541";

/// A host that no resolver is even asked for: one of its labels is too long.
fn unknown_host() -> String {
    format!("{}.test", "a".repeat(64))
}

/// A simulator with TLS for these hosts, and the file of its authority.
fn service(hosts: &[&str]) -> (Simulator, TempPath) {
    let hosts = hosts.iter().map(|host| host.to_string()).collect();
    let simulator = simulator().certificate(Certificate { hosts, ..Certificate::default() }).start().unwrap();
    let ca_file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    simulator.write_ca(&ca_file).unwrap();
    (simulator, ca_file)
}

fn client(base_url: &str, proxy: &str, options: &[(&str, &str)]) -> Client {
    support::client(base_url, &[&[("proxy", proxy), ("max_retries", "0")][..], options].concat())
}

fn ask(client: &Client, count: usize) -> Result<(), Error> {
    support::ask(client, count).error.map_or(Ok(()), Err)
}

/// Asks over TLS through this proxy for one message, which cannot be had.
fn failure(proxy: &str, options: &[(&str, &str)]) -> Error {
    let client = client("https://sms.test/v1", proxy, options);
    let error = ask(&client, 1).unwrap_err();
    for hidden in [PASSWORD, PASSWORD_IN_URL, "s3cret", "czNjcmV0", KEY] {
        assert!(!error.message().contains(hidden), "{error}");
    }
    error
}

#[test]
fn many_messages_go_through_each_kind_of_proxy() {
    let (simulator, ca_file) = service(&["sms.test"]);
    let port = simulator.address().port();
    let base_url = format!("https://sms.test:{port}/v1");
    let options = [("ca_file", ca_file.to_str().unwrap()), ("batch_size", "10")];
    for (scheme, proxy) in [("http", Proxy::http(simulator.address())), ("socks5", Proxy::socks5(simulator.address()))]
    {
        let before = simulator.connections();
        let client = client(&base_url, &format!("{scheme}://{}", proxy.address), &options);
        ask(&client, 200).unwrap();
        ask(&client, 200).unwrap();
        let asked = proxy.asked();
        let expected = Asked { target: format!("sms.test:{port}"), credentials: None };
        assert!((1..=4).contains(&asked.len()) && asked.iter().all(|asked| *asked == expected), "{asked:?}");
        assert_eq!(client.stat("connections"), Some(asked.len() as u64), "kept alive");
        assert_eq!(simulator.connections() - before, asked.len(), "nothing goes past the proxy");
    }
}

#[test]
fn credentials_are_decoded() {
    let (simulator, ca_file) = service(&["sms.test"]);
    let to = simulator.address();
    let base_url = format!("https://sms.test:{}/v1", to.port());
    let options = [("ca_file", ca_file.to_str().unwrap())];
    for (scheme, proxy) in
        [("http", Proxy::http_for(to, "dom\\user", PASSWORD)), ("socks5", Proxy::socks5_for(to, "dom\\user", PASSWORD))]
    {
        let address = format!("{scheme}://dom%5Cuser:{PASSWORD_IN_URL}@{}", proxy.address);
        ask(&client(&base_url, &address, &options), 1).unwrap();
        assert_eq!(proxy.asked()[0].credentials, Some(("dom\\user".to_owned(), PASSWORD.to_owned())));
        // A proxy that wants none is given them by HTTP, and not by SOCKS5, which asks.
        let proxy = if scheme == "http" { Proxy::http(to) } else { Proxy::socks5(to) };
        ask(&client(&base_url, &format!("{scheme}://u:p@{}", proxy.address), &options), 1).unwrap();
        assert_eq!(proxy.asked()[0].credentials.is_some(), scheme == "http");
    }
}

#[test]
fn wrong_or_missing_credentials_are_told() {
    let to = "127.0.0.1:1".parse().unwrap();
    let (http, socks5) = (Proxy::http_for(to, "u", "right"), Proxy::socks5_for(to, "u", "right"));
    for (scheme, proxy, credentials, part) in [
        ("http", &http, "", "HTTP status 407: it wants a user name and a password"),
        ("http", &http, "u:s3cret@", "HTTP status 407: the user name or the password is wrong"),
        ("http", &http, "right@", "HTTP status 407: the user name or the password is wrong"),
        ("socks5", &socks5, "", "wants a user name and a password"),
        ("socks5", &socks5, "u:s3cret@", "refuses the user name or the password"),
    ] {
        let error = failure(&format!("{scheme}://{credentials}{}", proxy.address), &[]);
        assert_eq!(error.code(), Code::Config);
        let text = format!("proxy: {scheme}://{} ", proxy.address);
        assert!(error.message().starts_with(&text) && error.message().ends_with(part), "{error}");
    }
}

/// An account is locked after a few wrong passwords.
#[test]
fn a_wrong_password_is_sent_once() {
    let to = "127.0.0.1:1".parse().unwrap();
    for count in [1, 5_000] {
        let (http, socks5) = (Proxy::http_for(to, "u", "right"), Proxy::socks5_for(to, "u", "right"));
        for (scheme, proxy) in [("http", &http), ("socks5", &socks5)] {
            let address = format!("{scheme}://u:s3cret@{}", proxy.address);
            let client = client("https://sms.test/v1", &address, &[("max_retries", "3"), ("retry_base_ms", "1")]);
            for _ in 0..2 {
                let error = ask(&client, count).unwrap_err();
                assert_eq!((error.code(), error.is_retryable()), (Code::Config, false), "{error}");
            }
            let passwords: Vec<_> = proxy.asked().into_iter().map(|asked| asked.credentials.unwrap().1).collect();
            assert_eq!(passwords, ["s3cret"], "{scheme}, {count} messages");
        }
    }
}

/// Until the password is known to be right, one connection tries it.
#[test]
fn a_right_password_holds_nobody_up() {
    let (simulator, ca_file) = service(&["sms.test"]);
    let base_url = format!("https://sms.test:{}/v1", simulator.address().port());
    let options = [("ca_file", ca_file.to_str().unwrap()), ("batch_size", "1")];
    let proxy = Proxy::http_for(simulator.address(), "u", PASSWORD);
    let client = client(&base_url, &format!("http://u:{PASSWORD_IN_URL}@{}", proxy.address), &options);
    ask(&client, 50).unwrap();
    assert!((1..=4).contains(&proxy.asked().len()), "{:?}", proxy.asked());
}

/// The proxy is given an address as one, in brackets or in its own notation.
#[test]
fn addresses_go_through_a_proxy() {
    for host in ["192.0.2.1", "2001:db8::1"] {
        let (simulator, ca_file) = service(&[host]);
        let target = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let target = format!("{target}:{}", simulator.address().port());
        let options = [("ca_file", ca_file.to_str().unwrap())];
        for (scheme, proxy) in
            [("http", Proxy::http(simulator.address())), ("socks5", Proxy::socks5(simulator.address()))]
        {
            let proxy_url = format!("{scheme}://{}", proxy.address);
            ask(&client(&format!("https://{target}/v1"), &proxy_url, &options), 1).unwrap();
            assert_eq!(proxy.asked(), [Asked { target: target.clone(), credentials: None }]);
        }
    }
}

#[test]
fn plain_http_is_led_through_in_the_same_way() {
    let simulator = simulator().start().unwrap();
    let target = format!("sms.test:{}", simulator.address().port());
    for (scheme, proxy) in [("http", Proxy::http(simulator.address())), ("socks5", Proxy::socks5(simulator.address()))]
    {
        let proxy_url = format!("{scheme}://{}", proxy.address);
        ask(&client(&format!("http://{target}/v1"), &proxy_url, &[("allow_http", "true")]), 1).unwrap();
        assert_eq!(proxy.asked(), [Asked { target: target.clone(), credentials: None }]);
    }
}

/// The certificate is that of the service, whatever leads there.
#[test]
fn a_proxy_cannot_stand_for_the_service() {
    let (simulator, ca_file) = service(&["other.test"]);
    let proxy = Proxy::http(simulator.address());
    let error = failure(&format!("http://{}", proxy.address), &[("ca_file", ca_file.to_str().unwrap())]);
    assert_eq!(error.code(), Code::Tls, "{error}");
    assert!(error.message().contains("sms.test") && error.message().contains("other.test"), "{error}");
}

#[test]
fn this_machine_is_reached_past_a_proxy() {
    let simulator = simulator().start().unwrap();
    let proxy = Server::scripted(&[]);
    for host in ["127.0.0.1", "localhost"] {
        let base_url = format!("http://{host}:{}/v1", simulator.address().port());
        ask(&client(&base_url, &format!("http://{}", proxy.address), &[]), 1).unwrap();
    }
    let error = failure(&format!("http://{}", proxy.address), &[("connect_timeout_ms", "300")]);
    assert_eq!(error.code(), Code::Timeout, "any other is not: {error}");
}

#[test]
fn a_proxy_that_refuses_or_makes_no_sense_is_told() {
    let refused = |code| [[5, 0].to_vec(), [5, code, 0, 1, 0, 0, 0, 0, 0, 0].to_vec()];
    let (refused_2, refused_5, refused_99) = (refused(2), refused(5), refused(99));
    for (scheme, answers, code, part) in [
        ("http", &[b"HTTP/1.1 403 Forbidden\r\n\r\nNo!".as_slice()][..], Code::Http, "HTTP status 403"),
        ("http", &[b"HTTP/1.0 502 Bad Gateway\r\n\r\n"], Code::Connect, "HTTP status 502"),
        ("http", &[b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"], Code::Http, "HTTP status 302"),
        ("http", &[b"HTTP/2 200\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"HTTP/1.1 2x0 OK\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"HTTP/1.1 +20 OK\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"HTTP/1.1 2000 OK\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"HTTP/1.1 200OK\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"HTTP/1.1 429 Too Many\r\n\r\n"], Code::RateLimited, "HTTP status 429"),
        ("http", &[b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\n\n"], Code::Http, "HTTP status 404"),
        (
            "http",
            &[b"HTTP/1.1 407\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n"],
            Code::Config,
            "it wants NTLM or Negotiate, and this library speaks Basic alone",
        ),
        ("http", &[b"HTTP/1.1 502\r\n\r\n"], Code::Connect, "HTTP status 502"),
        ("http", &[b"HTTP/1.1 502\r\nA: b\r\n\r\n"], Code::Connect, "HTTP status 502"),
        ("http", &[b"HTTP/1.\r\n\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"SSH-2.0-OpenSSH_9.2\r\n"], Code::Connect, "does not speak HTTP"),
        ("http", &[b"\x05\xff"], Code::Connect, "does not speak HTTP"),
        ("socks5", &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], Code::Connect, "does not speak SOCKS5"),
        ("socks5", &[b"\x05\x01"], Code::Connect, "does not speak SOCKS5"),
        ("socks5", &[b"\x05\x02"], Code::Connect, "does not speak SOCKS5"),
        ("socks5", &[b"\x05\0", b"\x04\0\0\x01"], Code::Connect, "does not speak SOCKS5"),
        ("socks5", &[b"\x05\0", b"\x05\0\0\x02\0\0\0\0\0\0\0"], Code::Connect, "does not speak SOCKS5"),
        ("socks5", &[&refused_2[0], &refused_2[1]], Code::Connect, "SOCKS5 reply 2, not allowed"),
        ("socks5", &[&refused_5[0], &refused_5[1]], Code::Connect, "SOCKS5 reply 5, connection refused"),
        ("socks5", &[&refused_99[0], &refused_99[1]], Code::Connect, "SOCKS5 reply 99, unknown"),
    ] {
        let proxy = Server::scripted(answers);
        // Whatever the time limits are, it is known at once.
        let error = failure(&format!("{scheme}://{}", proxy.address), &[("connect_timeout_ms", "0")]);
        assert_eq!(error.code(), code, "{error}");
        let status = part.strip_prefix("HTTP status ").map_or(0, |status| status.parse().unwrap());
        assert_eq!(error.http_status(), if code == Code::Connect { 0 } else { status }, "{error}");
        let text =
            format!("{} {scheme}://{} ", if code == Code::Config { "proxy:" } else { "the proxy" }, proxy.address);
        assert!(error.message().starts_with(&text) && error.message().contains(part), "{part}: {error}");
    }
    let credentials = Server::scripted(&[b"\x05\xff"]);
    let error = failure(&format!("socks5://u:s3cret@{}", credentials.address), &[]);
    assert!(error.message().ends_with("takes no user name and password"), "{error}");
}

#[test]
fn a_name_too_long_for_socks5_is_told() {
    let proxy = Server::scripted(&[b"\x05\0"]);
    let base_url = format!("http://{}.test/v1", "a.".repeat(150));
    let client = client(&base_url, &format!("socks5://{}", proxy.address), &[("allow_http", "true")]);
    let error = ask(&client, 1).unwrap_err();
    assert!(error.code() == Code::Connect && error.message().contains("a name as long as"), "{error}");
}

#[test]
fn a_proxy_that_goes_away_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let closing = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut client, _) = listener.accept().unwrap();
            std::io::Read::read(&mut client, &mut [0; 4096]).unwrap();
        }
    });
    for scheme in ["http", "socks5"] {
        let error = failure(&format!("{scheme}://{address}"), &[]);
        assert_eq!(error.code(), Code::Connect, "{error}");
        assert!(error.message().starts_with(&format!("the proxy {scheme}://{address} closes")), "{error}");
    }
    closing.join().unwrap();
    let error = failure(&format!("http://u:s3cret@{address}"), &[]);
    assert_eq!(error.code(), Code::Connect, "{error}");
    assert!(error.message().contains("refused") && error.message().contains(&format!("proxy http://{address}")));
    let nowhere = format!("socks5://u:s3cret@{}:1080", unknown_host());
    let error = failure(&nowhere, &[]);
    assert_eq!(error.code(), Code::Connect, "{error}");
    assert!(error.message().contains("cannot look up") && error.message().contains("the proxy socks5://"), "{error}");
}

/// Nothing that a proxy does takes longer than connecting may.
#[test]
fn a_proxy_that_is_silent_or_drips_ends_by_its_limit() {
    let pause = Duration::from_millis(20);
    for (scheme, proxy) in [
        ("http", Server::scripted(&[])),
        ("http", Server::scripted(&[b"HTTP/1.1 200 OK\r\n"])),
        ("http", Server::endless(b"HTTP/1.1 200 OK\r\nA: ", b"a", pause)),
        ("socks5", Server::scripted(&[])),
        ("socks5", Server::scripted(&[b"\x05\0"])),
        ("socks5", Server::scripted(&[b"\x05\0", b"\x05\0\0\x03\xff"])),
        ("socks5", Server::endless(b"\x05\0\x05\0\0\x03\xff", b"a", pause)),
    ] {
        let start = Instant::now();
        let error = failure(&format!("{scheme}://{}", proxy.address), &[("connect_timeout_ms", "300")]);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(error.code(), Code::Timeout, "{error}");
        assert!(error.message().starts_with("connect_timeout_ms: "), "{error}");
        assert!(error.message().contains(&format!("proxy {scheme}://{}", proxy.address)), "{error}");
    }
}

#[test]
fn a_head_of_a_proxy_without_an_end_is_not_read() {
    for again in [b"A: b\r\n".as_slice(), b"a"] {
        let proxy = Server::endless(b"HTTP/1.1 200 OK\r\nA: ", again, Duration::ZERO);
        let error = failure(&format!("http://{}", proxy.address), &[("connect_timeout_ms", "0")]);
        assert_eq!(error.code(), Code::Connect, "{error}");
        let expected = ["answers with more than 128 lines in its head", "answers with a head of more than 32768 bytes"];
        assert!(expected.iter().any(|part| error.message().contains(part)), "{error}");
    }
}

#[test]
fn a_check_names_the_step() {
    let (simulator, ca_file) = service(&["sms.test"]);
    let (to, options) = (simulator.address(), [("ca_file", ca_file.to_str().unwrap())]);
    let base_url = format!("https://sms.test:{}/v1", to.port());
    let query = Query::new("+33639980001", "1");
    let proxy = Proxy::http_for(to, "u", PASSWORD);
    let check = client(&base_url, &format!("http://u:{PASSWORD_IN_URL}@{}", proxy.address), &options).check(query);
    let names: Vec<_> = check.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["name", "connection", "proxy", "tls", "query"], "{:?}", check.steps);
    assert!(check.steps.iter().all(|step| step.result.is_ok()), "{:?}", check.steps);
    assert!(!format!("{check:?}").contains("s3cret"));
    let check = client(&base_url, &format!("http://u:s3cret@{}", proxy.address), &options).check(query);
    let last = check.steps.last().unwrap();
    let error = last.result.as_ref().unwrap_err();
    assert_eq!((last.name, error.code()), ("proxy", Code::Config));
    assert!(error.message().contains("407") && !format!("{check:?}").contains("s3cret"), "{check:?}");
}

/// A proxy that puts its credentials into what the service gets, and a service that shows them.
#[test]
fn a_message_never_shows_the_password_of_a_proxy() {
    let basic = "dTpzM2NyZXQ6IHBAc3Mvd8O2cmQgJTQx";
    let echoes = [PASSWORD, PASSWORD_IN_URL, basic, "s3cret%3A%20p%40ss%2Fw%C3%B6rd%20%2541"];
    for echo in echoes {
        let refuse = move |_: &smsp_simulator::Request, answer: &mut smsp_simulator::Answer| {
            answer.refusal = Some(Refusal { code: 50, message: format!("Who is {echo}?") });
        };
        let simulator = simulator().mutate(refuse).start().unwrap();
        let proxy = Proxy::http_for(simulator.address(), "u", PASSWORD);
        let base_url = format!("http://sms.test:{}/v1", simulator.address().port());
        let proxy_url = format!("http://u:{PASSWORD_IN_URL}@{}", proxy.address);
        let error = ask(&client(&base_url, &proxy_url, &[("allow_http", "true")]), 1).unwrap_err();
        assert!(error.message().ends_with("Who is ***?"), "{error}");
    }
}

/// The variables of the environment, as a C program takes them up.
#[test]
fn proxies_are_taken_from_the_environment() {
    const OK: i32 = 0;
    const E_CONFIG: i32 = -2;
    const E_CONNECT: i32 = -3;
    let simulator = simulator().start().unwrap();
    let to = simulator.address();
    let (http, socks5) = (Proxy::http_for(to, "u", PASSWORD), Proxy::socks5(to));
    let host = unknown_host();
    let run = |code: i32, part: &str, environment: &[(&str, &str)]| {
        let base_url = format!("base_url=http://{host}:{}/v1", to.port());
        let arguments =
            [&code.to_string(), part, &format!("api_key={KEY}"), &base_url, "allow_http=1", "max_retries=0"];
        program("proxy").run_in(environment, &arguments);
    };
    let (http_url, socks5_url) =
        (format!("http://u:{PASSWORD_IN_URL}@{}", http.address), format!("socks5://{}", socks5.address));
    let (domain, subnet) = (format!("other, .{host}"), "127.0.0.0/8");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SMSP_PROXY"] {
        run(OK, "", &[(name, &http_url)]);
        run(OK, "", &[(name, &socks5_url), ("NO_PROXY", subnet), ("no_proxy", "*")]);
    }
    // Without the scheme, as is usual.
    run(OK, "", &[("https_proxy", &http_url["http://".len()..])]);
    assert_eq!(http.asked().len(), FORMS.len() * 6);
    assert_eq!(socks5.asked().len(), FORMS.len() * 5);
    for past in ["NO_PROXY", "no_proxy"] {
        for list in ["*", &host, &domain, &format!("test:{}", to.port())] {
            run(E_CONNECT, "cannot look up", &[("HTTPS_PROXY", &socks5_url), (past, list)]);
        }
    }
    // One that cannot be used is no error where it is not for the host.
    for unreadable in ["https://127.0.0.1:1", "http://u:%FF@127.0.0.1:1", "://"] {
        run(E_CONNECT, "cannot look up", &[("HTTPS_PROXY", unreadable), ("NO_PROXY", &host)]);
    }
    // One that is set for this library alone is meant.
    run(OK, "", &[("SMSP_PROXY", &socks5_url), ("NO_PROXY", "*")]);
    // CGI programs have HTTP_PROXY from whoever asks them.
    run(E_CONNECT, "cannot look up", &[("HTTP_PROXY", &socks5_url), ("http_proxy", &socks5_url)]);
    run(E_CONFIG, "407", &[("HTTPS_PROXY", &format!("http://u:s3cret@{}", http.address))]);
    let base_url = format!("base_url=http://{host}:{}/v1", to.port());
    let [key, proxy] = [format!("api_key={KEY}"), format!("proxy={http_url}")];
    program("proxy").check_memory(&["0", "", &key, &base_url, &proxy, "allow_http=1"]);
}
