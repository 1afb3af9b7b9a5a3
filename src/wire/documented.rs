//! The answer as the service documents it, field by field in its order: read without a general parser, since every
//! status passes here. Whatever differs by a byte is left to `json`, which reads all of JSON.
//!
//! Most entries repeat an earlier one but for number, id and date, so what lies between these is compared as a whole.

use std::borrow::Cow;
use std::ops::Range;

use super::answer::{Entry, MAX_ENTRIES, RawEntry, Scalar};
use crate::decimal;
use crate::message_id::MessageId;
use crate::phone::Phone;

/// The entries of a documented success; None if the text is anything else.
pub(super) fn entries(text: &str) -> Option<Vec<Entry<'_>>> {
    let mut cursor = Cursor { text, at: 0, value: 0..0 };
    cursor.token("{")?;
    cursor.key("\"success\"")?;
    cursor.token("true")?;
    cursor.next_key("\"code\"")?;
    cursor.token("200")?;
    cursor.next_key("\"StatutResponse_List\"")?;
    cursor.token("[")?;
    let mut entries = Vec::new();
    if cursor.token("]").is_none() {
        let mut patterns = Vec::new();
        entries.push(cursor.entry(&mut patterns)?);
        while cursor.token(",").is_some() && entries.len() < MAX_ENTRIES {
            entries.push(cursor.entry(&mut patterns)?);
        }
        cursor.token("]")?;
    }
    cursor.token("}")?;
    cursor.skip_white_space();
    (cursor.at == text.len()).then_some(entries)
}

/// More than there are kinds of entries in an answer, as a rule.
const MAX_PATTERNS: usize = 8;

/// An entry that was read, as what others may repeat.
struct Pattern<'b> {
    before_phone: &'b [u8],
    phone_length: usize,
    before_id: &'b [u8],
    /// Up to the date, or to the end where there is none.
    behind_id: &'b [u8],
    /// Empty where there is no date.
    behind_date: &'b [u8],
    entry: Entry<'b>,
}

impl<'b> Pattern<'b> {
    /// The entry that a text starts with, and its length, if it differs in number, id and date only.
    fn read(&self, text: &[u8]) -> Option<(Entry<'b>, usize)> {
        let (phone, rest) = text.strip_prefix(self.before_phone)?.split_at_checked(self.phone_length)?;
        let phone = Phone::parse_plain(phone)?;
        let rest = rest.strip_prefix(self.before_id)?;
        let (id, length) = decimal::leading(rest)?;
        let mut rest = rest[length..].strip_prefix(self.behind_id)?;
        let mut date = None;
        if !self.behind_date.is_empty() {
            let (seconds, length) = decimal::leading(rest)?;
            rest = rest[length..].strip_prefix(self.behind_date)?;
            date = Some(i64::try_from(seconds).ok()?);
        }
        let entry = Entry {
            phone: Some(phone),
            id: Some(MessageId::Number(id)),
            date,
            status_text: self.entry.status_text.clone(),
            date_text: None,
            ..self.entry
        };
        Some((entry, text.len() - rest.len()))
    }
}

struct Cursor<'b> {
    text: &'b str,
    at: usize,
    /// Where the last value stands, without its quotes.
    value: Range<usize>,
}

