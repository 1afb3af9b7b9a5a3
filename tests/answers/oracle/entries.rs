//! What the service says of a message, and all the ways in which it may say that.

use super::body::Json;
use super::lists;
use super::manner::Shares;
use super::random::Random;
use super::texts::FRENCH;

/// What is to be said of a message.
pub struct Entry {
    success: bool,
    code: i64,
    number: String,
    id: String,
    status: String,
    report: Option<Report>,
    is_drifting: bool,
}

struct Report {
    date: Json,
    stop_sms: bool,
    is_spam: bool,
}

impl Entry {
    pub fn new(number: &str, id: &str, shares: Shares, random: &mut Random) -> Entry {
        let number = if random.percent(shares.forms) { other_form(number, random) } else { number.to_owned() };
        let is_drifting = random.percent(shares.drift);
        let number = if is_drifting { lists::spelling(&number, random) } else { number };
        let id = if is_drifting && random.percent(20) { lists::spelled_id(id, random) } else { id.to_owned() };
        let is_refused = random.percent(shares.refused);
        let code = if is_refused { random.one(&[4, 4, 4, 3, 9, 77, -1, 201, 99_999_999_999]) } else { 200 };
        let status = status(is_refused, is_drifting, random);
        let report = random.percent(60).then(|| Report {
            date: date(is_drifting, random),
            stop_sms: random.percent(20),
            is_spam: random.percent(10),
        });
        Entry { success: !is_refused, code, number, id, status, report, is_drifting }
    }

    /// Its values, in the order of the positional form.
    pub fn values(&self, random: &mut Random) -> Vec<String> {
        let drift = if self.is_drifting { 100 } else { 0 };
        let text = |value: Json| match value {
            Json::Text(text) | Json::Number(text) => text,
            Json::Flag(flag) => flag.to_string(),
            _ => String::new(),
        };
        let mut values = vec![
            text(spelled_flag(self.success, drift, random)),
            if random.percent(drift / 5) { random.one(&["", " 200 ", "x"]).to_owned() } else { self.code.to_string() },
            self.number.clone(),
            self.id.clone(),
            self.status.clone(),
        ];
        if let Some(report) = &self.report {
            values.push(text(report.date.clone()));
            values.push(text(spelled_flag(report.stop_sms, drift, random)));
            values.push(text(spelled_flag(report.is_spam, drift, random)));
        }
        if self.is_drifting && random.percent(10) {
            // Not four: the contract does not say what a number and an id without a status are.
            let length = random.one(&[0, 1, 2, 3, 5, 6, 7, 9]);
            values.resize(length, "1".to_owned());
        }
        // XML cannot say these.
        values.iter().map(|value| value.replace(['\r', '\u{b}', '\u{c}', '\u{8}'], " ")).collect()
    }

