//! One message a call, and many callers.

use std::fmt::Write;
use std::process::{Command, Stdio};

use crate::{Bars, Bench, C, OURS, Program, Result, output, shown, spread};

const CURL: Program = Program { command: &["./small-c"], ..C };
const CALLS: Program = Program { name: "libsmsp, calls", command: &["./small-calls"], ..OURS };
const OPERATIONS: Program = Program { name: "libsmsp, operations", command: &["./small-operations"], ..OURS };

const SOCKET: Program =
    Program { name: "lower bound: send, poll, receive", command: &["./small-floor", "socket"], ..CURL };
const UREQ_PROTO: Program =
    Program { name: "the same with ureq-proto", command: &["./small-floor", "ureq-proto"], ..CURL };

/// libcurl, what the others are compared with, is first.
const PROGRAMS: [Program; 3] = [CURL, CALLS, OPERATIONS];
const WITH_FLOOR: [Program; 5] = [CURL, CALLS, OPERATIONS, SOCKET, UREQ_PROTO];

/// Up to so many callers there are targets, and the lower bound is shown.
const FEW: usize = 4;

const THREADS: (&str, &str) = ("LD_PRELOAD", "./libthreads.so");

/// Other languages: the client that one writes there without the library, and then the binding.
const LANGUAGES: [[Program; 2]; 4] = [
    [
        Program { name: "Go, net/http and encoding/json", command: &["./small-nethttp"], ..CURL },
        Program { name: "Go, libsmsp", command: &["./small-go"], ..CURL },
    ],
    [
        Program {
            name: "Mono, HttpWebRequest and DataContractJsonSerializer",
            command: &["mono", "small-webrequest.exe"],
            environment: &[THREADS],
            ..CURL
        },
        Program { name: "Mono, libsmsp", command: &["mono", "small-dotnet.exe"], environment: &[THREADS], ..CURL },
    ],
    [
        Program {
            name: ".NET, HttpClient and System.Text.Json",
            command: &[DOTNET, "small-httpclient/httpclient.dll"],
            ..NET
        },
        Program { name: ".NET, libsmsp", command: &[DOTNET, "small-binding/binding.dll"], ..NET },
    ],
    [
        Program { name: "PHP, curl and JSON", command: &[PHP, OPCACHE, "small-php/curl.php"], ..PHP_PROGRAM },
        Program { name: "PHP, libsmsp", command: &[PHP, OPCACHE, "small-php/package.php"], ..PHP_PROGRAM },
    ],
];

/// Where scripts/bench.sh puts it, if there is one.
const DOTNET: &str = "./dotnet";

const NET: Program = Program { environment: &[THREADS], ..CURL };

const PHP: &str = "/usr/bin/php";

/// Web servers run it.
const OPCACHE: &str = "-dopcache.enable_cli=1";

/// One caller: PHP has no threads.
const PHP_PROGRAM: Program = Program { environment: &[THREADS], many: false, ..CURL };

/// Callers, and the library's `max_connections`.
const LOADS: [[usize; 2]; 5] = [[1, 4], [4, 4], [16, 4], [16, 16], [64, 4]];

/// What all callers of a run ask together.
const TOTAL: usize = 8_000;

const ROUNDS: usize = 9;

/// The same in other languages.
const CALLERS_OF_LANGUAGES: [usize; 3] = [1, 4, 16];
const TOTAL_OF_LANGUAGES: usize = 2_000;
const ROUNDS_OF_LANGUAGES: usize = 5;

/// With latency: the latency in milliseconds, callers, `max_connections`, and `requests_per_second`, 0 for none.
const WAITING_LOADS: [[usize; 4]; 7] =
    [[5, 16, 4, 0], [5, 64, 4, 0], [20, 16, 4, 0], [20, 64, 4, 0], [20, 64, 1, 0], [20, 200, 4, 0], [20, 64, 4, 10]];
const CALLS_OF_A_WAITING_CALLER: usize = 20;
const ROUNDS_OF_WAITING: usize = 3;

