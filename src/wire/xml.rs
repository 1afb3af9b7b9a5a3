//! Parses XML answers. They are positional: every value is an `<entry>`, in the order of the JSON fields.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::response::{AN_ANSWER, MAX_ENTRIES, RawAnswer, RawEntry, Scalar, Unreadable};
use crate::bounded::{Bounded, CUT};
use crate::memory;

/// The levels of an answer: `result`, its entries, the entries of the list, and their values.
const MAX_DEPTH: usize = 4;

/// The most elements in an answer. Each entry of the list has its values and itself.
const MAX_ELEMENTS: usize = MAX_ENTRIES * (RawEntry::FIELDS.len() + 1);

/// Parses a whole XML answer.
pub(super) fn read(text: &str) -> Result<RawAnswer<'_>, Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut document = Document::default();
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
        let unreadable = |reason: String| Unreadable::new(reason, offset);
        if let Some(name) = text.get(offset..).and_then(long_name) {
            return Err(unreadable(format!("expected result or entry, found the element {name}")));
        }
        match reader.read_event().map_err(|error| unreadable(error.to_string()))? {
            Event::Eof => return document.end().map_err(unreadable).and_then(understand),
            event => document.event(event).map_err(unreadable)?,
        }
        if document.lacks_memory {
            return Err(Unreadable::without_memory());
        }
    }
}

/// The longest name of an element, in bytes. An error message shows at most as many characters of a name.
const LONGEST_NAME: usize = 100;

/// Returns the start of the name in the tag at the start of a text, if the name is too long. quick-xml would copy the
/// whole name.
fn long_name(text: &str) -> Option<String> {
    let name = match text.strip_prefix("</") {
        Some(end) => end.split('>').next().unwrap_or_default().trim_end_matches(is_white),
        None => text.strip_prefix('<')?.split(|character| is_white(character) || character == '>').next()?,
    };
    let is_tag = !name.starts_with(['!', '?']);
    (is_tag && name.len() > LONGEST_NAME).then(|| start(name))
}

fn is_white(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Returns the start of a name, for an error message.
fn start(name: &str) -> String {
    let mut start: String = name.chars().take(LONGEST_NAME).collect();
    if start.len() < name.len() {
        start.push(CUT);
    }
    start
}

/// An element. It contains either elements or a text.
#[derive(Default)]
struct Node {
    children: Vec<Node>,
    text: Bounded,
}

/// What was parsed so far: the open elements, outermost first, and the root once it is closed.
#[derive(Default)]
struct Document {
    open: Vec<Node>,
    root: Option<Node>,
    elements: usize,
    lacks_memory: bool,
}

impl Document {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.open(tag.name().as_ref()),
            Event::Empty(tag) => self.open(tag.name().as_ref()).map(|()| self.close()),
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(&text.decode().map_err(|error| error.to_string())?),
            Event::CData(text) => self.text(&text.decode().map_err(|error| error.to_string())?),
            Event::GeneralRef(reference) => self.text(&resolve(&reference)?),
            Event::DocType(_) => Err("expected <result>, found a document type".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, name: &[u8]) -> Result<(), String> {
        let expected = match self.open.len() {
            0 if self.root.is_some() => "the end of the document",
            0 => "result",
            depth if depth < MAX_DEPTH => "entry",
            _ => "a value",
        };
        if name != expected.as_bytes() {
            let name = String::from_utf8_lossy(name);
            return Err(format!("expected {expected}, found the element {name}"));
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(format!("expected at most {MAX_ENTRIES} entries, found more"));
        }
        self.open.push(Node::default());
        Ok(())
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => self.lacks_memory |= memory::push(&mut parent.children, closed, AN_ANSWER).is_err(),
            None => self.root = Some(closed),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("expected an element, found text".to_owned()),
        }
        Ok(())
    }

    fn end(self) -> Result<Node, String> {
        if self.open.is_empty() { self.root } else { None }
            .ok_or_else(|| "expected </result>, found the end".to_owned())
    }
}

/// Resolves a character reference or one of the five entities that XML predefines. Definitions in the document are
/// ignored.
fn resolve(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(Cow::Owned(character.to_string()));
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    let known = resolve_predefined_entity(&name).map(Cow::Borrowed);
    known.ok_or_else(|| format!("expected an entity of XML itself, found &{};", start(&name)))
}

/// Converts a document into the fields of an answer.
fn understand(root: Node) -> Result<RawAnswer<'static>, Unreadable> {
    let mut parts = root.children.into_iter();
    let mut answer = RawAnswer { success: value(parts.next()), code: value(parts.next()), ..RawAnswer::default() };
    match parts.next() {
        Some(list) if !list.children.is_empty() => {
            let entries = memory::collect(list.children.into_iter().map(entry), AN_ANSWER);
            answer.entries = Some(entries.map_err(|_| Unreadable::without_memory())?);
        }
        // An empty list looks the same as an empty text. It is taken for a list, since a message is never empty.
        Some(empty) if empty.text.is_empty() => answer.entries = Some(Vec::new()),
        message => answer.message = value(message),
    }
    Ok(answer)
}

/// Converts an entry. Five values are an entry without a delivery report, eight are one with it. Further values are
/// ignored.
fn entry(node: Node) -> RawEntry<'static> {
    let known = if node.children.len() < RawEntry::FIELDS.len() { 5 } else { RawEntry::FIELDS.len() };
    let mut raw = RawEntry::default();
    for (name, node) in RawEntry::FIELDS.iter().zip(node.children).take(known) {
        if let Some(field) = raw.field(name) {
            *field = value(Some(node));
        }
    }
    raw
}

/// Returns the text of an element without the white space around it; `Absent` if there is none.
fn value(node: Option<Node>) -> Scalar<'static> {
    let text = node.filter(|node| node.children.is_empty()).map(|node| node.text.end());
    text.filter(|text| !text.is_empty()).map_or(Scalar::Absent, |text| Scalar::Text(Cow::Owned(text)))
}
