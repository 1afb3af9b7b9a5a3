//! What the fuzz targets share: how answers are read and compared, answers in every notation, and what is right.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod answer;
pub mod number;
pub mod oracle;
pub mod reading;
