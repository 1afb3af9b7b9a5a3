//! What a list of a million messages takes to read.

use std::io::{BufWriter, Write};
use std::mem;
use std::process::{Child, Stdio};

use crate::support::{ask, simulator};

const ROWS: usize = 1_000_000;

/// What a row takes, whose number and id have up to 24 bytes: the row itself, and two blocks of memory.
const ROW_BYTES: usize = 88 + 2 * 32;

/// A list as a dashboard exports it, written so as it is read: it is 188 MB long.
fn write_list(out: impl Write) -> std::io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "Date;Expéditeur;Destinataire;Message;Statut;ID")?;
    for row in 0..ROWS {
        let text =
            "Bonjour, votre commande n° 199809 est prête. \"\"Merci\"\" de rappeler le 06 39 98 00 09; à bientôt.";
        let (number, id) = (600_000_000 + row, 48_210_000 + row);
        writeln!(out, "12/11/2024 10:22:33;MaSociete;+33{number};\"{text}\nSTOP 36111\";Délivré;{id}")?;
    }
    out.flush()
}

/// Waits for the end of a program; what it was is its exit status, its seconds of CPU and its most bytes of memory.
fn wait(child: &mut Child) -> (Option<i32>, f64, usize) {
    // SAFETY: a usage is numbers, for which 0 will do until they are written; the child stays until it is waited for.
    let usage = unsafe {
        let (mut status, mut usage) = (mem::zeroed::<libc::siginfo_t>(), mem::zeroed::<libc::rusage>());
        let options = libc::WEXITED | libc::WNOWAIT;
        let (call, kind) = (libc::SYS_waitid, libc::P_PID);
        assert_eq!(libc::syscall(call, kind, child.id(), &raw mut status, options, &raw mut usage), 0);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    (child.wait().unwrap().code(), cpu, usage.ru_maxrss as usize * 1024)
}

/// Released, it takes less than 1 s.
#[test]
fn a_million_lines_take_a_second_and_little_memory() {
    let simulator = simulator().start().unwrap();
    let mut command = ask(&simulator, &["--check", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    write_list(child.stdin.take().unwrap()).unwrap();
    let (status, cpu, memory) = wait(&mut child);
    assert_eq!(status, Some(0));
    assert!(cpu < 3.0, "{cpu} s");
    assert!(memory < ROWS * ROW_BYTES + 64_000_000, "{memory} bytes");
    println!("{cpu:.2} s, {} MB beyond the rows", memory as f64 / 1e6 - (ROWS * ROW_BYTES) as f64 / 1e6);
}