impl<'b> Cursor<'b> {
    fn entry(&mut self, patterns: &mut Vec<Pattern<'b>>) -> Option<Entry<'b>> {
        self.skip_white_space();
        let rest = self.rest();
        if let Some((entry, length)) = patterns.iter().find_map(|pattern| pattern.read(rest)) {
            self.at += length;
            return Some(entry);
        }
        let (entry, pattern) = self.new_entry()?;
        if patterns.len() < MAX_PATTERNS {
            // Only what reads its own entry right can be repeated.
            patterns
                .extend(Some(pattern).filter(|pattern| pattern.read(rest).is_some_and(|(again, _)| again == entry)));
        }
        Some(entry)
    }

    fn new_entry(&mut self) -> Option<(Entry<'b>, Pattern<'b>)> {
        let start = self.at;
        self.token("{")?;
        self.key("\"success\"")?;
        let success = Scalar::Bool(self.boolean()?);
        self.next_key("\"code\"")?;
        let code = self.integer()?;
        self.next_key("\"phoneNumber\"")?;
        let phone_number = self.string()?;
        let phone = self.value.clone();
        self.next_key("\"messageId\"")?;
        let message_id = self.integer().or_else(|| self.string())?;
        let id = self.value.clone();
        self.next_key("\"status\"")?;
        let status = self.string()?;
        let mut entry = RawEntry { success, code, phone_number, message_id, status, ..RawEntry::default() };
        let mut date = None;
        if self.token("}").is_none() {
            self.next_key("\"date\"")?;
            entry.date = self.string()?;
            date = Some(self.value.clone());
            self.next_key("\"stopSms\"")?;
            entry.stop_sms = self.string()?;
            self.next_key("\"isSpam\"")?;
            entry.is_spam = self.string()?;
            self.token("}")?;
        }
        let entry = Entry::from(entry);
        let between = |start: usize, end: usize| &self.text.as_bytes()[start..end];
        let pattern = Pattern {
            before_phone: between(start, phone.start),
            phone_length: phone.len(),
            before_id: between(phone.end, id.start),
            behind_id: between(id.end, date.as_ref().map_or(self.at, |date| date.start)),
            behind_date: date.map_or(&[], |date| between(date.end, self.at)),
            entry: entry.clone(),
        };
        Some((entry, pattern))
    }

    #[inline(always)]
    fn next_key(&mut self, key: &str) -> Option<()> {
        self.token(",")?;
        self.key(key)
    }

    #[inline(always)]
    fn key(&mut self, key: &str) -> Option<()> {
        self.token(key)?;
        self.token(":")
    }

    /// Goes past this token and the white space before it. Inlined, so that a token's length is known where it is
    /// compared.
    #[inline(always)]
    fn token(&mut self, token: &str) -> Option<()> {
        self.skip_white_space();
        let found = self.rest().starts_with(token.as_bytes());
        found.then(|| self.at += token.len())
    }

    fn boolean(&mut self) -> Option<bool> {
        self.token("true").map(|()| true).or_else(|| self.token("false").map(|()| false))
    }

    /// An integer that needs no second look: no sign, no fraction, at most 18 digits.
    fn integer(&mut self) -> Option<Scalar<'b>> {
        self.skip_white_space();
        let (value, length) = decimal::leading(self.rest())?;
        if matches!(self.rest().get(length), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.value = self.at..self.at + length;
        self.at += length;
        i64::try_from(value).ok().map(Scalar::Integer)
    }

    fn string(&mut self) -> Option<Scalar<'b>> {
        self.token("\"")?;
        let length = self.rest().iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let end = self.at + length;
        self.value = self.at..end;
        if self.text.as_bytes()[end] == b'"' {
            self.at = end + 1;
            return Some(Scalar::Text(Cow::Borrowed(&self.text[self.value.clone()])));
        }
        self.escaped()
    }

