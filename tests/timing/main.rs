//! What is measured in time. It runs apart from the rest, so that little else is at work beside it.

mod cancelling;
mod deadlines;
mod floods;
mod outages;
