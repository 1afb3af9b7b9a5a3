//! The buffers of a connection, through which requests pass, and so the API key.

use std::ops::Range;

use memchr::memchr_iter;
use ureq::unversioned::transport::{Buffers, LazyBuffers};
use zeroize::Zeroize;

use crate::error::{Code, Error};

/// Room for a request about 500 messages as they mostly are. Larger buffers measured hardly faster.
pub(crate) const BUFFER_SIZE: usize = 32 * 1024;

/// ureq's buffers, wiped when they are freed. What is to be sent may be held there for what follows. In the head of an answer
/// lines that are folded become one, since the parser knows none.
pub(crate) struct WipedBuffers {
    buffers: LazyBuffers,
    held: usize,
    /// Whether the input is the head of an answer, or a part of it.
    is_head: bool,
}

impl WipedBuffers {
    pub(crate) fn new() -> WipedBuffers {
        WipedBuffers { buffers: LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE), held: 0, is_head: false }
    }

    /// Holds so many bytes of the output more: what is written next comes behind them.
    pub(crate) fn hold(&mut self, amount: usize) {
        self.held += amount;
    }

    /// What is held.
    pub(crate) fn held(&mut self) -> &[u8] {
        &self.buffers.output()[..self.held]
    }

    /// Makes room for other output.
    pub(crate) fn release(&mut self) {
        self.held = 0;
    }

    /// Joins the lines that are folded. It is rare, so the input may be written anew for it.
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

    /// A full buffer takes nothing more, which would look like the end of the connection. It is full when what must lie
    /// in it as a whole does not fit.
    pub(crate) fn check_room(&mut self) -> Result<(), ureq::Error> {
        if !self.input_append_buf().is_empty() {
            return Ok(());
        }
        let length = self.input().len();
        let text = format!("the head of the answer, or a line between its parts, is longer than {length} bytes");
        Err(failure(Error::new(Code::Protocol, text)))
    }
}

/// An error of ours on its way through ureq.
pub(super) fn failure(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// The ends of the lines in a head that go on in the next one (RFC 9112, 5.2), and whether the head is whole. Those of 1xx
/// are followed by another.
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

/// Whether a line says that the answer is yet to come.
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
        // A body goes from the free part of the input buffer to the output buffer.
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

    /// What the parser sees of an answer that comes in pieces of this size, of which it takes nothing meanwhile.
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
        // There is no field that such a line could belong to.
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
