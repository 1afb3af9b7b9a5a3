//! The documents say what the tables in the code say. `make docs` writes the generated pages.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use smsp::{Code, Config, State, counters};
use smsp_simulator::{Kind, Parameter, Rule, fault_kinds};

/// The longest line of a page, in characters, but for tables and code.
const WIDTH: usize = 100;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A paragraph in lines of at most `WIDTH` characters.
fn wrapped(paragraph: &str) -> String {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.last_mut().unwrap();
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= WIDTH {
            *last += &format!(" {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// docs/CONFIGURATION.md, from the tables of options and counters.
fn configuration() -> String {
    let mut page = "<!-- Written by `make docs` from the tables in src/config/options.rs and src/stats.rs. -->\n\
                    # Configuration\n\n"
        .to_owned();
    for paragraph in [
        "You set options by name with `smsp_config_set(config, name, value, &error)`. All values are texts. \
         `smsp_config_load_env` sets all options that the environment has variables for. Variables override what was set \
         before, and what you set later overrides them. Empty variables are ignored. In a program with more rights than its \
         caller (setuid), `smsp_config_load_env` changes nothing and returns an error.",
        "Times are in milliseconds; 0 means no limit. A wrong value is refused, with an error that names the option and the \
         values that it takes. [LOGGING.md](LOGGING.md) describes the log.",
        "The option `proxy` is also set from the first of `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` and `all_proxy` that is \
         not empty, but never from `HTTP_PROXY`, because a request to a CGI program can set that variable. A proxy from one \
         of these variables is not used for the hosts that `NO_PROXY`, or else `no_proxy`, lists. The list has entries \
         separated by commas, each with or without a port: `*`, names (which include all names that end in them, as do names \
         with a dot in front), addresses, and networks such as `10.0.0.0/8`. If the value of the variable cannot be used, \
         this is no error for those hosts. A proxy from `proxy` or `SMSP_PROXY` is used for all hosts except this machine.",
    ] {
        page += &(wrapped(paragraph) + "\n");
    }
    page += "| option | environment | default | values | what it does |\n|---|---|---|---|---|\n";
    for option in Config::options() {
        let default = option.default().map_or("none".to_owned(), |default| format!("`{default}`"));
        let (name, variable, values, doc) = (option.name(), option.variable(), option.values(), option.doc());
        _ = writeln!(page, "| `{name}` | `{variable}` | {default} | {values} | {doc} |");
    }
    page += "\n## Counters\n\n";
    page += &wrapped(
        "Read a counter with `smsp_client_stat(client, name, &value)`. Counters start at 0 when the client is created and \
         only grow, so a monitoring system can compute differences.",
    );
    page += "\n| counter | what it counts |\n|---|---|\n";
    for (name, doc) in counters() {
        _ = writeln!(page, "| `{name}` | {doc} |");
    }
    page
}

/// Some rules as a JSON file.
const RULES: &str = r#"[
    {"fault": "cut", "at": 200, "requests": "1,3"},
    {"fault": "status", "code": 503, "share": 0.1},
    {"fault": "drip", "bytes": 10, "ms": 50, "ids": "77*"}
]
"#;

fn parameters(list: &[Parameter]) -> String {
    let row = |it: &Parameter| format!("| `{}` | `{}` | {} |\n", it.name(), it.default(), it.doc());
    "| parameter | default | |\n|---|---|---|\n".to_owned() + &list.iter().map(row).collect::<String>()
}

/// docs/SIMULATOR.md, from the table of faults.
fn simulator() -> String {
    let mut page = "<!-- Written by `make docs` from the tables in simulator/src/fault/. -->\n\
                    # Faults of the simulator\n\n"
        .to_owned();
    page += &wrapped(
        "`smsp-simulator` ([its README](../simulator/README.md)) answers like the service, and makes faults on demand. A rule \
         is the name of a fault, its parameters, and conditions that say when it happens:",
    );
    page += "\n```sh\nsmsp-simulator --fault 'cut at=200 requests=1,3' --fault 'status code=503 share=0.1'\n```\n\n";
    page += &wrapped(
        "All rules whose conditions hold apply to a request, in the order in which you give them. If one of them replaces the \
         body, those that change entries are applied first. You can write the same rules into a file and pass it with \
         `--faults rules.json`:",
    );
    page += &format!("\n```json\n{RULES}```\n\n");
    page += &wrapped(
        "In Rust, `Simulator::builder()` takes rules with `.fault(\"cut at=200\".parse()?)` and \
         `.faults(Rule::from_json(text)?)`. `GET /faults` returns how many faults of each kind happened so far. It does not \
         count as a request.",
    );
    page += "\n## Conditions\n\nA fault happens when all of its conditions hold.\n\n";
    page += &(parameters(Kind::conditions()) + "\n## Faults\n");
    for kind in fault_kinds() {
        _ = writeln!(page, "\n### {}\n\n{}", kind.name(), wrapped(kind.doc()));
        if !kind.parameters().is_empty() {
            page += &(parameters(kind.parameters()) + "\n");
        }
        _ = writeln!(page, "`--fault '{}'`", kind.example());
    }
    page
}

/// bindings/php/smsp.h, from include/smsp.h: PHP takes declarations only, without a preprocessor.
fn declarations() -> String {
    let header = fs::read_to_string(path("include/smsp.h")).unwrap();
    let without_comments: String =
        header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect();
    let is_plain = |line: &&str| !line.starts_with('#') && *line != "extern \"C\" {" && *line != "}";
    let words = without_comments.lines().filter(is_plain).flat_map(str::split_whitespace);
    let words: Vec<_> = words.filter(|word| *word != "SMSP_MUST_USE").collect();
    // A line for each function and struct, and for each field.
    let lines = words.join(" ").replace("; ", ";\n").replace("{ ", "{\n");
    format!("/* Written by `make docs` from include/smsp.h. */\n{lines}\n")
}

/// Fails unless the page is what the tables say; writes it if that is asked for.
fn check_page(name: &str, page: &str) {
    let file = path(name);
    if std::env::var_os("SMSP_WRITE_DOCS").is_some() {
        fs::write(&file, page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "{name} is not what the tables say: run `make docs`");
}

#[test]
fn configuration_page_is_current() {
    check_page("docs/CONFIGURATION.md", &configuration());
}

#[test]
fn simulator_page_is_current() {
    check_page("docs/SIMULATOR.md", &simulator());
    assert_eq!(Rule::from_json(RULES).map(|rules| rules.len()), Ok(3));
}

#[test]
fn declarations_for_php_are_current() {
    let declarations = declarations();
    assert!(declarations.lines().count() > 40 && !declarations.contains('#'), "{declarations}");
    check_page("bindings/php/smsp.h", &declarations);
}

/// All pages of the repository.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| !path.ends_with("target") && !path.ends_with(".git");
    let pages = entries.filter(is_ours).flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] });
    pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn lines_of_pages_are_short() {
    let pages = pages(&path(""));
    assert!(pages.iter().any(|page| page.ends_with("docs/RELIABILITY.md")), "{pages:?}");
    let mut long = String::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            is_code ^= line.trim_start().starts_with("```");
            if !is_code && !line.starts_with('|') && line.chars().count() > WIDTH {
                _ = writeln!(long, "{}:{}", page.display(), number + 1);
            }
        }
    }
    assert!(long.is_empty(), "longer than {WIDTH} characters:\n{long}");
}

