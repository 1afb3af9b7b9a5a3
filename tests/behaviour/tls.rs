//! Which certificates are trusted, and what is said of those that are not.

use std::fs;
use std::path::Path;

use smsp::{Client, Code, Config, Error, Query};
use smsp_simulator::{Certificate, Clock, Signer, Simulator};
use support::{KEY, configured};
use tempfile::TempDir;

fn service(certificate: Certificate) -> Simulator {
    Simulator::builder().api_key(KEY).clock(Clock::Finished).certificate(certificate).start().unwrap()
}

fn client(simulator: &Simulator, ca_file: &str) -> Result<Client, Error> {
    let base_url = simulator.base_url();
    configured(&[("api_key", KEY), ("base_url", &base_url), ("ca_file", ca_file), ("max_retries", "0")])
}

fn ask(client: &Client) -> Result<(), Error> {
    support::ask(client, 1).error.map_or(Ok(()), Err)
}

/// Writes what the simulator is to be trusted by; answers the path.
fn ca_file(folder: &TempDir, name: &str, simulator: &Simulator) -> String {
    let path = folder.path().join(name);
    simulator.write_ca(&path).unwrap();
    text(&path)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Asks a server with this certificate, whose authority is trusted, and is told these parts.
fn refused(certificate: Certificate, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let simulator = service(certificate);
    let client = client(&simulator, &ca_file(&folder, "ca.pem", &simulator)).unwrap();
    let error = ask(&client).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Code::Tls, false), "{error}");
    assert!(error.message().starts_with("TLS with localhost: "), "{error}");
    for part in parts {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert!(!error.message().contains(['(', '{', '"']), "{error}");
    assert!(simulator.requests().is_empty(), "nothing is asked");
    let check = client.check(Query::new("+33639980001", "1"));
    let last = check.steps.last().unwrap();
    assert_eq!((last.name, last.result.as_ref().unwrap_err()), ("tls", &error));
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let hosts = vec!["other.test".to_owned(), "127.0.0.1".to_owned()];
    let certificate = Certificate { hosts, ..Certificate::default() };
    refused(certificate, &["is for another host", "base_url", "localhost", "other.test"]);
}

#[test]
fn a_server_without_tls_is_told() {
    let simulator = Simulator::builder().api_key(KEY).start().unwrap();
    let base_url = simulator.base_url().replace("http:", "https:");
    let error = ask(&support::client(&base_url, &[("max_retries", "0")])).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Code::Tls, false), "{error}");
    assert!(error.message().contains("what came is not TLS: check that base_url has the port for https"), "{error}");
}

#[test]
fn an_expired_certificate_is_refused() {
    let certificate = Certificate { years: (2000, 2001), ..Certificate::default() };
    refused(certificate, &["has expired", "the clock of this machine", "it ended at 2001-", "it is 20"]);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let certificate = Certificate { years: (3000, 3001), ..Certificate::default() };
    refused(certificate, &["is not valid yet", "the clock of this machine", "it begins at 3000-"]);
}

#[test]
fn an_authority_as_a_server_is_refused() {
    let certificate = Certificate { signer: Signer::ItselfAsAuthority, ..Certificate::default() };
    refused(certificate, &["that of an authority", "self-signed", "CA:FALSE"]);
}

#[test]
fn an_authority_that_is_not_listed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let itself = service(Certificate { signer: Signer::Itself, ..Certificate::default() });
    let other = ca_file(&folder, "other.pem", &itself);
    let simulator = service(Certificate::default());
    for (simulator, listed) in [
        (&simulator, "bundled"),
        (&simulator, "system"),
        (&simulator, &other),
        (&simulator, &format!("bundled,system,{other}")),
        (&itself, "bundled,system"),
    ] {
        let error = ask(&client(simulator, listed).unwrap()).unwrap_err();
        assert_eq!(error.code(), Code::Tls, "{error}");
        for part in ["self-signed or from an authority that ca_file does not list", "list its authority there"] {
            assert!(error.message().contains(part), "{error}");
        }
        assert!(simulator.requests().is_empty(), "nothing is asked");
    }
}

#[test]
fn another_authority_of_the_same_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (simulator, other) = (service(Certificate::default()), service(Certificate::default()));
    let error = ask(&client(&simulator, &ca_file(&folder, "other.pem", &other)).unwrap()).unwrap_err();
    assert_eq!(error.code(), Code::Tls, "{error}");
    assert!(error.message().contains("another key") && error.message().contains("ca_file"), "{error}");
    assert!(simulator.requests().is_empty(), "nothing is asked");
}

