//! The buffers of a connection, through which requests pass, and so the API key.

use std::ops::{Deref, DerefMut};

use ureq::unversioned::transport::{Buffers, LazyBuffers};
use zeroize::Zeroize;

use super::transport::BUFFER_SIZE;

/// ureq's buffers, wiped when they are freed.
pub(crate) struct WipedBuffers(LazyBuffers);

impl WipedBuffers {
    pub(crate) fn new() -> WipedBuffers {
        WipedBuffers(LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE))
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
        let (input, output) = self.0.tmp_and_output();
        input.zeroize();
        output.zeroize();
    }
}
