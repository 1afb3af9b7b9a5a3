//! Validates the values of options and formats them for display.

use std::ffi::{CStr, CString};
use std::str::FromStr;

use super::options::Kind::{Choice, Decimal, Flag, Header, Number, Proxy, Secret, Text, TrustList, Url};
use super::options::Opt;
use super::proxy;
use super::url::{BaseUrl, without_secrets};

/// Shown in place of a secret.
const HIDDEN: &CStr = c"***";

impl Opt {
    /// Returns the value in the form in which it is stored, or what is wrong with it.
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

    /// Returns what is wrong with a value of another form. It never shows a secret.
    fn expected(&self, value: &str) -> String {
        match self.kind {
            Secret => format!("expected {}", self.values()),
            _ => format!("expected {}, found {value:?}", self.values()),
        }
    }

    /// Returns a value for display, with secrets hidden.
    pub(super) fn shown(&self, value: &str) -> CString {
        match self.kind {
            Secret => HIDDEN.to_owned(),
            Proxy => c_string(&without_secrets(value)),
            _ => c_string(value),
        }
    }
}

/// Removes the white space around a value, and the byte-order mark that some editors put at the start of a file.
pub(crate) fn trim(value: &str) -> &str {
    value.trim_start_matches('\u{feff}').trim()
}

/// Converts a text that `validate` has accepted, so it contains no NUL.
fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
