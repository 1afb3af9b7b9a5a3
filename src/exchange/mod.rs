//! Scheduling: batches become requests, a limited number at a time, with retries where they may help. The results are
//! written into the reports.

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
mod ride;
mod together;
mod waiter;
