//! Whose answer is whose, worked out in another way than the library's: over texts, each query against all answers.

/// What tells a message from others: number and id as they are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `+` and digits, or `0` and nine digits.
    pub phone_number: String,
    /// Without white space around it.
    pub message_id: String,
}

/// France and its overseas ranges.
const FRENCH: [&str; 5] = ["+33", "+262", "+590", "+594", "+596"];

/// Whether an answer may be given to a query: the ids are equal and the numbers may be the same person's.
pub fn may_answer(query: &Message, answer: &Message) -> bool {
    query == answer || are_two_forms(query, answer)
}

/// For each query the place of its answer. Queries are distinct; None stands for a query that is not asked, and for an
/// answer that has no number or no id.
pub fn assign(queries: &[Option<Message>], answers: &[Option<Message>]) -> Vec<Option<usize>> {
    let exact = |query: &Option<Message>| query.as_ref().and(answers.iter().position(|answer| answer == query));
    let exact: Vec<_> = queries.iter().map(exact).collect();
    let other_form = |(query, place): (&Option<Message>, &Option<usize>)| {
        place.or_else(|| in_other_form(query.as_ref()?, queries, answers, &exact))
    };
    queries.iter().zip(&exact).map(other_form).collect()
}

/// The answer whose number is the query's in its other form, national or international, if that is only one person's.
fn in_other_form(
    query: &Message,
    queries: &[Option<Message>],
    answers: &[Option<Message>],
    exact: &[Option<usize>],
) -> Option<usize> {
    let told = || answers.iter().enumerate().filter_map(|(place, answer)| Some((place, answer.as_ref()?)));
    let candidates: Vec<_> = told().filter(|(_, answer)| are_two_forms(query, answer)).collect();
    let (_, first) = *candidates.first()?;
    let one_person = if is_national(query) {
        candidates.iter().all(|(_, answer)| *answer == first)
    } else {
        let asked = || queries.iter().flatten();
        !asked().any(|other| other == first) && asked().filter(|other| are_two_forms(other, first)).count() == 1
    };
    let free = candidates.iter().find(|(place, _)| !exact.contains(&Some(*place)));
    free.filter(|_| one_person).map(|(place, _)| *place)
}

fn are_two_forms(one: &Message, other: &Message) -> bool {
    one.message_id == other.message_id && (is_form(one, other) || is_form(other, one))
}

fn is_form(national: &Message, international: &Message) -> bool {
    let Some(nine) = national.phone_number.strip_prefix('0') else { return false };
    FRENCH.iter().any(|prefix| international.phone_number.strip_prefix(prefix) == Some(nine))
}

fn is_national(message: &Message) -> bool {
    message.phone_number.starts_with('0')
}
