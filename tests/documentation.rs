//! The documents say what the tables in the code say. `make docs` writes the generated pages.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use smsp::{Code, Config, State, counters};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// docs/CONFIGURATION.md, from the tables of options and counters.
fn configuration() -> String {
    let mut page = String::from(
        "<!-- Written by `make docs` from the tables in src/config.rs and src/stats.rs. -->\n\
         # Configuration\n\n\
         Options are set by name with `smsp_config_set(config, name, value, &error)`, all as text, or taken from the \
         environment by `smsp_config_load_env`, which overrides what was set before it and is overridden by what is \
         set after it. An empty variable is an unset one. Times are in milliseconds, 0 is no limit. A wrong value \
         is refused with an error that names the option and what it takes.\n\n\
         `proxy` is also taken from the first of `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY`, `all_proxy` that is set; \
         never from `HTTP_PROXY`, which a request to a CGI program can set.\n\n\
         | option | environment | default | values | what it does |\n|---|---|---|---|---|\n",
    );
    for option in Config::options() {
        let default = option.default().map_or("none".to_owned(), |default| format!("`{default}`"));
        let later = if option.works() { "" } else { " **Accepted, but without effect in this version.**" };
        let (name, variable, values, doc) = (option.name(), option.variable(), option.values(), option.doc());
        _ = writeln!(page, "| `{name}` | `{variable}` | {default} | {values} | {doc}{later} |");
    }
    page += "\n# Counters\n\n\
             Read with `smsp_client_stat(client, name, &value)`. They are cumulative since the client was made, so that \
             a monitoring system can take differences.\n\n| counter | what it counts |\n|---|---|\n";
    for (name, doc) in counters() {
        _ = writeln!(page, "| `{name}` | {doc} |");
    }
    page
}

#[test]
fn configuration_page_is_current() {
    let file = path("docs/CONFIGURATION.md");
    if std::env::var_os("SMSP_WRITE_DOCS").is_some() {
        fs::write(&file, configuration()).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == configuration(), "docs/CONFIGURATION.md is not what the tables say: run `make docs`");
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
