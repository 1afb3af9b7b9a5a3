//! Texts that are wiped from memory after use.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

pub(crate) mod redact;

/// A text that is wiped when it is freed, and never shown.
///
/// A text that grows leaves copies of itself behind, so a secret is created with all the capacity that it needs.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        text.to_owned().into()
    }
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::from("abc");
        assert_eq!((&*secret, format!("{secret:?}").as_str()), ("abc", "***"));
    }
}
