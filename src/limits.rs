//! The limits of the service. `build.rs` compiles this file too, for the header's constants.

/// The most messages that one request can ask about. A call takes any number. Source: the service's page on the
/// multi-status endpoint.
pub const MAX_BATCH: usize = 500;
