//! Scheduling: batches become requests, at most so many at a time, again where that may help; what comes back is written into
//! the reports.

pub(crate) mod ask;
pub(crate) mod call;
pub(crate) mod check;
mod excerpt;
pub(crate) mod monitor;
mod outage;
mod outage_state;
mod pace;
mod page;
pub(crate) mod pool;
mod redirect;
mod reply;
mod retry;
