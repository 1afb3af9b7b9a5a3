//! Runs the programs that scripts/bench.sh has built, in turn, and says what each costs beside libsmsp.
//!
//! usage: bench full|quick|instructions|small DIRECTORY [HEAD_OF_THE_REPORT]
//!
//! Before anything is measured, each program's table is compared with libsmsp's, byte by byte.

mod small;

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// A program that does the job.
#[derive(Clone, Copy, PartialEq)]
struct Program {
    name: &'static str,
    command: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// Whether it can have several connections.
    many: bool,
    /// Whether it takes compressed answers.
    gzip: bool,
}

const C: Program =
    Program { name: "C, libcurl and yyjson", command: &["./c"], environment: &[], many: true, gzip: false };
const OURS: Program = Program { name: "libsmsp", command: &["./ours"], gzip: true, ..C };
const C_GZIP: Program = Program { name: "C, with gzip", environment: &[("BENCH_GZIP", "1")], gzip: true, ..C };
const GO: Program = Program { name: "Go, net/http", command: &["./go"], gzip: true, ..C };
const PHP_KEPT: Program = Program {
    name: "PHP, one curl handle",
    command: &["/usr/bin/php", "php/status.php"],
    environment: &[("BENCH_KEEP", "1")],
    many: false,
    gzip: false,
};
const PHP: Program = Program { name: "PHP, a handle per request", environment: &[], ..PHP_KEPT };
const PYTHON: Program = Program {
    name: "Python, a requests session",
    command: &["/usr/bin/python3", "-s", "python/status.py"],
    environment: &[],
    many: false,
    gzip: true,
};

/// What no client can do without, where there is no TLS. It makes no table.
const FLOOR: Program = Program { name: "lower bound", command: &["./floor"], many: false, ..C };

/// All that make the table; the first is what the others are compared with.
const PROGRAMS: [Program; 7] = [OURS, C, C_GZIP, GO, PHP_KEPT, PHP, PYTHON];

/// Shapes of answers: a name, that in the server's path, whether national numbers are asked.
const SHAPES: [(&str, &str, bool); 5] = [
    ("compact, `\\u00e9`", "compact", false),
    ("compact, UTF-8", "compact-utf8", false),
    ("pretty-printed", "pretty", false),
    ("fields in another order", "reversed", false),
    ("national numbers asked", "compact", true),
];

/// What docs/PERFORMANCE.md says of the table of instructions.
const INSTRUCTIONS: &str = "\
Instructions in user mode per status, counted by callgrind, for several forms of the same answer. C
is the client with libcurl and yyjson. \"National numbers\" means that the list has numbers such as 06
12 34 56 78, so each answer must be matched to another spelling.";

/// What it says of the lower bound.
const LOWER_BOUND: &str = "\
The lower bound is what no client can avoid (`benches/floor.c`): it sends the same requests,
receives the answers, and writes as much memory as a report has (64 bytes per status and a copy of
your texts), but it builds no request and reads no answer. Touching new pages of memory is why a
status of a long list costs more than one of a short list, whose memory is reused. Large pages would
cost less if the system has them ready (`GLIBC_TUNABLES=glibc.malloc.hugetlb=1` asks for them), but
several times as much if it must make room first, so the library does not ask for them. TLS adds
encryption and two more copies of an answer: by rustls out of its record and by ureq out of its
buffer. Their interfaces cannot avoid these copies.";

/// What it says of the targets that are missed.
const MISSED_TARGETS: &str = "\
To meet the targets that are missed, the growth from 10,000 to 1,000,000 statuses would need pages
of memory that cost nothing, because the lower bound grows as well. The targets for PHP and Python
would need a client that builds its requests and reads its answers in the time that the lower bound
leaves, and over TLS also in the time that TLS adds. With four
callers of one message a call over plain HTTP, clients and server share two cores; the lower bound
with ureq-proto shows what is left for everything else.";

/// What one run of a program cost.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
    peak: f64,
    /// Bytes of the peak that came with the asking.
    own: f64,
    /// Of `cpu`, the system's; 0 where the program does not tell.
    system: f64,
    /// Pages that were touched for the first time; likewise.
    faults: f64,
}

