//! Connections, encodings, TLS, and what tests do with a simulator.

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Client, body};
use smsp_simulator::{Clock, Refusal, Simulator};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const MESSAGES: [(&str, &str); 3] = [("0612345678", "1"), ("0612345678", "2"), ("0612345678", "3")];

#[test]
fn a_connection_serves_many_requests() {
    let simulator = Simulator::builder().start().unwrap();
    let mut first = Client::connect(&simulator);
    for _ in 0..3 {
        assert_eq!(first.post(&body(&MESSAGES)).status, 200);
    }
    assert_eq!(simulator.connections(), 1);
    let mut second = Client::connect(&simulator);
    assert_eq!(second.post(&body(&MESSAGES[..1])).status, 200);
    assert_eq!(simulator.connections(), 2);
    let seen: Vec<_> = simulator.requests().iter().map(|seen| (seen.connection, seen.entries, seen.status)).collect();
    assert_eq!(seen, [(1, 3, 200), (1, 3, 200), (1, 3, 200), (2, 1, 200)]);
}

#[test]
fn answers_are_compressed_for_those_who_take_it() {
    let simulator = Simulator::builder().clock(Clock::Finished).start().unwrap();
    let mut client = Client::connect(&simulator);
    let plain = client.post(&body(&MESSAGES));
    assert_eq!(plain.header("content-encoding"), None);
    let header = "Accept-Encoding: deflate, gzip\r\n";
    let packed = client.send("POST", "/v1/multi-status", header, &body(&MESSAGES));
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
}

