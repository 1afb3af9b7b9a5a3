//! Compressed bodies.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A body as gzip.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    written(|encoder| encoder.write_all(body))
}

/// So many megabytes of spaces as gzip, about a thousandth of that.
pub(crate) fn gzip_bomb(megabytes: usize) -> Vec<u8> {
    let megabyte = vec![b' '; 1_000_000];
    written(|encoder| (0..megabytes).try_for_each(|_| encoder.write_all(&megabyte)))
}

fn written(write: impl FnOnce(&mut GzEncoder<Vec<u8>>) -> std::io::Result<()>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = write(&mut encoder).and_then(|()| encoder.finish());
    written.expect("memory takes what is written to it")
}
