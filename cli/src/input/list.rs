//! What a list holds.

use std::fmt;

/// One row of a list.
#[derive(Debug)]
pub struct Row {
    /// Its line in the file; the first is 1.
    pub line: usize,
    /// How many lines it has there.
    pub lines: usize,
    /// What it is about.
    pub message: Message,
}

/// One message to ask about.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// The recipient: as it is asked, or as the list has it if it is not asked.
    pub phone_number: String,
    /// The message, likewise.
    pub message_id: String,
    /// Why it is not asked.
    pub refusal: Option<Refusal>,
}

/// What is wrong with a field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    PhoneNumber(&'static str),
    MessageId(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Refusal::PhoneNumber(reason) => write!(out, "phone_number: {reason}"),
            Refusal::MessageId(reason) => write!(out, "message_id: {reason}"),
        }
    }
}

/// Lines that could not be read.
#[derive(Debug, PartialEq)]
pub struct BadLine {
    /// The place of the first in the file; the first is 1.
    pub line: usize,
    /// How many they are.
    pub lines: usize,
    /// What is wrong with them.
    pub reason: String,
}

/// What a list holds. Each of its lines is counted by exactly one of the rows, the bad lines, and the two sums below.
#[derive(Debug, Default)]
pub struct List {
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// The lines that are no rows.
    pub bad_lines: Vec<BadLine>,
    /// How many lines there are.
    pub lines: usize,
    /// How many of them are the header or above it.
    pub lines_above: usize,
    /// How many of the others have nothing in them.
    pub empty_lines: usize,
}

impl List {
    /// The messages to ask about.
    pub fn asked(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.message.refusal.is_none())
    }

    /// Adds a row of so many lines.
    pub fn add_row(&mut self, lines: usize, message: Message) {
        self.rows.push(Row { line: self.lines + 1, lines, message });
        self.lines += lines;
    }

    /// Adds so many lines that cannot be read.
    pub fn add_bad_lines(&mut self, lines: usize, reason: String) {
        self.bad_lines.push(BadLine { line: self.lines + 1, lines, reason });
        self.lines += lines;
    }

    /// Counts so many lines up to the header.
    pub fn skip_above(&mut self, lines: usize) {
        self.lines_above += lines;
        self.lines += lines;
    }

    /// Counts so many lines with nothing in them.
    pub fn skip_empty(&mut self, lines: usize) {
        self.empty_lines += lines;
        self.lines += lines;
    }
}
