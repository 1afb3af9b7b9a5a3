//! THIRD-PARTY-LICENSES.txt: every crate inside the library and `smsp-status`, with its terms; and docs/SECURITY.md: every
//! crate inside the library, with what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use support::{ROOT, page};

const INTRODUCTION: &str = "\
What is inside libsmsp and smsp-status beside their own code, and its terms. `make docs` writes this file from the
manifests of the crates. The Rust standard library is inside too: MIT or Apache-2.0, copyright The Rust Project Contributors.
";

const RULE: &str = "--------------------------------------------------------------------------------";

#[test]
fn every_crate_is_listed() {
    let path = Path::new(ROOT).join("THIRD-PARTY-LICENSES.txt");
    let list = list();
    if env::var_os("SMSP_WRITE_DOCS").is_some() {
        fs::write(&path, &list).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == list, "THIRD-PARTY-LICENSES.txt is not what Cargo.lock says: run 'make docs'");
}

/// A line for each crate, then every text of terms once, with the crates that bring it.
fn list() -> String {
    let mut list = INTRODUCTION.to_owned();
    let mut texts = BTreeMap::<String, Vec<String>>::new();
    list.push('\n');
    for package in shipped() {
        let name = format!("{} {}", text(&package, "name"), text(&package, "version"));
        _ = writeln!(list, "{name:32} {}", text(&package, "license"));
        let terms = terms(&package);
        assert!(!terms.is_empty(), "{name} brings no text of its licence");
        terms.into_iter().for_each(|terms| texts.entry(terms).or_default().push(name.clone()));
    }
    for (terms, names) in texts {
        _ = write!(list, "\n{RULE}\n{}\n{RULE}\n\n{terms}", names.join(", "));
    }
    list
}

/// What the library rests on, and for what.
const PURPOSES: [(&str, &str); 18] = [
    ("ureq", "HTTP"),
    ("flate2", "gzip"),
    ("rustls", "TLS"),
    ("webpki-roots", "Mozilla's authorities"),
    ("socket2", "connecting without blocking"),
    ("serde", "JSON"),
    ("serde_json", "JSON"),
    ("quick-xml", "XML"),
    ("percent-encoding", "URLs"),
    ("httpdate", "`Retry-After`"),
    ("base64", "credentials of a proxy, hiding the key"),
    ("httparse", "the head of a proxy's answer"),
    ("hashbrown", "tables whose memory can be refused"),
    ("memchr", "searching"),
    ("zeroize", "wiping"),
    ("libc", "the system"),
    ("windows-sys", "the system, on Windows"),
    ("once_cell", "values made once"),
];

/// A crate that only turns something off.
const LOG: (&str, &str) = ("log", "compiling out what ureq logs");

#[test]
fn what_the_library_is_made_of_is_said() {
    let packages = Packages::new();
    let library = packages.named("smsp");
    let direct = packages.needed_by(library);
    let purposes: BTreeMap<_, _> = PURPOSES.into_iter().chain([LOG]).collect();
    let names: BTreeSet<_> = direct.iter().map(|package| text(package, "name")).collect();
    assert_eq!(names, purposes.keys().copied().collect(), "PURPOSES lists what Cargo.toml does");

    let mut table = String::from("\n| crate | for | brings |\n|---|---|---|\n");
    let mut told: BTreeSet<&str> = names.clone();
    for (name, purpose) in PURPOSES.into_iter().chain([LOG]) {
        let all = packages.closure([packages.named(name)]);
        let brought: Vec<_> =
            all.iter().map(|package| text(package, "name")).filter(|name| told.insert(name)).collect();
        let brought: Vec<_> = brought.iter().map(|name| format!("`{name}`")).collect();
        _ = writeln!(table, "| `{name}` | {purpose} | {} |", brought.join(", "));
    }
    page::keep(
        "docs/SECURITY.md",
        "<!-- Written by `make docs` from tests/delivery/licences.rs. -->\n",
        "## ",
        &(table + "\n"),
    );
}

