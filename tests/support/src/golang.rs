//! The Go tool, and the library as it finds that: installed, by pkg-config.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, process};

use super::{ROOT, isolated, library, link, scratch};

/// A tree as `make install` makes it, with the libraries of the tests. The shared one lies beside the static one, so that
/// a linker that is told nothing takes the shared one.
pub fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("go").join("prefix");
        let (lib, pkgconfig) = (prefix.join("lib"), prefix.join("lib/pkgconfig"));
        fs::create_dir_all(&pkgconfig).unwrap();
        link(&Path::new(ROOT).join("include"), &prefix.join("include"));
        for name in ["libsmsp.so", "libsmsp.so.0"] {
            link(&library().folder.join(name), &lib.join(name));
        }
        link(&library().archive, &lib.join("libsmsp.a"));
        let fresh = pkgconfig.join(format!("new-{}", process::id()));
        fs::write(&fresh, filled(&prefix)).unwrap();
        fs::rename(fresh, pkgconfig.join("smsp.pc")).unwrap();
        prefix
    })
}

/// The file for pkg-config, as `scripts/install.sh` fills it in.
fn filled(prefix: &Path) -> String {
    let read = |path: &str| fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let names = read("scripts/lib/names.sh");
    let native = names.lines().find_map(|line| line.strip_prefix("native='")?.strip_suffix('\'')).unwrap();
    let values = [
        ("@prefix@", prefix.to_str().unwrap()),
        ("@libdir@", "lib"),
        ("@version@", env!("CARGO_PKG_VERSION")),
        ("@native@", native),
    ];
    let text = values.iter().fold(read("packaging/smsp.pc.in"), |text, (name, value)| text.replace(name, value));
    assert!(!text.contains('@'), "{text}");
    text
}

/// The Go tool in a folder of the tree. It gets nothing from the network, and writes nowhere but into the target folder.
pub fn go(folder: &str) -> Command {
    let mut go = isolated("go");
    go.current_dir(Path::new(ROOT).join(folder)).env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"));
    go.env("GOCACHE", scratch("go-cache")).env("GOPATH", scratch("go-path")).env("GOENV", "off");
    go.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOTOOLCHAIN", "local").env("GO111MODULE", "on");
    go.env("GOWORK", "off").env_remove("CGO_CFLAGS").env_remove("CGO_LDFLAGS");
    go
}

/// The variable by which Go looks for pointers that must not cross into C: when a program runs, or, from 1.21 on, when it
/// is built.
pub fn pointer_checks() -> (&'static str, &'static str) {
    static CHECKS: OnceLock<(&str, &str)> = OnceLock::new();
    *CHECKS.get_or_init(|| {
        let version = super::run(go("bindings/go").args(["env", "GOVERSION"]));
        let minor = version.strip_prefix("go1.").and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        match minor.and_then(|minor| minor.parse::<u32>().ok()).unwrap_or_else(|| panic!("{version}")) {
            ..=20 => ("GODEBUG", "cgocheck=2"),
            _ => ("GOEXPERIMENT", "cgocheck2"),
        }
    })
}

/// Builds the program in a folder of the tree, with further arguments, below this name.
pub fn program(folder: &str, name: &str, arguments: &[&str]) -> PathBuf {
    let program = scratch("go").join(name);
    let (checks, value) = pointer_checks();
    super::run(go(folder).env(checks, value).args(["build", "-buildvcs=false", "-o"]).arg(&program).args(arguments));
    program
}
