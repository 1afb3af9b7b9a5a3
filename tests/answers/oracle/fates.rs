//! A service for many callers, which says of a message the same whoever else is asked about, and refuses and fails.
//! Whatever it says in words quotes all that the request asks.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::time::Instant;

use smsp_simulator as simulator;

use super::answer::{Answer, Content, Third};
use super::body::{Json, Style};
use super::entries::{Entry, other_form};
use super::manner::Shares;
use super::model::{Options, Sent};
use super::random::Random;

/// The most faults of a round in which each call still has its answers: a client has 20 retries in hand.
const MOST_STUMBLES: usize = 18;

/// The longest URL.
const LONGEST_URL: usize = 8_000;

/// What becomes of messages, in shares of a hundred. It follows from the seed, the number and the id.
pub struct Fates {
    seed: u64,
    shares: Shares,
    missing: usize,
    doubled: usize,
    /// Messages that bring an answer for another one: with the same digits and id, or with an id that nobody asks.
    strangers: usize,
    /// Messages for which any request is refused by a code that leads to halves.
    disliked: usize,
    /// Those for which it is refused by another code, or gets a page and no answer.
    hated: usize,
    /// Whether 007 is answered, and meant, as 7, and A as a.
    folds_ids: bool,
    is_sorted: bool,
    is_xml: bool,
}

impl Fates {
    pub fn new(is_xml: bool, random: &mut Random) -> Fates {
        let folds_ids = random.percent(20);
        let mut share = |shares: &[usize]| if folds_ids { 0 } else { random.one(shares) };
        let (missing, strangers, forms) = (share(&[0, 0, 10, 30]), share(&[0, 0, 20]), share(&[0, 0, 30, 60]));
        Fates {
            seed: random.next(),
            shares: Shares { forms, drift: random.one(&[0, 0, 50]), refused: random.one(&[0, 10, 30]) },
            missing,
            doubled: random.one(&[0, 0, 20]),
            strangers,
            disliked: random.one(&[0, 0, 3, 15]),
            hated: random.one(&[0, 0, 0, 4]),
            folds_ids,
            is_sorted: random.percent(50),
            is_xml,
        }
    }

    fn chance(&self, sent: &Sent, what: &str) -> Random {
        Random::of(self.seed, [&sent.number, &sent.id, what])
    }

    /// What a request that asks this is answered, if nothing fails.
    pub fn answer(&self, asked: &[Sent]) -> Answer {
        let has = |what, share| asked.iter().any(|sent| self.chance(sent, what).percent(share));
        let disliked = |sent: &Sent| {
            let mut random = self.chance(sent, "disliked");
            random.percent(self.disliked).then(|| random.one(&[2, 3, 4, 4, 9, 77]))
        };
        if has("page", self.hated) {
            return page(404, "Perdu", asked);
        }
        if has("hated", self.hated) {
            return self.refusal(90, "Refus", asked);
        }
        match asked.iter().filter_map(disliked).min() {
            Some(code) => self.refusal(code, "Refus", asked),
            None => Answer { http_status: 200, content: self.content(asked) },
        }
    }

    fn refusal(&self, code: i64, title: &str, asked: &[Sent]) -> Answer {
        let message = format!("{title} : {}", quoted(asked));
        let content = match self.is_xml {
            true => Content::Xml { success: "false".into(), code: code.to_string(), third: Third::Message(message) },
            false => {
                fields([("success", Json::Flag(false)), ("code", Json::number(code)), ("message", Json::text(message))])
            }
        };
        Answer { http_status: [200, 400, 422][self.seed as usize % 3], content }
    }

    fn content(&self, asked: &[Sent]) -> Content {
        let mut said: Vec<_> = asked.iter().flat_map(|sent| self.said(sent)).collect();
        if self.is_sorted {
            said.sort_by_key(|(place, ..)| *place);
        }
        let said = said.into_iter().map(|(_, entry, random)| (entry, random));
        if self.is_xml {
            let values = said.map(|(entry, mut random)| entry.values(&mut random)).collect();
            return Content::Xml { success: "true".into(), code: "200".into(), third: Third::List(values) };
        }
        let list = Json::List(said.map(|(entry, mut random)| entry.json(&mut random)).collect());
        fields([("success", Json::Flag(true)), ("code", Json::number(200)), ("StatutResponse_List", list)])
    }

