//! The order of the house: what a file imports stands on its own floor or below, and nothing leads round in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src/` from the top to the bottom. What is not named is a leaf, at the bottom.
const FLOORS: [&[&str]; 11] = [
    &["", "fuzzing"],
    &["abi"],
    &["client"],
    &["operation"],
    &["session"],
    &["exchange"],
    &["net"],
    &["config"],
    &["plan", "log"],
    &["report", "query"],
    &["wire"],
];

/// Modules by path, such as `net::http`, with the modules that they import.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The path of the module that a file is.
fn module(folder: &Path, file: &Path) -> String {
    let path = file.strip_prefix(folder).unwrap().with_extension("");
    let names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
    let own = names.len() - usize::from(["mod", "lib", "main"].contains(&names[names.len() - 1]));
    names[..own].join("::")
}

/// The code of a file without comments and tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("mod tests {").next().unwrap();
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The paths in a tree of imports: `a::{b, c::{d}}` are `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((front, list)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let (mut depth, list) = (0, list.trim_end_matches(|last: char| last.is_whitespace()).strip_suffix('}').unwrap());
    let parts = list.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).flat_map(|part| paths(&format!("{front}{}", part.trim()))).collect()
}

/// What the code of a module names by a path: in `use`, and in between.
fn named(code: &str) -> Vec<String> {
    let begins = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "].map(|start| ["\n", start].concat());
    let trees = begins.iter().flat_map(|start| code.split(start.as_str()).skip(1)).map(|rest| rest.split(';').next());
    let uses = trees.flat_map(|tree| paths(tree.unwrap()));
    let starts = ["crate::", "super::"].into_iter().flat_map(|start| code.match_indices(start));
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let inline = starts.map(|(place, _)| code[place..].split(|c| !is_part(c)).next().unwrap().to_owned());
    uses.chain(inline).collect()
}

/// A path from the root of the crate.
fn absolute(module: &str, path: &str) -> Vec<String> {
    let mut base: Vec<_> = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    for name in path.split("::").filter(|name| !name.is_empty()) {
        match name.split(' ').next().unwrap() {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            name => base.push(name.to_owned()),
        }
    }
    base
}

fn imports(folder: &str) -> Imports {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = files(&folder);
    let modules: BTreeMap<_, _> = files.iter().map(|file| (module(&folder, file), code(file))).collect();
    let of = |module: &str, path: &str| {
        let path = absolute(module, path);
        let is_module = |length: &usize| modules.contains_key(&path[..*length].join("::"));
        (1..=path.len()).rev().find(is_module).map(|length| path[..length].join("::"))
    };
    let imports = |(module, code): (&String, &String)| {
        let others = named(code).into_iter().filter_map(|path| of(module, &path));
        (module.clone(), others.filter(|other| other != module).collect())
    };
    modules.iter().map(imports).collect()
}

/// A way from a module back to itself.
fn circle(imports: &Imports, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<String> {
    let last = way.last().unwrap().clone();
    for next in &imports[&last] {
        if let Some(start) = way.iter().position(|module| module == next) {
            return Some(format!("{} -> {next}", way[start..].join(" -> ")));
        }
        if !done.contains(next) {
            way.push(next.clone());
            if let Some(found) = circle(imports, way, done) {
                return Some(found);
            }
            way.pop();
        }
    }
    done.insert(last);
    None
}

fn floor(module: &str) -> usize {
    let room = module.split("::").next().unwrap();
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or(FLOORS.len())
}

#[test]
fn imports_lead_to_the_same_floor_or_down() {
    let imports = imports("src");
    assert!(imports["net::http"].contains("error") && imports["exchange::ask"].contains("net::http"), "{imports:?}");
    let all = imports.iter().flat_map(|(module, others)| others.iter().map(move |other| (module, other)));
    let up: Vec<_> = all.filter(|(module, other)| floor(other) < floor(module)).collect();
    assert!(up.is_empty(), "these imports lead up: {up:?}");
}

#[test]
fn no_import_leads_round_in_a_circle() {
    for folder in ["src", "cli/src", "simulator/src"] {
        let (imports, mut done) = (imports(folder), BTreeSet::new());
        assert!(imports.values().map(BTreeSet::len).sum::<usize>() > imports.len(), "{folder}: {imports:?}");
        let found = imports.keys().find_map(|module| circle(&imports, &mut vec![module.clone()], &mut done));
        assert_eq!(found, None, "in {folder}");
    }
}

#[test]
fn what_only_declares_holds_no_logic() {
    for room in ["exchange", "net", "wire"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room).join("mod.rs");
        assert!(!code(&file).contains("fn "), "{} holds a function", file.display());
    }
}

/// Each name in `CONTRIBUTING.md` stands for a file or folder, and each of those has its line there.
#[test]
fn the_table_of_rooms_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let mut named = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let mut folder = PathBuf::new();
        for name in line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2) {
            let path = if root.join(name).exists() { PathBuf::from(name) } else { folder.join(name) };
            assert!(root.join(&path).exists(), "{line}: there is no {}", path.display());
            folder = path.parent().unwrap().to_owned();
            named.insert(path);
        }
    }
    for room in ["src", "tests"] {
        for entry in fs::read_dir(root.join(room)).unwrap() {
            let path = Path::new(room).join(entry.unwrap().file_name());
            let is_named = path.ends_with("lib.rs") || named.iter().any(|name| name.starts_with(&path));
            assert!(is_named, "CONTRIBUTING.md does not say what {} is", path.display());
        }
    }
}
