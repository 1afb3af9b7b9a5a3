//! What the value of an option may be, and how it is shown.

use std::ffi::{CStr, CString};
use std::str::FromStr;

use super::options::Kind::{Choice, Decimal, Flag, Header, Number, Proxy, Secret, Text, TrustList, Url};
use super::options::Opt;
use super::proxy;
use super::url::{BaseUrl, without_secrets};

/// What a secret reads as.
const HIDDEN: &CStr = c"***";

impl Opt {
    /// The value in the form in which it is kept, or what is wrong with it.
    pub(super) fn validate(&self, value: &str) -> Result<String, String> {
        let value = trim(value);
        if let Some(control) = value.chars().find(|character| character.is_control()) {
            return Err(format!("holds the control character U+{:04X}", control as u32));
        }
        let expected = |valid: bool| if valid { Ok(value.to_owned()) } else { Err(self.expected(value)) };
        match self.kind {
            Text => Ok(value.to_owned()),
            Header => expected(value.is_ascii()),
            Secret if value.is_empty() => Err("is empty".to_owned()),
            Secret => Ok(value.to_owned()),
            Url => BaseUrl::from_str(value).map(|url| url.to_string()),
            Proxy if value.is_empty() => Ok(String::new()),
            Proxy => proxy::Proxy::from_str(value).map(|_| value.to_owned()),
            TrustList => expected(value.split(',').all(|part| !part.trim().is_empty())),
            Choice(words) => expected(words.contains(&value)),
            Number(least, most) => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse::<u64>().ok().filter(|number| digits && (least..=most).contains(number));
                number.map(|number| number.to_string()).ok_or_else(|| self.expected(value))
            }
            Decimal(most) => {
                let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let number = value.parse::<f64>().ok().filter(|number| plain && *number <= f64::from(most));
                expected(number.is_some())
            }
            Flag => match value {
                "true" | "1" => Ok("true".to_owned()),
                "false" | "0" => Ok("false".to_owned()),
                _ => Err(self.expected(value)),
            },
        }
    }

    fn expected(&self, value: &str) -> String {
        match self.kind {
            Secret => format!("expected {}", self.values()),
            _ => format!("expected {}, found {value:?}", self.values()),
        }
    }

    pub(super) fn shown(&self, value: &str) -> CString {
        match self.kind {
            Secret => HIDDEN.to_owned(),
            Proxy => c_string(&without_secrets(value)),
            _ => c_string(value),
        }
    }
}

/// Without white space around it, and without the byte-order mark that some editors put in front of a file.
pub(crate) fn trim(value: &str) -> &str {
    value.trim_start_matches('\u{feff}').trim()
}

/// A text that `validate` has let through holds no NUL.
fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
