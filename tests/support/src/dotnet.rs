//! The binding for .NET and programs that use it, compiled by Mono's compiler.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{ROOT, run, scratch};

/// A warning is an error; the documentation of all that is public is looked at too.
const FLAGS: [&str; 4] = ["-warnaserror", "-warn:4", "-langversion:7", "-debug"];

/// The folder of the binding.
pub fn folder() -> PathBuf {
    Path::new(ROOT).join("bindings/dotnet")
}

/// Compiles programs against the binding, in a folder where they find it; answers the program `NAME.exe`.
pub fn compile(name: &str, sources: &[&Path]) -> PathBuf {
    let program = binding().with_file_name(format!("{name}.exe"));
    run(mcs("-out:", &program).arg(joined("-r:", binding())).args(sources));
    program
}

/// The binding, compiled once.
fn binding() -> &'static Path {
    static BINDING: OnceLock<PathBuf> = OnceLock::new();
    BINDING.get_or_init(|| {
        let assembly = scratch("dotnet-binding").join("Smsp.dll");
        fs::copy(folder().join("Smsp.dll.config"), assembly.with_extension("dll.config")).unwrap();
        let mut sources: Vec<_> =
            fs::read_dir(folder().join("src")).unwrap().map(|file| file.unwrap().path()).collect();
        sources.sort();
        let mut mcs = mcs("-out:", &assembly);
        run(mcs
            .args(["-target:library", "-unsafe"])
            .arg(joined("-doc:", &assembly.with_extension("xml")))
            .args(sources));
        assembly
    })
}

fn mcs(option: &str, out: &Path) -> Command {
    let mut mcs = Command::new("mcs");
    mcs.args(FLAGS).arg(joined(option, out));
    mcs
}

fn joined(option: &str, path: &Path) -> OsString {
    [OsStr::new(option), path.as_os_str()].into_iter().collect()
}