/// What `cargo metadata` says, for all platforms that `make dist` is for.
struct Packages(Value);

impl Packages {
    fn new() -> Packages {
        Packages(metadata())
    }

    fn list(&self) -> &Vec<Value> {
        self.0["packages"].as_array().unwrap()
    }

    fn named(&self, name: &str) -> &Value {
        self.list().iter().find(|package| package["name"] == name).unwrap()
    }

    fn is_ours(&self, package: &Value) -> bool {
        self.0["workspace_members"].as_array().unwrap().contains(&package["id"])
    }

    /// What a package is built from, but for what works at build time only.
    fn needed_by(&self, package: &Value) -> Vec<&Value> {
        let nodes = self.0["resolve"]["nodes"].as_array().unwrap();
        let node = nodes.iter().find(|node| node["id"] == package["id"]).unwrap();
        let is_normal =
            |dependency: &&Value| dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
        let needed = node["deps"].as_array().unwrap().iter().filter(is_normal);
        let needed = needed.map(|needed| self.list().iter().find(|other| other["id"] == needed["pkg"]).unwrap());
        needed.filter(|package| !is_macro(package)).collect()
    }

    /// These packages and all that they are built from.
    fn closure<'p>(&'p self, roots: impl IntoIterator<Item = &'p Value>) -> Vec<&'p Value> {
        let mut packages: Vec<_> = roots.into_iter().collect();
        let mut seen = 0;
        while let Some(package) = packages.get(seen) {
            let more = self.needed_by(package);
            more.into_iter().for_each(|package| {
                if !packages.contains(&package) {
                    packages.push(package);
                }
            });
            seen += 1;
        }
        packages
    }
}

/// The packages of others that the library and `smsp-status` are built from, by name.
fn shipped() -> Vec<Value> {
    let packages = Packages::new();
    let all = packages.closure(["smsp", "smsp-cli"].map(|name| packages.named(name)));
    let mut others: Vec<_> = all.into_iter().filter(|package| !packages.is_ours(package)).cloned().collect();
    others.sort_by_key(|package| text(package, "name").to_owned());
    others
}

/// Whether the package works at build time only.
fn is_macro(package: &Value) -> bool {
    package["targets"].as_array().unwrap().iter().any(|target| target["kind"][0] == "proc-macro")
}

/// Rust's names of the platforms that `make dist` is for: the second column of their table.
fn targets() -> Vec<String> {
    let script = fs::read_to_string(Path::new(ROOT).join("scripts/dist.sh")).unwrap();
    let table = script.split("platforms='").nth(1).unwrap().split('\'').next().unwrap();
    let targets = table.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned);
    let targets: Vec<_> = targets.collect();
    assert!(targets.contains(&"x86_64-unknown-linux-gnu".to_owned()), "{targets:?}");
    targets
}

fn metadata() -> Value {
    let mut cargo = Command::new(env::var_os("CARGO").expect("the tests run under cargo"));
    cargo.current_dir(ROOT).args(["metadata", "--locked", "--format-version", "1"]);
    // As it is shipped: scripts/lib/names.sh.
    cargo.args(["--features", "smsp/without-log"]);
    targets().iter().for_each(|target| _ = cargo.args(["--filter-platform", target]));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The texts of its terms. Where Apache-2.0 is one of several choices, it is the others that are taken: they are shorter.
fn terms(package: &Value) -> Vec<String> {
    let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_terms = |name: &String| {
        ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"]
            .iter()
            .any(|word| name.to_ascii_uppercase().starts_with(word))
    };
    let mut names: Vec<_> = names.filter(is_terms).filter(|name| folder.join(name).is_file()).collect();
    names.sort();
    if text(package, "license").contains("MIT") && names.iter().any(|name| name.to_ascii_uppercase().contains("MIT")) {
        names.retain(|name| !name.to_ascii_uppercase().contains("APACHE"));
    }
    let read = |name: &String| {
        fs::read_to_string(folder.join(name)).unwrap().replace("\r\n", "\n").trim_end().to_owned() + "\n"
    };
    names.iter().map(read).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
