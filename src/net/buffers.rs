//! The buffers of a connection. Requests pass through them, and so does the API key.

use std::ops::Range;

use memchr::memchr_iter;
use ureq::unversioned::transport::{Buffers, LazyBuffers};
use zeroize::Zeroize;

use crate::error::{Code, Error};

/// Enough for a typical request for 500 messages, in bytes. Larger buffers were hardly faster when measured.
pub(crate) const BUFFER_SIZE: usize = 32 * 1024;

/// ureq's buffers, wiped when they are dropped. Output may be held back, to be sent together with what follows. Folded
/// lines in the head of a response are joined, since the HTTP parser does not know them.
pub(crate) struct WipedBuffers {
    buffers: LazyBuffers,
    /// How many bytes of the output are held back.
    held: usize,
    /// Whether the next input belongs to the head of a response.
    is_head: bool,
}

impl WipedBuffers {
    pub(crate) fn new() -> WipedBuffers {
        WipedBuffers { buffers: LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE), held: 0, is_head: false }
    }

    /// Holds back the next `amount` bytes of the output. What is written next is placed after them.
    pub(crate) fn hold(&mut self, amount: usize) {
        self.held += amount;
    }

    /// The output that is held back.
    pub(crate) fn held(&mut self) -> &[u8] {
        &self.buffers.output()[..self.held]
    }

    /// Forgets the held output, so that its space can be used again.
    pub(crate) fn release(&mut self) {
        self.held = 0;
    }

    /// Joins folded lines. Folding is rare, so the input may be written again when it occurs.
    fn unfold(&mut self) {
        let (folds, is_whole) = folds(self.buffers.input());
        self.is_head = !is_whole;
        if folds.is_empty() {
            return;
        }
        let mut input = self.buffers.input().to_vec();
        folds.into_iter().for_each(|fold| input[fold].fill(b' '));
        self.buffers.input_consume(input.len());
        self.buffers.input_append_buf()[..input.len()].copy_from_slice(&input);
        self.buffers.input_appended(input.len());
    }

    /// Fails if the input buffer is full. A read into a full buffer returns nothing, which would look like the end of
    /// the connection. The buffer is full when something that it must contain as a whole does not fit.
    pub(crate) fn check_room(&mut self) -> Result<(), ureq::Error> {
        if !self.input_append_buf().is_empty() {
            return Ok(());
        }
        let length = self.input().len();
        let text = format!("the head of the answer, or a line between its parts, is longer than {length} bytes");
        Err(failure(Error::new(Code::Protocol, text)))
    }
}

/// Wraps an error of this library for its way through ureq.
pub(super) fn failure(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// Returns the line ends in a head after which the line continues (RFC 9112, 5.2), and whether the head is complete. A
/// 1xx head is followed by another one.
fn folds(input: &[u8]) -> (Vec<Range<usize>>, bool) {
    let (mut folds, mut start) = (Vec::new(), 0);
    let mut status: Option<&[u8]> = None;
    for end in memchr_iter(b'\n', input) {
        let line = &input[start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let goes_on = matches!(input.get(end + 1), Some(b' ' | b'\t'));
        match status {
            None if !line.is_empty() => status = Some(line),
            Some(of) if line.is_empty() && is_interim(of) => status = None,
            Some(_) if line.is_empty() => return (folds, true),
            Some(_) if goes_on => folds.push(start + line.len()..end + 1),
            _ => {}
        }
        start = end + 1;
    }
    (folds, false)
}

/// Whether a status line belongs to an interim response (1xx).
fn is_interim(status: &[u8]) -> bool {
    status.splitn(2, |&byte| byte == b' ').nth(1).is_some_and(|code| code.starts_with(b"1"))
}

impl Buffers for WipedBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.is_head = true;
        &mut self.buffers.output()[self.held..]
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.is_head = true;
        let (tmp, output) = self.buffers.tmp_and_output();
        (tmp, &mut output[self.held..])
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
        if self.is_head {
            self.unfold();
        }
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}

impl Drop for WipedBuffers {
    fn drop(&mut self) {
        // A request body passes through the free part of the input buffer to the output buffer.
        self.buffers.input_append_buf().zeroize();
        self.buffers.output().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_wiped_whatever_is_left_in_it() {
        let mut buffers = WipedBuffers::new();
        buffers.input_append_buf()[..8000].fill(b'x');
        buffers.input_appended(8000);
        buffers.input_consume(6000);
        drop(buffers);
    }

    /// What the parser sees of a response that arrives in pieces of this size, if it consumes nothing meanwhile.
    fn seen(answer: &str, piece: usize) -> String {
        let mut buffers = WipedBuffers::new();
        buffers.output()[0] = b'?';
        for part in answer.as_bytes().chunks(piece) {
            buffers.input_append_buf()[..part.len()].copy_from_slice(part);
            buffers.input_appended(part.len());
        }
        String::from_utf8(buffers.input().to_vec()).unwrap()
    }

    #[test]
    fn folded_lines_of_a_head_become_one() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b   c\r\n\r\n"),
            ("HTTP/1.1 200 OK\nA:\n\tb\n  c\n\n", "HTTP/1.1 200 OK\nA: \tb   c\n\n"),
            ("HTTP/1.1 200 OK\r\nA: b\r\n \r\nC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b   \r\nC: d\r\n\r\n"),
            ("\r\nHTTP/1.1 200 OK\r\nA:\r\n b\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\nA:   b\r\n\r\n"),
            (
                "HTTP/1.1 103 Early\r\nA:\r\n b\r\n\r\nHTTP/1.1 200 OK\r\nA:\r\n b\r\n\r\n",
                "HTTP/1.1 103 Early\r\nA:   b\r\n\r\nHTTP/1.1 200 OK\r\nA:   b\r\n\r\n",
            ),
        ] {
            // A body stays as it is, whatever it looks like.
            let body = "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n";
            for piece in 1..answer.len() + body.len() {
                assert_eq!(
                    seen(&format!("{answer}{body}"), piece),
                    format!("{expected}{body}"),
                    "{piece} bytes at a time"
                );
            }
        }
        // There is no header field that this line could continue.
        let none = "HTTP/1.1 200 OK\r\n A: b\r\n\r\n";
        assert_eq!(seen(none, none.len()), none);
    }

    #[test]
    fn what_was_read_before_a_request_is_no_head() {
        let mut buffers = WipedBuffers::new();
        let text = b"x\r\ny\r\n z\r\n\r\n";
        buffers.input_append_buf()[..text.len()].copy_from_slice(text);
        buffers.input_appended(text.len());
        assert_eq!(buffers.input(), text);
    }
}
