//! Reads and decompresses response bodies, in memory that is reused for the next response.

use std::io::{self, ErrorKind, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::buffers::{BUFFER_SIZE, failure};
use crate::error::{Code, Error};

/// The body of a response.
#[derive(Default)]
pub(crate) struct Body {
    /// The first `length` bytes are the body. What follows is left from earlier responses, so that the memory need not
    /// be cleared for each one.
    bytes: Vec<u8>,
    length: usize,
    repaired: String,
    gunzip: Option<Gunzip>,
}

impl Body {
    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// The body that was read; empty after `clear`.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The body, and the buffer in which `repair` puts a corrected text if it must make one.
    pub(crate) fn parts(&mut self) -> (&[u8], &mut String) {
        (&self.bytes[..self.length], &mut self.repaired)
    }

    /// Reads a body to its end, replacing the previous one. Fails if it has more than `most` bytes after decompression,
    /// or if there is no memory for it.
    pub(crate) fn read(&mut self, mut body: impl Read, is_gzip: bool, most: u64) -> Result<(), ureq::Error> {
        self.length = 0;
        if is_gzip {
            let mut gunzip = self.gunzip.take().unwrap_or_default();
            let read = gunzip.read(body, self, most);
            self.gunzip = Some(gunzip);
            read?;
        } else {
            while match body.read(self.room(most)?) {
                Ok(amount) => {
                    self.length += amount;
                    amount > 0
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => true,
                Err(error) => return Err(error.into()),
            } {}
        }
        if self.length as u64 > most { Err(ureq::Error::BodyExceedsLimit(most)) } else { Ok(()) }
    }

    /// Free space for the next read. It ends at most one byte beyond the limit: that byte shows that the body is too
    /// large.
    fn room(&mut self, most: u64) -> Result<&mut [u8], ureq::Error> {
        let end = usize::try_from(most.saturating_add(1)).unwrap_or(usize::MAX);
        if self.length >= end {
            return Err(ureq::Error::BodyExceedsLimit(most));
        }
        if self.length == self.bytes.len() {
            let more = self.bytes.len().max(BUFFER_SIZE);
            self.bytes.try_reserve(more).map_err(|_| io::Error::from(ErrorKind::OutOfMemory))?;
            self.bytes.resize(self.bytes.len() + more, 0);
        }
        let end = end.min(self.bytes.len());
        Ok(&mut self.bytes[self.length..end])
    }
}

/// Decompresses gzip. It is reused, since the state of the decompressor is large.
struct Gunzip {
    inflate: Decompress,
    packed: Vec<u8>,
}

impl Default for Gunzip {
    fn default() -> Gunzip {
        Gunzip { inflate: Decompress::new(false), packed: vec![0; BUFFER_SIZE] }
    }
}

impl Gunzip {
    /// Reads a stream of one or more members to its end. Zeros may follow each member as padding.
    fn read(&mut self, body: impl Read, unpacked: &mut Body, most: u64) -> Result<(), ureq::Error> {
        let mut packed = CompressedInput { body, bytes: &mut self.packed, start: 0, end: 0, read: 0, most };
        loop {
            skip_header(&mut packed)?;
            self.inflate.reset(false);
            let crc = inflate(&mut self.inflate, &mut packed, unpacked, most)?;
            let trailer = u64::from(crc.amount()) << 32 | u64::from(crc.sum());
            if packed.array()? != trailer.to_le_bytes() {
                return Err(broken("the checksum is another"));
            }
            if packed.ends_behind_zeros()? {
                return Ok(());
            }
        }
    }
}

/// Decompresses the content of one member. Returns the checksum and the length of what it wrote.
fn inflate(
    state: &mut Decompress,
    packed: &mut CompressedInput<'_, impl Read>,
    unpacked: &mut Body,
    most: u64,
) -> Result<Crc, ureq::Error> {
    let mut crc = Crc::new();
    loop {
        let input = packed.next()?;
        let output = unpacked.room(most)?;
        let (read, written) = (state.total_in(), state.total_out());
        let status =
            state.decompress(input, output, FlushDecompress::None).map_err(|error| broken(&error.to_string()))?;
        let (read, written) = ((state.total_in() - read) as usize, (state.total_out() - written) as usize);
        crc.update(&output[..written]);
        let is_over = input.is_empty() && written == 0;
        unpacked.length += written;
        packed.start += read;
        match status {
            Status::StreamEnd => return Ok(crc),
            _ if is_over => return Err(broken("it ends early")),
            _ => {}
        }
    }
}

/// Skips the header of a member.
fn skip_header(packed: &mut CompressedInput<'_, impl Read>) -> Result<(), ureq::Error> {
    const CHECKSUM: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const TEXTS: [u8; 2] = [1 << 3, 1 << 4];
    const RESERVED: u8 = 0xe0;
    let [0x1f, 0x8b, 8, flags, ..] = packed.array::<10>()? else { return Err(broken("it has no header of gzip")) };
    if flags & RESERVED != 0 {
        return Err(broken("its header is of an unknown kind"));
    }
    if flags & EXTRA != 0 {
        for _ in 0..u16::from_le_bytes(packed.array()?) {
            packed.array::<1>()?;
        }
    }
    for _ in TEXTS.into_iter().filter(|text| flags & text != 0) {
        while packed.array()? != [0] {}
    }
    if flags & CHECKSUM != 0 {
        packed.array::<2>()?;
    }
    Ok(())
}

fn broken(what: &str) -> ureq::Error {
    failure(Error::new(Code::Protocol, format!("the answer is no gzip, although it says so: {what}")))
}

/// A compressed body while it is being read.
struct CompressedInput<'p, R> {
    body: R,
    bytes: &'p mut [u8],
    start: usize,
    end: usize,
    /// How many compressed bytes were read so far.
    read: u64,
    /// The limit for the decompressed body, in bytes.
    most: u64,
}

/// How many bytes a compressed body may exceed the limit by, in addition to a thousandth of the limit: data that does
/// not compress grows by 5 bytes in 16,000, and there are headers.
const MAX_GZIP_OVERHEAD: u64 = BUFFER_SIZE as u64;

impl<R: Read> CompressedInput<'_, R> {
    /// Returns the bytes that are not consumed yet, and reads more if there are none. Empty at the end of the body.
    /// Limits the compressed size too, so that input that decompresses to nothing comes to an end.
    fn next(&mut self) -> Result<&[u8], ureq::Error> {
        while self.start == self.end {
            match self.body.read(self.bytes) {
                Ok(0) => break,
                Ok(amount) => {
                    (self.start, self.end) = (0, amount);
                    self.read += amount as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            if self.read > self.most + self.most / 1000 + MAX_GZIP_OVERHEAD {
                return Err(ureq::Error::BodyExceedsLimit(self.most));
            }
        }
        Ok(&self.bytes[self.start..self.end])
    }

    /// Skips zeros. Returns whether the body ends after them.
    fn ends_behind_zeros(&mut self) -> Result<bool, ureq::Error> {
        loop {
            let there = self.next()?;
            if there.is_empty() {
                return Ok(true);
            }
            let zeros = there.iter().take_while(|byte| **byte == 0).count();
            if zeros < there.len() {
                self.start += zeros;
                return Ok(false);
            }
            self.start = self.end;
        }
    }

    /// Takes the next `LENGTH` bytes. Fails if the body ends before.
    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], ureq::Error> {
        let mut array = [0; LENGTH];
        for byte in &mut array {
            *byte = *self.next()?.first().ok_or_else(|| broken("it ends early"))?;
            self.start += 1;
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};

    use super::*;

    /// Yields a few bytes at each read.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let amount = self.0.len().min(self.1).min(buffer.len());
            (&mut self.0).read(&mut buffer[..amount])
        }
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn long() -> Vec<u8> {
        (0..20_000).flat_map(|i: u32| (i * i).to_string().into_bytes()).collect()
    }

    #[track_caller]
    fn check(body: &mut Body, packed: &[u8], expected: Option<&[u8]>) {
        for piece in [1, 7, usize::MAX] {
            let read = body.read(Slow(packed, piece), true, 1 << 20);
            assert_eq!(read.is_ok(), expected.is_some(), "{read:?}");
            if let Some(expected) = expected {
                assert!(body.bytes() == expected);
            }
        }
    }

    #[test]
    fn members_are_unpacked_one_behind_the_other_and_again() {
        let (body, long) = (&mut Body::default(), long());
        check(body, &packed(&long), Some(&long));
        check(body, &packed(b""), Some(b""));
        check(body, &[packed(b"ab"), packed(b""), packed(&long)].concat(), Some(&[b"ab", &long[..]].concat()));
        let header = GzBuilder::new().filename("a name").comment("a comment").extra(vec![0; 300]);
        let mut encoder = header.write(Vec::new(), Compression::best());
        encoder.write_all(b"text").unwrap();
        check(body, &encoder.finish().unwrap(), Some(b"text"));
    }

    #[test]
    fn what_ends_early_or_goes_on_or_is_bent_is_broken_and_the_next_is_not() {
        let (body, whole) = (&mut Body::default(), packed(b"text text text text"));
        for length in 0..whole.len() {
            check(body, &whole[..length], None);
        }
        for behind in [b"x".as_slice(), b"\0x", b"\0\x1f\x8b", &[0x1f; 20]] {
            check(body, &[&whole, behind].concat(), None);
        }
        for index in (0..4).chain(whole.len() - 8..whole.len()) {
            let mut changed = whole.clone();
            changed[index] ^= 0xe1;
            check(body, &changed, None);
        }
        check(body, &whole, Some(b"text text text text"));
    }

    #[test]
    fn zeros_behind_a_member_are_padding() {
        let (body, text) = (&mut Body::default(), packed(b"text"));
        for zeros in [1, 7, BUFFER_SIZE, 3 * BUFFER_SIZE + 1] {
            check(body, &[&text[..], &vec![0; zeros]].concat(), Some(b"text"));
            check(body, &[&text[..], &vec![0; zeros], &text, &[0]].concat(), Some(b"texttext"));
        }
        check(body, &[&[0], &text[..]].concat(), None);
    }

    /// Padding, empty members, empty blocks, and a name without an end.
    #[test]
    fn what_makes_nothing_is_bounded_too() {
        let (text, header) = (packed(b"text"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        let named = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
        let most = 100_000;
        for (start, again) in
            [(&text[..], &[0][..]), (&text, &packed(b"")), (&header, &[0, 0, 0, 0xff, 0xff]), (&named, b"x")]
        {
            let endless = start.iter().chain(again.iter().cycle()).copied();
            let error = Body::default().read(Endless(endless), true, most).unwrap_err();
            assert!(matches!(error, ureq::Error::BodyExceedsLimit(limit) if limit == most), "{again:?}: {error}");
        }
    }

    /// Reads the bytes of an iterator.
    struct Endless<I>(I);

    impl<I: Iterator<Item = u8>> Read for Endless<I> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(buffer.iter_mut().zip(&mut self.0).map(|(slot, byte)| *slot = byte).count())
        }
    }

    #[test]
    fn what_packing_makes_longer_is_read() {
        let (mut state, noise) = (1u32, &mut vec![0; 1 << 20]);
        noise.iter_mut().for_each(|byte| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        });
        let mut stored = GzEncoder::new(Vec::new(), Compression::none());
        stored.write_all(noise).unwrap();
        let stored = stored.finish().unwrap();
        assert!(stored.len() > noise.len());
        check(&mut Body::default(), &stored, Some(noise));
    }

    #[test]
    fn a_header_may_have_a_checksum() {
        let mut with = packed(b"text");
        with[3] |= 2;
        with.splice(10..10, [1, 2]);
        check(&mut Body::default(), &with, Some(b"text"));
    }

    #[test]
    fn the_largest_body_is_read_and_a_larger_is_not() {
        let (body, long) = (&mut Body::default(), long());
        for (bytes, is_gzip) in [(packed(&long), true), (long.clone(), false)] {
            let length = long.len() as u64;
            assert!(body.read(&bytes[..], is_gzip, length).is_ok());
            assert!(body.bytes() == long);
            for most in [0, 1, length - 1] {
                let error = body.read(&bytes[..], is_gzip, most).unwrap_err();
                assert!(matches!(error, ureq::Error::BodyExceedsLimit(limit) if limit == most), "{error}");
            }
        }
        assert!(body.read(&b""[..], false, 0).is_ok() && body.bytes().is_empty());
    }
}