/// What it says of latency.
const ABOUT_WAITING: &str = "\
The same with a service that takes some milliseconds for each answer, as services do, and with many
callers. Calls of libsmsp that wait for one of its connections go together in one request. Each
caller of libcurl has a connection and requests of its own.";

/// What docs/PERFORMANCE.md says of it.
const ABOUT: &str = "\
A web server or a queue worker often asks about one message at a time. Here each of several callers
does so in a loop, over plain HTTP and TLS, without latency. The callers of libsmsp share one
client, with 4 connections unless the table says otherwise. A caller of the client with libcurl is a
thread with an easy handle of its own, so it always has a connection of its own. \"Operations\" means
one thread that keeps as many operations in flight as there are callers, and finishes those that a
queue names (`smsp_queue_wait`). The programs are in `benches/small` and `benches/peers`. Before
anything is measured, their answers are compared.

A call's time is what its caller waits for. CPU is that of the client process. Threads are those
that the process starts while it asks. The client and the server share the cores of the machine, so
with several callers a client that needs less CPU also leaves more to the server, and a call's time
is mostly that of waiting for a core.

The lower bound (`benches/harness/src/bin/small-floor.rs`) has a connection for each caller. It
sends the bytes of a request, waits with poll until there is an answer, and receives it. It does not
read what the service says. The line below it also makes the head of the request and reads that of
the answer with ureq-proto, the HTTP of libsmsp.";

/// What it says of other languages.
const ABOUT_LANGUAGES: &str = "\
The same with the packages for other languages, each beside what one would write there without
libsmsp. All keep their connections. \"×\" is the quotient of the two in the same language. PHP has no
threads. In each of its calls the program with libsmsp gets the client anew, as a page of a web
server does; the other one keeps its handle of curl, which a page cannot do.";

/// Who asks, and how.
#[derive(Clone, Copy)]
struct Load {
    tls: bool,
    callers: usize,
    connections: usize,
    total: usize,
    /// In milliseconds.
    latency: usize,
    /// `requests_per_second`; 0 for none.
    pace: usize,
}

impl Load {
    fn new(tls: bool, callers: usize, connections: usize, total: usize) -> Load {
        Load { tls, callers, connections, total, latency: 0, pace: 0 }
    }
}

/// What a run of a program tells.
#[derive(Clone, Copy)]
struct Run {
    /// Microseconds a call.
    cpu: f64,
    /// Calls a second.
    rate: f64,
    /// Percentiles of a call's time in microseconds.
    half: f64,
    most: f64,
    threads: f64,
}

fn command(bench: &Bench, program: &Program, load: Load) -> Command {
    let mut command = Command::new(program.command[0]);
    let url = format!("{}/compact/{}/plain", bench.urls[usize::from(load.tls)], load.latency);
    command.args(&program.command[1..]).arg(url).arg("demo");
    command.args([load.callers, load.total / load.callers, load.connections].map(|number| number.to_string()));
    command.current_dir(&bench.directory).env_clear().env("PATH", "/usr/bin:/bin").envs(program.environment.to_vec());
    command.env("BENCH_CA", bench.directory.join("ca.pem")).stdin(Stdio::null());
    if load.pace > 0 {
        command.env("BENCH_PACE", load.pace.to_string());
    }
    command
}

fn run(bench: &Bench, program: &Program, load: Load) -> Result<Run> {
    let text = String::from_utf8(output(program, &mut command(bench, program, load))?)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [cpu, rate, half, most, threads] = numbers[..] else {
        return Err(format!("{} says: {text}", program.name).into());
    };
    Ok(Run { cpu, rate, half, most, threads })
}

