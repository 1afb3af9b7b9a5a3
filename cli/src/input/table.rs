//! Records to rows: a list as a spreadsheet, a database or a script writes it.

use std::io::{self, Read};

use super::layout::Layout;
use super::list::{List, Message};
use super::records::{Fault, Record, Scanner};
use super::text::Text;
use super::values;
use crate::args::Columns;

/// Reads a list to its end.
pub fn read(text: &mut Text<impl Read>, columns: &Columns) -> Result<List, String> {
    text.read_on().map_err(|error| error.to_string())?;
    if text.rest().trim_start_matches('[').trim_start().starts_with('{') {
        return Err("this is JSON: --input jsonl reads an object on each line".into());
    }
    let layout = loop {
        if let Some(layout) = Layout::find(text.rest(), text.is_whole(), columns) {
            break layout?;
        }
        text.read_on().map_err(|error| error.to_string())?;
    };
    let scanner = Scanner::new(layout.separator, layout.ends);
    let mut table = Table { layout, scanner, ends_in_backslash: false, list: List::default() };
    table.read(text).map_err(|error| error.to_string())?;
    Ok(table.list)
}

struct Table {
    layout: Layout,
    scanner: Scanner,
    /// Whether the last record does: in MySQL's own format a text goes on on the next line then.
    ends_in_backslash: bool,
    list: List,
}

impl Table {
    fn read(&mut self, text: &mut Text<impl Read>) -> io::Result<()> {
        while !(text.is_whole() && text.rest().is_empty()) {
            match self.scanner.scan(text.rest(), text.is_whole()) {
                Some(record) => {
                    self.add(record, &text.rest()[..record.length], text.is_guessed());
                    text.take(record.length);
                }
                None => text.read_on()?,
            }
        }
        Ok(())
    }

    /// Every line is a part of exactly one of: what is above the rows, nothing, a row, a bad line.
    fn add(&mut self, record: Record, text: &str, is_guessed: bool) {
        if self.list.lines < self.layout.lines_above {
            return self.list.skip_above(record.lines);
        }
        if record.fault.is_none() && self.scanner.is_empty(text) {
            return self.list.skip_empty(record.lines);
        }
        match self.message(record, text, is_guessed) {
            Ok(message) => self.list.add_row(record.lines, message),
            Err(reason) => self.list.add_bad_lines(record.lines, reason),
        }
        self.ends_in_backslash = text.trim_end().ends_with('\\');
    }

    /// The message of a row, or why its fields are not known.
    fn message(&self, record: Record, text: &str, is_guessed: bool) -> Result<Message, String> {
        match record.fault {
            Some(Fault::Unclosed) => return Err("a quote is not closed".into()),
            Some(Fault::Undoubled) => {
                return Err("a quote in a quoted field is not doubled: its end is not sure".into());
            }
            Some(Fault::Escaped) => return Err("a quote behind a backslash may end its field or not".into()),
            None => self.check_width(text)?,
        }
        let layout = &self.layout;
        let (Some(phone_number), Some(message_id)) =
            (self.scanner.field(text, layout.phone_number), self.scanner.field(text, layout.message_id))
        else {
            return Err(self.expected());
        };
        let id = match layout.are_columns_known {
            true => values::message_id(&message_id, is_guessed),
            false => values::unnamed_id(&message_id, is_guessed),
        };
        Ok(values::message(&phone_number, &message_id, id))
    }

    /// Whether the fields are where they belong.
    fn check_width(&self, text: &str) -> Result<(), String> {
        let (layout, count) = (&self.layout, self.scanner.count());
        if count != layout.width && self.scanner.has_stray_end(text) {
            return Err("a line may end inside it, by another line end than the others".into());
        }
        if self.ends_in_backslash && count < layout.width {
            return Err("it may belong to the text above, which ends in a backslash".into());
        }
        let is_too_wide = (layout.width..count).any(|place| self.scanner.field(text, place) != Some("".into()));
        if is_too_wide {
            let other = if layout.has_header { "the header" } else { "the first row" };
            let (count, width) = (fields(count), layout.width);
            return Err(format!("it has {count}, {other} {width}: is a text with a separator in it not quoted?"));
        }
        Ok(())
    }

