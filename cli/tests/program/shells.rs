//! Completions and the manual page: what is committed for packages, and that shells and roff take it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::support::{file_with, run, smsp_status};

/// What the program prints, and the file in `packaging/` that has it.
const COMMITTED: [(&[&str], &str); 4] = [
    (&["--man"], "smsp-status.1"),
    (&["--completions", "bash"], "completions/smsp-status"),
    (&["--completions", "zsh"], "completions/_smsp-status"),
    (&["--completions", "fish"], "completions/smsp-status.fish"),
];

fn printed(arguments: &[&str]) -> String {
    let ended = run(smsp_status(arguments), "");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    ended.stdout
}

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

/// What another program prints; it is to complain about nothing.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: scripts/deps.sh test"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command:?}");
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn packaging_is_current() {
    for (arguments, name) in COMMITTED {
        if env::var_os("SMSP_WRITE_DOCS").is_some() {
            fs::write(packaging(name), printed(arguments)).unwrap();
        }
        let committed = fs::read_to_string(packaging(name)).unwrap_or_default();
        assert!(committed == printed(arguments), "packaging/{name} is not what the options say: run `make docs`");
    }
}

#[test]
fn the_manual_page_is_set_without_a_warning() {
    let page =
        output(Command::new("groff").args(["-man", "-Tascii", "-P-cbou", "-ww"]).arg(packaging("smsp-status.1")));
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "smsp-status - what became of these SMS?",
        "-f, --format FORMAT how statuses are written",
        "EXIT STATUS 0 every message was answered",
        "smsp-status --check",
        "base_url https://api.smspartner.fr/v1",
    ] {
        assert!(words.contains(part), "{part}: {page}");
    }
}

/// What bash offers for the last of these words.
fn bash(words: &[&str]) -> Vec<String> {
    let script = "source $1; shift; COMP_WORDS=(smsp-status \"$@\"); COMP_CWORD=$#; compopt() { :; }
                  _smsp_status; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).arg(packaging("completions/smsp-status")).args(words);
    output(&mut bash).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes() {
    assert_eq!(bash(&["--ph"]), ["--phone-column"]);
    assert_eq!(bash(&["--c"]), ["--color", "--check", "--completions"]);
    assert_eq!(bash(&["list.csv", "--format", ""]), ["table", "csv", "jsonl"]);
    assert_eq!(bash(&["-f", "j"]), ["jsonl"]);
    assert_eq!(bash(&["--color", "=", "a"]), ["auto", "always"]);
    assert_eq!(bash(&["--input", "="]), ["csv", "jsonl"]);
    assert_eq!(bash(&["--set", "base"]), ["base_url="]);
    for words in [&[""][..], &["--api-key-file", ""], &["--rows", ""]] {
        assert!(bash(words).is_empty(), "{words:?}");
    }
}

/// What fish offers at the end of this line, without the descriptions.
fn fish(line: &str) -> Vec<String> {
    let script = "source $argv[1]; complete -C $argv[2]";
    let mut fish = Command::new("fish");
    fish.args(["--no-config", "--command", script]).arg(packaging("completions/smsp-status.fish")).arg(line);
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fish");
    fs::create_dir_all(&home).unwrap();
    // Files of the folder are offered as well.
    fish.env("HOME", &home).current_dir(&home);
    output(&mut fish).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn fish_completes() {
    assert_eq!(fish("smsp-status --ph"), ["--phone-column"]);
    assert_eq!(fish("smsp-status --format "), ["csv", "jsonl", "table"]);
    assert_eq!(fish("smsp-status -f j"), ["jsonl"]);
    assert_eq!(fish("smsp-status --color=a"), ["--color=always", "--color=auto"]);
    assert_eq!(fish("smsp-status --set base"), ["base_url="]);
}

/// What zsh offers at the end of each of these lines: they are typed into a shell of its own, which shows the matches.
fn zsh<const COUNT: usize>(lines: [&str; COUNT]) -> [Vec<String>; COUNT] {
    let script = file_with(
        "zsh_completes.zsh",
        "zmodload zsh/zpty
         zpty shell zsh -f -i
         zpty -w shell \"PROMPT= RPROMPT= ; bindkey '^I' complete-word; setopt nobeep
            fpath=($1 \\$fpath); autoload -U compinit; compinit -u -D
            compadd() {
                local -a all; builtin compadd -O all \\\"\\$@\\\"
                print -lr -- \\${all/#/offered:}; builtin compadd \\\"\\$@\\\"
            }
            finish() { BUFFER=; print; print finished }; zle -N finish; bindkey '^X' finish; print ready\"
         zpty -r shell text $'*\\nready*'
         shift
         for line; do
            zpty -w -n shell \"$line\"$'\\t\\x18'
            zpty -r shell text '*finished*'
            print -r -- $text
         done",
    );
    let mut zsh = Command::new("timeout");
    let printed = output(zsh.args(["60", "zsh", "-f", &script]).arg(packaging("completions")).args(lines));
    let mut printed = printed.split("finished");
    lines.map(|_| {
        let offered = printed.next().unwrap().split(['\r', '\n']).filter_map(|line| line.split("offered:").nth(1));
        // Some are added in two steps.
        let mut offered: Vec<_> = offered.map(|word| word.trim().to_owned()).collect();
        offered.dedup();
        offered
    })
}

#[test]
fn zsh_completes() {
    let offered = zsh(["smsp-status --format ", "smsp-status --ph", "smsp-status --set base"]);
    assert_eq!(offered, [vec!["table", "csv", "jsonl"], vec!["--phone-column"], vec!["base_url="]]);
}