    /// What is said because this message is asked about, each with a place in a sorted answer, and chance of its own.
    fn said(&self, sent: &Sent) -> Vec<(u64, Entry, Random)> {
        let sent = Sent { id: if self.folds_ids { folded(&sent.id) } else { sent.id.clone() }, ..sent.clone() };
        let mut random = self.chance(&sent, "said");
        let copies = usize::from(!random.percent(self.missing)) + usize::from(random.percent(self.doubled));
        let mut said = vec![sent.clone(); copies];
        if random.percent(self.strangers) {
            let stranger = match random.percent(50) {
                true => Sent { number: other_form(&sent.number, &mut random), ..sent },
                false => Sent { id: format!("{}-foreign", sent.id), ..sent },
            };
            said.insert(random.below(copies + 1), stranger);
        }
        let entry = |sent: Sent| {
            let mut chance = Random::new(random.next());
            (chance.next(), Entry::new(&sent.number, &sent.id, self.shares, &mut chance), chance)
        };
        said.into_iter().map(entry).collect()
    }
}

/// The id for which a service takes this one that means numbers, and whose letters have no case.
fn folded(id: &str) -> String {
    match id.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.to_owned(),
        _ => id.to_lowercase(),
    }
}

fn fields<const N: usize>(fields: [(&str, Json); N]) -> Content {
    Content::Json(fields.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

fn page(http_status: u16, title: &str, asked: &[Sent]) -> Answer {
    Answer { http_status, content: Content::Page(format!("<html><p>{title} : {}</p></html>", quoted(asked))) }
}

/// The last ones first: those of the call that came last.
fn quoted(asked: &[Sent]) -> String {
    let quoted: Vec<_> = asked.iter().rev().map(|sent| format!("{} {}", sent.number, sent.id)).collect();
    quoted.join(", ")
}

/// What goes wrong beside.
pub enum Failing {
    Never,
    Stumbling(Stumbles),
    /// Any request, in shares of a hundred, by any fault or only by those that end what they meet.
    ByChance {
        share: usize,
        only_final: bool,
        random: Random,
    },
}

/// Faults of the first requests for some messages, so few for each that retries lead to an answer.
pub struct Stumbles {
    random: Random,
    /// How many are left.
    left: usize,
    /// How many of them a message has.
    messages: HashMap<String, usize>,
}

impl Stumbles {
    pub fn new(random: Random) -> Stumbles {
        Stumbles { random, left: MOST_STUMBLES, messages: HashMap::new() }
    }

    fn fault(&mut self, asked: &[Sent]) -> Option<Fault> {
        self.left.checked_sub(1)?;
        let mut is_fault = false;
        for sent in asked {
            let message = self.messages.entry(format!("{} {}", sent.number, sent.id));
            let left = message.or_insert_with(|| self.random.one(&[0, 0, 0, 0, 0, 0, 1, 3]));
            is_fault |= *left > 0;
            *left = left.saturating_sub(1);
        }
        self.left -= usize::from(is_fault);
        is_fault.then(|| self.random.one(&STUMBLES))
    }
}

#[derive(Clone, Copy)]
enum Fault {
    Page(u16),
    Refusal(i64),
    Garbled,
    Closed,
}

/// Faults after which a request is sent again; at once where a kept connection is closed, so these are more.
const STUMBLES: [Fault; 6] =
    [Fault::Page(503), Fault::Page(429), Fault::Garbled, Fault::Closed, Fault::Closed, Fault::Closed];
/// Faults that end what they meet.
const FINAL: [Fault; 4] = [Fault::Page(404), Fault::Refusal(10), Fault::Refusal(20), Fault::Refusal(90)];

impl Fault {
    /// The code, and that of the service, of what ends by it.
    fn codes(self) -> (i32, i32) {
        match self {
            Fault::Page(429) => (-11, 0),
            Fault::Page(_) => (-7, 0),
            Fault::Refusal(10) => (-9, 10),
            Fault::Refusal(20) => (-10, 20),
            Fault::Refusal(code) => (-12, code as i32),
            Fault::Garbled => (-8, 0),
            Fault::Closed => (-3, 0),
        }
    }
}

/// A fault that happened.
pub struct Thrown {
    pub at: Instant,
    pub codes: (i32, i32),
    /// What pages and refusals begin with, and messages about them quote.
    pub title: String,
}

pub struct Service {
    pub fates: Fates,
    options: Options,
    state: Mutex<State>,
}

struct State {
    failing: Failing,
    seen: Seen,
}

/// What was seen.
#[derive(Default)]
pub struct Seen {
    pub thrown: Vec<Thrown>,
    pub requests: Vec<Vec<Sent>>,
    /// What should not have been asked.
    pub wrong: Vec<String>,
}

impl Service {
    pub fn new(fates: Fates, options: Options, failing: Failing) -> Service {
        Service { fates, options, state: Mutex::new(State { failing, seen: Seen::default() }) }
    }

    /// What was seen since this was last asked.
    pub fn seen(&self) -> Seen {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }

    /// Answers a request. Where the simulator is to close the connection, this panics without a word.
    pub fn answer(&self, request: &simulator::Request, answer: &mut simulator::Answer) {
        let asked =
            |query: &simulator::Query| Sent { number: query.phone_number.clone(), id: query.message_id.clone() };
        let asked: Vec<Sent> = request.entries.iter().map(asked).collect();
        let (fault, title) = {
            let mut state = self.state.lock().unwrap();
            state.seen.wrong.extend(self.wrong(request, answer, &asked));
            let fault = state.failing.fault(&asked);
            let title = format!("fault-{}!", state.seen.thrown.len());
            let thrown = |fault: Fault| Thrown { at: Instant::now(), codes: fault.codes(), title: title.clone() };
            state.seen.thrown.extend(fault.map(thrown));
            state.seen.requests.push(asked.clone());
            (fault, title)
        };
        let said = match fault {
            None | Some(Fault::Garbled) => self.fates.answer(&asked),
            Some(Fault::Page(status)) => page(status, &title, &asked),
            Some(Fault::Refusal(code)) => self.fates.refusal(code, &title, &asked),
            Some(Fault::Closed) => resume_unwind(Box::new(())),
        };
        let body = said.content.body(Style::PLAIN, &mut Random::new(self.fates.seed));
        (answer.status, answer.raw) = match fault {
            Some(Fault::Garbled) => (200, Some(body[..body.len() * 2 / 3].to_vec())),
            _ => (said.http_status, Some(body)),
        };
        if answer.status == 429 {
            answer.headers.push(("Retry-After".to_owned(), "0".to_owned()));
        }
    }

    fn wrong(&self, request: &simulator::Request, answer: &simulator::Answer, asked: &[Sent]) -> Option<String> {
        let is_twice = |(place, sent): (usize, &Sent)| asked[..place].contains(sent);
        let what = match &answer.refusal {
            Some(refusal) => format!("a request that is refused: {}", refusal.message),
            None if asked.len() > self.options.batch_size => "too many messages".to_owned(),
            None if request.target.len() > LONGEST_URL => "too long a URL".to_owned(),
            None if asked.iter().enumerate().any(is_twice) => "a message twice".to_owned(),
            None => return None,
        };
        Some(format!("{what}: {asked:?}"))
    }
}

impl Failing {
    fn fault(&mut self, asked: &[Sent]) -> Option<Fault> {
        match self {
            Failing::Never => None,
            Failing::ByChance { share, only_final, random } => random.percent(*share).then(|| {
                let faults = if *only_final || random.percent(20) { &FINAL[..] } else { &STUMBLES };
                random.one(faults)
            }),
            Failing::Stumbling(stumbles) => stumbles.fault(asked),
        }
    }
}
