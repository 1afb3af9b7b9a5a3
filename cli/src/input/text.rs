//! Bytes to text, whichever encoding they are in, read on as more of it is needed.

use std::io::{self, Read};
use std::str::Utf8Error;

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are read at a time, at least.
const CHUNK: usize = 256 * 1024;

/// How the files of spreadsheets begin: of .xlsx and .ods, and of .xls.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// A text of which one part is in memory: what was read and is not taken yet.
pub struct Text<R> {
    reader: R,
    bytes: Vec<u8>,
    /// None as long as everything was ASCII.
    decoder: Option<Decoder>,
    decoded: String,
    taken: usize,
    is_begun: bool,
    is_whole: bool,
}

impl<R: Read> Text<R> {
    /// Nothing is read yet.
    pub fn new(reader: R) -> Text<R> {
        let (bytes, decoded) = (Vec::new(), String::new());
        Text { reader, bytes, decoder: None, decoded, taken: 0, is_begun: false, is_whole: false }
    }

    /// What was read and is not taken yet.
    pub fn rest(&self) -> &str {
        &self.decoded[self.taken..]
    }

    /// Whether the rest goes to the end of the file.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether the encoding is not sure: bytes do not tell Windows-1252 from other encodings of its kind.
    pub fn is_guessed(&self) -> bool {
        self.decoder.as_ref().is_some_and(|decoder| decoder.encoding() == WINDOWS_1252)
    }

    /// Takes so many bytes of the rest.
    pub fn take(&mut self, length: usize) {
        self.taken += length;
    }

    /// Reads about as much again as the rest is long, so that reading on for one long record does not take its square.
    pub fn read_on(&mut self) -> io::Result<()> {
        self.decoded.drain(..self.taken);
        self.taken = 0;
        let wanted = CHUNK.max(self.decoded.len());
        self.bytes.clear();
        self.reader.by_ref().take(wanted as u64).read_to_end(&mut self.bytes)?;
        self.is_whole = self.bytes.len() < wanted;
        if !self.is_begun {
            self.begin()?;
        }
        self.decode();
        Ok(())
    }

    /// What the first bytes of a file say, and no others.
    fn begin(&mut self) -> io::Result<()> {
        self.is_begun = true;
        if WORKBOOKS.iter().any(|first| self.bytes.starts_with(first)) {
            return Err(io::Error::other("this is a workbook and not a list: save it as CSV"));
        }
        let marked = Encoding::for_bom(&self.bytes).map(|(encoding, _)| encoding);
        self.decoder = marked.or_else(|| unmarked_utf16(&self.bytes)).map(Encoding::new_decoder_with_bom_removal);
        Ok(())
    }

    /// What cannot be decoded becomes U+FFFD, which spoils the field that it stands in.
    fn decode(&mut self) {
        if self.decoder.is_none() {
            self.decoder = encoding(&self.bytes, self.is_whole).map(Encoding::new_decoder_without_bom_handling);
        }
        let Some(decoder) = &mut self.decoder else {
            self.decoded.push_str(&String::from_utf8_lossy(&self.bytes));
            return;
        };
        let longest = decoder.max_utf8_buffer_length(self.bytes.len());
        self.decoded.reserve(longest.expect("it is in memory"));
        _ = decoder.decode_to_string(&self.bytes, &mut self.decoded, self.is_whole);
    }
}

/// The encoding of a file of which these bytes are the first that are not ASCII; none if they are.
fn encoding(bytes: &[u8], is_whole: bool) -> Option<&'static Encoding> {
    match () {
        () if bytes.is_ascii() => None,
        () if is_utf8(bytes, is_whole) => Some(UTF_8),
        () => Some(WINDOWS_1252),
    }
}

/// Which UTF-16 a file without a mark begins with: two letters or digits whose other halves are zeros.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.first_chunk::<4>()?.map(|byte| byte == 0) {
        [false, true, false, true] => Some(UTF_16LE),
        [true, false, true, false] => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether the bytes are UTF-8, but for errors that are fewer than its characters.
