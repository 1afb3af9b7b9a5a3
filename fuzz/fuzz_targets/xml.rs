//! Any bytes as an answer: read or refused. Another XML reader finds the same entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roxmltree::{Document, Node};
use smsp::Phone;
use smsp::fuzzing::{Entry, sent};
use smsp_fuzz::reading::{read, repaired};

fuzz_target!(|body: &[u8]| {
    let text = repaired(body);
    let Ok(answer) = read(&text) else { return };
    // The library leaves line ends as they come.
    if text.contains('\r') {
        return;
    }
    let significant = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_ascii_start();
    let (Some(entries), Ok(document)) = (answer.entries(), Document::parse(significant)) else { return };
    assert_eq!(entries, expected(document.root_element()));
});

/// The entries of a success: the children of the third entry.
fn expected(root: Node<'_, '_>) -> Vec<Entry> {
    let list = elements(root).nth(2).expect("a list");
    elements(list).map(|entry| expected_entry(elements(entry).map(text).collect())).collect()
}

fn expected_entry(mut values: Vec<Option<String>>) -> Entry {
    if values.len() < 8 {
        values.truncate(5);
    }
    values.resize(8, None);
    let number = values[2].as_deref().and_then(Phone::parse);
    Entry {
        phone_number: number.map(sent),
        message_id: values[3].take(),
        status_text: values[4].take(),
        date: values[5].take().and_then(|date| date.parse().ok()),
    }
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
