//! What the fuzz targets share: how answers are read and compared, answers in every notation, and whose answer is whose.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod answer;
pub mod oracle;
pub mod reading;