fn is_utf8(bytes: &[u8], is_whole: bool) -> bool {
    let is_cut = |error: &Utf8Error| error.error_len().is_none() && !is_whole;
    if std::str::from_utf8(bytes).err().is_none_or(|error| is_cut(&error)) {
        return true;
    }
    let (mut characters, mut errors) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        errors += usize::from(!chunk.invalid().is_empty());
    }
    characters > errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Text<&[u8]> {
        let mut text = Text::new(bytes);
        while !text.is_whole() {
            text.read_on().unwrap();
        }
        text
    }

    #[test]
    fn every_encoding_is_read() {
        let expected = "Numéro;ID\n0612345678;17\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| expected.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let latin1 = expected.chars().map(|character| u8::try_from(character).unwrap()).collect::<Vec<u8>>();
        for bytes in [
            expected.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", expected.as_bytes()].concat(),
            [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat(),
            [b"\xfe\xff".to_vec(), utf16(u16::to_be_bytes)].concat(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            latin1.clone(),
        ] {
            assert_eq!(read(&bytes).rest(), expected, "{bytes:x?}");
            assert_eq!(read(&bytes).is_guessed(), bytes == latin1);
        }
    }

    #[test]
    fn a_wrong_byte_in_utf8_spoils_one_character() {
        let text = read(b"No\xc3\xabl, d\xc3\xa9j\xc3\xa0 \xff;17");
        assert_eq!((text.rest(), text.is_guessed()), ("Noël, déjà \u{fffd};17", false));
        let text = read(b"Num\xe9ro \x80");
        assert_eq!((text.rest(), text.is_guessed()), ("Numéro €", true));
    }

    #[test]
    fn the_encoding_is_told_by_the_first_bytes_that_are_not_ascii() {
        let ascii = "0612345678;17\n".repeat(2 * CHUNK / 14);
        for (end, expected) in [(&b"\xe9"[..], "é"), ("é".as_bytes(), "é"), (b"\xc3\xa9\xc3\xa9\xe9", "éé\u{fffd}")]
        {
            let bytes = [ascii.as_bytes(), end].concat();
            assert_eq!(read(&bytes).rest(), format!("{ascii}{expected}"), "{end:x?}");
        }
    }

    /// Databases fill fields with it.
    #[test]
    fn a_zero_byte_spoils_one_character() {
        for bytes in [&b"phone;id\n0612345678\0\0;17\0\0\n"[..], b"1\0\0\0;17\n", b"0612345678;1\x007\n"] {
            assert_eq!(read(bytes).rest().as_bytes(), bytes);
        }
    }

    #[test]
    fn only_the_first_bytes_tell_what_a_file_is() {
        let ascii = "0612345678;17\n".repeat(CHUNK);
        for mark in [&b"PK\x03\x04"[..], b"\xff\xfe", b"\xef\xbb\xbf", b"1\x002\0"] {
            let bytes = [&ascii.as_bytes()[..CHUNK], mark, &ascii.as_bytes()[..40]].concat();
            assert!(read(&bytes).rest().ends_with(&ascii[..40]), "{mark:x?}");
        }
    }

    #[test]
    fn a_character_may_lie_across_two_readings() {
        let characters = format!("0{}", "é".repeat(CHUNK));
        assert_eq!(read(characters.as_bytes()).rest(), characters);
    }

    #[test]
    fn what_is_taken_is_not_kept() {
        let bytes = vec![b'0'; 10 * CHUNK];
        let mut text = Text::new(&bytes[..]);
        let mut taken = 0;
        while !text.is_whole() {
            text.read_on().unwrap();
            assert!(text.rest().len() <= CHUNK);
            taken += text.rest().len();
            text.take(text.rest().len());
        }
        assert_eq!(taken, bytes.len());
        assert!(text.decoded.capacity() < 5 * CHUNK, "{}", text.decoded.capacity());
    }
}
