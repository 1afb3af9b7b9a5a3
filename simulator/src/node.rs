//! A value of an answer, for either format.

use std::borrow::Cow;

/// A value of an answer, for either format.
pub(crate) enum Node<'a> {
    Flag(bool),
    Integer(i64),
    Text(Cow<'a, str>),
    /// The text of a refusal, which in XML is escaped where other texts are CDATA.
    Message(&'a str),
    List(Vec<Node<'a>>),
    Fields(Vec<(&'static str, Node<'a>)>),
}