/// All get the same answers, whatever the scheme and the number of callers.
fn check<'a>(bench: &Bench, programs: impl Iterator<Item = &'a Program> + Clone) -> Result<()> {
    for tls in [false, true] {
        for callers in [1, 4] {
            let load = Load::new(tls, callers, 4, 400);
            let table = |program| output(program, command(bench, program, load).arg("table"));
            let expected = table(&CURL)?;
            if expected.iter().filter(|&&byte| byte == b'\n').count() != load.total {
                return Err("libcurl's table is not whole".into());
            }
            for program in programs.clone().filter(|program| program.many || callers == 1) {
                if table(program)? != expected {
                    return Err(format!("{} gets other answers: {callers} callers", program.name).into());
                }
            }
        }
    }
    Ok(())
}

/// What each program cost in each round. All take their turn in every round, in alternating order.
fn interleaved(bench: &Bench, programs: &[Program], load: Load, rounds: usize) -> Result<Vec<Vec<Run>>> {
    let mut runs = vec![Vec::new(); programs.len()];
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..programs.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            runs[index].push(run(bench, &programs[index], load)?);
        }
    }
    Ok(runs)
}

/// What a column shows, and how many decimals of it.
type Column = (fn(&Run) -> f64, usize);

fn ratio(one: &[Run], other: &[Run], of: fn(&Run) -> f64) -> [f64; 3] {
    spread(one.iter().zip(other).map(|(one, other)| of(one) / of(other)))
}

/// A line of a table: medians, and quotients with `beside`, of which it says 1.
fn line(out: &mut String, first: &str, program: &Program, runs: &[Run], beside: &[Run]) -> Result<()> {
    write!(out, "| {first} | {} |", program.name)?;
    let columns: [Column; 4] = [(|run| run.cpu, 1), (|run| run.rate, 0), (|run| run.half, 0), (|run| run.most, 0)];
    for (of, decimals) in columns {
        let median = spread(runs.iter().map(of))[0];
        let quotient = if runs.as_ptr() == beside.as_ptr() { "1".to_owned() } else { shown(ratio(runs, beside, of)) };
        write!(out, " {median:.decimals$} | {quotient} |")?;
    }
    writeln!(out, " {:.0} |", spread(runs.iter().map(|run| run.threads))[0])?;
    Ok(())
}

/// The lines about the bars, from the runs of `PROGRAMS`.
fn bars(bars: &mut Bars, load: Load, runs: &[Vec<Run>]) {
    let scheme = scheme(load.tls);
    let callers = format!("{} caller{}", load.callers, if load.callers == 1 { "" } else { "s" });
    let what = |what: &str| format!("one message a call, {scheme}, {callers}: {what}, libsmsp / libcurl");
    bars.ratio(&what("CPU"), 1.0, ratio(&runs[1], &runs[0], |run| run.cpu));
    bars.ratio_at_least(&what("calls per second"), 1.0, ratio(&runs[1], &runs[0], |run| run.rate));
    bars.ratio(&what("99th percentile"), 1.0, ratio(&runs[1], &runs[0], |run| run.most));
    bars.ratio(&what("CPU of operations through a queue"), 1.6, ratio(&runs[2], &runs[0], |run| run.cpu));
}

fn scheme(tls: bool) -> &'static str {
    if tls { "TLS" } else { "plain HTTP" }
}

fn table(out: &mut String, title: &str, tls: bool, total: usize, rounds: usize, other: &str) -> Result<()> {
    writeln!(
        out,
        "\n### {title}, {}, {total} calls, {rounds} rounds\n\n\
         | callers | client | CPU, µs per call | {other} | calls per second | {other} | median time, µs | {other} | \
         99th percentile, µs | {other} | threads |\n|---|---|---|---|---|---|---|---|---|---|---|",
        scheme(tls)
    )?;
    Ok(())
}

/// Programs in C.
fn in_c(bench: &Bench, out: &mut String, all_bars: &mut Bars, tls: bool) -> Result<()> {
    table(out, "One message a call", tls, TOTAL, ROUNDS, "× libcurl")?;
    for [callers, connections] in LOADS {
        eprintln!("one message a call, {}, {callers} callers, {connections} connections", scheme(tls));
        let load = Load::new(tls, callers, connections, TOTAL);
        let programs = if callers <= FEW { &WITH_FLOOR[..] } else { &PROGRAMS };
        let runs = interleaved(bench, programs, load, ROUNDS)?;
        let more = if connections == 4 { String::new() } else { format!(", `max_connections` {connections}") };
        for (program, runs_of) in programs.iter().zip(&runs) {
            line(out, &format!("{callers}{more}"), program, runs_of, &runs[0])?;
        }
        if callers <= FEW {
            bars(all_bars, load, &runs);
        }
    }
    Ok(())
}

