//! Texts as people read them.

/// A text from outside, safe for a terminal: control characters could move its cursor or worse.
pub fn printable(text: &str) -> String {
    let printable = |character: char| match character {
        '\n' | '\t' => character,
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    text.replace("\r\n", "\n").chars().map(printable).collect()
}

/// How many of something: "1 line", "2 lines".
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\r\nb\tc"), "a\nb\tc");
        assert_eq!(printable("\u{1b}[2J\u{9b}é\r"), "\u{fffd}[2J\u{fffd}é\u{fffd}");
    }
}
