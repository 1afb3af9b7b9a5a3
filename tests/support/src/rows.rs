//! Messages, and the rows of the report that must come of them.

use std::fs;

use smsp::Status;
use smsp_simulator::{Entry, Simulator};

use super::options;

/// One row of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub phone_number: String,
    pub message_id: String,
    pub state: i32,
    pub code: i32,
    pub api_code: i32,
    pub date: Option<i64>,
    pub date_text: Option<String>,
    pub status_text: Option<String>,
    pub stop_sms: Option<bool>,
    pub is_spam: Option<bool>,
}

impl Row {
    /// The row of a query to which the service answers this.
    pub fn answered(phone_number: &str, message_id: &str, entry: &Entry) -> Row {
        let state = match (entry.code, entry.status.as_str()) {
            (4, _) => "not_found",
            (200, "Delivered") => "delivered",
            (200, "Not delivered") => "not_delivered",
            (200, "Waiting") => "waiting",
            (200, "ko") => "not_sent",
            other => panic!("the simulator has never answered {other:?}"),
        };
        Row {
            phone_number: phone_number.to_owned(),
            message_id: message_id.to_owned(),
            state: state_number(state),
            code: 0,
            api_code: entry.code.try_into().unwrap(),
            date: entry.delivery.map(|delivery| delivery.date),
            date_text: None,
            status_text: Some(entry.status.clone()),
            stop_sms: entry.delivery.map(|delivery| delivery.stop_sms),
            is_spam: entry.delivery.map(|delivery| delivery.is_spam),
        }
    }

    /// The row of a query without an answer.
    pub fn without_answer(phone_number: &str, message_id: &str, state: &str, code: i32, api_code: i32) -> Row {
        Row {
            phone_number: phone_number.to_owned(),
            message_id: message_id.to_owned(),
            state: state_number(state),
            code,
            api_code,
            date: None,
            date_text: None,
            status_text: None,
            stop_sms: None,
            is_spam: None,
        }
    }

    /// The row of a report, as a Rust program reads it.
    pub fn of(status: &Status<'_>) -> Row {
        Row {
            phone_number: status.phone_number().to_owned(),
            message_id: status.message_id().to_owned(),
            state: status.state().value(),
            code: status.code().value(),
            api_code: status.api_code(),
            date: status.date(),
            date_text: status.date_text().map(str::to_owned),
            status_text: status.status_text().map(str::to_owned),
            stop_sms: status.stop_sms(),
            is_spam: status.is_spam(),
        }
    }

    /// The line that `tests/abi/expect.h` reads.
    fn line(&self) -> String {
        let Row { phone_number, message_id, state, code, api_code, .. } = self;
        let date = self.date.map_or("-".to_owned(), |date| date.to_string());
        let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
        let (date_text, status_text) = (text(&self.date_text), text(&self.status_text));
        let flag = |flag: Option<bool>| flag.map_or(-1, i32::from);
        let (stop_sms, is_spam) = (flag(self.stop_sms), flag(self.is_spam));
        format!(
            "{phone_number}\t{message_id}\t{state}\t{code}\t{api_code}\t{date}\t{date_text}\t{status_text}\t{stop_sms}\t{is_spam}\n"
        )
    }
}

fn state_number(name: &str) -> i32 {
    const NAMES: &str = "unanswered delivered not_delivered waiting not_found not_sent rejected invalid unknown";
    NAMES.split(' ').position(|known| known == name).unwrap().try_into().unwrap()
}

/// A file of rows, for C programs that ask for these and compare (`tests/abi/expect.h`).
pub struct RowsFile(tempfile::TempPath);

impl RowsFile {
    /// Writes the file, which is there as long as this value.
    pub fn new(rows: &[Row]) -> RowsFile {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let lines: String = rows.iter().map(Row::line).collect();
        fs::write(&path, lines).unwrap();
        RowsFile(path)
    }

    /// The arguments of a program: the file, and what leads to the simulator.
    pub fn arguments(&self, simulator: &Simulator) -> Vec<String> {
        [vec![self.0.display().to_string()], options(simulator).to_vec()].concat()
    }

    /// The arguments of the program `multi_status`, `code` being what its call must return.
    pub fn call(&self, simulator: &Simulator, code: i32, more: &[&str]) -> Vec<String> {
        let more = more.iter().map(|option| option.to_string()).collect();
        [vec![code.to_string()], self.arguments(simulator), more].concat()
    }
}

/// So many different messages, with numbers and ids in all their forms.
pub fn messages(count: usize) -> Vec<(String, String)> {
    let phone = |i: usize| match i % 5 {
        0 => format!("06{i:08}"),
        1 => format!("+33 6 {i:08}"),
        2 => format!("00336{i:08}"),
        _ => format!("+336{i:08}"),
    };
    let id = |i: usize| if i % 7 == 0 { format!("msg-{i}") } else { (1000 + i).to_string() };
    (0..count).map(|i| (phone(i), id(i))).collect()
}

/// A number as the service is asked for it.
pub fn as_sent(phone_number: &str) -> String {
    let digits: String = phone_number.chars().filter(|c| !c.is_whitespace()).collect();
    match digits.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => digits,
    }
}

/// What a report on these messages must say when the simulator answers all of them.
pub fn expected(simulator: &Simulator, messages: &[(String, String)]) -> Vec<Row> {
    let row = |(phone, id): &(String, String)| Row::answered(phone, id, &simulator.expected(&as_sent(phone), id));
    messages.iter().map(row).collect()
}