/// Links of pages lead to files that are there, and to headings that these have.
#[test]
fn links_of_pages_lead_somewhere() {
    let mut broken = String::new();
    for page in pages(&path("")) {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) =
                target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let has = |heading| fs::read_to_string(&file).is_ok_and(|text| headings(&text).any(|it| it == heading));
            if !target.contains("://") && (!file.exists() || !heading.is_none_or(has)) {
                _ = writeln!(broken, "{}: {target}", page.display());
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// The headings of a page, as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let is_kept = |character: &char| character.is_alphanumeric() || [' ', '-', '_'].contains(character);
    titles.map(move |title| title.to_lowercase().chars().filter(is_kept).collect::<String>().replace(' ', "-"))
}

#[test]
fn readme_lists_every_state_and_code() {
    let readme = fs::read_to_string(path("README.md")).unwrap();
    for state in State::ALL {
        let name = state.name().to_ascii_uppercase();
        let last = if state.is_final() { "yes" } else { "no" };
        assert!(
            readme.contains(&format!("| `{name}` | {last} |")),
            "README.md lacks state {name}, or whether it is final"
        );
    }
    for code in Code::ALL {
        let (name, retry) = (code.name(), if code.is_retryable() { "yes" } else { "no" });
        assert!(
            readme.contains(&format!("| `{name}` | {} | {retry} |", code.value())),
            "README.md lacks code {name}, its number, or whether a retry may help"
        );
    }
}
