//! Lists as people export them: `tests/lists/` has a file for each kind, and beside it what is asked, what is named, and how
//! the program ends.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Ended, ask, run, simulator};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lists");

/// What is beside a list.
#[derive(Default)]
struct Expected {
    arguments: Vec<String>,
    /// Phone numbers and message ids, as they are asked.
    asked: Vec<(String, String)>,
    /// The lines, as 3 or 3-5, and a part of the reason.
    named: Vec<(String, String)>,
    /// A part of the message where the whole list is refused.
    error: Option<String>,
    /// How the summary of lines goes on behind the first number.
    lines: Option<String>,
    exit: i32,
}

impl Expected {
    fn beside(list: &Path) -> Expected {
        let path = format!("{}.expected", list.display());
        let mut expected = Expected::default();
        for line in fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")).lines() {
            let (key, value) = line.split_once(": ").unwrap_or((line, ""));
            let pair = |separator| value.split_once(separator).map(|(one, other)| (one.into(), other.into()));
            match key {
                "arguments" => expected.arguments = value.split(' ').map(str::to_owned).collect(),
                "asked" => expected.asked.push(pair(" | ").expect(line)),
                "named" => expected.named.push(pair(": ").expect(line)),
                "error" => expected.error = Some(value.into()),
                "lines" => expected.lines = Some(value.into()),
                "exit" => expected.exit = value.parse().unwrap(),
                comment => assert!(comment.starts_with("# "), "{path}: {line}"),
            }
        }
        expected
    }
}

fn lists() -> Vec<PathBuf> {
    let files = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut lists: Vec<_> = files.filter(|path| path.extension() != Some("expected".as_ref())).collect();
    lists.sort();
    lists
}

/// What the program says is wrong, line by line, without its name.
fn complaints(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().map(|line| line.strip_prefix("smsp-status: ").expect(line)).collect()
}

/// The lines that are named, as 3 or 3-5, and why.
fn named(ended: &Ended) -> Vec<(String, &str)> {
    let named = complaints(ended).into_iter().filter_map(|complaint| {
        let (place, reason) = complaint.split_once(": ")?;
        let place = place.strip_prefix("lines ").or(place.strip_prefix("line "))?;
        Some((place.replace(" to ", "-"), reason))
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by_key(|(place, _)| place.split('-').next().unwrap().parse::<usize>().unwrap());
    named
}

#[test]
fn every_list_is_read_as_its_owner_meant() {
    let simulator = simulator().start().unwrap();
    let lists = lists();
    assert!(lists.len() >= 60, "{}", lists.len());
    for list in &lists {
        let name = list.file_name().unwrap().to_str().unwrap();
        let expected = Expected::beside(list);
        let mut arguments: Vec<&str> = expected.arguments.iter().map(String::as_str).collect();
        arguments.extend(["--format=csv", list.to_str().unwrap()]);
        let ended = run(ask(&simulator, &arguments), "");

        let rows = csv::Reader::from_reader(ended.stdout.as_bytes()).into_records().map(Result::unwrap);
        let asked = rows.filter(|row| &row[3] == "SMSP_OK").map(|row| (row[0].to_owned(), row[1].to_owned()));
        assert_eq!(asked.collect::<Vec<_>>(), expected.asked, "{name}: {}", ended.stderr);
        match &expected.error {
            Some(error) => assert!(complaints(&ended)[..].concat().contains(error), "{name}: {}", ended.stderr),
            None => {
                let named = named(&ended);
                let is_expected = |(found, expected): (&(String, &str), &(String, String))| {
                    found.0 == expected.0 && found.1.contains(&expected.1)
                };
                let are_expected = named.iter().zip(&expected.named).all(is_expected);
                assert!(named.len() == expected.named.len() && are_expected, "{name}: {}", ended.stderr);
            }
        }
        assert_eq!(ended.status, expected.exit, "{name}: {}", ended.stderr);

        let table = run(ask(&simulator, &[&arguments[..], &["--format=table"]].concat()), "");
        assert_eq!(table.status, expected.exit, "{name}");
        match &expected.lines {
            Some(lines) => assert_eq!(counts(table.stdout.lines().last().unwrap()), *lines, "{name}"),
            None => assert_eq!((table.stdout.as_str(), expected.error.is_some()), ("", true), "{name}"),
        }
    }
}

/// The numbers of the summary of lines, as they stand beside a list. Each line is counted once.
fn counts(summary: &str) -> String {
    let count = |words: &str| {
        let before = summary.split(words).next().filter(|before| *before != summary);
        let number = before.and_then(|before| before.rsplit(|letter: char| !letter.is_ascii_digit()).next());
        number.map_or(0, |number| number.parse::<usize>().unwrap())
    };
    let read = count(" line");
    let [asked, above, empty, named] = [" asked", " up to the header", " empty", " named"].map(count);
    assert_eq!(read, asked + above + empty + named, "{summary}");
    assert_eq!(count(" skipped"), above + empty, "{summary}");
    format!("{read} read, {asked} asked, {above} above, {empty} empty, {named} named")
}
