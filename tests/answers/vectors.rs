//! Every file of `tests/vectors/`, through the library and over HTTP, and that they show all there is to show.
//! `tests/vectors/README.md` says what they hold.

mod runner;

use runner::{Vector, differences, shown_of, vectors};
use serde_json::Value;
use smsp::{Code, State};

/// The codes that no answer leads to: they come from a wrong option, from the network, from the caller or from within.
const NOT_FROM_AN_ANSWER: [Code; 8] = [
    Code::Pending,
    Code::Config,
    Code::Connect,
    Code::Tls,
    Code::Timeout,
    Code::Cancelled,
    Code::Resource,
    Code::Internal,
];

/// What the service's code for a whole request means, 77 being one that is not documented.
const SERVICE_CODES: [(i64, Code); 15] = [
    (1, Code::Auth),
    (10, Code::Auth),
    (20, Code::Denied),
    (30, Code::Denied),
    (40, Code::Denied),
    (96, Code::Denied),
    (2, Code::Api),
    (3, Code::Api),
    (4, Code::Api),
    (5, Code::Api),
    (6, Code::Api),
    (9, Code::Api),
    (50, Code::Api),
    (90, Code::Api),
    (77, Code::Api),
];

/// The service's words, each to be seen as it stands, in capitals and in small letters.
const WORDS: [(State, &[&str]); 4] = [
    (State::Delivered, &["Delivered", "Livré", "DELIVRD"]),
    (State::NotDelivered, &["Not delivered", "Non livré", "UNDELIV", "EXPIRED", "REJECTD"]),
    (State::NotSent, &["ko"]),
    (State::Waiting, &["Waiting", "En attente", "PENDING", "ACCEPTD", "ENROUTE"]),
];

/// Which HTTP statuses a refusal can come with, each to be seen with a documented code, another code, no readable
/// refusal, and a list of statuses.
const HTTP_STATUSES: [u16; 8] = [201, 302, 400, 401, 404, 429, 500, 503];
const BODIES: [&str; 4] = ["documented", "other", "unreadable", "entries"];

/// The vectors that show what has no table of its own above, by topic.
const TOPICS: [(&str, &str); 11] = [
    ("states", "delivered not_delivered not_sent waiting not_found rejected invalid unanswered unknown trimmed"),
    (
        "refusals",
        "code_4_of_one code_4_of_one_asked_twice code_4_of_one_http_404 code_4_of_one_http_500 auth_ends_the_call \
         other_batches_go_on success_is_text success_is_number success_is_digit success_in_capitals code_is_whole \
         without_code code_is_text code_with_fraction code_is_null without_success success_is_not_false \
         with_a_list code_200 code_beyond_32_bits details message_and_details without_message message_escaped \
         message_cut",
    ),
    ("documented", "success error request xml_success xml_error"),
    (
        "requests",
        "post_json post_xml get_json get_xml get_escapes headers batches batches_are_full key_trimmed \
         nothing_asked no_query",
    ),
    (
        "phones",
        "international double_zero bare_digits national overseas separators white_space invisible dashes slashes \
         parentheses zero_in_parentheses trunk_zero other_trunk_zero invalid all_invalid",
    ),
    (
        "message_ids",
        "number zero largest_number beyond_the_largest leading_zeros negative sign fraction white_space text empty \
         longest too_long control_characters",
    ),
    (
        "drift",
        "success success_of_the_answer code code_of_the_answer message_id date date_text stop_sms stop_sms_spelled \
         is_spam statut status_missing unknown_fields byte_order_mark white_space content_type xml_as_json \
         json_as_xml escaped_keys phone_number",
    ),
    (
        "matching",
        "any_order callers_texts asked_twice asked_twice_spelled_differently national_asked overseas \
         national_answered exact_first exact_before_national two_answers_two_people two_queries_two_people \
         never_another_country never_another_id id_as_text id_negative_number id_leading_zeros \
         id_beyond_the_largest id_beyond_64_bits one_answer_one_query first_wins missing all_missing stranger \
         no_number no_id",
    ),
    (
        "errors",
        "empty_body white_space_only html text list_at_the_top cut_in_a_text cut_in_the_list cut_after_the_list \
         trailing_garbage second_object offset_in_the_middle invalid_escape no_list list_is_null list_is_text \
         excerpt_is_short excerpt_escapes latin_1_offset key_echoed key_in_html key_taken_apart_in_html key_in_xml \
         key_in_the_refusal key_percent_encoded key_json_escaped key_base64 key_hex key_xml_escaped \
         key_cut_by_the_excerpt key_as_element key_many_times key_longer_than_the_excerpt too_large",
    ),
    (
        "hostile",
        "nul_in_status nul_in_date nul_in_number nul_in_id nul_in_message lone_surrogates surrogate_pair \
         duplicate_keys duplicate_lists integers_beyond_64_bits fractions_and_exponents beyond_every_number \
         latin_1 latin_1_with_utf_8 latin_1_after_byte_order_mark nested_unknown nested_known nested_list \
         nested_entry nested_keys nested_unclosed nested_too_deep nulls list_as_object entries_no_objects \
         details_no_objects raw_control_character wrong_types backslashes most_entries too_many_entries texts_cut",
    ),
    (
        "xml",
        "cdata escaped character_references white_space comments five_values six_values seven_values eight_values \
         nine_values three_values no_values entity_defined entity_unknown doctype error_form error_without_message \
         empty_list empty_list_tag no_list too_deep nested other_element second_root text_outside unclosed \
         unclosed_cdata unclosed_comment bare_ampersand mixed_up attributes instruction declaration \
         byte_order_mark latin_1 nul nul_reference backslashes drift mixed_text empty_body too_many_entries \
         error_with_details more_parts texts_cut",
    ),
];

