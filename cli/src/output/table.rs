//! The first rows, aligned.

use std::io::{self, Write};

use super::color;
use super::rows::Record;
use super::text::printable;

const HEADINGS: [&str; 5] = ["phone number", "message id", "state", "date", "detail"];
const STATE: usize = 2;
/// How many characters a cell shows at the most, by columns.
const WIDEST: [usize; HEADINGS.len()] = [40, 40, 40, 40, 120];

/// Writes the first records under their headings.
pub fn table<'a>(
    mut out: impl Write,
    records: impl ExactSizeIterator<Item = Record<'a>>,
    rows: usize,
) -> io::Result<()> {
    let hidden = records.len().saturating_sub(rows);
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(records.take(rows).map(cells));
    let widths: [usize; HEADINGS.len()] =
        std::array::from_fn(|column| lines.iter().map(|line| width(&line[column])).max().unwrap_or(0));
    writeln!(out, "{}", color::of_heading(aligned(&lines[0], &widths)))?;
    for line in &lines[1..] {
        writeln!(out, "{}", aligned(line, &widths))?;
    }
    if hidden > 0 {
        writeln!(out, "… and {hidden} more; --format csv writes all")?;
    }
    Ok(())
}

/// The cells of a line below those of the others, the state in its colour.
fn aligned(line: &[String; HEADINGS.len()], widths: &[usize; HEADINGS.len()]) -> String {
    let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, widest))| {
        let padding = " ".repeat(widest - width(cell));
        if column == STATE { format!("{}{padding}", color::of_state(cell, cell)) } else { format!("{cell}{padding}") }
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn cells(record: Record) -> [String; HEADINGS.len()] {
    let date = record.date.as_deref().or(record.date_text);
    let detail = detail(&record);
    let texts = [record.phone_number, record.message_id, record.state, date.unwrap_or_default(), &detail];
    std::array::from_fn(|column| cell(texts[column], WIDEST[column]))
}

/// What the other columns do not say.
fn detail(record: &Record) -> String {
    let reason = record.failure.as_ref().map(|failure| format!("{} ({})", failure.message, failure.code));
    let stop_sms = (record.stop_sms == Some(true)).then_some("stop");
    let is_spam = (record.is_spam == Some(true)).then_some("spam");
    [record.status_text, reason.as_deref(), stop_sms, is_spam].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn cell(text: &str, widest: usize) -> String {
    let text = printable(text).replace(['\n', '\t'], " ");
    if width(&text) <= widest {
        return text;
    }
    text.chars().take(widest - 1).chain(['…']).collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::{delivered, invalid};
    use super::*;

    fn written(records: Vec<Record>, rows: usize) -> String {
        let mut out = Vec::new();
        table(&mut out, records.into_iter(), rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            written(vec![delivered(), invalid()], 10),
            "\
phone number       message id  state      date                  detail
+33 6 39 98 00 01  199897      delivered  2018-02-06T16:26:56Z  Delivered, spam
06;39,\"98\"                     invalid                          phone_number: this is not a phone number (SMSP_E_INVALID_ARGUMENT)
"
        );
    }

    #[test]
    fn rows_past_the_limit_are_counted() {
        let text = written(vec![delivered(), delivered(), delivered()], 1);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("… and 2 more; --format csv writes all\n"), "{text}");
    }

    #[test]
    fn no_rows_leave_the_headings() {
        assert_eq!(written(vec![], 10), "phone number  message id  state  date  detail\n");
    }

    #[test]
    fn a_text_from_outside_stays_in_its_cell() {
        let text = format!("\u{1b}[1m{}\nnext", "é".repeat(150));
        let record = Record { message_id: &text, status_text: Some(&text), ..delivered() };
        let table = written(vec![record], 10);
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(!table.contains('\u{1b}'), "{table}");
        assert!(table.ends_with("é…\n"), "{table}");
        assert!(table.lines().all(|line| width(line) < 220), "{table}");
    }

    #[test]
    fn a_date_that_is_text_is_shown_as_it_is() {
        let record = Record { date: None, date_text: Some("2015-02-07 22:39:46"), ..delivered() };
        assert!(written(vec![record], 1).contains("  2015-02-07 22:39:46  "));
    }
}
