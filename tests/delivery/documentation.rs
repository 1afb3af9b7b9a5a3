//! The documents say what the tables in the code say. `make docs` writes the generated pages.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use smsp::{Code, Config, State, counters};
use smsp_simulator::{Kind, Parameter, Rule, fault_kinds};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// docs/CONFIGURATION.md, from the tables of options and counters.
fn configuration() -> String {
    let mut page = String::from(
        "<!-- Written by `make docs` from the tables in src/config/options.rs and src/stats.rs. -->\n\
         # Configuration\n\n\
         Options are set by name with `smsp_config_set(config, name, value, &error)`, all as text, or taken from the \
         environment by `smsp_config_load_env`, which overrides what was set before it and is overridden by what is \
         set after it. An empty variable is an unset one. In a program that has more rights than its caller (setuid) the \
         environment sets nothing, and loading it is an error. Times are in milliseconds, 0 is no limit. A wrong value \
         is refused with an error that names the option and what it takes.\n\n\
         `proxy` is also taken from the first of `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY`, `all_proxy` that is set; \
         never from `HTTP_PROXY`, which a request to a CGI program can set. A proxy from these is not used for the \
         hosts that `NO_PROXY`, or else `no_proxy`, lists: `*`, names (with all names that end in them, as with a dot \
         in front), addresses, networks as `10.0.0.0/8`, each with or without a port, parted by commas. One that \
         cannot be used is no error for those. A proxy set \
         by `proxy` or `SMSP_PROXY` is used for all hosts but this machine.\n\n\
         | option | environment | default | values | what it does |\n|---|---|---|---|---|\n",
    );
    for option in Config::options() {
        let default = option.default().map_or("none".to_owned(), |default| format!("`{default}`"));
        let (name, variable, values, doc) = (option.name(), option.variable(), option.values(), option.doc());
        _ = writeln!(page, "| `{name}` | `{variable}` | {default} | {values} | {doc} |");
    }
    page += "\n# Counters\n\n\
             Read with `smsp_client_stat(client, name, &value)`. They are cumulative since the client was made, so that \
             a monitoring system can take differences.\n\n| counter | what it counts |\n|---|---|\n";
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
    let mut page = format!(
        "<!-- Written by `make docs` from the tables in simulator/src/fault/. -->\n\
         # Rehearsing faults\n\n\
         `smsp-simulator` ([its README](../simulator/README.md)) answers as the service does, or does not, on purpose. A rule \
         is a fault, its parameters, and when it happens:\n\n\
         ```sh\n\
         smsp-simulator --fault 'cut at=200 requests=1,3' --fault 'status code=503 share=0.1'\n\
         ```\n\n\
         All rules that hold for a request apply to it, in the order in which they are given; where one replaces the body, \
         those that change entries come before it. The same rules as a file, with `--faults rules.json`:\n\n\
         ```json\n{RULES}```\n\n\
         In Rust, `Simulator::builder()` takes them with `.fault(\"cut at=200\".parse()?)` and `.faults(Rule::from_json(text)?)`. \
         `GET /faults` answers how many of each kind happened so far; it counts as no request.\n\n\
         ## When\n\n\
         All that is given must hold.\n\n{}\n## Faults\n",
        parameters(Kind::conditions())
    );
    for kind in fault_kinds() {
        _ = writeln!(page, "\n### {}\n\n{}\n", kind.name(), kind.doc());
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
    let words: Vec<_> = without_comments.lines().filter(is_plain).flat_map(str::split_whitespace).collect();
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