#[test]
fn what_is_listed_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (service(Certificate::default()), service(Certificate::default()));
    let itself = service(Certificate { signer: Signer::Itself, ..Certificate::default() });
    let simulators = [one, other, itself];
    let files: Vec<_> =
        simulators.iter().enumerate().map(|(i, it)| ca_file(&folder, &format!("{i}.pem"), it)).collect();
    // Several certificates in one file, with what people write around them.
    let bundle = folder.path().join("bundle.pem");
    let texts: Vec<_> = simulators.iter().map(|it| format!("# Ours\n{}\n", it.ca_pem().unwrap())).collect();
    fs::write(&bundle, texts.concat().replace('\n', "\r\n")).unwrap();
    // Joined where the first has no end of line, as an editor of another system saves them, indented, as a variable has them.
    let joined = |name: &str, of: fn(&str) -> String| {
        let pems: Vec<_> = simulators.iter().map(|it| of(it.ca_pem().unwrap().trim_end())).collect();
        let path = folder.path().join(name);
        fs::write(&path, pems.concat()).unwrap();
        text(&path)
    };
    let bare = joined("bare.pem", str::to_owned);
    let marked = joined("marked.pem", |pem| format!("\u{feff}{pem}\r\n"));
    let indented = joined("indented.pem", |pem| format!("    {}", pem.replace('\n', "\n    ")));
    let variable = joined("variable.pem", |pem| pem.replace('\n', "\\n"));
    for listed in
        [files.join(","), format!(" bundled , {} ", files.join(" , ")), text(&bundle), bare, marked, indented, variable]
    {
        for simulator in &simulators {
            ask(&client(simulator, &listed).unwrap()).unwrap();
        }
    }
    ask(&client(&simulators[0], &files[1]).unwrap()).unwrap_err();
}

#[test]
fn a_list_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = service(Certificate::default());
    let good = ca_file(&folder, "good.pem", &simulator);
    let pem = simulator.ca_pem().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        text(&path)
    };
    let key = "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n";
    let trusted = pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
    let utf16: Vec<u8> = format!("\u{feff}{pem}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("utf16.pem"), utf16).unwrap();
    for (path, part) in [
        (text(&folder.path().join("utf16.pem")), "is UTF-16; save it as UTF-8"),
        (text(&folder.path().join("missing.pem")), "cannot read"),
        (text(folder.path()), "cannot read"),
        (file("empty.pem", ""), "holds no PEM certificate"),
        (file("text.pem", "bundled\n"), "holds no PEM certificate"),
        (file("pair.pem", &format!("{pem}{key}")), "section 2 of"),
        (file("key.pem", key), "is a PRIVATE KEY and no CERTIFICATE; take it out"),
        (file("open.pem", key.split_once("-----END").unwrap().0), "is a PRIVATE KEY and no CERTIFICATE; take it out"),
        (file("line.pem", &key.replace('\n', "\\n")), "is a PRIVATE KEY and no CERTIFICATE; take it out"),
        (file("trusted.pem", &trusted), "openssl x509"),
        (file("cut.pem", &pem[..pem.len() / 2]), "section 1 of"),
        (file("base64.pem", &pem.replace("MII", "M*I")), "holds what is not base64, in line 2"),
        (file("wrong.pem", &format!("{pem}{}", key.replace("PRIVATE KEY", "CERTIFICATE"))), "section 2 of"),
        (file("der.pem", "0\u{2}\u{1}"), "looks like DER"),
    ] {
        for listed in [path.clone(), format!("bundled, {good}, {path}")] {
            let error = client(&simulator, &listed).err().expect(&listed);
            assert_eq!(error.code(), Code::Config);
            let named = error.message().starts_with("ca_file: ") && error.message().contains(&format!("{path:?}"));
            assert!(named && error.message().contains(part), "{part}: {error}");
            assert!(!error.message().contains("czNj") && error.message().len() < path.len() + 150, "{error}");
        }
    }
    for list in ["", ",", "bundled,", " , bundled"] {
        let error = Config::new().set("ca_file", list).unwrap_err();
        assert!(error.message().starts_with("ca_file: "), "{error}");
    }
}
