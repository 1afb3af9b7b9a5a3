//! The answer as the service documents it, whatever the order of its fields and the white space between them: read
//! without a general parser, since every status passes here. Whatever is more than that is left to `json`, which reads
//! all of JSON.
//!
//! Most entries repeat an earlier one but for number, id and date: `pattern` reads these.

use std::borrow::Cow;
use std::ops::Range;

use super::answer::{Entries, MAX_ENTRIES, RawEntry, Scalar};
use super::pattern::{Pattern, Patterns};
use super::request::Asked;
use crate::decimal;
use crate::limits::MAX_BATCH;

/// The entries of a documented success; None if the body is anything else. What was asked is known by its place in the
/// answer, and the patterns of earlier answers are of use.
pub(crate) fn entries<'b>(body: &'b [u8], asked: &[Asked<'_>], patterns: &mut Patterns) -> Option<Entries<'b>> {
    let mut cursor = Cursor { rest: body, value: &[] };
    let (mut success, mut code, mut entries) = (None, None, None);
    cursor.token("{")?;
    loop {
        let seen = match &*cursor.key()? {
            "success" => success.replace(cursor.token("true")?).is_some(),
            "code" => code.replace(cursor.token("200")?).is_some(),
            "StatutResponse_List" => entries.replace(cursor.list(asked, patterns)?).is_some(),
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
    (cursor.rest.is_empty() && success.is_some()).then_some(entries?)
}

/// No documented entry is shorter, in bytes.
const SHORTEST_ENTRY: usize = 80;

struct Cursor<'b> {
    rest: &'b [u8],
    /// The last value as it stands there, without its quotes.
    value: &'b [u8],
}

impl<'b> Cursor<'b> {
    #[inline(never)]
    fn list(&mut self, asked: &[Asked<'_>], patterns: &mut Patterns) -> Option<Entries<'b>> {
        self.token("[")?;
        let mut entries = Entries { fates: patterns.fates(), ..Entries::default() };
        if self.token("]").is_some() {
            return Some(entries);
        }
        entries.list.reserve((self.rest.len() / SHORTEST_ENTRY).min(MAX_BATCH));
        loop {
            self.skip_white_space();
            let rest = self.rest;
            match patterns.read(rest, asked.get(entries.list.len())) {
                Some(repeated) => {
                    self.skip(repeated.length);
                    entries.repeat(repeated.entry, repeated.key);
                }
                None => {
                    let pattern = self.new_entry(&mut entries)?;
                    patterns.extend(pattern.filter(|pattern| pattern.reads_last_of(&entries, rest)));
                }
            }
            if self.token(",").is_none() {
                break;
            }
            if entries.list.len() == MAX_ENTRIES {
                return None;
            }
        }
        self.token("]")?;
        Some(entries)
    }

    /// Adds an entry with any of the documented fields, each once; gives what others may repeat of it.
    #[cold]
    fn new_entry(&mut self, entries: &mut Entries<'b>) -> Option<Option<Pattern>> {
        let text = self.rest;
        let (mut phone, mut id, mut date) = (None, None, None);
        let mut raw = RawEntry::default();
        self.token("{")?;
        loop {
            let key = self.key()?;
            let field = raw.field(&key).filter(|field| **field == Scalar::Absent)?;
            *field = self.scalar()?;
            let place = Some(place_in(text, self.value));
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
        let text = &text[..text.len() - self.rest.len()];
        entries.push(raw);
        Some(phone.zip(id).and_then(|(phone, id)| Pattern::new(text, phone, id, date, &entries.fates)))
    }

    /// The name of a field, and what separates it from its value.
    fn key(&mut self) -> Option<Cow<'b, str>> {
        let Scalar::Text(key) = self.string()? else { return None };
        self.token(":")?;
        Some(key)
    }

    fn scalar(&mut self) -> Option<Scalar<'b>> {
        self.skip_white_space();
        match self.rest.first()? {
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
        self.rest = self.rest.strip_prefix(token.as_bytes())?;
        Some(())
    }

    /// An integer that needs no second look: no sign, no fraction, at most 18 digits.
    fn integer(&mut self) -> Option<Scalar<'b>> {
        let (digits, rest) = self.rest.split_at(decimal::length(self.rest));
        if matches!(rest.first(), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        (self.value, self.rest) = (digits, rest);
        i64::try_from(decimal::canonical(digits)?).ok().map(Scalar::Integer)
    }

    fn string(&mut self) -> Option<Scalar<'b>> {
        self.skip_white_space();
        let start = self.rest;
        self.token("\"")?;
        let length = self.rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        self.value = &self.rest[..length];
        if self.rest[length] == b'"' {
            self.skip(length + 1);
            return std::str::from_utf8(self.value).ok().map(|text| Scalar::Text(Cow::Borrowed(text)));
        }
        self.rest = start;
        self.escaped()
    }

    /// A string that has escapes.
    fn escaped(&mut self) -> Option<Scalar<'b>> {
        let mut strings = serde_json::Deserializer::from_slice(self.rest).into_iter::<String>();
        let text = strings.next()?.ok()?;
        let length = strings.byte_offset();
        self.value = &self.rest[1..length - 1];
        self.skip(length);
        Some(Scalar::Text(Cow::Owned(text)))
    }

    #[inline(always)]
    fn skip_white_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    #[inline(always)]
    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

/// Where a part of a text stands in it.
fn place_in(text: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    use super::super::json;
    use super::super::request::with_asked;
    use super::*;
    use crate::matching::{self, Matches};
    use crate::message_id::MessageId;
    use crate::phone::Phone;

    const SAMPLE: &str = include_str!("../../simulator/tests/samples/success.json");

    /// Reads a text twice: as the first one, and as one whose kinds of entries are known.
    fn entries(text: &str) -> Option<Entries<'_>> {
        let mut patterns = Patterns::default();
        let mut read = || super::entries(text.as_bytes(), &[], &mut patterns);
        let (first, second) = (read(), read());
        assert_eq!(first, second, "{text}");
        first
    }

    /// What the general parser makes of the same text.
    fn general(text: &str) -> Option<Entries<'_>> {
        Some(json::read(text).ok()?.entries?.into_iter().collect())
    }

    #[test]
    fn the_documented_sample_is_read_here() {
        assert_eq!(entries(SAMPLE), general(SAMPLE));
        assert_eq!(entries(SAMPLE).unwrap().list.len(), 3);
        let compact = r#"{"success":true,"code":200,"StatutResponse_List":[{"success":false,"code":4,"phoneNumber":"+33699999992","messageId":"1000","status":"Num\u00e9ro introuvable"}]}"#;
        let read = entries(compact).unwrap();
        assert_eq!(read.fates[0].status_text.as_deref(), Some("Numéro introuvable"));
        assert_eq!(Some(read), general(compact));
        assert_eq!(entries(r#"{"success":true,"code":200,"StatutResponse_List":[]}"#), Some(Entries::default()));
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
            assert_eq!((read.list.len(), read.others.len()), (12, 12));
            for (i, (entry, whose)) in (0u64..).zip(read.list.iter().zip(&read.others)) {
                assert_eq!(whose.phone, Phone::parse(&format!("+3360000{:04}", 7 * i)));
                assert_eq!(whose.id, Some(MessageId::Number(i * i)));
                assert_eq!(entry.date, (i % 2 == 0).then_some(1_517_934_416 + i as i64));
                let fate = &read.fates[entry.fate];
                assert_eq!(fate.status_text.as_deref(), Some(["Livré", "En attente"][i as usize % 2]));
                assert_eq!(fate.is_spam, (i % 2 == 0).then_some(true));
            }
        }
    }

    #[test]
    fn what_is_about_the_message_asked_at_its_place_is_found_to_be() {
        let message = |i: u64| (format!("+3360000{:04}", 7 * i), (i * i).to_string());
        let text = repeated(" ");
        let general = general(&text).unwrap();
        // As asked, with a number, an id or both of another, as text, in another order, fewer, more.
        let changes: [fn(u64) -> u64; 5] = [|i| i, |i| i + 1, |i| 11 - i, |i| i - i % 3, |i| i + i / 9];
        for (change, count) in changes.into_iter().flat_map(|change| [(change, 12), (change, 7), (change, 15)]) {
            let messages: Vec<_> = (0..count).map(|i| message(change(i.min(11)) + i.saturating_sub(11))).collect();
            let messages: Vec<_> = messages.iter().map(|(phone, id)| (phone.as_str(), id.as_str())).collect();
            let mut patterns = Patterns::default();
            for round in 0..2 {
                let is_asked = |place: usize| place < 12 && messages.get(place) == Some(&refer(&message(place as u64)));
                let places: Vec<_> = (0..12).filter(|place| !is_asked(*place)).collect();
                with_asked(&messages, |asked| {
                    let read = super::entries(text.as_bytes(), asked, &mut patterns).unwrap();
                    let others: Vec<_> = read.others.iter().map(|whose| whose.place).collect();
                    // In the first round an entry of each kind is read in full.
                    assert!(if round == 1 {
                        others == places
                    } else {
                        places.iter().all(|place| others.contains(place))
                    });
                    let (one, another) = (matching::assign(asked, &read), matching::assign(asked, &general));
                    let answers =
                        |matches: &Matches| (0..asked.len()).map(|query| matches.answer(query)).collect::<Vec<_>>();
                    assert_eq!((answers(&one), one.unmatched), (answers(&another), another.unmatched));
                });
            }
        }
    }

    fn refer(message: &(String, String)) -> (&str, &str) {
        (&message.0, &message.1)
    }

    #[test]
    fn an_id_that_is_sent_as_text_is_compared_as_it_is_read() {
        let entry = |id: &str| format!(r#"{{"phoneNumber":"+33612345678","messageId":"{id}","status":"ko"}}"#);
        let body = |ids: [&str; 3]| {
            let list = ids.map(entry).join(",");
            format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#)
        };
        // The first two make the pattern; the third is written with an escape, and is another than it looks.
        for (ids, asked, is_same) in [
            (["1", "2", "3"], "3", true),
            (["11", "22", "33"], "33", true),
            (["111111", "222222", "\\u0033"], "\\u0033", false),
            (["007", "008", "009"], "009", true),
        ] {
            let body = body(ids);
            with_asked(&[("+33699999991", "1"), ("+33699999992", "1"), ("+33612345678", asked)], |asked| {
                let read = super::entries(body.as_bytes(), asked, &mut Patterns::default()).unwrap();
                assert_eq!(matching::assign(asked, &read).answer(2), is_same.then_some(2), "{body}");
            });
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
        assert_eq!(entries(&text(&list(MAX_ENTRIES))).unwrap().list.len(), MAX_ENTRIES);
        assert_eq!(entries(&text(&list(MAX_ENTRIES + 1))), None);
        for count in [1, MAX_ENTRIES] {
            assert_eq!(entries(&text(&(list(count) + ","))), None);
        }
    }

    #[test]
    fn what_is_kept_from_answer_to_answer_is_bounded() {
        let mut patterns = Patterns::default();
        let mut kept = |answers: usize, length: usize| {
            for status in (0..answers).map(|more| "x".repeat(length + more)) {
                let entry = format!(r#"{{"phoneNumber":"+33612345678","messageId":1,"status":"{status}"}}"#);
                let text = format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{entry},{entry}]}}"#);
                let read = super::entries(text.as_bytes(), &[], &mut patterns);
                assert_eq!(read, general(&text));
            }
            patterns.fates().len()
        };
        assert_eq!(kept(3, 2_000), 0);
        assert_eq!(kept(3, 1), 3);
        let most = kept(200, 100);
        assert!((1..=32).contains(&most), "{most}");
    }

    #[test]
    fn a_cut_sample_is_no_answer() {
        for length in (0..SAMPLE.trim_end().len()).filter(|&length| SAMPLE.is_char_boundary(length)) {
            assert_eq!(entries(&SAMPLE[..length]), None);
            assert!(json::read(&SAMPLE[..length]).is_err());
        }
    }
}
