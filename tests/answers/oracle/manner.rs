//! How the service answers in a case, which follows from the case and the batch alone: the same batch has the same answer,
//! whoever asks and whatever was asked before.

use std::collections::HashMap;

use serde_json::Value;

use super::answer::{Answer, Content, Third};
use super::body::{Json, Style};
use super::entries::{Entry, junk, loosen, spelled_flag, spelled_integer};
use super::lists::Pool;
use super::model::{self, Options};
use super::random::Random;

/// How the service behaves in a case, in shares of a hundred.
#[derive(Clone, Debug)]
pub struct Manner {
    seed: u64,
    pool: Pool,
    missing: usize,
    doubled: usize,
    /// Answers with entries of strangers.
    strangers: usize,
    shares: Shares,
    /// Answers in the other notation than that asked for.
    other_notation: usize,
    /// Messages, by number and id, for which whole requests are refused.
    disliked: HashMap<(String, String), Dislike>,
    /// Requests that are refused whatever they ask, with one of these codes.
    refusals: usize,
    refusal_codes: &'static [i64],
}

/// How entries are, in shares of a hundred.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Entries whose number is in another form than that of their query.
    pub forms: usize,
    /// Entries and answers that are not written as documented.
    pub drift: usize,
    /// Entries that are refused one by one.
    pub refused: usize,
}

/// When a message makes the service refuse a request.
#[derive(Clone, Copy, Debug)]
struct Dislike {
    code: i64,
    /// Not if it is asked alone.
    only_with_others: bool,
}

/// What the service was asked for.
#[derive(Clone)]
struct Asked {
    number: String,
    id: String,
}

/// The messages that a request asks about.
fn asked(parameters: &Value) -> Vec<Asked> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let entries = parameters["SMSStatut_List"].as_array().into_iter().flatten();
    entries.map(|entry| Asked { number: text(&entry["phoneNumber"]), id: text(&entry["messageId"]) }).collect()
}

impl Manner {
    pub fn new(list: &[(String, String)], options: Options, pool: Pool, random: &mut Random) -> Manner {
        // A calm service answers as documented.
        let is_calm = random.percent(15);
        let mut share = |shares: &[usize]| if is_calm { 0 } else { random.one(shares) };
        let (missing, doubled, strangers) = (share(&[0, 0, 5, 30]), share(&[0, 0, 10, 40]), share(&[0, 0, 20, 60]));
        let shares = Shares { forms: share(&[0, 20, 60]), drift: share(&[0, 30, 90]), refused: share(&[0, 10, 40]) };
        let (other_notation, refusals) = (share(&[0, 0, 0, 10]), share(&[0, 0, 0, 5, 30]));
        Manner {
            seed: random.next(),
            pool,
            missing,
            doubled,
            strangers,
            shares,
            other_notation,
            disliked: disliked(list, options, random),
            refusals,
            // With several requests under way nobody knows which of them a refusal of the key finds unsent, nor in which
            // order halves are refused; there it is no more than the bound allows in any order.
            refusal_codes: match options.max_connections {
                1 => &[1, 10, 20, 96, 3, 4, 9, 50, 90, 90],
                _ => &[50, 90],
            },
        }
    }

    /// Chance for a batch, whoever asks and whatever was asked before.
    fn chance(&self, asked: &[Asked], what: &str) -> Random {
        let texts = asked.iter().flat_map(|asked| [asked.number.as_str(), asked.id.as_str()]);
        Random::of(self.seed, texts.chain([what]))
    }

    fn is_xml(&self, parameters: &Value, random: &mut Random) -> bool {
        (parameters["_format"] == "xml") != random.percent(self.other_notation)
    }

    pub fn answer(&self, parameters: &Value) -> Answer {
        let asked = asked(parameters);
        let mut random = self.chance(&asked, "answer");
        let is_xml = self.is_xml(parameters, &mut random);
        match self.refusal(&asked, &mut random) {
            Some(code) => refusal(code, is_xml, &mut random),
            None => {
                let entries = self.entries(&asked, &mut random);
                Answer {
                    http_status: random.one(&[200, 200, 200, 201]),
                    content: self.content(entries, is_xml, &mut random),
                }
            }
        }
    }

    fn refusal(&self, asked: &[Asked], random: &mut Random) -> Option<i64> {
        if random.percent(self.refusals) {
            return Some(random.one(self.refusal_codes));
        }
        let dislike = |asked: &Asked| self.disliked.get(&(asked.number.clone(), asked.id.clone()));
        let is_held = |dislike: &&Dislike| asked.len() > 1 || !dislike.only_with_others;
        asked.iter().filter_map(dislike).find(is_held).map(|dislike| dislike.code)
    }

