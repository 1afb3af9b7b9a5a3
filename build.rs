//! Makes the C header in OUT_DIR. Nothing is written into the tree: `make header` brings it to `include/`.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "src/code.rs"]
#[allow(dead_code)]
mod code;
#[path = "src/level.rs"]
#[allow(dead_code)]
mod level;
#[path = "src/limits.rs"]
mod limits;
#[path = "src/config/options.rs"]
#[allow(dead_code)]
mod options;
#[path = "src/state.rs"]
#[allow(dead_code)]
mod state;

use code::Code;
use state::State;

/// The sections of constants and types, which stand before the functions.
const TYPES: [&str; 4] = ["Version", "Result codes", "States of a message", "Types"];

/// The sections of functions: the file in `src/abi/`, and the title.
const FUNCTIONS: [(&str, &str); 7] = [
    ("version", "Version and names"),
    ("error", "Errors"),
    ("config", "Configuration"),
    ("client", "Clients and calls"),
    ("operation", "Operations: calls in the background"),
    ("queue", "Queues: one wait for many operations"),
    ("report", "Reports"),
];

/// The longest line of a comment.
const WIDTH: usize = 118;

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let header = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("smsp.h");
    let tables = ["src/code.rs", "src/config/options.rs", "src/level.rs", "src/limits.rs", "src/state.rs"];
    for input in ["cbindgen.toml", "src/abi", "Cargo.toml"].into_iter().chain(tables) {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rustc-env=SMSP_HEADER={}", header.display());
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Once loaded it stays: a dlclose would pull the code from under threads at their end and thread-local values.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    fs::write(&header, text(&root)).expect("OUT_DIR can be written to");
}

/// The whole header: what cbindgen makes of `src/abi/`, with the tables and a banner before each section.
fn text(root: &Path) -> String {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    config.header = config.header.map(|text| text.replace("@contents@", &contents()));
    config.after_includes = config.after_includes.map(|text| constants() + &text.replace("@types@", &types()));
    let mut builder = cbindgen::Builder::new().with_config(config);
    let sources = FUNCTIONS.map(|(file, _)| root.join(format!("src/abi/{file}.rs")));
    for source in &sources {
        builder = builder.with_src(source);
    }
    let mut bytes = Vec::new();
    builder.generate().expect("cbindgen reads src/abi").write(&mut bytes);
    let mut header = String::from_utf8(bytes).expect("cbindgen writes UTF-8");
    for (number, source) in sources.iter().enumerate() {
        let more = if FUNCTIONS[number].0 == "config" { options() } else { String::new() };
        header.insert_str(start_of(&header, &first_function(source)), &banner(TYPES.len() + number, &more));
    }
    header
}

/// The titles of all sections, in order.
fn titles() -> impl Iterator<Item = &'static str> {
    TYPES.into_iter().chain(FUNCTIONS.map(|(_, title)| title))
}

