//! THIRD-PARTY-LICENSES.txt: every crate inside the library and `smsp-status`, with its terms.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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

/// The packages of others that the library and `smsp-status` are built from, by name.
fn shipped() -> Vec<Value> {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let named =
        |id: &str| metadata["packages"].as_array().unwrap().iter().find(|package| package["id"] == *id).unwrap();
    let ours = metadata["workspace_members"].as_array().unwrap();
    let mut ids: Vec<_> = ours.iter().filter(|id| named(id.as_str().unwrap())["name"] != "smsp-simulator").collect();
    let mut seen = 0;
    while let Some(id) = ids.get(seen) {
        let node = nodes.iter().find(|node| node["id"] == **id).unwrap();
        let is_normal =
            |dependency: &&Value| dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
        for dependency in node["deps"].as_array().unwrap().iter().filter(is_normal) {
            if !ids.contains(&&dependency["pkg"]) && !is_macro(named(dependency["pkg"].as_str().unwrap())) {
                ids.push(&dependency["pkg"]);
            }
        }
        seen += 1;
    }
    let mut packages: Vec<_> =
        ids.iter().filter(|id| !ours.contains(id)).map(|id| named(id.as_str().unwrap()).clone()).collect();
    packages.sort_by_key(|package| text(package, "name").to_owned());
    packages
}

/// Whether the package works at build time only.
fn is_macro(package: &Value) -> bool {
    package["targets"].as_array().unwrap().iter().any(|target| target["kind"][0] == "proc-macro")
}

/// Rust's names of the platforms that `make dist` is for: the second column of their table.
fn targets() -> Vec<String> {
    let script = fs::read_to_string(Path::new(ROOT).join("scripts/platforms.sh")).unwrap();
    let table = script.split("platforms='").nth(1).unwrap().split('\'').next().unwrap();
    let targets = table.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned);
    let targets: Vec<_> = targets.collect();
    assert!(targets.contains(&"x86_64-unknown-linux-gnu".to_owned()), "{targets:?}");
    targets
}

fn metadata() -> Value {
    let mut cargo = Command::new(env::var_os("CARGO").expect("the tests run under cargo"));
    cargo.current_dir(ROOT).args(["metadata", "--locked", "--format-version", "1"]);
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