    /// The rest of a string that has escapes, with its opening quote just passed.
    fn escaped(&mut self) -> Option<Scalar<'b>> {
        let start = self.at - 1;
        let mut strings = serde_json::Deserializer::from_str(&self.text[start..]).into_iter::<String>();
        let text = strings.next()?.ok()?;
        self.at = start + strings.byte_offset();
        self.value = start + 1..self.at - 1;
        Some(Scalar::Text(Cow::Owned(text)))
    }

    #[inline(always)]
    fn skip_white_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', ..] = self.rest() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn rest(&self) -> &'b [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    use super::super::{answer, json};
    use super::*;

    const SAMPLE: &str = include_str!("../../simulator/tests/samples/success.json");

    /// What the general parser makes of the same text.
    fn general(text: &str) -> Option<Vec<Entry<'_>>> {
        json::read(text).ok()?.entries
    }

    #[test]
    fn the_documented_sample_is_read_here() {
        assert_eq!(entries(SAMPLE), general(SAMPLE));
        assert_eq!(entries(SAMPLE).unwrap().len(), 3);
        let compact = r#"{"success":true,"code":200,"StatutResponse_List":[{"success":false,"code":4,"phoneNumber":"+33699999992","messageId":"1000","status":"Num\u00e9ro introuvable"}]}"#;
        let read = entries(compact).unwrap();
        assert_eq!(read[0].status_text.as_deref(), Some("Numéro introuvable"));
        assert_eq!(Some(read), general(compact));
        assert_eq!(entries(r#"{"success":true,"code":200,"StatutResponse_List":[]}"#), Some(vec![]));
    }

    #[test]
    fn both_ways_agree_on_every_sample_bent_in_one_byte() {
        let mut read_here = 0;
        for place in 0..SAMPLE.len() {
            for byte in [b' ', b'"', b'\\', b'0', b'1', b'e', b'.', b'-', b',', b'{', b'}', b'[', b']', b'\n', 1, b'x']
            {
                let mut bent = SAMPLE.as_bytes().to_vec();
                bent[place] = byte;
                let Ok(bent) = String::from_utf8(bent) else { continue };
                if let Some(entries) = entries(&bent) {
                    assert_eq!(Some(entries), general(&bent), "{bent}");
                    read_here += 1;
                }
            }
        }
        assert!(read_here > 500, "only {read_here} were documented answers");
    }

    /// Entries of two kinds, each repeated with another number, id and date, and with this between all tokens.
    fn repeated(space: &str) -> String {
        let entry = |i: u64| {
            let (quote, status) = (if i % 3 == 0 { "\"" } else { "" }, ["Livr\\u00e9", "En attente"][i as usize % 2]);
            let details = match i % 2 {
                0 => format!(r#",~"date":~"{}",~"stopSms":~"0",~"isSpam":~"1""#, 1_517_934_416 + i),
                _ => String::new(),
            };
            let (phone, id) = (format!("+3360000{:04}", 7 * i), i * i);
            format!(
                r#"{{~"success":~true,~"code":~200,~"phoneNumber":~"{phone}",~"messageId":~{quote}{id}{quote},~"status":~"{status}"{details}~}}"#
            )
        };
        let list: Vec<_> = (0..12).map(entry).collect();
        let text = format!(r#"{{~"success":~true,~"code":~200,~"StatutResponse_List":~[~{}~]~}}"#, list.join(",~"));
        text.replace('~', space)
    }

    #[test]
    fn entries_that_repeat_others_have_their_own_number_id_and_date() {
        for text in [repeated(""), repeated("\n  ")] {
            let read = entries(&text).unwrap();
            assert_eq!(Some(&read), general(&text).as_ref());
            assert_eq!(read.len(), 12);
            for (i, entry) in (0u64..).zip(&read) {
                assert_eq!(entry.phone, Phone::parse(&format!("+3360000{:04}", 7 * i)));
                assert_eq!(entry.id, Some(MessageId::Number(i * i)));
                assert_eq!(entry.date, (i % 2 == 0).then_some(1_517_934_416 + i as i64));
                assert_eq!(entry.status_text.as_deref(), Some(["Livré", "En attente"][i as usize % 2]));
                assert_eq!(entry.is_spam, (i % 2 == 0).then_some(true));
            }
        }
    }

    #[test]
    fn both_ways_agree_on_entries_that_repeat_others_bent_in_one_byte() {
        let text = repeated("");
        let from = text.match_indices("{\"success\"").nth(9).unwrap().0;
        for place in from..text.len() {
            for byte in b" \"\\0179e.-,{}[]\nx+" {
                let mut bent = text.as_bytes().to_vec();
                bent[place] = *byte;
                let bent = String::from_utf8(bent).unwrap();
                let read = entries(&bent);
                assert!(read.is_none() || read == general(&bent), "{bent}");
            }
        }
    }

    #[test]
    fn what_a_pattern_cannot_tell_is_read_anew() {
        let with = |phone: &str, id: &str, date: &str| {
            format!(
                r#"{{"success":false,"code":200,"phoneNumber":"{phone}","messageId":{id},"status":" a b ","date":"{date}","stopSms":"0","isSpam":"0"}}"#
            )
        };
        let others = [
            with("+330612345678", "1", "1"),
            with("06 12", "2", "2"),
            with("+33612345678", "\"a1\"", "3"),
            with("+33612345678", "\"007\"", " 4 "),
            with("+33612345678", "5", ""),
            with("+33612345678", "6", "2018-02-06"),
            with("+33612345678", "7", "007"),
            with("+3361234567", "8", "8"),
            with("+33612345679", "9", "9"),
            with("\\u002b33612345679", "9", "9"),
        ];
        for first in &others {
            for second in &others {
                let list = [first, second, first, second].map(String::as_str).join(",");
                let text = format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#);
                assert_eq!(entries(&text), general(&text), "{text}");
            }
        }
    }

    #[test]
    fn both_ways_agree_on_samples_bent_in_some_places() {
        let pieces = &["", " ", "\n", "\"", "\\", "\\u00e9", "é", "0", "-1", "1e2", ",", "[", "}", "\t"];
        let changes = prop::collection::vec((any::<Index>(), select(pieces)), 1..4);
        let config = Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::with_cases(2000) };
        let agree = |changes: Vec<(Index, &str)>| {
            let mut bent = SAMPLE.to_owned();
            for (place, piece) in changes {
                let (start, old) = bent.char_indices().nth(place.index(bent.chars().count())).unwrap();
                bent.replace_range(start..start + old.len_utf8(), piece);
            }
            let read = entries(&bent);
            prop_assert!(read.is_none() || read == general(&bent), "{bent}");
            Ok(())
        };
        TestRunner::new(config).run(&changes, agree).unwrap();
    }

    #[test]
    fn a_cut_sample_is_no_answer() {
        for length in (0..SAMPLE.trim_end().len()).filter(|&length| SAMPLE.is_char_boundary(length)) {
            assert_eq!(entries(&SAMPLE[..length]), None);
            assert!(answer::read(&SAMPLE.as_bytes()[..length]).is_err());
        }
    }
}
