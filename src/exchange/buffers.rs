//! The buffers of a connection, through which requests pass, and so the API key.

use ureq::unversioned::transport::{Buffers, LazyBuffers};
use zeroize::Zeroize;

use super::failure;
use super::transport::BUFFER_SIZE;
use crate::error::{Code, Error};

/// ureq's buffers, wiped when they are freed. What is to be sent may be held there for what follows.
pub(crate) struct WipedBuffers {
    buffers: LazyBuffers,
    held: usize,
}

impl WipedBuffers {
    pub(crate) fn new() -> WipedBuffers {
        WipedBuffers { buffers: LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE), held: 0 }
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

impl Buffers for WipedBuffers {
    fn output(&mut self) -> &mut [u8] {
        &mut self.buffers.output()[self.held..]
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.buffers.tmp_and_output();
        (tmp, &mut output[self.held..])
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
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
}