#[test]
fn every_vector_comes_out_as_it_says() {
    let mut failures = Vec::new();
    for vector in vectors() {
        let found = differences(&vector).unwrap_or_else(|error| vec![error]);
        failures.extend(found.iter().map(|line| format!("{}: {line}", vector.name)));
    }
    assert!(failures.is_empty(), "{} differences\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_state_and_code_of_an_answer_has_a_vector() {
    let vectors = vectors();
    let statuses: Vec<_> = vectors.iter().flat_map(Vector::statuses).collect();
    let states = State::ALL.iter().map(|state| state.name());
    let mut missing: Vec<_> = states.filter(|state| !statuses.iter().any(|status| status["state"] == *state)).collect();
    let codes = Code::ALL.iter().filter(|code| !NOT_FROM_AN_ANSWER.contains(code)).map(|code| code.name());
    missing.extend(codes.filter(|code| !vectors.iter().any(|vector| vector.fields["code"] == *code)));
    assert!(missing.is_empty(), "no vector has {missing:?}");
    for code in NOT_FROM_AN_ANSWER {
        assert!(vectors.iter().all(|vector| vector.fields["code"] != code.name()), "an answer leads to {code:?}");
    }
}

#[test]
fn every_code_of_the_service_has_a_vector() {
    let vectors = vectors();
    for (service, code) in SERVICE_CODES {
        let shows = |error: &Value| error["code"] == code.name() && error["api_code"] == service;
        // What may be for one message is that message's status.
        let is_told = |status: &Value| code == Code::Api && status["api_code"] == service;
        let has = |vector: &Vector| shows(&vector.fields["error"]) || vector.statuses().iter().any(is_told);
        assert!(vectors.iter().any(has), "no vector has code {service}: {code:?}");
    }
}

#[test]
fn every_word_of_the_service_has_a_vector() {
    let vectors = vectors();
    let shown = |state: State, text: &str| {
        let shows = |status: &Value| status["state"] == state.name() && status["status_text"] == text;
        vectors.iter().flat_map(Vector::statuses).any(shows)
    };
    for (state, words) in WORDS {
        for word in words.iter().flat_map(|word| [(*word).to_owned(), word.to_uppercase(), word.to_lowercase()]) {
            assert!(shown(state, &word), "no vector has {word:?} as {state:?}");
        }
    }
}

#[test]
fn every_row_of_the_contract_has_a_vector() {
    let names: Vec<_> = vectors().into_iter().map(|vector| vector.name).collect();
    let rows = TOPICS.iter().flat_map(|(topic, rows)| rows.split(' ').map(move |row| format!("{topic}/{row}")));
    let bodies = |status| BODIES.map(|body| format!("refusals/http_{status}_{body}"));
    let codes = SERVICE_CODES.iter().map(|(code, _)| format!("refusals/code_{code}"));
    let expected: Vec<_> = rows.chain(HTTP_STATUSES.into_iter().flat_map(bodies)).chain(codes).collect();
    let missing: Vec<_> = expected.iter().filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "no vector named {missing:?}");
    let unlisted: Vec<_> = names.iter().filter(|name| !expected.contains(name)).collect();
    assert!(unlisted.is_empty(), "not in the tables, so not missed if they go: {unlisted:?}");
}

#[test]
fn a_vector_that_says_something_else_fails() {
    let good = r#"{"about": "x", "queries": [["+33639980001", "1"]], "http_status": 201, "code": "SMSP_E_PROTOCOL",
        "answer_text": "{\"StatutResponse_List\":[]}", "statuses": [{"state": "unanswered", "code": "SMSP_E_PROTOCOL"}],
        "error": {"code": "SMSP_E_PROTOCOL", "http_status": 201, "retryable": true, "message_contains": ["no entry"]},
        "requests": [{"body": {"apiKey": "k3y-of-the-vectors",
            "SMSStatut_List": [{"phoneNumber": "+33639980001", "messageId": 1}]}}]}"#;
    let run = |text: String| Vector::new("x", text).and_then(|vector| differences(&vector));
    assert_eq!(run(good.to_owned()), Ok(vec![]));
    for (from, to) in [
        ("\"http_status\": 201, \"code\"", "\"http_status\": 202, \"code\""),
        ("\"code\": \"SMSP_E_PROTOCOL\",\n", "\"code\": \"SMSP_OK\",\n"),
        ("\"unanswered\", \"code\": \"SMSP_E_PROTOCOL\"", "\"unanswered\""),
        ("\"unanswered\"", "\"delivered\""),
        ("\"retryable\": true", "\"retryable\": false"),
        ("no entry", "an entry"),
        ("\"statuses\": [", "\"unmatched\": 1, \"statuses\": ["),
        ("\"messageId\": 1", "\"messageId\": \"1\""),
        ("\"requests\": [", "\"requests\": [{},"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(run(changed.clone()).is_ok_and(|found| !found.is_empty()), "{changed}");
    }
    for (from, to) in [
        ("\"about\"", "\"abuot\""),
        ("\"state\"", "\"stat\""),
        ("\"retryable\"", "\"retry\""),
        ("\"body\"", "\"text\""),
        ("\"answer_text\"", "\"answer_parts\""),
        ("[\"+33639980001\", \"1\"]", "[\"+33639980001\", 1]"),
    ] {
        assert!(run(good.replacen(from, to, 1)).is_err(), "{from}");
    }
}

#[test]
fn a_part_of_the_key_is_noticed() {
    assert!(shown_of("0123456789", "… 12345678 …").is_some());
    assert_eq!(shown_of("0123456789", "… 1234567 89 …"), None);
}