/// What to ask, and of whom.
#[derive(Clone, Copy)]
struct Job {
    tls: bool,
    shape: &'static str,
    national: bool,
    latency: u32,
    /// Whether the server compresses for those who ask for it.
    gzip: bool,
    connections: usize,
    count: usize,
    rounds: usize,
}

const JOB: Job = Job {
    tls: false,
    shape: "compact",
    national: false,
    latency: 0,
    gzip: false,
    connections: 1,
    count: 100_000,
    rounds: 1,
};

struct Bench {
    directory: PathBuf,
    server: Child,
    urls: [String; 2],
}

impl Bench {
    fn start(directory: &Path) -> Result<Self> {
        let url_file = directory.join("urls");
        let _ = fs::remove_file(&url_file);
        let mut server =
            Command::new("./server").args(["ca.pem", "urls"]).current_dir(directory).stdin(Stdio::piped()).spawn()?;
        while !url_file.exists() {
            if let Some(status) = server.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(url_file)?;
        let mut lines = text.lines().map(str::to_owned);
        let urls = [lines.next().ok_or("no URL")?, lines.next().ok_or("no second URL")?];
        Ok(Self { directory: directory.to_owned(), server, urls })
    }

    /// The program with its arguments, under `wrapper` if there is one.
    fn command(&self, program: &Program, job: &Job, wrapper: &[&str]) -> Command {
        let words: Vec<&str> = wrapper.iter().chain(program.command).copied().collect();
        let mut command = Command::new(words[0]);
        let url = &self.urls[usize::from(job.tls)];
        let plain = if job.gzip { "" } else { "/plain" };
        command.args(&words[1..]).arg(format!("{url}/{}/{}{plain}", job.shape, job.latency)).arg("demo");
        command.args([job.count, job.rounds, job.connections].map(|number| number.to_string()));
        command
            .current_dir(&self.directory)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(program.environment.to_vec());
        command.env("BENCH_CA", self.directory.join("ca.pem")).stdin(Stdio::null()).stderr(Stdio::inherit());
        if job.national {
            command.env("BENCH_NATIONAL", "1");
        }
        command
    }

    fn run(&self, program: &Program, job: &Job) -> Result<Cost> {
        cost(program, &mut self.command(program, job, &[]))
    }

    /// A program's table is ours, whatever the shape, scheme and number of connections.
    fn check(&self, programs: &[Program]) -> Result<()> {
        for tls in [false, true] {
            for (_, shape, national) in SHAPES {
                let job = Job { tls, shape, national, gzip: true, count: 1_234, ..JOB };
                let expected = self.table(&OURS, &job)?;
                if expected.iter().filter(|&&byte| byte == b'\n').count() != job.count {
                    return Err("libsmsp's table is not whole".into());
                }
                for program in programs {
                    for connections in [1, 4].into_iter().filter(|&connections| program.many || connections == 1) {
                        for gzip in [false, true] {
                            if self.table(program, &Job { connections, gzip, ..job })? != expected {
                                return Err(
                                    format!("{} makes another table: {shape}, {connections}", program.name).into()
                                );
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn table(&self, program: &Program, job: &Job) -> Result<Vec<u8>> {
        output(program, self.command(program, job, &[]).arg("table"))
    }

    /// What each program cost in each round; all take their turn in every round.
    fn interleaved(&self, programs: &[Program], job: &Job, rounds: usize) -> Result<Vec<Vec<Cost>>> {
        let mut costs = vec![Vec::new(); programs.len()];
        for _ in 0..rounds {
            for (program, costs) in programs.iter().zip(&mut costs) {
                costs.push(self.run(program, job)?);
            }
        }
        Ok(costs)
    }

    /// User instructions per status: the slope between two sizes, less what the program does without asking.
    fn instructions(&self, program: &Program, job: &Job) -> Result<f64> {
        let sizes = [10_000, 30_000];
        let mut asking = [0.0; 2];
        for (size, asking) in sizes.iter().zip(&mut asking) {
            let job = Job { count: *size, ..*job };
            *asking = self.counted(program, &job)? - self.counted(program, &Job { rounds: 0, ..job })?;
        }
        Ok((asking[1] - asking[0]) / (sizes[1] - sizes[0]) as f64)
    }

    /// All user instructions of a program, as callgrind counts them.
    fn counted(&self, program: &Program, job: &Job) -> Result<f64> {
        let wrapper = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=callgrind.out"];
        output(program, &mut self.command(program, job, &wrapper))?;
        let text = fs::read_to_string(self.directory.join("callgrind.out"))?;
        let totals = text.lines().find_map(|line| line.strip_prefix("totals: ")).ok_or("callgrind counted nothing")?;
        Ok(totals.trim().parse()?)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // The server ends with its standard input, also when this program is killed.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

fn output(program: &Program, command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", program.name, output.status).into());
    }
    Ok(output.stdout)
}

fn cost(program: &Program, command: &mut Command) -> Result<Cost> {
    let text = String::from_utf8(output(program, command)?)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [cpu, wall, peak, own, ref more @ ..] = numbers[..] else {
        return Err(format!("{} says: {text}", program.name).into());
    };
    let told = |place| more.get(place).copied().unwrap_or_default();
    Ok(Cost { cpu, wall, peak: peak * 1024.0, own: own * 1024.0, system: told(0), faults: told(1) })
}

/// The median, the least and the greatest.
fn spread(values: impl IntoIterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    [values[values.len() / 2], values[0], values[values.len() - 1]]
}

/// The spread of a quotient, round by round.
fn ratio(one: &[Cost], other: &[Cost], of: impl Fn(&Cost) -> f64) -> [f64; 3] {
    spread(one.iter().zip(other).map(|(one, other)| of(one) / of(other)))
}

fn shown([median, least, greatest]: [f64; 3]) -> String {
    format!("{median:.2} ({least:.2}–{greatest:.2})")
}

/// The lines about the bars.
#[derive(Default)]
struct Bars(String);

impl Bars {
    fn add(&mut self, what: &str, bar: &str, measured: &str, met: bool) {
        let _ = writeln!(self.0, "| {what} | {bar} | {measured} | {} |", if met { "met" } else { "**missed**" });
    }

    /// For a quotient whose median is not to be above a bar.
    fn ratio(&mut self, what: &str, bar: f64, measured: [f64; 3]) {
        self.add(what, &format!("≤ {bar:.3} ×"), &format!("{} ×", shown_finely(measured)), measured[0] <= bar);
    }

    /// For one whose median is not to be below it.
    fn ratio_at_least(&mut self, what: &str, bar: f64, measured: [f64; 3]) {
        self.add(what, &format!("≥ {bar:.3} ×"), &format!("{} ×", shown_finely(measured)), measured[0] >= bar);
    }
}

fn shown_finely([median, least, greatest]: [f64; 3]) -> String {
    format!("{median:.3} ({least:.3}–{greatest:.3})")
}

/// A table of what the same job cost each program.
fn compare(
    bench: &Bench,
    out: &mut String,
    bars: &mut Bars,
    programs: &[Program],
    job: &Job,
    rounds: usize,
) -> Result<()> {
    let scheme = if job.tls { "TLS" } else { "plain HTTP" };
    let answers = if job.gzip { "compressed answers" } else { "uncompressed answers" };
    let plural = if job.connections == 1 { "" } else { "s" };
    writeln!(
        out,
        "\n### {scheme}, {answers}, latency {} ms, {} connection{plural}, {} statuses, {rounds} rounds\n\n\
         | client | CPU, µs per status | × libsmsp | elapsed, s | × libsmsp | peak memory, MB | × libsmsp |\n|---|---|---|---|---|---|---|",
        job.latency, job.connections, job.count
    )?;
    eprintln!("{scheme}, {answers}, {} ms, {} connection{plural}", job.latency, job.connections);
    let costs = bench.interleaved(programs, job, rounds)?;
    for (program, costs_of) in programs.iter().zip(&costs) {
        let [cpu, wall, peak] = [|cost: &Cost| cost.cpu, |cost: &Cost| cost.wall, |cost: &Cost| cost.peak];
        let median = |of: fn(&Cost) -> f64| spread(costs_of.iter().map(of))[0];
        let times = |of: fn(&Cost) -> f64| {
            if *program == OURS { "1".to_owned() } else { shown(ratio(costs_of, &costs[0], of)) }
        };
        writeln!(
            out,
            "| {} | {:.3} | {} | {:.3} | {} | {:.1} | {} |",
            program.name,
            median(cpu) * 1e6 / job.count as f64,
            times(cpu),
            median(wall),
            times(wall),
            median(peak) / 1e6,
            times(peak)
        )?;
        if job.latency == 0 && job.connections == 1 {
            if let Some(bar) = cpu_bar(program) {
                let what = format!("CPU, libsmsp / {}, {scheme}, {answers}", program.name);
                bars.ratio(&what, bar, ratio(&costs[0], costs_of, cpu));
            }
        }
    }
    Ok(())
}

fn cpu_bar(program: &Program) -> Option<f64> {
    let bars = [(C, 0.75), (C_GZIP, 0.75), (GO, 1.0 / 8.0), (PHP_KEPT, 1.0 / 7.0), (PYTHON, 1.0 / 15.0)];
    bars.iter().find(|(known, _)| known == program).map(|&(_, bar)| bar)
}

/// Instructions per status for ours and C, for these shapes.
fn instructions(bench: &Bench, out: &mut String, bars: &mut Bars, shapes: &[(&str, &'static str, bool)]) -> Result<()> {
    writeln!(
        out,
        "\n## Instructions per status, plain HTTP, 1 connection\n\n{INSTRUCTIONS}\n\n| form of the answer | libsmsp | C | libsmsp / C | \
         with gzip: libsmsp | C | libsmsp / C |\n|---|---|---|---|---|---|---|"
    )?;
    for (index, &(name, shape, national)) in shapes.iter().enumerate() {
        eprintln!("instructions: {name}");
        let bar = if index < 3 { 0.70 } else { 0.70 * 1.5 };
        write!(out, "| {name} |")?;
        for (gzip, c) in [(false, C), (true, C_GZIP)] {
            let job = Job { shape, national, gzip, ..JOB };
            let (ours, c) = (bench.instructions(&OURS, &job)?, bench.instructions(&c, &job)?);
            write!(out, " {ours:.0} | {c:.0} | {:.2} |", ours / c)?;
            let what = format!("instructions, libsmsp / C, {name}{}", if gzip { ", with gzip" } else { "" });
            bars.add(&what, &format!("≤ {bar:.2} ×"), &format!("{:.3} ×", ours / c), ours / c <= bar);
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The time that latency alone takes, and ours beside it, for so many statuses over 1 and over 4 connections.
fn wall(bench: &Bench, bars: &mut Bars, counts: [usize; 2], rounds: usize) -> Result<()> {
    for (connections, count, bar) in [(1, counts[0], 1.03), (4, counts[1], 1.05)] {
        eprintln!("wall time at 50 ms, {connections} connections");
        let job = Job { latency: 50, connections, count, ..JOB };
        let least = count.div_ceil(500) as f64 * 0.050 / connections as f64;
        let costs = bench.interleaved(&[OURS], &job, rounds)?;
        let what =
            format!("elapsed time / latency alone (50 ms per request), {count} statuses, {connections} connections");
        bars.ratio(&what, bar, spread(costs[0].iter().map(|cost| cost.wall / least)));
    }
    Ok(())
}

/// Memory for many statuses, and how the CPU time of each grows with their number.
fn many(bench: &Bench, bars: &mut Bars, rounds: usize) -> Result<()> {
    eprintln!("a million statuses");
    let few = Job { count: 10_000, rounds: 10, ..JOB };
    let many = Job { count: 1_000_000, ..JOB };
    let (mut growth, mut growth_of_c, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let costs = [bench.run(&OURS, &few)?, bench.run(&OURS, &many)?, bench.run(&C, &few)?, bench.run(&C, &many)?];
        growth.push((costs[1].cpu / 1e6) / (costs[0].cpu / 1e5));
        growth_of_c.push((costs[3].cpu / 1e6) / (costs[2].cpu / 1e5));
        memory.push(costs[1].own);
    }
    let growth = spread(growth);
    let measured = format!("{} ×; C with libcurl and yyjson: {} ×", shown(growth), shown(spread(growth_of_c)));
    let what = "CPU per status, 1,000,000 statuses / 10,000 statuses (ten calls of one client)";
    bars.add(what, "≤ 1.10 ×", &measured, growth[0] <= 1.10);
    for connections in [1, 4] {
        let job = Job { connections, ..many };
        let own = bench.run(&OURS, &job)?.own;
        memory.push(own);
    }
    let most = spread(memory)[2];
    let bar = 8e6 + 105.0 * many.count as f64;
    let measured = format!("{:.1} MB: 8 MB + {:.1} bytes each", most / 1e6, (most - 8e6) / many.count as f64);
    bars.add("memory that the library adds for 1,000,000 statuses", "≤ 8 MB + 105 bytes each", &measured, most <= bar);
    Ok(())
}

/// Where the processor's time goes, for ours, for C and where nothing is read.
fn profile(bench: &Bench, out: &mut String, rounds: usize) -> Result<()> {
    eprintln!("where the time goes");
    writeln!(
        out,
        "\n## Where the CPU time goes\n\nNanoseconds per status, and newly touched pages of memory per 1,000 statuses. Medians of {rounds} \
         rounds.\n\n| statuses per call | client | plain HTTP: user | system | pages | TLS: user | system | pages |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    let mut least = Vec::new();
    for (count, calls) in [(10_000, 10), (100_000, 1), (1_000_000, 1)] {
        for program in [OURS, C, FLOOR] {
            write!(out, "| {count}{} | {} |", if calls == 1 { "" } else { ", ten calls" }, program.name)?;
            for tls in [false, true] {
                if tls && program == FLOOR {
                    write!(out, " – | – | – |")?;
                    continue;
                }
                let job = Job { tls, count, rounds: calls, ..JOB };
                let costs = bench.interleaved(&[program], &job, rounds)?.remove(0);
                let each = |of: fn(&Cost) -> f64| spread(costs.iter().map(of))[0] / (count * calls) as f64;
                let (user, system) = (each(|cost| cost.cpu - cost.system) * 1e9, each(|cost| cost.system) * 1e9);
                write!(out, " {user:.0} | {system:.0} | {:.1} |", each(|cost| cost.faults) * 1e3)?;
                if program == FLOOR {
                    least.push(each(|cost| cost.cpu) * 1e9);
                }
            }
            writeln!(out)?;
        }
    }
    let others = bench.interleaved(&[PHP_KEPT, PYTHON], &JOB, rounds)?;
    let cost = |costs: &[Cost]| spread(costs.iter().map(|cost| cost.cpu))[0] / JOB.count as f64 * 1e9;
    let (php, python) = (cost(&others[0]) / 7.0, cost(&others[1]) / 15.0);
    writeln!(
        out,
        "\nWith 100,000 statuses, the lower bound takes {:.0} ns per status. The target for PHP is {php:.0} ns (a\n\
         seventh of its time), the target for Python {python:.0} ns (a fifteenth). From 10,000 to 1,000,000 statuses,\n\
         the lower bound grows to {:.2} ×.",
        least[1],
        least[2] / least[0]
    )?;
    writeln!(out, "\n{LOWER_BOUND}\n\n{MISSED_TARGETS}")?;
    Ok(())
}

/// The life of a request in a short-lived process: a new client, one status, over TLS.
fn one(bench: &Bench, bars: &mut Bars, rounds: usize) -> Result<()> {
    eprintln!("one status over TLS");
    let job = Job { tls: true, count: 1, ..JOB };
    let (mut beyond, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        // With the library's own authorities, as anybody has them, beside the one of this server.
        let authorities = format!("bundled,{}", bench.directory.join("ca.pem").display());
        let ours = cost(&OURS, bench.command(&OURS, &job, &[]).env("BENCH_CA", authorities))?;
        let c = bench.run(&C, &job)?;
        beyond.push((ours.cpu - c.cpu) * 1e3);
        memory.push(ours.peak);
    }
    let (beyond, memory) = (spread(beyond), spread(memory));
    let measured = format!("{} ms", shown(beyond));
    bars.add("a new client and one status over TLS: CPU, libsmsp minus libcurl", "≤ 5 ms", &measured, beyond[0] <= 5.0);
    let measured = format!("{:.1} MB", memory[2] / 1e6);
    bars.add("the same: peak memory of the whole process", "≤ 7 MB", &measured, memory[2] <= 7e6);
    Ok(())
}

/// What asking in the background costs, by a program of its own.
fn background(bench: &Bench, out: &mut String) -> Result<()> {
    eprintln!("in the background");
    let mut command = Command::new("./operation");
    let url = format!("{}/compact/0/plain", bench.urls[0]);
    command.current_dir(&bench.directory).envs([("SMSP_BASE_URL", url.as_str()), ("SMSPARTNER_API_KEY", "demo")]);
    writeln!(
        out,
        "\n## Calls in the background\n\nThe time of a call:\n\n{}",
        String::from_utf8(output(&OURS, &mut command)?)?.trim()
    )?;
    Ok(())
}

fn size(bench: &Bench, bars: &mut Bars) -> Result<()> {
    let size = fs::metadata(bench.directory.join("libsmsp.so"))?.len() as f64;
    bars.add("size of `libsmsp.so`, stripped", "≤ 2.6 MB", &format!("{:.2} MB", size / 1e6), size <= 2.6e6);
    Ok(())
}

/// Everything, for docs/PERFORMANCE.md.
fn full(bench: &Bench, out: &mut String, bars: &mut Bars) -> Result<()> {
    bench.check(&PROGRAMS)?;
    let as_they_are = [OURS, C, GO, PHP_KEPT, PHP, PYTHON];
    let compressed = [OURS, C_GZIP, GO, PYTHON];
    writeln!(out, "\n## The same job in other languages")?;
    for tls in [false, true] {
        for gzip in [false, true] {
            let programs = if gzip { &compressed[..] } else { &as_they_are };
            for connections in [1, 4] {
                let able: Vec<_> =
                    programs.iter().copied().filter(|program| program.many || connections == 1).collect();
                let job = Job { tls, gzip, connections, ..JOB };
                compare(bench, out, bars, &able, &job, 9)?;
                if !gzip {
                    let job = Job { latency: 50, count: 10_000, ..job };
                    compare(bench, out, bars, &able, &job, 7)?;
                }
            }
        }
    }
    small::small(bench, out, bars)?;
    instructions(bench, out, bars, &SHAPES)?;
    wall(bench, bars, [100_000; 2], 7)?;
    many(bench, bars, 7)?;
    one(bench, bars, 21)?;
    profile(bench, out, 7)?;
    background(bench, out)?;
    size(bench, bars)
}

/// What tells most, within a minute.
fn quick(bench: &Bench, out: &mut String, bars: &mut Bars) -> Result<()> {
    bench.check(&[C])?;
    for tls in [false, true] {
        let job = Job { tls, count: 50_000, ..JOB };
        compare(bench, out, bars, &[OURS, C, GO, PHP_KEPT, PYTHON], &job, 7)?;
    }
    instructions(bench, out, bars, &SHAPES[..1])?;
    wall(bench, bars, [10_000, 40_000], 7)?;
    many(bench, bars, 3)?;
    one(bench, bars, 21)?;
    size(bench, bars)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [mode, directory, head @ ..] = arguments.as_slice() else {
        return Err("usage: bench MODE DIRECTORY [HEAD]".into());
    };
    let bench = Bench::start(Path::new(directory))?;
    let (mut out, mut bars) = (String::new(), Bars::default());
    match mode.as_str() {
        "full" => full(&bench, &mut out, &mut bars)?,
        "quick" => quick(&bench, &mut out, &mut bars)?,
        "instructions" => {
            bench.check(&[C, C_GZIP])?;
            instructions(&bench, &mut out, &mut bars, &SHAPES)?;
        }
        "small" => small::small(&bench, &mut out, &mut bars)?,
        _ => return Err("full, quick, instructions or small?".into()),
    }
    if let [head] = head {
        print!("{}", fs::read_to_string(head)?);
    }
    println!(
        "\n## Targets\n\nThe targets are goals of the project. Most are quotients: the cost with libsmsp, divided by the cost\n\
         with the other client.\n\n\
         | what | target | measured | |\n|---|---|---|---|\n{}{out}",
        bars.0
    );
    Ok(())
}
