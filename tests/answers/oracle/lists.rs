//! Lists of queries of all shapes: numbers and ids as people and programs write them, and what only looks like one.

use super::random::Random;
use super::texts::{DASHES, DOTS, FRENCH, MARKS, SLASHES, SPACES};

/// National digits, of many ranges, few enough that they meet.
const NINES: [&str; 12] = [
    "612345678",
    "639980001",
    "692123456",
    "690123456",
    "696123456",
    "694123456",
    "508412345",
    "708412345",
    "262123456",
    "590123456",
    "123456789",
    "700123456",
];

/// Numbers of other lengths and countries, some with the digits of a French one.
const OTHERS: [&str; 16] = [
    "+34612345678",
    "+4915112345678",
    "+442079460958",
    "+390612345678",
    "+12025550123",
    "+3361234567",
    "+508412345",
    "+508508412345",
    "+5081234567",
    "+337001234567890",
    "07001234567890",
    "+339011234567890",
    "09011234567890",
    "+262700123456789",
    "+1234567",
    "+123456789012345",
];

const IDS: [&str; 20] = [
    "1",
    "2",
    "7",
    "007",
    "01",
    "0",
    "00",
    "-1",
    "1.5",
    "1e3",
    "+7",
    "msg é",
    "a b",
    "\"q\"\\/",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "199897",
    "😀",
    "٣",
];

/// The numbers and ids of a list, from which its queries and the strangers of its answers are drawn.
#[derive(Clone, Debug)]
pub struct Pool {
    pub numbers: Vec<String>,
    pub ids: Vec<String>,
}

impl Pool {
    /// A few, or so many that a list of this length is hardly ever asked twice for the same.
    pub fn new(length: usize, random: &mut Random) -> Pool {
        let mut numbers = Vec::new();
        for _ in 0..random.between(1, 3) {
            let nine = random.one(&NINES);
            for _ in 0..random.between(1, 4) {
                let code = random.one(&FRENCH);
                numbers.push(if random.percent(35) { format!("0{nine}") } else { format!("+{code}{nine}") });
            }
        }
        if random.percent(50) {
            numbers.push(random.one(&OTHERS).to_owned());
        }
        let mut ids: Vec<_> = (0..random.between(1, 3)).map(|_| random.one(&IDS).to_owned()).collect();
        if length > 60 {
            numbers.extend((0..length / 8).map(|place| format!("+336{:08}", place * 7)));
            numbers.extend((0..length / 8).map(|place| format!("06{:08}", place * 11)));
            ids.extend((0..8).map(|place| (1000 + place).to_string()));
        }
        Pool { numbers, ids }
    }

    pub fn number(&self, random: &mut Random) -> String {
        self.numbers[random.below(self.numbers.len())].clone()
    }

    pub fn id(&self, random: &mut Random) -> String {
        self.ids[random.below(self.ids.len())].clone()
    }
}

/// A list of this length.
pub fn list(pool: &Pool, length: usize, random: &mut Random) -> Vec<(String, String)> {
    // Some lists are clean, so that all of them is sent.
    let odd = random.one(&[0, 5, 30]);
    (0..length)
        .map(|_| {
            let number =
                if random.percent(odd) { odd_number(pool, random) } else { spelling(&pool.number(random), random) };
            let id = if random.percent(odd / 3) { odd_id(pool, random) } else { spelled_id(&pool.id(random), random) };
            (number, id)
        })
        .collect()
}

/// A number in one of the forms that are understood as it.
pub fn spelling(number: &str, random: &mut Random) -> String {
    if random.percent(40) {
        return number.to_owned();
    }
    let mut text = match number.strip_prefix('+') {
        Some(digits) => {
            let code = FRENCH.into_iter().find(|code| digits.starts_with(code));
            let (code, rest) = digits.split_at(code.map_or(2, str::len));
            let zero = random.one(&["", "", "", "(0)", "0"]);
            let zero = if zero == "0" && !FRENCH.contains(&code) { "" } else { zero };
            let prefix = if digits.len() >= 11 { random.one(&["+", "00", ""]) } else { random.one(&["+", "00"]) };
            format!("{prefix}{code}{zero}{rest}")
        }
        None => number.to_owned(),
    };
    if random.percent(60) {
        text = spread(&text, random);
    }
    around(text, random)
}

/// With separators between groups of digits, or anywhere.
fn spread(text: &str, random: &mut Random) -> String {
    let kinds = random.between(1, 2);
    let separators: Vec<char> = (0..kinds).map(|_| separator(random)).collect();
    let (size, offset) = (random.between(1, 4), random.below(3));
    let mut spread = String::new();
    for (place, character) in text.chars().enumerate() {
        // A (0) stays together.
        let is_inside = spread.ends_with('(') || spread.ends_with("(0");
        if place > 0 && (place + offset) % size == 0 && !is_inside && character != '(' {
            spread.push(random.one(&separators));
        }
        spread.push(character);
    }
    spread
}

