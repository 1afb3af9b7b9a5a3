//! A fast parser for answers that are exactly as documented. Every status passes here, so it does without a general
//! parser.
//!
//! Most entries differ from an earlier one of the answer in number, id and date only: `pattern` reads these. The first
//! entry of each kind is read with the parser of `json`, so that both modules read it in the same way. All other bodies
//! are left to `json`.

use super::json::Values;
use super::pattern::Patterns;
use super::response::{Entries, MAX_ENTRIES};
use crate::limits::MAX_BATCH;

/// Parses a documented success. Returns None for any other body, and if there is not enough memory.
pub(crate) fn entries(body: &[u8]) -> Option<Entries<'_>> {
    let mut cursor = Cursor { rest: std::str::from_utf8(body).ok()? };
    let (mut success, mut code, mut entries) = (None, None, None);
    cursor.token("{")?;
    loop {
        let seen = if cursor.name("\"success\"").is_some() {
            success.replace(cursor.token("true")?).is_some()
        } else if cursor.name("\"code\"").is_some() {
            code.replace(cursor.token("200")?).is_some()
        } else {
            cursor.name("\"StatutResponse_List\"")?;
            entries.replace(cursor.list()?).is_some()
        };
        if seen {
            return None;
        }
        if cursor.token(",").is_none() {
            break;
        }
    }
    cursor.token("}")?;
    cursor.skip_white_space();
    (cursor.rest.is_empty() && success.is_some()).then_some(entries?)
}

/// No documented entry is shorter, in bytes.
const SHORTEST_ENTRY: usize = 80;

/// No documented entry is longer, in bytes. This limits the memory that one entry takes.
const LONGEST_ENTRY: usize = 4096;

/// Reserves memory for `more` entries and returns for how many there is room now. None if there is not enough memory,
/// or if the list has as many entries as an answer may have.
#[cold]
fn room(more: usize, entries: &mut Entries<'_>) -> Option<usize> {
    entries.list.try_reserve(more).ok()?;
    Some(entries.list.capacity().min(MAX_ENTRIES)).filter(|room| entries.list.len() < *room)
}

struct Cursor<'b> {
    /// What is not parsed yet.
    rest: &'b str,
}