    fn expected(&self) -> String {
        let Layout { phone_number, message_id, .. } = self.layout;
        let count = fields(self.scanner.count());
        format!(
            "a phone number and a message id are expected, in the columns {} and {}; it has {count}",
            phone_number + 1,
            message_id + 1
        )
    }
}

fn fields(count: usize) -> String {
    format!("{count} field{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::args::Column;

    fn read_by(columns: &Columns, text: &str) -> Result<List, String> {
        let list = read(&mut Text::new(text.as_bytes()), columns)?;
        let counted: usize = list.rows.iter().map(|row| row.lines).sum();
        let named: usize = list.bad_lines.iter().map(|bad| bad.lines).sum();
        assert_eq!(list.lines, counted + named + list.lines_above + list.empty_lines, "{text:?}");
        Ok(list)
    }

    fn list(text: &str) -> List {
        read_by(&Columns::default(), text).unwrap()
    }

    fn error(text: &str) -> String {
        read_by(&Columns::default(), text).unwrap_err()
    }

    /// What is asked, and the first lines of what is named.
    fn parse(text: &str) -> (Vec<(String, String)>, Vec<usize>) {
        let list = list(text);
        let asked = list.asked().map(|row| (row.message.phone_number.clone(), row.message.message_id.clone()));
        let refused = list.rows.iter().filter(|row| row.message.refusal.is_some()).map(|row| row.line);
        let mut named: Vec<_> = list.bad_lines.iter().map(|bad| bad.line).chain(refused).collect();
        named.sort();
        (asked.collect(), named)
    }

    fn rows(text: &str) -> Vec<(String, String)> {
        let (rows, bad_lines) = parse(text);
        assert!(bad_lines.is_empty(), "{text:?}: {bad_lines:?}");
        rows
    }

    fn row(phone_number: &str, message_id: &str) -> (String, String) {
        (phone_number.to_owned(), message_id.to_owned())
    }

    #[test]
    fn every_separator_is_found() {
        for separator in [",", ";", "\t", "|"] {
            let expected = [row("+33639980001", "1"), row("0639980002", "2")];
            assert_eq!(rows(&format!("+33639980001{separator}1\n0639980002{separator}2\n")), expected);
            let text = "phone;text;id\n+33639980001;\"a;b,c|d\te\";1\n0639980002;\"f;g,h|i\tj\";2";
            assert_eq!(rows(&text.replace(';', separator)), expected);
        }
    }

    #[test]
    fn the_separator_is_the_one_of_the_rows_and_not_of_a_title_or_a_text() {
        let text = "Export, du 12; novembre, à 10:00\n\nphone;id;text\n0639980001;1;a,b,c\n0639980002;2;d,e,f\n";
        assert_eq!(rows(text), [row("0639980001", "1"), row("0639980002", "2")]);
        assert_eq!(rows("0639980001;1;a,b\n0639980002;2;c,d\n").len(), 2);
    }

    #[test]
    fn a_header_inside_a_row_is_none() {
        assert_eq!(rows("0639980001|1|x;phone;id\n0639980002|2|y\n").len(), 2);
        let text = "nobody\t1\t\"a\nphone;id\n0639980009;9\nb\"\n0639980001\t1\tc\n";
        assert_eq!(rows(text), [row("nobody", "1"), row("0639980001", "1")]);
    }

    #[test]
    fn sep_is_obeyed() {
        assert_eq!(rows("sep=!\r\nphone!id\r\n0639980001!1\r\n"), [row("0639980001", "1")]);
        assert_eq!(rows("\"sep=;\"\n0639980001;1\n"), [row("0639980001", "1")]);
        assert_eq!(rows("SEP=\t\n0639980001\t1\n"), [row("0639980001", "1")]);
        assert_eq!(list("sep=,\n0639980001;17,1\n").rows[0].message.phone_number, "0639980001;17");
    }

    #[test]
    fn a_separator_inside_quotes_does_not_count() {
        assert_eq!(rows("\"06;39;98;00;01\",1\n"), [row("06;39;98;00;01", "1")]);
        assert_eq!(rows("\"06 39 98 00 01\" ; \" 1 \" \n"), [row("06 39 98 00 01", "1")]);
        assert_eq!(rows("\"06 \"\"39\"\"\",1\n06\"39,2\n"), [row("06 \"39\"", "1"), row("06\"39", "2")]);
    }

    #[test]
    fn a_text_in_quotes_may_hold_anything() {
        let text = "phone;text;id\r\n0639980001;\"Bonjour \"\"Max\"\",\r\n0639980009;un;9\r\n\r\nfin\";1\r\n\
                    0639980002;\"\";2\r\n0639980003;\"\"\"oui\"\"\";3";
        let list = list(text);
        let found: Vec<_> =
            list.rows.iter().map(|row| (row.line, row.lines, row.message.message_id.as_str())).collect();
        assert_eq!(found, [(2, 4, "1"), (6, 1, "2"), (7, 1, "3")]);
        assert!(list.bad_lines.is_empty());
    }

    #[test]
    fn a_quote_that_nothing_closes_spoils_its_line_only() {
        let text = "phone_number,message_id\n0639980001\n\n\"0639980002,2\n\"06\"39,1\n0639980003,3\n";
        let list = list(text);
        assert_eq!(list.rows.len(), 1);
        assert_eq!((list.rows[0].line, list.rows[0].message.message_id.as_str()), (6, "3"));
        let reasons = list.bad_lines.iter().map(|bad| (bad.line, bad.lines, bad.reason.as_str()));
        assert_eq!(
            reasons.collect::<Vec<_>>(),
            [
                (2, 1, "a phone number and a message id are expected, in the columns 1 and 2; it has 1 field"),
                (4, 1, "a quote is not closed"),
                (5, 1, "a quote is not closed"),
            ]
        );
    }

    #[test]
    fn a_quote_that_is_closed_too_late_spoils_all_lines_up_to_there() {
        let text = "phone;id;text\n0639980001;1;\"a\n0639980002;2;\"b\"\n0639980003;3;c\n";
        let list = list(text);
        assert_eq!((list.rows.len(), list.rows[0].line), (1, 4));
        assert_eq!((list.bad_lines[0].line, list.bad_lines[0].lines), (2, 2));
    }

    #[test]
    fn a_quote_in_a_text_of_one_line_is_borne() {
        assert_eq!(rows("phone;text;id\n0639980001;\"24\" neuf\";1\n0639980002;24\";2\n").len(), 2);
    }

    #[test]
    fn a_backslash_before_a_quote_is_read_as_its_writer_meant() {
        // As PHP's fputcsv writes it, then as others do.
        for text in [
            "phone;text;id\n0639980001;\"a\\\"b\";1\n",
            "phone;text;id\n0639980001;\"a\\\";b\";1\n",
            "phone;text;id\n0639980001;\"a\\\"\nb\";1\n",
            "phone;text;id\n0639980001;\"a\\\"\"\";1\n",
            "phone;text;id\n0639980001;\"a\\\"\";1\n",
            "phone;text;id\n0639980001;\"a\\\";1\n",
            "phone;text;id\n0639980001;\"a\\\"\";b\";1\n",
        ] {
            assert_eq!(rows(text), [row("0639980001", "1")], "{text}");
        }
        // The other reading does not come out even.
        let text = "phone;id;text\n0639980001;1;\"a\\\"\n0639980002;2;x\nb\"\n0639980003;3;c\n";
        assert_eq!(rows(text), [row("0639980001", "1"), row("0639980003", "3")]);
        let text = "phone;id;text\n0639980001;1;\"a\\\"\n0639980002;2;\"b\\\"\n0639980003;3;\"c\"\n";
        assert_eq!(rows(text).len(), 3);
        // Neither does.
        let (rows, bad_lines) = parse("phone;id;text;a\n0639980001;1;\"24\" x\";\"a\\\"\n0639980003;3;b;c\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980003", "3")], vec![2]));
    }

    #[test]
    fn every_line_end_counts() {
        let expected = [row("0639980001", "1"), row("0639980002", "2")];
        for end in ["\n", "\r\n", "\r", "\r\r\n", "\x0b", "\x0c", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(rows(&["phone,id", "0639980001,1", "0639980002,2", ""].join(end)), expected, "{end:?}");
            assert_eq!(rows(&["0639980001,1", "0639980002,2"].join(end)), expected, "{end:?}");
        }
    }

    #[test]
    fn a_line_end_of_another_kind_is_named_where_it_may_be_one() {
        let (rows, bad_lines) = parse("phone,id\n0639980001,1\r0639980002,2\n0639980003,3\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980003", "3")], vec![2]));
        let (rows, bad_lines) = parse("0639980001,1,a\u{2028}0639980002,2,b\n0639980003,3,c\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980003", "3")], vec![1]));
        let (rows, bad_lines) = parse("phone,id,text\n0639980001,1,a\u{2028}b\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980001", "1")], vec![]));
    }

    #[test]
    fn a_line_that_ends_in_a_backslash_may_go_on() {
        let (rows, bad_lines) =
            parse("phone\tid\ttext\tparts\n0639980001\t1\ta\\\n0639980009\t9\n0639980002\t2\tb\t1\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980001", "1"), row("0639980002", "2")], vec![3]));
    }

    #[test]
    fn the_header_says_where_the_columns_are() {
        for header in ["name;message_id;phone", "Nom;ID message;Numéro", "Message;ID;Destinataire", "id;MessageId;To"]
        {
            let text = format!("{header}\n9;7;0639980001\n");
            assert_eq!(rows(&text), [row("0639980001", "7")], "{header}");
        }
    }

    #[test]
    fn what_is_above_the_header_is_skipped() {
        let text = "Export;;\nFait le;12/11/2024;\n;;\n\nTéléphone;Texte;ID SMS\n0639980001;17;7\n;;\n";
        let list = list(text);
        assert_eq!((list.rows.len(), list.lines_above, list.empty_lines), (1, 5, 1));
    }

    #[test]
    fn rows_end_the_search_for_the_header() {
        let (rows, bad_lines) = parse("nobody,1\n0639980001,1\nphone,id\n");
        assert_eq!((rows.len(), bad_lines), (2, vec![3]));
    }

    #[test]
    fn words_that_are_not_known_stop() {
        let message = error("phone,reference\n0639980001,1\n");
        assert!(
            message.starts_with("line 1, \"phone\", \"reference\": no column is known to hold message ids"),
            "{message}"
        );
        assert!(message.contains("--id-column") && !message.contains("--phone-column"), "{message}");
        let message = error("\nnom;valeur\n0639980001;1\n");
        for part in ["line 2", "\"valeur\"", "--phone-column", "mobile", "message id"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let message = error("phone;message\n0639980001;Bonjour\n");
        assert!(message.contains("message ids"), "{message}");
    }

    #[test]
    fn a_header_that_is_not_all_words_stops_too() {
        for (line, header) in [
            (1, "Téléphone;Ligne 2024;Réf"),
            (1, "2024 tel;row;ref"),
            (1, "Téléphone;#;Réf"),
            (1, "_contact;(n°);[Réf]"),
            (1, "Téléphone;ID client 12345;ID envoi"),
            (2, "12/11/2024 10:00\nContact;Ligne;Réf"),
            (2, "1;2;3\nTéléphone;Ligne;Réf"),
            (2, "Export n° 2024;;\nContact;Ligne;Réf"),
        ] {
            let message = error(&format!("{header}\n0639980001;1;11\n0639980002;2;12\n"));
            let name = header.rsplit([';', '\n']).next().unwrap();
            assert!(message.starts_with(&format!("line {line}, ")) && message.contains(name), "{header}: {message}");
            assert!(message.contains("--id-column"), "{header}: {message}");
        }
    }

    #[test]
    fn a_header_that_ends_otherwise_than_the_rows_stops() {
        for end in ["\r", "\u{85}", "\u{2028}", "\x0b"] {
            for (line, header) in [(1, "phone;row;id"), (2, "12/11/2024\nContact;Ligne;Réf")] {
                let message = error(&format!("{header}{end}0639980001;1;11\n0639980002;2;12\n"));
                let expected = format!("line {line}: the header ends in another way");
                assert!(message.starts_with(&expected), "{end:?}: {message}");
            }
        }
    }

    #[test]
    fn a_header_may_have_dates_and_many_digits() {
        let text = "Téléphone;Reçus du 01/11/2024 au 30/11/2024;id\n0639980001;1;11\n";
        assert_eq!(rows(text), [row("0639980001", "11")]);
    }

    #[test]
    fn titles_above_chosen_columns_are_skipped() {
        let place = |place| Some(Column::Place(place));
        let columns = Columns { phone_number: place(0), message_id: place(2) };
        for above in ["", "Export;;;\n", "Export;par;Max\n\n", "12/11/2024\n"] {
            let list = read_by(&columns, &format!("{above}Contact;Ligne;Réf;Nom\n0639980001;1;11;Max\n")).unwrap();
            let lines = above.matches('\n').count() + 1;
            assert_eq!((list.rows.len(), list.bad_lines.len(), list.lines_above), (1, 0, lines), "{above}");
            assert_eq!(list.rows[0].message.message_id, "11");
        }
        let list = read_by(&columns, "nobody;1;11\n0639980002;2;12\n").unwrap();
        assert_eq!((list.rows.len(), list.lines_above), (2, 0));
    }

    #[test]
    fn columns_that_fit_equally_well_stop() {
        let message = error("Rapport\nTéléphone 1;Téléphone 2;ID\n0639980001;0639980002;1\n");
        assert!(
            message.starts_with("line 2: each of the columns 1 (\"Téléphone 1\") and 2 (\"Téléphone 2\")"),
            "{message}"
        );
        assert!(message.contains("--phone-column"), "{message}");
        assert!(error("phone;id;identifiant\n0639980001;1;2\n").contains("--id-column"));
    }

    #[test]
    fn columns_are_chosen() {
        let place = |place| Some(Column::Place(place));
        let name = |name: &str| Some(Column::Name(name.into()));
        let text = "Téléphone 1;Téléphone 2;Ref\n0639980001;0639980002;1\n";
        for (phone_number, message_id) in [
            (name("telephone 2"), name("REF")),
            (place(1), name("Ref")),
            (name("TÉLÉPHONE_2"), place(2)),
            (place(1), place(2)),
        ] {
            let list = read_by(&Columns { phone_number, message_id }, text).unwrap();
            assert_eq!((list.rows.len(), list.lines_above), (1, 1));
            assert_eq!(
                (list.rows[0].message.phone_number.as_str(), list.rows[0].message.message_id.as_str()),
                ("0639980002", "1")
            );
        }
        let columns = Columns { phone_number: place(2), message_id: place(0) };
        assert_eq!(read_by(&columns, "1;x;0639980001\n2;y;0639980002\n").unwrap().rows.len(), 2);
    }

    #[test]
    fn a_column_that_is_chosen_for_both_stops() {
        let text = "Téléphone;ID\n0639980001;1\n";
        let id = || Some(Column::Name("id".into()));
        for (phone_number, message_id) in [(Some(Column::Place(1)), id()), (id(), None), (None, Some(Column::Place(0)))]
        {
            let error = read_by(&Columns { phone_number, message_id }, text).unwrap_err();
            assert!(error.starts_with("line 1: the column ") && error.contains("for both"), "{error}");
        }
    }

    #[test]
    fn columns_that_are_chosen_and_not_there_stop() {
        let text = "phone;id\n0639980001;1\n";
        for (phone_number, message) in [
            (Column::Name("Portable".into()), "--phone-column: no column is called \"Portable\""),
            (Column::Place(6), "--phone-column: there are fewer than 7 columns"),
        ] {
            let columns = Columns { phone_number: Some(phone_number), message_id: None };
            let error = read_by(&columns, text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn without_a_header_neither_a_text_nor_a_phone_number_is_an_id() {
        let (rows, bad_lines) = parse("0639980001;\"Bonjour, 17\";1\n0639980002;0139980002;2\n0639980003;3;x\n");
        assert_eq!((rows, bad_lines), (vec![row("0639980003", "3")], vec![1, 2]));
    }

    #[test]
    fn a_row_with_more_fields_than_the_header_is_named() {
        let list = list("phone;text;id\n0639980001;Bonjour; 17;1\n0639980002;b;2;;\n");
        assert_eq!((list.rows.len(), list.rows[0].line), (1, 3));
        assert!(list.bad_lines[0].reason.contains("it has 4 fields, the header 3"), "{}", list.bad_lines[0].reason);
    }

    #[test]
    fn fields_are_trimmed_and_further_ones_ignored() {
        assert_eq!(rows(" 0639980001 , 1 ,x,\n"), [row("0639980001", "1")]);
    }

    #[test]
    fn an_empty_field_is_left_to_the_library() {
        assert_eq!(rows(",1\n0639980001,\n"), [row("", "1"), row("0639980001", "")]);
    }

    #[test]
    fn lines_between_the_rows_of_a_database_are_empty() {
        let mysql =
            "+------------+----+\n| phone      | id |\n+------------+----+\n| 0639980001 |  1 |\n+------------+----+\n";
        assert_eq!(rows(mysql), [row("0639980001", "1")]);
        let psql = "   phone    | id \n------------+----\n 0639980001 |  1\n(1 row)\n\n";
        assert_eq!(parse(psql), (vec![row("0639980001", "1")], vec![4]));
    }

    #[test]
    fn an_empty_list_has_no_rows() {
        assert!(rows("").is_empty());
        assert!(rows("phone_number,message_id\n").is_empty());
        assert_eq!(list("\r\n,;\r\n\"\"\r\n").empty_lines, 3);
    }

    #[test]
    fn letters_of_dos_are_told() {
        let mut text = Text::new(&b"Num\x82ro;R\x82f\n0639980001;1\n"[..]);
        let error = read(&mut text, &Columns::default()).unwrap_err();
        assert!(error.contains("CP850"), "{error}");
    }

    #[test]
    fn a_list_is_read_in_parts() {
        let line = format!("0639980001;1;\"{}\n0639980009;9;x\"\n", "é".repeat(1000));
        let text = format!("phone;id;text\n{}", line.repeat(2000));
        let list = list(&text);
        assert_eq!((list.rows.len(), list.bad_lines.len(), list.lines), (2000, 0, 4001));
    }

    #[test]
    fn a_quote_left_open_at_the_start_of_much_text_spoils_its_line_only() {
        let text = format!("phone;id;text\n0639980001;1;\"a\n{}", "0639980002;2;\"b\n".repeat(100_000));
        let start = Instant::now();
        let list = list(&text);
        assert_eq!((list.rows.len(), list.bad_lines.len()), (0, 100_001));
        assert!(start.elapsed() < Duration::from_secs(20), "it does not take the square of the lines");
    }

    #[test]
    fn backslashes_before_quotes_in_much_text_do_not_take_the_square_of_the_lines() {
        let start = Instant::now();
        for last in ["", "0639980002;2;\"z\"\n", "0639980002;2;\"z\n"] {
            let list_of = |text| {
                let rows = format!("0639980001;1;{text}\n").repeat(200_000);
                list(&format!("phone;id;text\n{rows}{last}"))
            };
            let [even, open, odd] = ["\"a\\\"", "\"a\\\"b", "\"a\\\";b\"c"].map(list_of);
            assert!(even.rows.len() >= 200_000, "{last}: {}", even.rows.len());
            assert!([open, odd].iter().all(|list| list.rows.is_empty()), "{last}");
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
