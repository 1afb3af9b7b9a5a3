//! A valid answer, bent: entries in any order, missing, twice, of strangers, types that drift, bytes that change. Whatever
//! is read is given to the one who asked, or to nobody.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use smsp::Query;
use smsp::fuzzing::{Answer, Entry as Told, check_places};
use smsp_fuzz::answer::{Choice, Entry, Notation, write};
use smsp_fuzz::oracle::{self, Message};
use smsp_fuzz::reading::{check_documented, read, repaired};

#[derive(Arbitrary, Debug)]
struct Bent {
    notation: Notation,
    queries: Vec<Choice>,
    entries: Vec<Entry>,
    changes: Vec<(u16, u8)>,
}

fuzz_target!(|bent: Bent| {
    let mut body = write(&bent.entries, bent.notation).into_bytes();
    for (place, byte) in &bent.changes {
        let place = usize::from(*place) % body.len();
        body[place] = *byte;
    }
    let text = repaired(&body);
    let answer = read(&text);
    check_documented(&body, answer.as_ref().ok());
    if bent.changes.is_empty() {
        check_entries(&bent.entries, answer.as_ref().expect("a valid answer is read"));
    }
    if let Ok(answer) = &answer {
        check_matches(&bent.queries, answer);
    }
    check_places(&body, &queries(&bent.queries));
});

/// What is read is what was written.
fn check_entries(written: &[Entry], answer: &Answer<'_>) {
    let told = answer.entries().expect("an answer with a list");
    assert_eq!(told.len(), written.len());
    for (told, written) in told.iter().zip(written) {
        assert_eq!(told.phone_number.as_deref(), written.message.number().1);
        assert_eq!(told.message_id.as_deref().filter(|id| !id.is_empty()), written.message.id().1);
        assert_eq!(told.date, written.date());
    }
}

fn queries(choices: &[Choice]) -> Vec<Query<'_>> {
    choices.iter().map(|choice| Query::new(choice.number().0, choice.id().0)).collect()
}

fn check_matches(choices: &[Choice], answer: &Answer<'_>) {
    let Some(entries) = answer.entries() else { return };
    let matches = answer.assign(&queries(choices));
    let asked = asked(choices);
    let told: Vec<_> = entries.into_iter().map(message).collect();
    let mut served: Vec<_> = matches.answers.iter().flatten().collect();
    assert_eq!(matches.unmatched, told.len() - served.len());
    served.sort();
    assert!(served.is_sorted_by(|one, next| one < next), "an answer serves two queries");
    for (query, place) in asked.iter().zip(&matches.answers) {
        let Some(place) = place else { continue };
        let pair = (query.as_ref().expect("asked"), told[*place].as_ref().expect("a number and an id"));
        assert!(oracle::may_answer(pair.0, pair.1), "{pair:?}");
    }
    assert_eq!(matches.answers, oracle::assign(&asked, &told));
}

/// What is sent for these queries: nothing for those that are invalid or repeat an earlier one.
fn asked(choices: &[Choice]) -> Vec<Option<Message>> {
    let mut asked: Vec<Option<Message>> = Vec::new();
    for choice in choices {
        let message = choice
            .number()
            .1
            .zip(choice.id().1)
            .map(|(number, id)| Message { phone_number: number.to_owned(), message_id: id.to_owned() });
        let repeated = asked.contains(&message);
        asked.push(message.filter(|_| !repeated));
    }
    asked
}

fn message(told: Told) -> Option<Message> {
    Some(Message { phone_number: told.phone_number?, message_id: told.message_id? })
}
