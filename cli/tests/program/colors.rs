//! Colours, on a terminal of the test's own and elsewhere.

use std::process::{Command, Stdio};

use crate::progress::{read_all, terminal};
use crate::support::{ask, file_with, run, simulator};
use smsp_simulator::Simulator;

const LIST: &str = "phone,id\n+33699999993,111111\n0699999992,1000\n";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const BOLD: &str = "\u{1b}[1m";
const ESCAPE: char = '\u{1b}';

/// What the program writes to a terminal of this kind.
fn on_terminal(simulator: &Simulator, list: &str, kind: &str, arguments: &[&str], no_color: Option<&str>) -> String {
    let (ours, theirs) = terminal();
    let mut command: Command = ask(simulator, arguments);
    command.env("TERM", kind).envs(no_color.map(|value| ("NO_COLOR", value)));
    command.arg(list).stdin(Stdio::null()).stdout(theirs).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(command);
    let written = read_all(ours, |_| {});
    assert!(child.wait().unwrap().success(), "{written}");
    written
}

#[test]
fn the_table_and_the_bars_have_colours_on_a_terminal() {
    let simulator = simulator().start().unwrap();
    let list = file_with("the_table_and_the_bars_have_colours.csv", LIST);
    let written = on_terminal(&simulator, &list, "xterm-256color", &[], None);
    let delivered = written.lines().filter(|line| line.contains("delivered")).collect::<Vec<_>>();
    assert_eq!(delivered.len(), 2, "{written:?}");
    assert!(delivered[0].contains(&format!("{GREEN}delivered\u{1b}[0m  ")), "{written:?}");
    assert!(delivered[1].contains(&format!("{GREEN}█")), "{written:?}");
    assert!(written.contains(&format!("{YELLOW}not_found\u{1b}[0m")), "{written:?}");
    assert!(written.starts_with(&format!("{BOLD}phone number")), "{written:?}");
}

#[test]
fn colours_stay_away_where_they_are_not_wanted() {
    let simulator = simulator().start().unwrap();
    let list = file_with("colours_stay_away.csv", LIST);
    for (kind, arguments, no_color) in [
        ("dumb", &[][..], None),
        ("dumb", &[], Some("")),
        ("xterm", &[], Some("1")),
        ("xterm", &["--color=never"], None),
        ("xterm", &["--format=csv"], None),
        ("xterm", &["--format=jsonl"], None),
    ] {
        let written = on_terminal(&simulator, &list, kind, arguments, no_color);
        assert!(written.contains("+33699999993") && !written.contains(ESCAPE), "{kind} {arguments:?}: {written:?}");
    }
    assert!(on_terminal(&simulator, &list, "xterm", &["--color=always"], Some("1")).contains(GREEN));
    assert!(on_terminal(&simulator, &list, "xterm", &[], Some("")).contains(GREEN), "an empty NO_COLOR is none");
}

#[test]
fn a_pipe_gets_colours_only_if_they_are_asked_for() {
    let simulator = simulator().start().unwrap();
    let piped = |arguments: &[&str]| {
        let mut command = ask(&simulator, arguments);
        command.env("TERM", "xterm");
        run(command, LIST).stdout
    };
    assert!(!piped(&[]).contains(ESCAPE));
    assert!(piped(&["--color=always"]).contains(GREEN));
}
