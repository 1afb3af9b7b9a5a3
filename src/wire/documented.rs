//! The answer as the service documents it, whatever the order of its fields and the white space between them: read
//! without a general parser, since every status passes here. Whatever is more than that is left to `json`, which reads
//! all of JSON.
//!
//! Most entries repeat an earlier one but for number, id and date: `pattern` reads these.

use std::borrow::Cow;
use std::ops::Range;

use super::answer::{Entry, MAX_ENTRIES, RawEntry, Scalar};
use super::pattern::Pattern;
use crate::decimal;
use crate::limits::MAX_BATCH;

/// The entries of a documented success; None if the body is anything else.
pub(crate) fn entries(body: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut cursor = Cursor { body, at: 0, value: 0..0 };
    let (mut success, mut code, mut entries) = (None, None, None);
    cursor.token("{")?;
    loop {
        let seen = match &*cursor.key()? {
            "success" => success.replace(cursor.token("true")?).is_some(),
            "code" => code.replace(cursor.token("200")?).is_some(),
            "StatutResponse_List" => entries.replace(cursor.list()?).is_some(),
            _ => return None,
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
    (cursor.at == body.len() && success.is_some()).then_some(entries?)
}

/// More than there are kinds of entries in an answer, as a rule.
const MAX_PATTERNS: usize = 32;

/// No documented entry is shorter, in bytes.
const SHORTEST_ENTRY: usize = 80;

struct Cursor<'b> {
    body: &'b [u8],
    at: usize,
    /// Where the last value stands, without its quotes.
    value: Range<usize>,
}

impl<'b> Cursor<'b> {
    fn list(&mut self) -> Option<Vec<Entry<'b>>> {
        self.token("[")?;
        let mut entries = Vec::new();
        if self.token("]").is_some() {
            return Some(entries);
        }
        entries.reserve((self.rest().len() / SHORTEST_ENTRY).min(MAX_BATCH));
        let mut patterns: Vec<Pattern<'b>> = Vec::new();
        loop {
            self.skip_white_space();
            let rest = self.rest();
            match patterns.iter().find_map(|pattern| Some((pattern.read(rest)?, pattern.length()))) {
                Some((entry, length)) => {
                    entries.push(entry);
                    self.at += length;
                }
                None => {
                    let (entry, pattern) = self.new_entry()?;
                    // Only what reads its own entry right can be repeated.
                    let pattern = pattern.filter(|pattern| pattern.read(rest).is_some_and(|again| again == entry));
                    patterns.extend(pattern.filter(|_| patterns.len() < MAX_PATTERNS));
                    entries.push(entry);
                }
            }
            if self.token(",").is_none() {
                break;
            }
            if entries.len() == MAX_ENTRIES {
                return None;
            }
        }
        self.token("]")?;
        Some(entries)
    }

    /// An entry with any of the documented fields, each once, and what others may repeat of it.
    #[cold]
    fn new_entry(&mut self) -> Option<(Entry<'b>, Option<Pattern<'b>>)> {
        let start = self.at;
        let (mut phone, mut id, mut date) = (None, None, None);
        let mut raw = RawEntry::default();
        self.token("{")?;
        loop {
            let key = self.key()?;
            let field = raw.field(&key).filter(|field| **field == Scalar::Absent)?;
            *field = self.scalar()?;
            let place = Some(self.value.start - start..self.value.end - start);
            match &*key {
                "phoneNumber" => phone = place,
                "messageId" => id = place,
                "date" => date = place,
                _ => {}
            }
            if self.token(",").is_none() {
                break;
            }
        }
        self.token("}")?;
        let entry = Entry::from(raw);
        let text = &self.body[start..self.at];
        let pattern = phone.zip(id).and_then(|(phone, id)| Pattern::new(text, phone, id, date, &entry.fate));
        Some((entry, pattern))
    }

    /// The name of a field, and what separates it from its value.
    fn key(&mut self) -> Option<Cow<'b, str>> {
        let Scalar::Text(key) = self.string()? else { return None };
        self.token(":")?;
        Some(key)
    }

    fn scalar(&mut self) -> Option<Scalar<'b>> {
        self.skip_white_space();
        match self.rest().first()? {
            b'"' => self.string(),
            b't' => self.token("true").map(|()| Scalar::Bool(true)),
            b'f' => self.token("false").map(|()| Scalar::Bool(false)),
            _ => self.integer(),
        }
    }

    /// Goes past this token and the white space before it. Inlined, so that a token's length is known where it is
    /// compared.
    #[inline(always)]
    fn token(&mut self, token: &str) -> Option<()> {
        self.skip_white_space();
        let found = self.rest().starts_with(token.as_bytes());
        found.then(|| self.at += token.len())
    }

    /// An integer that needs no second look: no sign, no fraction, at most 18 digits.
    fn integer(&mut self) -> Option<Scalar<'b>> {
        let rest = self.rest();
        let length = decimal::length(rest);
        if matches!(rest.get(length), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        let value = decimal::canonical(&rest[..length])?;
        self.value = self.at..self.at + length;
        self.at += length;
        i64::try_from(value).ok().map(Scalar::Integer)
    }

    fn string(&mut self) -> Option<Scalar<'b>> {
        self.token("\"")?;
        let length = self.rest().iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let end = self.at + length;
        self.value = self.at..end;
        if self.body[end] == b'"' {
            self.at = end + 1;
            return std::str::from_utf8(&self.body[self.value.clone()])
                .ok()
                .map(|text| Scalar::Text(Cow::Borrowed(text)));
        }
        self.escaped()
    }

    /// The rest of a string that has escapes, with its opening quote just passed.
    fn escaped(&mut self) -> Option<Scalar<'b>> {
        let start = self.at - 1;
        let mut strings = serde_json::Deserializer::from_slice(&self.body[start..]).into_iter::<String>();
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
        self.body.get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    use super::super::json;
    use super::*;
    use crate::message_id::MessageId;
    use crate::phone::Phone;

    const SAMPLE: &str = include_str!("../../simulator/tests/samples/success.json");

    fn entries(text: &str) -> Option<Vec<Entry<'_>>> {
        super::entries(text.as_bytes())
    }

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
        assert_eq!(read[0].fate.status_text.as_deref(), Some("Numéro introuvable"));
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
                assert_eq!(entry.fate.status_text.as_deref(), Some(["Livré", "En attente"][i as usize % 2]));
                assert_eq!(entry.fate.is_spam, (i % 2 == 0).then_some(true));
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
    fn the_most_entries_are_read_and_one_more_or_a_comma_are_not() {
        let list =
            |count: usize| vec![r#"{"phoneNumber":"+33612345678","messageId":1,"status":"ko"}"#; count].join(",");
        let text = |list: &str| format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#);
        assert_eq!(entries(&text(&list(MAX_ENTRIES))).unwrap().len(), MAX_ENTRIES);
        assert_eq!(entries(&text(&list(MAX_ENTRIES + 1))), None);
        for count in [1, MAX_ENTRIES] {
            assert_eq!(entries(&text(&(list(count) + ","))), None);
        }
    }

    #[test]
    fn a_cut_sample_is_no_answer() {
        for length in (0..SAMPLE.trim_end().len()).filter(|&length| SAMPLE.is_char_boundary(length)) {
            assert_eq!(entries(&SAMPLE[..length]), None);
            assert!(json::read(&SAMPLE[..length]).is_err());
        }
    }
}