fn separator(random: &mut Random) -> char {
    match random.below(10) {
        0..5 => random.one(&[' ', '.', '-', '/', '\u{a0}']),
        5 => random.one(&DOTS),
        6 => random.one(&DASHES),
        7 => random.one(&SLASHES),
        8 => random.one(&SPACES),
        _ => random.one(&MARKS),
    }
}

/// With white space or marks around it, sometimes.
fn around(text: String, random: &mut Random) -> String {
    if random.percent(80) {
        return text;
    }
    let mut edge = || -> String {
        (0..random.below(3))
            .map(|_| if random.percent(50) { random.one(&SPACES) } else { random.one(&MARKS) })
            .collect()
    };
    [edge(), text, edge()].concat()
}

/// What may be a number and may not.
fn odd_number(pool: &Pool, random: &mut Random) -> String {
    match random.below(10) {
        0..4 => altered(&spelling(&pool.number(random), random), random),
        4..6 => joined(&pool.number(random), random),
        6 => grouped(&pool.number(random), random),
        7 => of_plan(random),
        8 => from_grammar(random),
        _ => random
            .one(&["", "+", "0", "00", "nobody", "06 12 34 56 7x", "٠٦١٢٣٤٥٦٧٨", "＋33612345678", "tel:0612345678"])
            .to_owned(),
    }
}

/// With one character more, less or another.
fn altered(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.between(1, 2) {
        let fresh = match random.below(4) {
            0 => separator(random),
            1 => random.one(&['+', '(', ')', ',', '0', 'x', ';']),
            _ => char::from(b'0' + random.below(10) as u8),
        };
        let place = random.below(characters.len() + 1);
        match random.below(3) {
            0 => characters.insert(place, fresh),
            1 if place < characters.len() => characters[place] = fresh,
            _ if place < characters.len() => _ = characters.remove(place),
            _ => {}
        }
    }
    characters.into_iter().collect()
}

/// Two numbers in one text, or a number as a table of floating-point numbers writes it.
fn joined(number: &str, random: &mut Random) -> String {
    let digits = number.trim_start_matches('+');
    let number = if random.percent(40) { digits } else { number };
    let number = if random.percent(40) { spread(number, random) } else { number.to_owned() };
    let tail = random.one(&[
        ".0",
        ".00",
        ",0",
        ".000",
        ".",
        ".5",
        "/72",
        " / 72",
        "/1",
        "/123",
        "/1234",
        "/123456",
        " (2)",
        "(71)",
        " (71) ",
        "(0)",
        " ()",
        "+1",
        " ou 2",
        "\u{2044}72",
        ")",
        "(2).",
    ]);
    around(number + tail, random)
}

/// With groups of its digits in parentheses.
fn grouped(number: &str, random: &mut Random) -> String {
    let (from, to) = (random.below(number.len()), random.below(number.len() + 1));
    let (from, to) = (from.min(to), from.max(to));
    let text = format!("{}({}){}", &number[..from], &number[from..to], &number[to..]);
    if random.percent(30) { spread(&text, random) } else { text }
}

/// As many digits as there may be behind a French country code, or more, or fewer.
fn of_plan(random: &mut Random) -> String {
    let code = random.one(&FRENCH);
    let (prefix, zero) = (random.one(&["+", "00", ""]), random.one(&["", "", "0", "(0)"]));
    let start = random.one(&["6", "0", "700", "901"]);
    format!("{prefix}{code}{zero}{start}{}", digits(random.between(3, 13), random))
}

fn digits(count: usize, random: &mut Random) -> String {
    (0..count).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
}

fn from_grammar(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.between(1, 9) {
        match random.below(12) {
            0 => text.push('+'),
            1 => text += "00",
            2 => text += "(0)",
            3 => text.push('0'),
            4 => text += random.one(&FRENCH),
            5 => text.push(separator(random)),
            6 => text += random.one(&["700", "901"]),
            7 => text += random.one(&["(", ")", "/", "."]),
            _ => text += &digits(random.between(1, 6), random),
        }
    }
    text
}

/// An id with white space and marks around it, sometimes.
pub fn spelled_id(id: &str, random: &mut Random) -> String {
    around(id.to_owned(), random)
}

/// What may be an id and may not.
fn odd_id(pool: &Pool, random: &mut Random) -> String {
    let id = pool.id(random);
    match random.below(8) {
        0 => random.one(&["", " ", "\u{feff}", "\u{a0}\u{200b}"]).to_owned(),
        1 => format!("{id}{}x", random.one(&MARKS)),
        2 => format!("{id}{}x", random.one(&['\0', '\u{1}', '\t', '\n', '\u{7f}', '\u{85}'])),
        3 => "é".repeat(127) + random.one(&["x", "xy", "x ", "é"]),
        4 => "x".repeat(random.between(253, 257)),
        5 => format!("{id}\u{2028}{id}"),
        6 => format!("{id}{}", random.one(&['\u{1c}', '\u{1f}', '\u{85}'])),
        _ => format!("0{id}"),
    }
}