    /// The entries of the answer, in their order.
    fn entries(&self, asked: &[Asked], random: &mut Random) -> Vec<Entry> {
        let mut entries = Vec::new();
        for asked in asked {
            if random.percent(self.missing) {
                continue;
            }
            let copies = if random.percent(self.doubled) { 2 } else { 1 };
            for _ in 0..copies {
                entries.push(Entry::new(&asked.number, &asked.id, self.shares, random));
            }
        }
        let strangers = if random.percent(self.strangers) { random.between(1, 4) } else { 0 };
        for _ in 0..strangers {
            let (number, id) = (self.pool.number(random), self.pool.id(random));
            entries.push(Entry::new(&number, &id, self.shares, random));
        }
        if random.percent(self.doubled + self.strangers) {
            random.shuffle(&mut entries);
        }
        entries
    }

    fn content(&self, entries: Vec<Entry>, is_xml: bool, random: &mut Random) -> Content {
        if is_xml {
            let values = entries.iter().map(|entry| entry.values(random)).collect();
            return Content::Xml { success: "true".into(), code: "200".into(), third: Third::List(values) };
        }
        let mut list: Vec<Json> = entries.iter().map(|entry| entry.json(random)).collect();
        if random.percent(self.shares.drift / 5) {
            let place = random.below(list.len() + 1);
            list.insert(place, junk(random, 2));
        }
        let is_object = random.percent(self.shares.drift / 5);
        let list = match is_object {
            false => Json::List(list),
            true => Json::Object(list.into_iter().enumerate().map(|(place, it)| (place.to_string(), it)).collect()),
        };
        // An empty one would leave it to what comes before under the same name whether this is a refusal.
        let success = Some(spelled_flag(true, self.shares.drift, random)).filter(|success| *success != Json::text(""));
        let mut fields = vec![
            ("success", success.unwrap_or(Json::Flag(true))),
            ("code", spelled_integer(200, self.shares.drift, random)),
            ("StatutResponse_List", list),
        ];
        if random.percent(self.shares.drift) {
            loosen(&mut fields, &["StatutResponse_List"], random);
        }
        Content::Json(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The body of an answer, and a content type, which is to be right only if nothing drifts.
    pub fn body(&self, answer: &Answer, parameters: &Value) -> (Vec<u8>, &'static str) {
        let mut random = self.chance(&asked(parameters), "body");
        let right = match answer.content {
            Content::Json(_) => "application/json",
            _ => "text/xml; charset=UTF-8",
        };
        let content_type =
            if random.percent(self.shares.drift) { random.one(&["text/html", "text/xml", "x"]) } else { right };
        let style = match random.percent(self.shares.drift) {
            false => Style::PLAIN,
            true => {
                Style { spaces: random.one(&[0, 0, 20]), escapes: random.one(&[0, 2, 30]), latin: random.percent(10) }
            }
        };
        let body = answer.content.body(style, &mut random);
        (body, content_type)
    }
}

/// Messages that the service does not like: a few, or with one connection any number.
fn disliked(list: &[(String, String)], options: Options, random: &mut Random) -> HashMap<(String, String), Dislike> {
    const CODES: [i64; 9] = [2, 3, 4, 4, 5, 6, 9, 77, 200];
    let mut distinct = model::plan(list);
    random.shuffle(&mut distinct);
    let count = match random.below(20) {
        0..13 => 0,
        13..16 if options.max_connections == 1 => distinct.len(),
        16 if options.max_connections == 1 => random.below(distinct.len() + 1),
        _ => random.between(1, 3),
    };
    let codes = [random.one(&CODES), random.one(&CODES)];
    let only_with_others = random.percent(20);
    let disliked = distinct.into_iter().take(count);
    disliked.map(|sent| ((sent.number, sent.id), Dislike { code: random.one(&codes), only_with_others })).collect()
}

/// A refusal of the whole request.
fn refusal(code: i64, is_xml: bool, random: &mut Random) -> Answer {
    let message = random.one(&["Refus", "", "Numéro introuvable", " é\0\u{fffd}\n\u{202e}é "]);
    let content = match is_xml {
        true => {
            Content::Xml { success: "false".into(), code: code.to_string(), third: Third::Message(message.to_owned()) }
        }
        false => {
            let success = random.one(&[0, 1, 2, 3]);
            let success = [Json::Flag(false), Json::text("FALSE"), Json::number(0), Json::text("0")][success].clone();
            let code = if random.percent(20) { Json::text(code.to_string()) } else { Json::number(code) };
            let mut fields = vec![("success", success), ("code", code), ("message", Json::text(message))];
            if random.percent(20) {
                random.shuffle(&mut fields);
                fields.push(("other", junk(random, 2)));
            }
            Content::Json(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        }
    };
    // With 429 and 5xx a refusal counts only with a code that is documented.
    let http_status = match [1, 2, 3, 4, 5, 6, 9, 10, 20, 30, 40, 50, 90, 96].contains(&code) {
        true => random.one(&[200, 200, 400, 403, 404, 422, 429, 500, 503]),
        false => random.one(&[200, 200, 400, 403, 404, 422]),
    };
    Answer { http_status, content }
}
