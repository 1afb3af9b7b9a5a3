//! What holds for any list of queries and any answer: one status for each query, in order, and never another's.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config as Cases, RngSeed, TestCaseResult, TestRunner};
use smsp::{Client, Code, Outcome, Phone, Query, State, Status};
use smsp_simulator::{Answer, Clock, Delivery, Entry, Request, Simulator, Style};
use support::KEY;

/// How JSON answers are written.
const STYLE: Style = Style::Compact;

/// France and its overseas ranges, under which a French national number can be answered.
const FRENCH: [&str; 5] = ["33", "262", "590", "594", "596"];

/// Countries whose numbers have the same digits after the prefix as French ones, or as one another.
const COUNTRIES: [&str; 8] = ["33", "262", "590", "34", "49", "1", "351", "30"];

/// Few, so that they meet.
const NINE_DIGITS: [&str; 3] = ["612345678", "639980001", "690123456"];

const IDS: [&str; 8] = ["1", "2", "01", "-1", "1.0", "msg é", "9223372036854775807", "9223372036854775808"];

/// Who is asked about.
#[derive(Clone, Debug, PartialEq)]
enum Recipient {
    /// A French national number, without its 0.
    National(&'static str),
    International(&'static str, &'static str),
    /// What is no number.
    Nobody,
}

use Recipient::{International, National, Nobody};

impl Recipient {
    /// The number as it is sent.
    fn sent(&self) -> String {
        match self {
            National(nine) => format!("0{nine}"),
            International(country, nine) => format!("+{country}{nine}"),
            Nobody => String::new(),
        }
    }

    /// The international numbers that can be this recipient's.
    fn people(&self) -> Vec<String> {
        match self {
            National(nine) => FRENCH.iter().map(|country| format!("+{country}{nine}")).collect(),
            International(..) => vec![self.sent()],
            Nobody => Vec::new(),
        }
    }
}

/// A query, and what the test knows of it.
#[derive(Clone, Debug)]
struct Asked {
    phone_number: String,
    message_id: String,
    recipient: Recipient,
    /// The id as it is sent; none if it cannot be one.
    id: Option<&'static str>,
}

impl Asked {
    fn is_valid(&self) -> bool {
        self.recipient != Nobody && self.id.is_some()
    }

    /// Whether both ask about the same message.
    fn is_same(&self, other: &Asked) -> bool {
        (&self.recipient, self.id) == (&other.recipient, other.id)
    }
}

/// One of them, half of the time the first, so that queries and answers meet.
fn one_of(list: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(list[0]), select(list)]
}

fn recipient() -> impl Strategy<Value = Recipient> {
    let national = one_of(&NINE_DIGITS).prop_map(National);
    let french = (select(&FRENCH[..3]), one_of(&NINE_DIGITS));
    let any = (select(&COUNTRIES), one_of(&NINE_DIGITS));
    prop_oneof![
        national,
        french.prop_map(|(country, nine)| International(country, nine)),
        any.prop_map(|(country, nine)| International(country, nine)),
    ]
}

/// A recipient's number in one of the forms that people write, with separators anywhere.
fn written(recipient: &Recipient) -> BoxedStrategy<String> {
    let forms = match recipient {
        National(nine) => vec![format!("0{nine}"), format!("(0{}){}", &nine[..1], &nine[1..])],
        International(country, nine) => {
            let mut forms = vec![format!("{country}{nine}"), format!("{country}(0){nine}")];
            if *country == "33" {
                forms.push(format!("330{nine}"));
            }
            // Bare digits are a number from eleven on.
            let bare = if country.len() > 1 { forms.clone() } else { Vec::new() };
            let with_prefix = forms.iter().flat_map(|form| [format!("+{form}"), format!("00{form}")]);
            with_prefix.chain(bare).collect()
        }
        Nobody => ["", "12", "612345678", "+0612345678", "+33612345678x", "06 12", "++33612345678", "٠٦١٢٣٤٥٦٧٨"]
            .map(str::to_owned)
            .to_vec(),
    };
    let separators = select(&["", "", "", " ", ".", "-", "\u{a0}", "\u{2011}", "\u{200b}"]);
    (select(forms), prop::collection::vec(separators, 20))
        .prop_map(|(form, separators)| {
            let separators = separators.into_iter().cycle();
            form.chars().zip(separators).map(|(character, separator)| format!("{separator}{character}")).collect()
        })
        .boxed()
}

