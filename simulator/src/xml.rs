//! XML in the service's positional form: every value is an `<entry>`, without a name.

use std::fmt::Write;

use crate::node::Node;

pub(crate) fn write(node: &Node) -> String {
    let mut out = String::from("<?xml version='1.0' encoding='UTF-8'?>\n<result>\n");
    children(&mut out, node, 1);
    out.push_str("</result>\n");
    out
}

fn children(out: &mut String, node: &Node, depth: usize) {
    match node {
        Node::List(nodes) => nodes.iter().for_each(|node| entry(out, node, depth)),
        Node::Fields(fields) => fields.iter().for_each(|(_, node)| entry(out, node, depth)),
        Node::Text(text) => {
            indent(out, depth);
            out.push_str("<![CDATA[");
            // The end mark of a CDATA section is cut in two where it is part of the text.
            out.extend(text.replace("]]>", "]]]]><![CDATA[>").chars().map(allowed));
            out.push_str("]]>\n");
        }
        Node::Flag(flag) => write!(out, "{flag}").unwrap(),
        Node::Integer(number) => write!(out, "{number}").unwrap(),
        Node::Message(text) => escape(out, text),
    }
}

fn entry(out: &mut String, node: &Node, depth: usize) {
    let block = matches!(node, Node::List(_) | Node::Fields(_) | Node::Text(_));
    indent(out, depth);
    out.push_str(if block { "<entry>\n" } else { "<entry>" });
    children(out, node, depth + 1);
    if block {
        indent(out, depth);
    }
    out.push_str("</entry>\n");
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("    ", depth));
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(allowed(character)),
        }
    }
}

/// The character, or a replacement for one that XML cannot hold.
fn allowed(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => character,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_out_readable() {
        for text in ["a]]>b", "]]>]]>", "<&>\"'", "\u{1}é😀\u{ffff}"] {
            let expected: String = text.chars().map(allowed).collect();
            let node = Node::Fields(vec![("a", Node::Text(text.into())), ("b", Node::Message(text))]);
            let written = write(&node);
            let document = roxmltree::Document::parse(&written).unwrap();
            let read: Vec<String> = document
                .root_element()
                .children()
                .filter(|child| child.is_element())
                .map(|entry| entry.children().filter_map(|text| text.text()).collect())
                .collect();
            assert_eq!([read[0].trim(), &read[1]], [&expected, &expected]);
        }
    }

    #[test]
    fn an_empty_list_is_an_empty_entry() {
        let node = Node::Fields(vec![("list", Node::List(Vec::new()))]);
        assert_eq!(
            write(&node),
            "<?xml version='1.0' encoding='UTF-8'?>\n<result>\n    <entry>\n    </entry>\n</result>\n"
        );
    }
}