impl<'b> Cursor<'b> {
    fn list(&mut self) -> Option<Entries<'b>> {
        self.token("[")?;
        let mut entries = Entries::default();
        if self.token("]").is_some() {
            return Some(entries);
        }
        let mut room = room((self.rest.len() / SHORTEST_ENTRY).clamp(1, MAX_BATCH), &mut entries)?;
        let mut patterns = Patterns::default();
        loop {
            self.skip_white_space();
            match patterns.read(self.rest) {
                Some((length, entry)) => {
                    self.rest = &self.rest[length..];
                    entries.list.push(entry);
                }
                None => {
                    let (text, values) = self.entry()?;
                    entries.push(values.entry().ok()?).ok()?;
                    let has_more = self.rest.trim_start().starts_with(',');
                    if has_more {
                        patterns.add(text, &values, &entries);
                    }
                }
            }
            if self.token(",").is_none() {
                break;
            }
            if entries.list.len() == room {
                room = self::room(1, &mut entries)?;
            }
        }
        self.token("]")?;
        Some(entries)
    }

    /// Parses an entry, whatever its fields are. Returns its text and its fields.
    #[cold]
    fn entry(&mut self) -> Option<(&'b str, Values<'b>)> {
        let most = self.rest.len().min(LONGEST_ENTRY);
        let end = (0..=most).rev().find(|end| self.rest.is_char_boundary(*end))?;
        let mut entries = serde_json::Deserializer::from_str(&self.rest[..end]).into_iter();
        let values = entries.next()?.ok()?;
        let (text, rest) = self.rest.split_at(entries.byte_offset());
        self.rest = rest;
        Some((text, values))
    }

    /// Skips the name of a field and the colon behind it. Skips nothing unless both are there.
    fn name(&mut self, quoted: &str) -> Option<()> {
        let mut ahead = Cursor { rest: self.rest };
        ahead.token(quoted)?;
        ahead.token(":")?;
        *self = ahead;
        Some(())
    }

    /// Skips white space and this token. None if another token follows.
    #[inline(always)]
    fn token(&mut self, token: &str) -> Option<()> {
        self.skip_white_space();
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    #[inline(always)]
    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.rest.as_bytes().first() {
            self.rest = &self.rest[1..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{self, Answer};
    use super::*;

    const SAMPLE: &str = include_str!("../../simulator/tests/samples/success.json");

    /// What this parser reads, the general parser must read in the same way. Returns whether this parser reads the
    /// text.
    #[track_caller]
    fn check(text: &str) -> bool {
        let read = entries(text.as_bytes());
        let is_read = read.is_some();
        if let Some(entries) = read {
            assert_eq!(Ok(Answer::Entries(entries)), read::read(text), "{text}");
        }
        is_read
    }

    #[test]
    fn the_documented_sample_is_read_here() {
        assert!(check(SAMPLE));
        assert_eq!(entries(SAMPLE.as_bytes()).unwrap().list.len(), 3);
        let compact = r#"{"success":true,"code":200,"StatutResponse_List":[{"success":false,"code":4,"phoneNumber":"+33699999992","messageId":"1000","status":"Num\u00e9ro introuvable"}]}"#;
        assert!(check(compact));
        assert_eq!(entries(compact.as_bytes()).unwrap().statuses[0].status_text.as_deref(), Some("Numéro introuvable"));
        assert_eq!(entries(br#"{"success":true,"code":200,"StatutResponse_List":[]}"#), Some(Entries::default()));
    }

    #[test]
    fn both_ways_agree_on_every_sample_changed_in_one_byte() {
        let mut read_here = 0;
        for index in 0..SAMPLE.len() {
            for byte in b" \"\\01e.-,{}[]\n\x01x" {
                let mut changed = SAMPLE.as_bytes().to_vec();
                changed[index] = *byte;
                read_here += String::from_utf8(changed).map_or(0, |changed| usize::from(check(&changed)));
            }
        }
        assert!(read_here > 500, "only {read_here} were documented answers");
    }

    /// Returns all variants with one token left out, replaced or added.
    fn changed<'a>(tokens: &[&'a str]) -> Vec<Vec<&'a str>> {
        let mut all = Vec::new();
        for place in 0..tokens.len() {
            let (before, behind) = (&tokens[..place], &tokens[place + 1..]);
            all.push([before, behind].concat());
            for token in tokens {
                all.push([before, &[token], behind].concat());
                all.push([before, &[token, tokens[place]], behind].concat());
            }
        }
        all
    }

    #[test]
    fn both_ways_agree_where_up_to_two_tokens_around_the_entries_are_others() {
        let entries = r#"[{"phoneNumber":"+33612345678","messageId":1,"status":"ko"}]"#;
        let list = [r#""StatutResponse_List""#, ":", entries];
        let documented = [&["{", r#""success""#, ":", "true", ",", r#""code""#, ":", "200", ","][..], &list, &["}"]];
        let mut read_here = 0;
        for once in changed(&documented.concat()) {
            for twice in changed(&once).iter().chain([&once]) {
                read_here += usize::from(check(&twice.concat()));
            }
        }
        assert!(read_here > 100, "only {read_here} were documented answers");
    }

    #[test]
    fn the_most_entries_are_read_and_one_more_or_a_comma_are_not() {
        let list =
            |count: usize| vec![r#"{"phoneNumber":"+33612345678","messageId":1,"status":"ko"}"#; count].join(",");
        let text = |list: &str| format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#);
        assert_eq!(entries(text(&list(MAX_ENTRIES)).as_bytes()).unwrap().list.len(), MAX_ENTRIES);
        assert_eq!(entries(text(&list(MAX_ENTRIES + 1)).as_bytes()), None);
        for count in [1, MAX_ENTRIES] {
            assert_eq!(entries(text(&(list(count) + ",")).as_bytes()), None);
        }
    }

    #[test]
    fn entries_of_a_kind_share_a_status() {
        let entry = |kind: usize, digit: usize| {
            format!(
                r#"{{"phoneNumber":"+3361234567{digit}","messageId":{digit},"status":"{}","date":"151793441{digit}"}}"#,
                10 + kind
            )
        };
        let list: Vec<_> = (1..4).flat_map(|digit| (0..33).map(move |kind| entry(kind, digit))).collect();
        let text = format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{}]}}"#, list.join(","));
        // There is no room for a pattern of the last kind.
        assert_eq!(entries(text.as_bytes()).unwrap().statuses.len(), 32 + 3);
        assert!(check(&text));
    }

    #[test]
    fn the_longest_entry_may_end_within_a_character() {
        for padding in 0..8 {
            let status = "x".repeat(padding) + &"é".repeat(400) + "😀";
            let entry = format!(r#"{{"phoneNumber":"+33612345678","messageId":1,"status":"{status}"}}"#);
            let list = vec![entry; 9].join(",");
            assert!(check(&format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#)));
        }
    }

    #[test]
    fn a_number_of_any_length_may_come_again() {
        for length in 1..70 {
            let entry = format!(r#"{{"phoneNumber":"+{}","messageId":1,"status":"ko"}}"#, "9".repeat(length));
            assert!(check(&format!(
                r#"{{"success":true,"code":200,"StatutResponse_List":[{entry},{entry},{entry}]}}"#
            )));
        }
    }

    #[test]
    fn a_cut_sample_is_no_answer() {
        for length in 0..SAMPLE.trim_end().len() {
            assert_eq!(entries(&SAMPLE.as_bytes()[..length]), None);
        }
    }

    /// Bodies of any shape, not only those that this parser reads.
    mod any_shape {
        use proptest::prelude::*;
        use proptest::sample::select;
        use proptest::test_runner::{Config, RngSeed, TestRunner};

        use super::check;

        fn space() -> impl Strategy<Value = &'static str> {
            select(&["", "", "", "", " ", "\n", "\r\n\t ", "\u{a0}", "\u{b}"])
        }

        /// Generates a JSON value as it may occur in a body: of the documented kind, of another kind, or broken.
        fn value() -> impl Strategy<Value = String> {
            let text = "(\\\\u00e9|\\\\\"|\\\\/|\\\\ud83d|\\\\ud83d\\\\ude00|\\\\x|[ +0-9a-zé.-]){0,12}";
            let known = select(&[
                r#""+33612345678""#,
                r#"" 330612345678""#,
                r#""0612345678""#,
                r#""+33 06 12 34 56 7""#,
                r#""Delivered""#,
                r#""En attente""#,
                r#""1517934416""#,
                "true",
                "false",
                "null",
                "200",
                "4",
                "0",
                "01",
                "-1",
                "1.0",
                "1e2",
                "9223372036854775808",
                "999999999999999999",
                "20180206172656",
                r#""0""#,
                "{}",
                "[]",
                "[1,{\"a\":\"}\"}]",
                "tru",
                "",
            ]);
            prop_oneof![4 => known.prop_map(str::to_owned), 1 => text.prop_map(|text| format!("\"{text}\""))]
        }

        fn name() -> impl Strategy<Value = String> {
            let names = select(&[
                "success",
                "code",
                "phoneNumber",
                "number",
                "messageId",
                "status",
                "statut",
                "date",
                "stopSms",
                "stopSMS",
                "isSpam",
                "other",
                "st\\u0061tus",
                "",
            ]);
            names.prop_map(|name| format!("\"{name}\""))
        }

        /// Generates entries of one kind, whose number, id and date have any shape: those that a pattern reads and
        /// similar ones, also with a field that occurs twice.
        fn repeated() -> impl Strategy<Value = String> {
            let kinds = select(&[
                r#"{"success":true,"code":200,"phoneNumber":"~P","messageId":~I,"status":"Delivered","date":"~D","stopSms":"0"}"#,
                r#"{"messageId":"~I", "phoneNumber" : "~P","status":"Livr\u00e9","date":~D}"#,
                r#"{"phoneNumber":"~P","messageId":~I,"status":"Waiting"}"#,
                r#"{"phoneNumber":"~P","number":"+33612345678","messageId":~I,"status":"Waiting"}"#,
                r#"{"number":"~P","phoneNumber":"+33612345678","messageId":7,"messageId":~I,"status":"Waiting"}"#,
                r#"{"phoneNumber":"~P","phoneNumber":"+33612345678","messageId":~I,"messageId":7,"status":"ko"}"#,
                r#"{"phoneNumber":"~P","messageId":~I,"date":"~D","status":"ko","date":"1517934416"}"#,
            ]);
            let number = "([+]|)(33|0|49|)[0-9 ]{9,10}|[+][0-9]{11}|[+]33612345678|\\\\u002b3361234567";
            let id = "[0-9]{1,7}|7|0[0-9]|-1|1e2|\"";
            let values = (number, id, "[0-9]{10}|1517934416|0|[0-9]{14}|[0-9]{9}x|2018-02-06");
            (kinds, prop::collection::vec(values, 2..9)).prop_map(|(kind, list)| {
                let entry = |(number, id, date): &(String, String, String)| {
                    kind.replace("~P", number).replace("~I", id).replace("~D", date)
                };
                list.iter().map(entry).collect::<Vec<_>>().join(",")
            })
        }

        fn entry() -> impl Strategy<Value = String> {
            let field = (space(), name(), space(), space(), value(), space());
            let field = field.prop_map(|(a, name, b, c, value, d)| format!("{a}{name}{b}:{c}{value}{d}"));
            let any = prop::collection::vec(field, 0..9).prop_map(|fields| format!("{{{}}}", fields.join(",")));
            let documented = (value(), value(), value(), value()).prop_map(|(phone, id, status, date)| {
                format!(
                    r#"{{"success":true,"code":200,"phoneNumber":{phone},"messageId":{id},"status":{status},"date":{date}}}"#
                )
            });
            prop_oneof![2 => any, 2 => documented, 3 => repeated(), 1 => value()]
        }

        #[test]
        fn both_ways_agree() {
            let head = select(&[
                r#"{"success":true,"code":200,"StatutResponse_List":["#,
                r#"{"success":true,"StatutResponse_List":["#,
                r#"{"StatutResponse_List":["#,
                "\u{feff}{\"success\":true,\"code\":200,\"StatutResponse_List\":[",
            ]);
            let tail = select(&["]}", "] } ", "],\"code\":200}", "]}x", "]", "],}", "],\"success\":true}"]);
            let bodies = (head, prop::collection::vec((space(), entry(), space()), 0..4), tail);
            let config =
                Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::with_cases(20_000) };
            let read_here = std::cell::Cell::new(0);
            let agree = |(head, entries, tail): (&str, Vec<(&str, String, &str)>, &str)| {
                let list: Vec<_> = entries.iter().map(|(a, entry, b)| format!("{a}{entry}{b}")).collect();
                let is_read = check(&format!("{head}{}{tail}", list.join(",")));
                read_here.set(read_here.get() + usize::from(is_read));
                Ok(())
            };
            TestRunner::new(config).run(&bodies, agree).unwrap();
            assert!(read_here.get() > 500, "only {} were documented answers", read_here.get());
        }
    }
}