fn contents() -> String {
    let lines = titles().enumerate().map(|(number, title)| format!(" *   {:2}. {title}", number + 1));
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands above a section, by its index, with more text in the same comment.
fn banner(index: usize, more: &str) -> String {
    let title = titles().nth(index).expect("there is a title for each section");
    let line = "=".repeat(WIDTH - 3);
    format!("\n/* {line}\n * {}. {title}\n * {line}{more} */\n", index + 1)
}

/// The first function of the interface in a file.
fn first_function(source: &Path) -> String {
    let code = fs::read_to_string(source).expect("a file of src/abi can be read");
    let (_, rest) = code.split_once("extern \"C\" fn ").expect("each file of src/abi has a function");
    rest.split('(').next().unwrap_or_default().to_owned()
}

/// Where the declaration of a function begins, its comment included.
fn start_of(header: &str, function: &str) -> usize {
    let declared = format!("{function}(");
    let is_declaration = |line: &&str| !line.starts_with(['/', ' ']) && line.contains(&declared);
    let line = header.lines().find(is_declaration).expect("cbindgen writes each function");
    let place = line.as_ptr() as usize - header.as_ptr() as usize;
    header[..place].rfind("\n\n").expect("an empty line parts the functions") + 1
}

/// The table of all options.
fn options() -> String {
    let mut text = String::from(
        "\n *\n * All options, by name. All values are texts. Times are in milliseconds. The environment variable of an option is\n \
         * SMSP_ and its name in capitals, such as SMSP_BATCH_SIZE; that of api_key is SMSPARTNER_API_KEY.\n *\n",
    );
    let mut row = |name: &str, default: &str, cell: &str| _ = writeln!(text, " * {name:19} | {default:28} | {cell}");
    row("option", "default", "what it does");
    row(&"-".repeat(19), &"-".repeat(28), &"-".repeat(WIDTH - 56));
    for option in options::OPTIONS {
        let doc = plain(&format!("{} Values: {}.", option.doc(), option.values()));
        let (mut name, mut default) = (option.name(), option.default().unwrap_or("none"));
        for line in wrapped(&doc, WIDTH - 56) {
            row(std::mem::take(&mut name), std::mem::take(&mut default), &line);
        }
    }
    text
}

/// A text without the marks of Markdown.
fn plain(text: &str) -> String {
    text.trim().replace(['`', '*'], "")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            *last += &format!(" {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// What the tables of codes and states declare, as the C preprocessor wants it.
fn constants() -> String {
    let mut text = banner(0, "").trim_start().to_owned()
        + "\n/** The version of this header. smsp_version() is that of the library. */\n";
    for part in ["MAJOR", "MINOR", "PATCH"] {
        let number = env::var(format!("CARGO_PKG_VERSION_{part}")).expect("cargo sets the version");
        _ = writeln!(text, "#define SMSP_VERSION_{part} {number}");
    }
    _ = writeln!(text, "#define SMSP_VERSION \"{}\"", env!("CARGO_PKG_VERSION"));
    text += "\n/** The version as one number, for #if: 1.2.3 is 10203. */\n";
    text +=
        "#define SMSP_VERSION_NUMBER (SMSP_VERSION_MAJOR * 10000 + SMSP_VERSION_MINOR * 100 + SMSP_VERSION_PATCH)\n";

    text += &banner(1, "");
    text += "\n/* The values of smsp_code: 0 is success, a positive code is a condition that is not an error, a negative code is\n \
             * an error. Values never change and are never reused. Later versions may add codes. */\n\n";
    for code in Code::ALL {
        let retry = if code.is_retryable() { " A retry later may help." } else { "" };
        _ = writeln!(text, "/** {}{retry} */\n#define {} {}", plain(code.doc()), code.name(), literal(code.value()));
    }

    text += &banner(2, "");
    text += "\n/* The values of smsp_state. A final state never changes. Values never change and are never reused. Later versions\n \
             * may add states. */\n\n";
    for state in State::ALL {
        let name = state.name().to_ascii_uppercase();
        let last = if state.is_final() { " Final." } else { "" };
        _ = writeln!(text, "/** {}{last} */\n#define SMSP_STATE_{name} {}", plain(state.doc()), literal(state.value()));
    }
    text
}

/// What stands before the types that cbindgen writes.
fn types() -> String {
    format!(
        "{}
/** The most messages that one request asks about. A call takes any number of messages. */
#define SMSP_MAX_BATCH {}

/** The date of a status that has no date: the smallest int64_t. */
#define SMSP_NO_DATE (-(int64_t)(~(uint64_t)0 >> 1) - 1)

/**
 * Marks functions whose failure would go unnoticed if you ignored the result. The compiler warns where you do. Define it
 * as empty before you include this header to turn the warnings off.
 */
#ifndef SMSP_MUST_USE
#if defined(__GNUC__) || defined(__clang__)
#define SMSP_MUST_USE __attribute__((warn_unused_result))
#else
#define SMSP_MUST_USE
#endif
#endif",
        banner(3, ""),
        limits::MAX_BATCH
    )
}

fn literal(value: i32) -> String {
    if value < 0 { format!("({value})") } else { value.to_string() }
}
