//! Query strings as a PHP server reads them: `a=1&list[0][field]=x`, any byte percent-encoded.

/// The name and value pairs of a query string, decoded, in order.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    })
}

/// The index and the field of a name in bracket notation, `list[index][field]`.
pub(crate) fn brackets<'a>(name: &'a str, list: &str) -> Option<(&'a str, &'a str)> {
    let inner = name.strip_prefix(list)?.strip_prefix('[')?;
    inner.strip_suffix(']')?.split_once("][")
}

fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, escaped(tail)) {
            (b'%', Some(byte)) => (byte, &tail[2..]),
            (b'+', _) => (b' ', tail),
            _ => (first, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn escaped(tail: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_as_a_php_server_does() {
        let read: Vec<_> = pairs("a=%2B33+6&&b=cl%C3%A9&c&d=100%&e=%4&f=%zz%41").collect();
        let expected = [("a", "+33 6"), ("b", "clé"), ("c", ""), ("d", "100%"), ("e", "%4"), ("f", "%zzA")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn brackets_give_index_and_field() {
        assert_eq!(brackets("L[0][phone]", "L"), Some(("0", "phone")));
        assert_eq!(brackets("L[][phone]", "L"), Some(("", "phone")));
        assert_eq!(brackets("L[0]", "L"), None);
        assert_eq!(brackets("L", "L"), None);
        assert_eq!(brackets("M[0][phone]", "L"), None);
    }
}
