//! Any bytes as an answer: read or refused. Another XML reader finds the same entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roxmltree::{Document, Node};
use smsp::fuzzing::Entry;
use smsp_fuzz::oracle::entry::{Value, meaning};
use smsp_fuzz::reading::{read, repaired};

fuzz_target!(|body: &[u8]| {
    let text = repaired(body);
    let Ok(answer) = read(&text) else { return };
    // The library leaves line ends as they come.
    if text.contains('\r') {
        return;
    }
    let significant = text.trim_start_matches(|character: char| character == '\u{feff}' || character.is_whitespace());
    let (Some(entries), Ok(document)) = (answer.entries(), Document::parse(significant)) else { return };
    let expected = expected(document.root_element());
    assert_eq!(entries.len(), expected.len());
    for (entry, expected) in entries.into_iter().zip(expected) {
        // What the contract leaves open is not compared.
        assert!(expected.is_none() || Some(&entry) == expected.as_ref(), "{entry:?}, not {expected:?}");
    }
});

/// The entries of a success: the children of the third entry.
fn expected(root: Node<'_, '_>) -> Vec<Option<Entry>> {
    let list = elements(root).nth(2).expect("a list");
    elements(list).map(|entry| expected_entry(elements(entry).map(text).collect())).collect()
}

fn expected_entry(mut values: Vec<Option<String>>) -> Option<Entry> {
    if values.len() < 8 {
        values.truncate(5);
    }
    let names = ["success", "code", "phoneNumber", "messageId", "status", "date", "stopSms", "isSpam"];
    let fields = names.into_iter().zip(values).filter_map(|(name, value)| Some((name, Value::Text(value?))));
    meaning(&fields.collect::<Vec<_>>())
}

fn elements<'a, 'input: 'a>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// The text of an element that holds no other.
fn text(node: Node<'_, '_>) -> Option<String> {
    if elements(node).next().is_some() {
        return None;
    }
    let parts = node.children().filter(Node::is_text).filter_map(|part| part.text());
    let text = parts.collect::<String>().trim().to_owned();
    (!text.is_empty()).then_some(text)
}