fn query() -> impl Strategy<Value = Asked> {
    let recipient = prop_oneof![9 => recipient(), 1 => Just(Nobody)];
    let numbered = recipient.prop_flat_map(|recipient| (written(&recipient), Just(recipient)));
    let sent = (one_of(&IDS), select(&["", " ", "\t\n"])).prop_map(|(id, around)| (format!("{around}{id}"), Some(id)));
    let bad = select(&["", "  ", "a\u{1}b"]).prop_map(|id| (id.to_owned(), None));
    let id = prop_oneof![12 => sent, 1 => bad, 1 => Just(("x".repeat(256), None))];
    (numbered, id).prop_map(|((phone_number, recipient), (message_id, id))| Asked {
        phone_number,
        message_id,
        recipient,
        id,
    })
}

fn queries() -> impl Strategy<Value = Vec<Asked>> {
    prop::collection::vec(query(), 0..24)
}

/// What the service does to its answers.
#[derive(Clone, Debug)]
struct Mutation {
    /// Messages that were not asked about, of which each answer has entries too.
    strangers: Vec<(String, &'static str)>,
    order: Order,
    /// Bytes to change in the body.
    changes: Vec<(Index, u8)>,
}

/// Which entries an answer has.
#[derive(Clone, Debug)]
enum Order {
    /// All of them, by chance, each once or twice.
    Shuffled { seed: u64, twice: bool },
    /// Some, any number of times; those that were asked for maybe with their number in national form.
    Picked(Vec<(Index, bool)>),
    /// Those at the places that are marked.
    Kept(Vec<bool>),
}

impl Order {
    /// The first entries were asked for, the others are strangers'.
    fn apply(&self, mut entries: Vec<Entry>, asked: usize) -> Vec<Entry> {
        match self {
            Order::Shuffled { seed, twice } => {
                let copies = if *twice { entries.clone() } else { Vec::new() };
                entries.extend(copies);
                let mut places: Vec<_> = entries.into_iter().enumerate().collect();
                places.sort_by_key(|(place, _)| hash(&(seed, place)));
                places.into_iter().map(|(_, entry)| entry).collect()
            }
            Order::Picked(_) if entries.is_empty() => Vec::new(),
            Order::Picked(picks) => {
                let pick = |(place, national): &(Index, bool)| {
                    let place = place.index(entries.len());
                    let form = *national && place < asked;
                    if form { national_form(&entries[place]) } else { entries[place].clone() }
                };
                picks.iter().map(pick).collect()
            }
            Order::Kept(marks) => {
                entries.into_iter().zip(marks).filter(|(_, kept)| **kept).map(|(entry, _)| entry).collect()
            }
        }
    }
}

/// The entry with its number in national form, if it has one.
fn national_form(entry: &Entry) -> Entry {
    let nine = |country| entry.phone_number.strip_prefix(&format!("+{country}")).filter(|nine| nine.len() == 9);
    match FRENCH.iter().find_map(nine) {
        Some(nine) => Entry { phone_number: format!("0{nine}"), ..entry.clone() },
        None => entry.clone(),
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The date that every entry of this message tells, and no other's, so that it shows where an answer comes from.
fn mark(phone_number: &str, message_id: &str) -> i64 {
    (hash(&(phone_number, message_id)) % 250_000_000_000) as i64 + 1
}

fn stranger() -> impl Strategy<Value = (String, &'static str)> {
    let international =
        (select(&COUNTRIES), select(&NINE_DIGITS)).prop_map(|(country, nine)| format!("+{country}{nine}"));
    (international, select(&IDS))
}

fn mutate(order: impl Strategy<Value = Order>) -> impl Strategy<Value = Mutation> {
    let strangers = prop::collection::vec(stranger(), 0..6);
    (strangers, order).prop_map(|(strangers, order)| Mutation { strangers, order, changes: Vec::new() })
}

fn shuffled() -> impl Strategy<Value = Order> {
    (any::<u64>(), any::<bool>()).prop_map(|(seed, twice)| Order::Shuffled { seed, twice })
}

fn picked() -> impl Strategy<Value = Order> {
    prop::collection::vec((any::<Index>(), any::<bool>()), 0..40).prop_map(Order::Picked)
}

/// What the service does to its next answers, with the entries of the strangers.
struct Script {
    mutate: Mutation,
    strangers: Vec<Entry>,
}

impl Script {
    fn apply(&self, request: &Request, answer: &mut Answer) {
        let mut entries = std::mem::take(&mut answer.entries);
        let asked = entries.len();
        entries.extend(self.strangers.iter().cloned());
        for entry in &mut entries {
            let stop_sms = entry.delivery.is_some_and(|delivery| delivery.stop_sms);
            let date = mark(&entry.phone_number, &entry.message_id);
            entry.delivery = Some(Delivery { date, stop_sms, is_spam: false });
        }
        answer.entries = self.mutate.order.apply(entries, asked);
        if !self.mutate.changes.is_empty() {
            let mut body = answer.body(request.format, STYLE);
            for (place, byte) in &self.mutate.changes {
                let place = place.index(body.len());
                body[place] = *byte;
            }
            answer.raw = Some(body);
        }
    }
}

/// A client, and a service that changes its answers.
struct World {
    simulator: Simulator,
    client: Client,
    script: Arc<Mutex<Option<Script>>>,
}

impl World {
    fn new(format: &str) -> World {
        let script = Arc::new(Mutex::new(None::<Script>));
        let shared = Arc::clone(&script);
        let mutate = move |request: &Request, answer: &mut Answer| {
            shared.lock().unwrap().iter().for_each(|script| script.apply(request, answer));
        };
        let simulator = Simulator::builder().api_key(KEY).seed(1).clock(Clock::Finished).style(STYLE);
        let simulator = simulator.mutate(mutate).start().unwrap();
        let options = [("format", format), ("batch_size", "8"), ("max_retries", "0")];
        let client = support::client(&simulator.base_url(), &options);
        World { simulator, client, script }
    }

    fn ask(&self, asked: &[Asked], mutate: Mutation) -> Outcome {
        let entry = |(phone_number, id): &(String, &str)| self.simulator.expected(phone_number, id);
        let strangers = mutate.strangers.iter().map(entry).collect();
        *self.script.lock().unwrap() = Some(Script { mutate, strangers });
        let queries = asked.iter().map(|asked| Query::new(&asked.phone_number, &asked.message_id));
        self.client.multi_status(queries).unwrap()
    }

    /// Whether a status tells what became of this message, and whose entry told it.
    fn is_of(&self, status: &Status<'_>, person: &str, id: &str) -> bool {
        let entry = self.simulator.expected(person, id);
        status.date() == Some(mark(person, id))
            && status.state() == state(&entry)
            && status.status_text() == Some(entry.status.as_str())
            && i64::from(status.api_code()) == entry.code
            && status.stop_sms() == Some(entry.delivery.is_some_and(|delivery| delivery.stop_sms))
    }

    /// What holds of every report, whatever the service answered.
    fn check(&self, asked: &[Asked], outcome: &Outcome) -> TestCaseResult {
        let statuses: Vec<_> = outcome.report.iter().collect();
        prop_assert_eq!(statuses.len(), asked.len());
        for (query, status) in asked.iter().zip(&statuses) {
            prop_assert_eq!((status.phone_number(), status.message_id()), (&*query.phone_number, &*query.message_id));
            match (query.is_valid(), status.state()) {
                (false, state) => prop_assert_eq!((state, status.code()), (State::Invalid, Code::InvalidArgument)),
                (true, State::Unanswered) => prop_assert_eq!(status.code(), Code::Protocol),
                (true, _) => {
                    let is_own = |person: &String| self.is_of(status, person, query.id.unwrap_or_default());
                    prop_assert_eq!(status.code(), Code::Ok);
                    prop_assert!(
                        query.recipient.people().iter().any(is_own),
                        "another's: {:?} for {:?}",
                        status,
                        query
                    );
                }
            }
            let twins = asked.iter().zip(&statuses).filter(|(other, _)| query.is_valid() && query.is_same(other));
            for (_, twin) in twins {
                prop_assert_eq!((twin.state(), twin.date()), (status.state(), status.date()));
            }
        }
        let all = statuses.iter().all(|status| status.code() == Code::Ok);
        prop_assert_eq!(outcome.code() == Code::Ok, all);
        Ok(())
    }
}

fn state(entry: &Entry) -> State {
    match entry.status.as_str() {
        "Delivered" => State::Delivered,
        "Not delivered" => State::NotDelivered,
        "ko" => State::NotSent,
        _ => State::NotFound,
    }
}

/// Runs a test on this many values, the same in every run.
fn for_all<T: Debug>(cases: u32, values: impl Strategy<Value = T>, test: impl Fn(T) -> TestCaseResult) {
    let config = Cases { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Cases::default() };
    if let Err(failure) = TestRunner::new(config).run(&values, test) {
        panic!("{failure}");
    }
}

#[test]
fn no_query_gets_anothers_status() {
    for format in ["json", "xml"] {
        let world = World::new(format);
        for_all(200, (queries(), mutate(picked())), |(asked, mutate)| {
            let outcome = world.ask(&asked, mutate);
            world.check(&asked, &outcome)
        });
    }
}

#[test]
fn every_query_is_answered_in_any_order() {
    for format in ["json", "xml"] {
        let world = World::new(format);
        for_all(200, (queries(), mutate(shuffled())), |(asked, mutate)| {
            let strangers = mutate.strangers.clone();
            let outcome = world.ask(&asked, mutate);
            world.check(&asked, &outcome)?;
            for (query, status) in asked.iter().zip(outcome.report.iter()) {
                // A national number is answered as +33; an answer for another of its people makes it anybody's.
                let is_another =
                    |number: &String| query.recipient.people().iter().skip(1).any(|person| person == number);
                let is_answered = status.state() != State::Unanswered;
                if strangers.iter().any(|(number, id)| query.is_valid() && Some(*id) == query.id && is_another(number))
                {
                    prop_assert!(!is_answered, "{:?} as {:?}", query, status);
                    continue;
                }
                // An answer for +33 that is asked too may be meant for that one again, if the range is not of +33.
                let is_same_abroad = |number: &String| {
                    matches!(query.recipient, National(nine) if nine != NINE_DIGITS[0])
                        && *number == query.recipient.people()[0]
                };
                let is_contested = |asked: &Asked| {
                    let number = asked.recipient.sent();
                    asked.id == query.id && (is_another(&number) || is_same_abroad(&number))
                };
                if !asked.iter().any(is_contested) {
                    prop_assert!(is_answered, "{:?}", query);
                }
            }
            Ok(())
        });
    }
}

#[test]
fn numbers_that_differ_by_country_are_different_people() {
    let world = World::new("json");
    let kept = prop::collection::vec(any::<bool>(), COUNTRIES.len());
    for_all(100, (select(&NINE_DIGITS), select(&IDS), kept), |(nine, id, kept)| {
        let recipients = COUNTRIES.map(|country| International(country, nine));
        let query = |recipient: &Recipient| Asked {
            phone_number: recipient.sent(),
            message_id: id.to_owned(),
            recipient: recipient.clone(),
            id: Some(id),
        };
        let asked: Vec<_> = recipients.iter().map(query).collect();
        let order = Order::Kept(kept.clone());
        let outcome = world.ask(&asked, Mutation { strangers: Vec::new(), order, changes: Vec::new() });
        world.check(&asked, &outcome)?;
        for (kept, status) in kept.into_iter().zip(outcome.report.iter()) {
            prop_assert_eq!(status.state() != State::Unanswered, kept);
        }
        Ok(())
    });
}

#[test]
fn a_report_is_whole_whatever_the_bytes() {
    for format in ["json", "xml"] {
        let world = World::new(format);
        let changes = prop::collection::vec((any::<Index>(), any::<u8>()), 1..8);
        for_all(200, (queries(), mutate(picked()), changes), |(asked, mutate, changes)| {
            let outcome = world.ask(&asked, Mutation { changes, ..mutate });
            prop_assert_eq!(outcome.report.len(), asked.len());
            for (query, status) in asked.iter().zip(outcome.report.iter()) {
                prop_assert_eq!(
                    (status.phone_number(), status.message_id()),
                    (&*query.phone_number, &*query.message_id)
                );
                prop_assert_eq!(status.state() == State::Invalid, !query.is_valid());
                let told = !matches!(status.state(), State::Invalid | State::Unanswered);
                prop_assert_eq!(told, status.code() == Code::Ok);
            }
            if let Some(error) = &outcome.error {
                prop_assert!(!error.message().contains(KEY), "{}", error);
                prop_assert!(error.code() != Code::Internal, "{}", error);
            }
            Ok(())
        });
    }
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    let forms = recipient().prop_flat_map(|recipient| (written(&recipient), Just(recipient)));
    for_all(1000, (forms, recipient()), |((text, one), other)| {
        let phone = Phone::parse(&text);
        prop_assert!(phone.is_some(), "{:?}", text);
        prop_assert_eq!(phone, Phone::parse(&one.sent()));
        prop_assert_eq!(phone == Phone::parse(&other.sent()), one == other);
        Ok(())
    });
}

#[test]
fn separators_do_not_matter_in_any_text() {
    let text = prop_oneof!["[+0-9() .x-]{0,20}", "\\PC{0,20}"];
    for_all(1000, (text, select(&[" ", ".", "-", "\u{a0}", "\u{200b}"])), |(text, separator)| {
        let spread: String = text.chars().map(|character| format!("{separator}{character}")).collect();
        prop_assert_eq!(Phone::parse(&spread), Phone::parse(&text));
        Ok(())
    });
}
