//! `smsp-simulator`: the simulated service as a program.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use lexopt::{Arg, Parser};
use smsp_simulator::{Builder, Clock, Kind, Rule, Simulator, fault_kinds};

const HELP: &str = "\
The SMS Partner multi-status service on loopback, for tests and demonstrations.

Usage: smsp-simulator [options]

Prints its base URL on one line when it is ready, and runs until it is ended by a signal.

Options:
  --address IP          loopback address to listen on [127.0.0.1]
  --port N              port to listen on; 0 is any free one [0]
  --api-key KEY         the API key that is accepted [demo]
  --seed N              another seed, other statuses [0]
  --finished            every message has its final status, from the start
  --latency-ms N        hold every answer back for N milliseconds [0]
  --refusal-status N    HTTP status of refusals [200]
  --format-style STYLE  how JSON is written: compact, compact-utf8 or pretty [compact]
  --fault RULE          a fault to happen on purpose; may be given many times
  --faults FILE         the same from a JSON list of objects, such as [{\"fault\": \"cut\", \"at\": 200}]
  --tls                 speak TLS, under an authority made at the start
  --ca-out FILE         write the certificate of that authority to FILE, in PEM
  --url-file FILE       write the base URL to FILE when ready
  --help, --version

A RULE is a fault, its parameters, and when it happens: 'cut at=200 requests=1,3'. GET /faults answers how many faults
happened.
";

/// The help, with the faults from their table.
fn help() -> String {
    let parameter = |parameter: &smsp_simulator::Parameter| {
        format!("      {}={}  {}\n", parameter.name(), parameter.default(), parameter.doc())
    };
    let mut help = HELP.to_owned() + "\nWhen a fault happens; all of it must hold:\n";
    help.extend(Kind::conditions().iter().map(parameter));
    help += "\nFaults, with the defaults of their parameters:\n";
    for kind in fault_kinds() {
        help += &format!("  {}  {}\n", kind.name(), kind.doc());
        help.extend(kind.parameters().iter().map(parameter));
    }
    help
}

struct Options {
    builder: Builder,
    ca_out: Option<PathBuf>,
    url_file: Option<PathBuf>,
}

enum Command {
    Help,
    Version,
    Run(Box<Options>),
}

fn main() -> ExitCode {
    let done = match read(std::env::args_os().skip(1)) {
        Ok(Command::Help) => say(&help()),
        Ok(Command::Version) => say(concat!("smsp-simulator ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Run(options)) => run(*options),
        Err(message) => {
            eprintln!("smsp-simulator: {message}\nSee smsp-simulator --help.");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("smsp-simulator: {message}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: impl Iterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = Parser::from_args(arguments);
    let mut builder = Simulator::builder();
    let (mut tls, mut ca_out, mut url_file) = (false, None, None);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        let Arg::Long(name) = argument else {
            return Err(argument.unexpected().to_string());
        };
        let name = name.to_owned();
        let values = &mut parser;
        builder = match name.as_str() {
            "address" => builder.address(value(values, &name)?),
            "port" => builder.port(value(values, &name)?),
            "api-key" => builder.api_key(&value::<String>(values, &name)?),
            "seed" => builder.seed(value(values, &name)?),
            "finished" => builder.clock(Clock::Finished),
            "latency-ms" => builder.latency(Duration::from_millis(value(values, &name)?)),
            "refusal-status" => builder.refusal_status(value(values, &name)?),
            "format-style" => builder.style(value(values, &name)?),
            "fault" => builder.fault(value(values, &name)?),
            "faults" => builder.faults(rules(text(values, &name)?.as_ref())?),
            "tls" => {
                tls = true;
                builder.tls(true)
            }
            "ca-out" => {
                ca_out = Some(text(values, &name)?.into());
                builder
            }
            "url-file" => {
                url_file = Some(text(values, &name)?.into());
                builder
            }
            "help" => return Ok(Command::Help),
            "version" => return Ok(Command::Version),
            _ => return Err(Arg::Long(&name).unexpected().to_string()),
        };
    }
    if ca_out.is_some() && !tls {
        return Err("--ca-out needs --tls".to_owned());
    }
    Ok(Command::Run(Box::new(Options { builder, ca_out, url_file })))
}

fn rules(path: &Path) -> Result<Vec<Rule>, String> {
    let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
    read.and_then(|json| Rule::from_json(&json)).map_err(|error| format!("--faults {}: {error}", path.display()))
}

fn text(parser: &mut Parser, name: &str) -> Result<OsString, String> {
    parser.value().map_err(|_| format!("--{name} needs a value"))
}

fn value<T: FromStr<Err: Display>>(parser: &mut Parser, name: &str) -> Result<T, String> {
    let text = text(parser, name)?;
    let parsed = match text.to_str() {
        Some(text) => text.parse().map_err(|error: T::Err| error.to_string()),
        None => Err("not UTF-8".to_owned()),
    };
    parsed.map_err(|error| format!("--{name} {}: {error}", text.to_string_lossy()))
}

fn run(options: Options) -> Result<(), String> {
    let simulator = options.builder.start().map_err(|error| format!("cannot start: {error}"))?;
    if let Some(path) = &options.ca_out {
        let written = simulator.write_ca(path);
        written.map_err(|error| cannot_write(path, &error))?;
    }
    let line = simulator.base_url() + "\n";
    if let Some(path) = &options.url_file {
        let written = write_at_once(path, &line);
        written.map_err(|error| cannot_write(path, &error))?;
    }
    say(&line)?;
    loop {
        std::thread::park();
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Writes a file that is never seen half written.
fn write_at_once(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write to standard output: {error}"))
}