    pub fn json(&self, random: &mut Random) -> Json {
        let drift = if self.is_drifting { 40 } else { 0 };
        let mut fields = vec![
            ("success", spelled_flag(self.success, drift, random)),
            ("code", spelled_integer(self.code, drift, random)),
            (if random.percent(drift) { "number" } else { "phoneNumber" }, self.number(random)),
            ("messageId", self.id(random)),
            (if random.percent(drift) { "statut" } else { "status" }, Json::text(&self.status)),
        ];
        if let Some(report) = &self.report {
            let stop_sms = if random.percent(drift) { "stopSMS" } else { "stopSms" };
            fields.push(("date", report.date.clone()));
            fields.push((stop_sms, spelled_flag(report.stop_sms, drift, random)));
            fields.push(("isSpam", spelled_flag(report.is_spam, drift, random)));
        }
        if self.is_drifting {
            loosen(&mut fields, &["phoneNumber", "number", "messageId"], random);
        }
        Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A number in plain digits may come as a JSON number.
    fn number(&self, random: &mut Random) -> Json {
        let is_plain = self.number.bytes().all(|byte| byte.is_ascii_digit()) && !self.number.starts_with('0');
        if self.is_drifting && is_plain && random.percent(50) {
            Json::number(&self.number)
        } else {
            Json::text(&self.number)
        }
    }

    /// An id that is an integer as one writes it comes as a JSON number, or as a text.
    fn id(&self, random: &mut Random) -> Json {
        let digits = self.id.strip_prefix('-').unwrap_or(&self.id);
        let is_integer = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (!digits.starts_with('0') || self.id == "0");
        match is_integer && digits.len() < 30 && random.percent(if self.is_drifting { 60 } else { 95 }) {
            true if self.is_drifting && digits.len() < 10 && random.percent(10) => {
                Json::number(format!("{}.0", self.id))
            }
            true => Json::number(&self.id),
            false => Json::text(&self.id),
        }
    }
}

/// The same person's number in another form, or that of another person with the same digits.
pub fn other_form(number: &str, random: &mut Random) -> String {
    if let Some(nine) = number.strip_prefix('0').filter(|nine| nine.len() == 9) {
        let code = if random.percent(60) { "33" } else { random.one(&FRENCH) };
        return match nine.strip_prefix("508").filter(|_| random.percent(50)) {
            Some(six) => format!("+508{six}"),
            None => format!("+{code}{nine}"),
        };
    }
    let national = FRENCH.iter().find_map(|code| number.strip_prefix(&format!("+{code}")));
    match national {
        Some(six) if six.len() == 6 => format!("0508{six}"),
        Some(nine) if nine.len() == 9 => format!("0{nine}"),
        Some(machine) if machine.len() == 13 => format!("0{machine}"),
        _ => number.to_owned(),
    }
}

fn status(is_refused: bool, is_drifting: bool, random: &mut Random) -> String {
    const WORDS: [&str; 14] = [
        "Delivered",
        "Livré",
        "DELIVRD",
        "Not delivered",
        "Non livré",
        "UNDELIV",
        "EXPIRED",
        "REJECTD",
        "ko",
        "Waiting",
        "En attente",
        "PENDING",
        "ACCEPTD",
        "ENROUTE",
    ];
    const ODD: [&str; 12] = [
        "",
        " ",
        "\u{a0}",
        "Delivered\0",
        "Livre",
        "Not  delivered",
        "Delivered.",
        "a\u{fffd}b😀",
        "\"\\/\u{8}\u{c}\u{1}",
        "KO!",
        "Deliv\u{e9}red\u{301}",
        "]]>&<",
    ];
    let word = match is_refused {
        true => random.one(&["Numéro introuvable", "Refus", "Delivered"]),
        false => random.one(&WORDS),
    };
    if !is_drifting {
        return word.to_owned();
    }
    let word = if random.percent(15) { random.one(&ODD) } else { word };
    let word = match random.below(3) {
        0 => word.to_uppercase(),
        1 => word.to_lowercase(),
        _ => word.to_owned(),
    };
    let word = if random.percent(5) { long(&word, random) } else { word };
    let edge = random.one(&["", "", " ", "\n", "\u{a0}", "\t "]);
    format!("{edge}{word}{edge}")
}

/// A text of about the length at which texts are cut.
fn long(piece: &str, random: &mut Random) -> String {
    let inner = random.one(&["x", "é", "…", "😀", "\0", " x"]);
    format!("{piece}{}", inner.repeat(random.between(1_010, 1_030) / inner.len()))
}

fn date(is_drifting: bool, random: &mut Random) -> Json {
    let seconds = 1_517_934_416 + random.below(100_000_000) as i64;
    if !is_drifting {
        return Json::text(seconds.to_string());
    }
    match random.below(26) {
        0..4 => Json::number(seconds),
        4..8 => Json::text(seconds.to_string()),
        8 => Json::text(format!(" {seconds}\n")),
        9 => Json::number(format!("{seconds}.0")),
        10 => Json::text(format!("{seconds}.5")),
        11 => Json::number(format!("{seconds}.5")),
        12 => Json::text("2015-02-07 22:39:46"),
        13 => Json::text(" hier\0 "),
        14 => Json::text(random.one(&["", " ", "0", " 0 "])),
        15 => Json::number(random.one(&[0, 1, 253_402_300_799, 253_402_300_800, i64::MAX])),
        16 => Json::text(random.one(&["1", "253402300799", "253402300800", "9223372036854775808", "-1"])),
        17 => Json::number(random.one(&["18446744073709551615", "18446744073709551616", "-1", "0.0"])),
        18 => Json::number(seconds * 1000),
        19 => Json::text((seconds * 1000).to_string()),
        20 => Json::text("20180206172656"),
        21 => Json::Null,
        22 => Json::Flag(random.percent(50)),
        23 => Json::text(long("le", random)),
        24 => Json::number("1".repeat(random.between(1_020, 1_030))),
        _ => Json::List(vec![Json::number(seconds)]),
    }
}

/// A flag as it may be written; sometimes what is none.
pub fn spelled_flag(flag: bool, drift: usize, random: &mut Random) -> Json {
    if !random.percent(drift) {
        return Json::Flag(flag);
    }
    let digit = if flag { "1" } else { "0" };
    match random.below(9) {
        0 => Json::Flag(flag),
        1 => Json::text(flag.to_string()),
        2 => Json::text(flag.to_string().to_uppercase()),
        3 => Json::text(format!(" {digit} ")),
        4 => Json::text(digit),
        5 => Json::number(digit),
        6 => Json::number(format!("{digit}.0")),
        // These are neither: what says nothing is not told.
        7 => Json::text(random.one(&["", "oui", "2"])),
        _ => Json::number(2),
    }
}

/// An integer as it may be written.
pub fn spelled_integer(integer: i64, drift: usize, random: &mut Random) -> Json {
    if !random.percent(drift) {
        return Json::number(integer);
    }
    match random.below(6) {
        0 => Json::text(integer.to_string()),
        1 => Json::text(format!(" {integer} ")),
        2 => Json::number(format!("{integer}.0")),
        3 if integer == 200 => Json::number("2e2"),
        4 => Json::text(random.one(&["x", "", "9223372036854775808"])),
        5 => Json::number("200.5"),
        _ => Json::number(integer),
    }
}

/// Other order, unknown fields, fields that are doubled, absent or null. What is kept is never taken away.
pub fn loosen(fields: &mut Vec<(&'static str, Json)>, kept: &[&str], random: &mut Random) {
    const UNKNOWN: [&str; 12] = [
        "cost",
        "currency",
        "Status",
        "phonenumber",
        "messageID",
        "message_id",
        "",
        "isspam",
        "\u{fffd}",
        "é",
        "StatutResponse",
        "Date",
    ];
    if random.percent(30) {
        random.shuffle(fields);
    }
    if random.percent(20) {
        let place = random.below(fields.len());
        match (random.percent(50), kept.contains(&fields[place].0)) {
            (true, false) => _ = fields.remove(place),
            _ => fields.push((fields[place].0, Json::Null)),
        }
    }
    if random.percent(15) {
        // What came before under the same name does not count, whichever of its spellings that has.
        let (name, _) = fields[random.below(fields.len())];
        let spellings = [["phoneNumber", "number"], ["status", "statut"], ["stopSms", "stopSMS"]];
        let spellings = spellings.into_iter().find(|names| names.contains(&name)).unwrap_or([name, name]);
        fields.insert(0, (random.one(&spellings), junk(random, 1)));
    }
    for _ in 0..random.below(3) {
        let place = random.below(fields.len() + 1);
        fields.insert(place, (random.one(&UNKNOWN), junk(random, 3)));
    }
}

/// Any value, so many levels deep.
pub fn junk(random: &mut Random, depth: usize) -> Json {
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0 => Json::Null,
        1 => Json::Flag(random.percent(50)),
        2 => Json::number(random.one(&["0", "-1", "1.5", "1e999", "9999999999999999999999999999999999999999999999"])),
        3 => Json::text("é\0\"\\\u{fffd}"),
        4 => Json::text("Delivered"),
        5 => Json::text(""),
        6 => Json::List(Vec::new()),
        7 => Json::List((0..random.below(4)).map(|_| junk(random, depth - 1)).collect()),
        _ => {
            let fields = (0..random.below(4))
                .map(|_| (random.one(&["status", "messageId", "x"]).to_owned(), junk(random, depth - 1)));
            Json::Object(fields.collect())
        }
    }
}
