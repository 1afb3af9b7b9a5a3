//! The buffers of a connection, through which requests pass, and so the API key.

use std::ops::{Deref, DerefMut};

use ureq::unversioned::transport::{Buffers, LazyBuffers};
use zeroize::Zeroize;

use super::failure;
use super::transport::BUFFER_SIZE;
use crate::error::{Code, Error};

/// ureq's buffers, wiped when they are freed.
pub(crate) struct WipedBuffers(LazyBuffers);

impl WipedBuffers {
    pub(crate) fn new() -> WipedBuffers {
        WipedBuffers(LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE))
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

impl Deref for WipedBuffers {
    type Target = LazyBuffers;

    fn deref(&self) -> &LazyBuffers {
        &self.0
    }
}

impl DerefMut for WipedBuffers {
    fn deref_mut(&mut self) -> &mut LazyBuffers {
        &mut self.0
    }
}

impl Drop for WipedBuffers {
    fn drop(&mut self) {
        // A body goes from the free part of the input buffer to the output buffer.
        self.0.input_append_buf().zeroize();
        self.0.output().zeroize();
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
