//! What the service allows. `build.rs` compiles this file too, for the header's constants.

/// How many messages one request of the service can ask about. A call takes any number.
/// Source: the service's page on the multi-status endpoint.
pub const MAX_BATCH: usize = 500;
