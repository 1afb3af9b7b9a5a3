//! What is made of answers: of documented ones, of odd ones, of any.

mod formats;
mod injection;
mod limits;
mod messages;
mod oracle;
mod properties;
mod vectors;
