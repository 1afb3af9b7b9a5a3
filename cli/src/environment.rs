//! Variables of the environment that look like ours.

use smsp::Config;

/// What names beginning so set.
const PREFIX: &str = "SMSP_";

/// Variables that look like options of the library and are none, each with the one that is meant.
pub fn unknown() -> Vec<(String, String)> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<_> = names.filter_map(|name| Some((nearest(&name)?, name))).collect();
    unknown.sort();
    unknown.into_iter().map(|(nearest, name)| (name, nearest)).collect()
}

/// The variable of the library whose name is nearest to this; None if it is one itself, or is not for us.
fn nearest(name: &str) -> Option<String> {
    let option = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
    let options = Config::options();
    if options.iter().any(|option| option.variable() == name) {
        return None;
    }
    let nearest = options.iter().min_by_key(|known| distance(known.name(), &option));
    nearest.map(|option| option.variable())
}

/// How many letters have to be put in, taken out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, with) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != with);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told() {
        for (name, meant) in [
            ("SMSP_BASEURL", "SMSP_BASE_URL"),
            ("SMSP_MAX_RETRY", "SMSP_MAX_RETRIES"),
            ("SMSP_API_KEY", "SMSPARTNER_API_KEY"),
            ("SMSP_API_KEYFILE", "SMSP_API_KEY_FILE"),
            ("SMSP_TIMEOUT_MS", "SMSP_TOTAL_TIMEOUT_MS"),
        ] {
            assert_eq!(nearest(name).as_deref(), Some(meant), "{name}");
        }
        for name in ["SMSP_BASE_URL", "SMSPARTNER_API_KEY", "SMSPARTNER_APIKEY", "SMS", "PATH"] {
            assert_eq!(nearest(name), None, "{name}");
        }
    }

    #[test]
    fn distances() {
        for (one, other, expected) in [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "ac", 1)] {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected));
        }
    }
}