fn trusting(pem: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[test]
fn tls_is_trusted_by_the_written_authority_and_no_other() {
    let simulator = Simulator::builder().tls(true).start().unwrap();
    let port = simulator.address().port();
    assert_eq!(simulator.base_url(), format!("https://localhost:{port}/v1"));
    let path = std::env::temp_dir().join(format!("smsp-simulator-ca-{port}.pem"));
    simulator.write_ca(&path).unwrap();
    let pem = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();

    let config = Arc::new(trusting(&pem));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let name = ServerName::try_from(name).unwrap();
        let session = ClientConnection::new(Arc::clone(&config), name).unwrap();
        let stream = TcpStream::connect(simulator.address()).unwrap();
        let mut client = Client::over(StreamOwned::new(session, stream));
        for _ in 0..2 {
            assert_eq!(client.post(&body(&MESSAGES)).status, 200);
        }
    }
    assert_eq!((simulator.connections(), simulator.requests().len()), (3, 6));

    let other = Simulator::builder().tls(true).start().unwrap();
    let config = Arc::new(trusting(other.ca_pem().unwrap().as_bytes()));
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(config, name).unwrap();
    let stream = TcpStream::connect(simulator.address()).unwrap();
    let error = StreamOwned::new(session, stream).flush().unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[test]
fn without_tls_there_is_no_authority_to_write() {
    let simulator = Simulator::builder().start().unwrap();
    assert_eq!(simulator.base_url(), format!("http://{}/v1", simulator.address()));
    assert_eq!(simulator.ca_pem(), None);
    let error = simulator.write_ca("/nonexistent/ca.pem").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn only_loopback_is_listened_on() {
    for address in [Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into(), Ipv6Addr::UNSPECIFIED.into()] {
        let started = Simulator::builder().address(address).start();
        let error = started.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("loopback"), "{error}");
    }
    let simulator = Simulator::builder().start().unwrap();
    assert!(simulator.address().ip().is_loopback());
}

#[test]
fn a_status_that_is_none_is_not_taken() {
    for status in [0, 199, 600] {
        let started = Simulator::builder().refusal_status(status).start();
        assert_eq!(started.err().unwrap().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_taken_port_is_an_error() {
    let simulator = Simulator::builder().start().unwrap();
    let port = simulator.address().port();
    let second = Simulator::builder().port(port).start();
    assert_eq!(second.err().unwrap().kind(), ErrorKind::AddrInUse);
}

#[test]
fn answers_can_be_bent() {
    let mut count = 0;
    let simulator = Simulator::builder()
        .clock(Clock::Finished)
        .mutate(move |request, answer| {
            assert_eq!(request.entries.len(), 3);
            count += 1;
            match count {
                1 => answer.entries.reverse(),
                2 => {
                    answer.entries.remove(0);
                    answer.entries[0].status = "Livré".to_owned();
                }
                3 => {
                    answer.refusal = Some(Refusal { code: 30, message: "Compte bloqué".to_owned() });
                }
                _ => {
                    answer.status = 503;
                    answer.headers.push(("Retry-After".into(), "7".into()));
                    answer.raw = Some(b"<h1>later</h1>".to_vec());
                }
            }
        })
        .start()
        .unwrap();
    let mut client = Client::connect(&simulator);
    let mut post = || client.post(&body(&MESSAGES));

    let reversed = post().json();
    let list = reversed["StatutResponse_List"].as_array().unwrap();
    let ids: Vec<_> = list.iter().map(|entry| &entry["messageId"]).collect();
    assert_eq!(ids, [3, 2, 1]);

    let shorter = post().json();
    let list = shorter["StatutResponse_List"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!((&list[0]["messageId"], &list[0]["status"]), (&2.into(), &"Livré".into()));

    assert_eq!(post().json()["code"], 30);

    let replaced = post();
    assert_eq!((replaced.status, replaced.text()), (503, "<h1>later</h1>"));
    assert_eq!(replaced.header("retry-after"), Some("7"));
    let statuses: Vec<u16> = simulator.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [200, 200, 200, 503]);
}

#[test]
fn a_panic_while_bending_ends_one_connection_only() {
    let simulator =
        Simulator::builder().mutate(|request, _| assert_ne!(request.number, 1, "a failed assertion")).start().unwrap();
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream.write_all(b"GET /v1/multi-status HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(Client::connect(&simulator).post(&body(&MESSAGES)).status, 200);
}

#[test]
fn clients_that_misbehave_do_no_harm_to_others() {
    for tls in [false, true] {
        let simulator = Simulator::builder().tls(tls).start().unwrap();
        let head = "POST /v1/multi-status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
        for bytes in ["", "\0garbage\r\n\r\n", head] {
            let mut stream = TcpStream::connect(simulator.address()).unwrap();
            stream.write_all(bytes.as_bytes()).unwrap();
        }
        let mut stream = TcpStream::connect(simulator.address()).unwrap();
        stream.write_all(b"neither HTTP nor TLS\r\n\r\n").unwrap();
        let mut told = Vec::new();
        stream.read_to_end(&mut told).unwrap();
        // A fatal alert of TLS starts with the byte 21.
        assert!(told.starts_with(if tls { &[21] } else { b"HTTP/1.1 400 " }));
        assert_eq!((simulator.connections(), simulator.requests().len()), (4, 0));
    }
}

#[test]
fn requests_are_recorded_where_asked() {
    let body = body(&MESSAGES);
    for record in [false, true] {
        let simulator = Simulator::builder().record(record).start().unwrap();
        let target = "/v1/multi-status?x=1";
        Client::connect(&simulator).send("POST", target, "User-Agent: test/1\r\n", &body);
        let seen = simulator.requests();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].request.is_some(), record);
        if let Some(request) = &seen[0].request {
            assert_eq!(request.body, body.as_bytes());
            assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", target));
            assert_eq!(request.header("User-Agent"), Some("test/1"));
            assert_eq!(request.entries[1].message_id, "2");
            assert_eq!((request.connection, request.number), (1, 1));
        }
    }
}

#[test]
fn answers_are_held_back_by_the_latency() {
    let latency = Duration::from_millis(200);
    let simulator = Simulator::builder().latency(latency).start().unwrap();
    let begin = Instant::now();
    Client::connect(&simulator).post(&body(&MESSAGES));
    assert!(begin.elapsed() >= latency);
}

#[test]
fn dropping_closes_the_connections() {
    let simulator = Simulator::builder().start().unwrap();
    let mut idle = TcpStream::connect(simulator.address()).unwrap();
    // A response on a later connection shows that the idle one is being served.
    Client::connect(&simulator).post(&body(&MESSAGES));
    drop(simulator);
    idle.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_hundred_thousand_statuses_on_one_connection() {
    let simulator = Simulator::builder().start().unwrap();
    let mut client = Client::connect(&simulator);
    let ids: Vec<String> = (0..500).map(|id| id.to_string()).collect();
    let messages: Vec<(&str, &str)> = ids.iter().map(|id| ("0612345678", id.as_str())).collect();
    let body = body(&messages);
    for _ in 0..200 {
        let response = client.send("POST", "/v1/multi-status", "Accept-Encoding: gzip\r\n", &body);
        assert_eq!(response.status, 200);
    }
    let requests = simulator.requests();
    assert_eq!(requests.iter().map(|seen| seen.entries).sum::<usize>(), 100_000);
    assert_eq!(simulator.connections(), 1);
}