/// Many callers of a service with latency.
fn waiting(bench: &Bench, out: &mut String) -> Result<()> {
    writeln!(
        out,
        "\n### Latency and many callers, plain HTTP, {CALLS_OF_A_WAITING_CALLER} calls a caller, {ROUNDS_OF_WAITING} rounds\n\n\
         | latency, ms | callers | client | CPU, µs per call | calls per second | median time, ms | 99th percentile, ms |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for [latency, callers, connections, pace] in WAITING_LOADS {
        eprintln!("latency of {latency} ms, {callers} callers, {connections} connections, pace {pace}");
        let load =
            Load { latency, pace, ..Load::new(false, callers, connections, callers * CALLS_OF_A_WAITING_CALLER) };
        let programs = if pace == 0 { &PROGRAMS[..2] } else { &PROGRAMS[1..2] };
        for (program, runs) in programs.iter().zip(interleaved(bench, programs, load, ROUNDS_OF_WAITING)?) {
            let median = |of: fn(&Run) -> f64| spread(runs.iter().map(of))[0];
            let options = match (program.name == CURL.name, pace) {
                (true, _) => format!("{callers} connections"),
                (_, 0) => format!("`max_connections` {connections}"),
                (_, pace) => format!("`max_connections` {connections}, `requests_per_second` {pace}"),
            };
            writeln!(
                out,
                "| {latency} | {callers} | {}, {options} | {:.1} | {:.0} | {:.1} | {:.1} |",
                program.name,
                median(|run| run.cpu),
                median(|run| run.rate),
                median(|run| run.half) / 1e3,
                median(|run| run.most) / 1e3
            )?;
        }
    }
    Ok(())
}

/// Those that are on this machine. All but .NET are a must.
fn languages(bench: &Bench) -> Vec<[Program; 2]> {
    let is_there = |pair: &[Program; 2]| pair[0].command[0] != DOTNET || bench.directory.join(DOTNET).exists();
    LANGUAGES.into_iter().filter(is_there).collect()
}

fn in_languages(bench: &Bench, out: &mut String, languages: &[[Program; 2]], tls: bool) -> Result<()> {
    table(out, "One message a call in other languages", tls, TOTAL_OF_LANGUAGES, ROUNDS_OF_LANGUAGES, "×")?;
    for callers in CALLERS_OF_LANGUAGES {
        for pair in languages.iter().filter(|[other, _]| other.many || callers == 1) {
            eprintln!("one message a call, {}, {callers} callers: {}", scheme(tls), pair[1].name);
            let load = Load::new(tls, callers, 4, TOTAL_OF_LANGUAGES);
            let runs = interleaved(bench, pair, load, ROUNDS_OF_LANGUAGES)?;
            for (program, runs_of) in pair.iter().zip(&runs) {
                line(out, &callers.to_string(), program, runs_of, &runs[0])?;
            }
        }
    }
    Ok(())
}

pub(crate) fn small(bench: &Bench, out: &mut String, bars: &mut Bars) -> Result<()> {
    let languages = languages(bench);
    check(bench, PROGRAMS.iter().chain(languages.as_flattened()))?;
    writeln!(out, "\n## One message a call\n\n{ABOUT}")?;
    for tls in [false, true] {
        in_c(bench, out, bars, tls)?;
    }
    writeln!(out, "\n{ABOUT_WAITING}")?;
    waiting(bench, out)?;
    writeln!(out, "\n{ABOUT_LANGUAGES}")?;
    for tls in [false, true] {
        in_languages(bench, out, &languages, tls)?;
    }
    Ok(())
}
