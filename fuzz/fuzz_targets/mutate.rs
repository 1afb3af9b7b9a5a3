//! A valid answer, changed: entries in any order, missing, twice, of strangers, types that drift, bytes that change. What is
//! read is what was written, and it is given to the one who asked, or to nobody.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use smsp::Query;
use smsp::fuzzing::{Answer, Entry as Told};
use smsp_fuzz::answer::{Choice, Entry, Notation, write};
use smsp_fuzz::oracle::matching::{self, Message};
use smsp_fuzz::reading::{check_documented, read, repaired};

#[derive(Arbitrary, Debug)]
struct Mutated {
    notation: Notation,
    start: Start,
    queries: Vec<Choice>,
    entries: Vec<Entry>,
    changes: Vec<(u16, u8)>,
}

/// What stands before an answer and does not count.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Start {
    Nothing,
    WhiteSpace,
    ByteOrderMark,
    Both,
}

impl Start {
    fn text(self) -> &'static str {
        match self {
            Start::Nothing => "",
            Start::WhiteSpace => " \r\n\t",
            Start::ByteOrderMark => "\u{feff}",
            Start::Both => "\u{feff} \u{feff}\n",
        }
    }
}

fuzz_target!(|mutated: Mutated| {
    let (text, expected) = write(&mutated.entries, mutated.notation);
    let mut body = (mutated.start.text().to_owned() + &text).into_bytes();
    for (place, byte) in &mutated.changes {
        let place = usize::from(*place) % body.len();
        body[place] = *byte;
    }
    let text = repaired(&body);
    let answer = read(&text);
    check_documented(&body, answer.as_ref().ok());
    if mutated.changes.is_empty() {
        let answer = answer.as_ref().expect("a valid answer is read");
        check_entries(expected, answer.entries().expect("an answer with a list"));
    }
    if let Ok(answer) = &answer {
        check_matches(&mutated.queries, answer);
    }
});

fn check_entries(expected: Vec<Told>, told: Vec<Told>) {
    assert_eq!(told.len(), expected.len());
    for (told, expected) in told.into_iter().zip(expected) {
        // An empty id is none.
        let message = told.message.filter(|(_, id)| !id.is_empty());
        assert_eq!(Told { message, ..told }, expected);
    }
}

fn check_matches(choices: &[Choice], answer: &Answer<'_>) {
    let Some(entries) = answer.entries() else { return };
    let texts: Vec<_> = choices.iter().map(|choice| (choice.number().0, choice.id().0)).collect();
    let queries: Vec<_> = texts.iter().map(|(number, id)| Query::new(number, id)).collect();
    let matches = answer.assign(&queries);
    let asked = asked(choices);
    let told: Vec<_> = entries.into_iter().map(message).collect();
    let mut served: Vec<_> = matches.answers.iter().flatten().collect();
    assert_eq!(matches.unmatched, told.len() - served.len());
    served.sort();
    assert!(served.is_sorted_by(|one, next| one < next), "an answer serves two queries");
    for (query, place) in asked.iter().zip(&matches.answers) {
        let Some(place) = place else { continue };
        let pair = (query.as_ref().expect("asked"), told[*place].as_ref().expect("a number and an id"));
        assert!(matching::may_answer(pair.0, pair.1), "{pair:?}");
    }
    assert_eq!(matches.answers, matching::assign(&asked, &told));
}

/// What is sent for these queries: nothing for those that are invalid or repeat an earlier one.
fn asked(choices: &[Choice]) -> Vec<Option<Message>> {
    let mut asked: Vec<Option<Message>> = Vec::new();
    for choice in choices {
        let (number, id) = (choice.number().1, choice.id().1);
        let message = number.zip(id).map(|(phone_number, message_id)| Message { phone_number, message_id });
        let repeated = asked.contains(&message);
        asked.push(message.filter(|_| !repeated));
    }
    asked
}

fn message(told: Told) -> Option<Message> {
    told.message.map(|(phone_number, message_id)| Message { phone_number, message_id })
}
