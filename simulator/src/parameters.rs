//! The parameters of a request, from the query string and from the JSON body.

use serde_json::Value;

use crate::query;
use crate::request::Format;

const LIST: &str = "SMSStatut_List";

/// What a request says; the body overrides the query string.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) api_key: Option<String>,
    pub(crate) format: Format,
    pub(crate) list: Option<Vec<Item>>,
}

/// An entry of the list, perhaps incomplete. An empty field counts as missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) phone_number: Option<String>,
    pub(crate) message_id: Option<String>,
}

/// The body of a request is not a JSON object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Parameters {
    pub(crate) fn from_query(query: &str) -> Self {
        let mut parameters = Self::default();
        let mut indices = Vec::new();
        for (name, value) in query::pairs(query) {
            match name.as_str() {
                "apiKey" => parameters.api_key = filled(value),
                "_format" => parameters.format = format(&value),
                _ => {
                    if let Some((index, field)) = query::brackets(&name, LIST) {
                        let list = parameters.list.get_or_insert_default();
                        item(list, &mut indices, index).set(field, filled(value));
                    }
                }
            }
        }
        parameters
    }

    pub(crate) fn read_body(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            return Err(Malformed);
        };
        if let Some(key) = fields.get("apiKey") {
            self.api_key = scalar(key);
        }
        if let Some(name) = fields.get("_format").and_then(Value::as_str) {
            self.format = format(name);
        }
        if let Some(Value::Array(list)) = fields.get(LIST) {
            self.list = Some(list.iter().map(Item::from_json).collect());
        }
        Ok(())
    }
}

impl Item {
    fn from_json(value: &Value) -> Self {
        Self {
            phone_number: value.get("phoneNumber").and_then(scalar),
            message_id: value.get("messageId").and_then(scalar),
        }
    }

    fn set(&mut self, field: &str, value: Option<String>) {
        match field {
            "phoneNumber" => self.phone_number = value,
            "messageId" => self.message_id = value,
            _ => {}
        }
    }
}

/// The item that an index stands for: an index met before names the same item again, an empty one
/// always a new one. `indices` holds the index of every item of `list`.
fn item<'a>(list: &'a mut Vec<Item>, indices: &mut Vec<String>, index: &str) -> &'a mut Item {
    let known = indices.iter().rposition(|known| known == index && !index.is_empty());
    let at = known.unwrap_or_else(|| {
        indices.push(index.to_owned());
        list.push(Item::default());
        list.len() - 1
    });
    &mut list[at]
}

fn format(name: &str) -> Format {
    match name {
        "xml" => Format::Xml,
        _ => Format::Json,
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => filled(text.clone()),
        // As on a PHP server, a number beyond 64 bits loses digits.
        Value::Number(number) => number
            .as_i64()
            .map(|integer| integer.to_string())
            .or_else(|| number.as_f64().map(|float| float.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(phone_number: &str, message_id: &str) -> Item {
        Item { phone_number: filled(phone_number.to_owned()), message_id: filled(message_id.to_owned()) }
    }

    #[test]
    fn a_query_string_and_a_body_say_the_same() {
        let from_query = Parameters::from_query(
            "apiKey=k&_format=xml&SMSStatut_List[0][phoneNumber]=%2B336&SMSStatut_List%5B0%5D%5BmessageId%5D=12\
             &SMSStatut_List[1][messageId]=x&SMSStatut_List[1][phoneNumber]=06&other=1",
        );
        let mut from_body = Parameters::default();
        from_body
            .read_body(
                br#"{"apiKey":"k","_format":"xml","other":1,"SMSStatut_List":
                    [{"phoneNumber":"+336","messageId":12},{"phoneNumber":"06","messageId":"x"}]}"#,
            )
            .unwrap();
        assert_eq!(from_query, from_body);
        assert_eq!(from_query.list, Some(vec![item("+336", "12"), item("06", "x")]));
    }

    #[test]
    fn empty_brackets_append() {
        let parameters = Parameters::from_query("SMSStatut_List[][phoneNumber]=1&SMSStatut_List[][phoneNumber]=2");
        assert_eq!(parameters.list, Some(vec![item("1", ""), item("2", "")]));
    }

    #[test]
    fn the_body_overrides_the_query_string() {
        let mut parameters = Parameters::from_query("apiKey=a&_format=xml");
        parameters.read_body(br#"{"apiKey":"b","_format":"json"}"#).unwrap();
        assert_eq!(parameters.api_key.as_deref(), Some("b"));
        assert_eq!(parameters.format, Format::Json);
    }

    #[test]
    fn a_body_that_is_not_a_json_object_is_malformed() {
        for body in ["", "{", "[]", "\"x\"", "null", "{} {}", "\u{feff}{}"] {
            let read = Parameters::default().read_body(body.as_bytes());
            assert_eq!(read, Err(Malformed), "{body:?}");
        }
        assert_eq!(Parameters::default().read_body(b"{\"a\":\"\xff\"}"), Err(Malformed));
    }

    #[test]
    fn fields_that_say_nothing_are_missing() {
        for value in ["\"\"", "null", "true", "[1]", "{}"] {
            let body =
                format!(r#"{{"apiKey":{value},"SMSStatut_List":[{{"phoneNumber":{value},"messageId":{value}}},7]}}"#);
            let mut parameters = Parameters::default();
            parameters.read_body(body.as_bytes()).unwrap();
            assert_eq!(parameters.api_key, None);
            assert_eq!(parameters.list, Some(vec![Item::default(), Item::default()]));
        }
    }

    #[test]
    fn numbers_beyond_64_bits_lose_digits() {
        let read = |text: &str| scalar(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(read("9223372036854775807"), "9223372036854775807");
        assert_eq!(read("9223372036854775809"), "9223372036854776000");
        assert_eq!(read("\"9223372036854775809\""), "9223372036854775809");
    }
}
