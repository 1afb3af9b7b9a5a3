//! Makes the C header in OUT_DIR. Nothing is written into the tree: `make header` brings it to `include/`.

use std::env;
use std::fmt::Write;
use std::path::PathBuf;

#[path = "src/code.rs"]
#[allow(dead_code)]
mod code;
#[path = "src/limits.rs"]
mod limits;
#[path = "src/state.rs"]
#[allow(dead_code)]
mod state;

use code::Code;
use state::State;

/// The sections of the header, in its order.
const SECTIONS: [&str; 6] = ["version", "error", "config", "client", "operation", "report"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let header = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("smsp.h");
    for input in ["cbindgen.toml", "src/abi", "src/code.rs", "src/limits.rs", "src/state.rs", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rustc-env=SMSP_HEADER={}", header.display());
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Once loaded it stays: a dlclose would pull the code from under threads at their end and thread-local values.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }

    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    let includes_end = config.after_includes.take().unwrap_or_default();
    config.after_includes = Some(constants() + &includes_end);
    let mut builder = cbindgen::Builder::new().with_config(config);
    for section in SECTIONS {
        builder = builder.with_src(root.join(format!("src/abi/{section}.rs")));
    }
    builder.generate().expect("cbindgen reads src/abi").write_to_file(&header);
}

/// What the tables of codes and states declare, as the C preprocessor wants it.
fn constants() -> String {
    let mut text = String::from("\n/* ---- Constants ---- */\n");
    for part in ["MAJOR", "MINOR", "PATCH"] {
        let number = env::var(format!("CARGO_PKG_VERSION_{part}")).expect("cargo sets the version");
        _ = writeln!(text, "#define SMSP_VERSION_{part} {number}");
    }
    _ = writeln!(text, "#define SMSP_VERSION \"{}\"", env!("CARGO_PKG_VERSION"));
    text += "\n/* How many messages one request asks about, at the most. A call takes any number. */\n";
    _ = writeln!(text, "#define SMSP_MAX_BATCH {}", limits::MAX_BATCH);
    text += "\n/* The date of a status that has none: the least int64_t. */\n";
    text += "#define SMSP_NO_DATE (-(int64_t)(~(uint64_t)0 >> 1) - 1)\n";
    text += "\n/* Codes (smsp_code): 0 is success, positive a condition that is not an error, negative an error. */\n";
    for code in Code::ALL {
        let retry = if code.is_retryable() { " A retry later may help." } else { "" };
        let doc = code.doc().trim().replace('`', "");
        _ = writeln!(text, "/* {doc}{retry} */\n#define {} {}", code.name(), literal(code.value()));
    }
    text += "\n/* States (smsp_state). */\n";
    for state in State::ALL {
        let name = state.name().to_ascii_uppercase();
        let last = if state.is_final() { " Final." } else { "" };
        let doc = state.doc().trim().replace('`', "");
        _ = writeln!(text, "/* {doc}{last} */\n#define SMSP_STATE_{name} {}", literal(state.value()));
    }
    text
}

fn literal(value: i32) -> String {
    if value < 0 { format!("({value})") } else { value.to_string() }
}
