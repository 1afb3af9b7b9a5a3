//! Whose answer is whose: each query against all answers.

/// What tells a message from others: number and id as they are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `+` and digits, or `0` and nine or thirteen digits.
    pub phone_number: String,
    /// Without what nobody sees around it.
    pub message_id: String,
}

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
    let asked = || queries.iter().flatten();
    let is_asked = asked().any(|other| other == first);
    let one_person = if is_national(query) {
        candidates.iter().all(|(_, answer)| *answer == first) && (!is_asked || has_prefix_of_its_range(query, first))
    } else {
        !is_asked && asked().filter(|other| are_two_forms(other, first)).count() == 1
    };
    let free = candidates.iter().find(|(place, _)| !exact.contains(&Some(*place)));
    free.filter(|_| one_person).map(|(place, _)| *place)
}

fn are_two_forms(one: &Message, other: &Message) -> bool {
    one.message_id == other.message_id && (is_form(one, other) || is_form(other, one))
}

/// The international forms of a national number.
fn is_form(national: &Message, international: &Message) -> bool {
    let Some(digits) = national.phone_number.strip_prefix('0') else { return false };
    let prefixes: &[&str] = if digits.len() == 9 { &["+33", "+262", "+508", "+590", "+594", "+596"] } else { &["+33"] };
    let is_saint_pierre = digits.starts_with("508") && digits.len() == 9 && international.phone_number[1..] == *digits;
    is_saint_pierre || prefixes.iter().any(|prefix| international.phone_number == format!("{prefix}{digits}"))
}

/// Whether the prefix of an international number is the one of the national number's range.
fn has_prefix_of_its_range(national: &Message, international: &Message) -> bool {
    let prefix = match &national.phone_number[..4] {
        "0262" | "0263" | "0269" | "0639" | "0692" | "0693" => "+262",
        "0508" | "0708" => "+508",
        "0590" | "0690" | "0691" => "+590",
        "0594" | "0694" => "+594",
        "0596" | "0696" | "0697" => "+596",
        _ => "+33",
    };
    international.phone_number.starts_with(prefix)
}

fn is_national(message: &Message) -> bool {
    message.phone_number.starts_with('0')
}
