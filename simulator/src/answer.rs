//! What is answered, and its shape.

use std::borrow::Cow;

use crate::json::{self, Style};
use crate::node::Node;
use crate::request::Format;
use crate::xml;

/// The answer for one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether the service knows the message.
    pub success: bool,
    /// 200, or why the entry is refused: 4 for a message that is not found.
    pub code: i64,
    /// The number in the service's form, `+` and digits, whichever way it was asked; what is no number stays as asked.
    pub phone_number: String,
    /// The message id as asked; written as a number where it is an integer in plain digits.
    pub message_id: String,
    /// The status text.
    pub status: String,
    /// What is told of a delivered message only.
    pub delivery: Option<Delivery>,
}

/// The report of a delivered message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it was delivered, in Unix seconds.
    pub date: i64,
    /// Whether the recipient asked to get no more messages.
    pub stop_sms: bool,
    /// Whether the message was taken for spam.
    pub is_spam: bool,
}

/// Why a whole request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The service's code.
    pub code: i64,
    /// The service's text.
    pub message: String,
}

/// An HTTP answer before it is written. The body is `raw` if there is one, else the refusal if
/// there is one, else the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The value of the header `Content-Type`.
    pub content_type: String,
    /// Further headers. Naming `Content-Encoding` here keeps the simulator from compressing.
    pub headers: Vec<(String, String)>,
    /// The refusal of the whole request.
    pub refusal: Option<Refusal>,
    /// One entry for each message asked about, in order.
    pub entries: Vec<Entry>,
    /// A body to send as it is.
    pub raw: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn new(status: u16, format: Format) -> Self {
        let content_type = match format {
            Format::Json => "application/json",
            Format::Xml => "text/xml; charset=UTF-8",
        };
        Self {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            refusal: None,
            entries: Vec::new(),
            raw: None,
        }
    }

    pub(crate) fn page(status: u16, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\
             <body><h1>{status} {title}</h1></body></html>\n"
        );
        Self {
            content_type: "text/html; charset=UTF-8".to_owned(),
            raw: Some(page.into_bytes()),
            ..Self::new(status, Format::Json)
        }
    }

    /// The body in a format, `style` being that of JSON.
    pub fn body(&self, format: Format, style: Style) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        match format {
            Format::Json => json::write(&self.node(), style),
            Format::Xml => xml::write(&self.node()),
        }
        .into_bytes()
    }

    fn node(&self) -> Node<'_> {
        match &self.refusal {
            Some(refusal) => Node::Fields(vec![
                ("success", Node::Flag(false)),
                ("code", Node::Integer(refusal.code)),
                ("message", Node::Message(&refusal.message)),
            ]),
            None => Node::Fields(vec![
                ("success", Node::Flag(true)),
                ("code", Node::Integer(200)),
                ("StatutResponse_List", Node::List(self.entries.iter().map(Entry::node).collect())),
            ]),
        }
    }
}

impl Entry {
    fn node(&self) -> Node<'_> {
        let mut fields = vec![
            ("success", Node::Flag(self.success)),
            ("code", Node::Integer(self.code)),
            ("phoneNumber", Node::Text(Cow::from(&self.phone_number))),
            ("messageId", message_id(&self.message_id)),
            ("status", Node::Text(Cow::from(&self.status))),
        ];
        if let Some(delivery) = self.delivery {
            let digit = |flag| Node::Text(Cow::from(if flag { "1" } else { "0" }));
            fields.push(("date", Node::Text(Cow::from(delivery.date.to_string()))));
            fields.push(("stopSms", digit(delivery.stop_sms)));
            fields.push(("isSpam", digit(delivery.is_spam)));
        }
        Node::Fields(fields)
    }
}

/// A number where the text is how that number is written, else a text.
fn message_id(text: &str) -> Node<'_> {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Node::Integer(number),
        _ => Node::Text(Cow::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_only_where_nothing_is_lost() {
        let written = |id: &str| json::write(&message_id(id), Style::Compact);
        for number in ["0", "199897", "-5", "9223372036854775807"] {
            assert_eq!(written(number), number);
        }
        for text in ["007", "+1", "9223372036854775808", "1.5", "-0", " 1", "x"] {
            assert_eq!(written(text), format!("\"{text}\""));
        }
    }
}
