//! What columns are called, in English and French.

use std::borrow::Cow;

/// Words for a phone number, with what is known of it: the later, the more.
const PHONES: &[&str] = &["phone", "telephone", "tel"];
const LANDLINES: &[&str] = &["landline", "fixe"];
const MOBILES: &[&str] = &["mobile", "portable", "cell", "cellular", "gsm", "msisdn"];
/// Words that make a phone a landline.
const PLACES: &[&str] = &["home", "domicile", "business", "work", "office", "bureau"];
/// Words for who gets the message.
const RECIPIENTS: &[&str] = &["recipient", "to", "destinataire", "dest", "receiver", "destination"];
/// Words that name a phone number if nothing else does, and nothing stands beside them.
const NUMBERS: &[&str] = &["number", "numero", "num"];
/// What may stand beside words for a phone number.
const BESIDE_PHONES: &[&str] = &["n", "no", "client", "customer", "contact", "sms", "message", "msg"];

/// Words for an id, for what it is the id of, and what may stand beside them.
const IDS: &[&str] = &["id", "identifiant", "identifier"];
const MESSAGES: &[&str] = &["message", "sms", "msg"];
const BESIDE_IDS: &[&str] = &["partner"];

/// What may stand in any name.
const ARTICLES: &[&str] = &["de", "du", "des", "d", "l", "la", "le", "of", "the", "s"];

/// How many bytes the name of a column has at the most: texts have more.
const LONGEST_NAME: usize = 100;

/// Words that are found where they are written as one.
const JOINED: [&[&str]; 8] = [PHONES, LANDLINES, MOBILES, PLACES, NUMBERS, IDS, MESSAGES, BESIDE_IDS];

/// How much the name of a column says, in two respects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit(u8, u8);

impl Fit {
    /// Whether it says more in one respect and no less in the other.
    fn is_better_than(self, other: Fit) -> bool {
        self != other && self.0 >= other.0 && self.1 >= other.1
    }
}

/// How well a name fits a column of phone numbers; None if it does not, as that of a sender.
pub fn fit_phone_number(name: &str) -> Option<Fit> {
    let words = words(name);
    let has = |list: &[&str]| has(&words, list);
    let kind = match () {
        () if has(MOBILES) => 3,
        () if has(LANDLINES) || has(PHONES) && has(PLACES) => 2,
        () if has(PHONES) => 1,
        () => 0,
    };
    let is_recipient = has(RECIPIENTS);
    let fits = if kind > 0 || is_recipient {
        let known = [MOBILES, LANDLINES, PHONES, PLACES, RECIPIENTS, NUMBERS, BESIDE_PHONES, ARTICLES];
        are_all_in(&words, &known)
    } else {
        has(NUMBERS) && are_all_in(&words, &[NUMBERS])
    };
    fits.then_some(Fit(kind, is_recipient.into()))
}

/// How well a name fits a column of message ids; None if it does not, as that of a text.
pub fn fit_message_id(name: &str) -> Option<Fit> {
    let words = words(name);
    let fits = has(&words, IDS) && are_all_in(&words, &[IDS, MESSAGES, BESIDE_IDS, ARTICLES]);
    fits.then(|| Fit(has(&words, MESSAGES).into(), 0))
}

/// The places of the names that fit and that no other fits better than.
pub fn best(names: &[Cow<str>], fit: impl Fn(&str) -> Option<Fit>) -> Vec<usize> {
    let fits: Vec<_> = names.iter().map(|name| fit(name)).collect();
    let is_best = |fit: Fit| !fits.iter().flatten().any(|other| other.is_better_than(fit));
    (0..fits.len()).filter(|&place| fits[place].is_some_and(is_best)).collect()
}

/// Whether two names are one, but for case, accents and what parts their words.
pub fn is_same(name: &str, other: &str) -> bool {
    fold(name).concat() == fold(other).concat()
}

/// The words by which a column of phone numbers is known, and a column of message ids.
pub fn understood() -> [String; 2] {
    let phones = [MOBILES, LANDLINES, PHONES, RECIPIENTS, NUMBERS].concat();
    let ids = IDS.iter().map(|&id| format!("message {id}")).chain(IDS.iter().map(|&id| id.to_owned()));
    [phones.join(", "), ids.collect::<Vec<_>>().join(", ")]
}

fn has(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

fn are_all_in(words: &[String], lists: &[&[&str]]) -> bool {
    words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())))
}

/// The words of a name; "phonenumber" has two. What is too long for a name has none.
fn words(name: &str) -> Vec<String> {
    if name.len() > LONGEST_NAME || !name.contains(char::is_alphabetic) {
        return Vec::new();
    }
    let is_count = |word: &String| word.len() <= 2 && word.starts_with(|first: char| first.is_ascii_digit());
    let words = fold(name).into_iter().filter(|word| !is_count(word));
    words.flat_map(|word| split(&word).unwrap_or_else(|| vec![word])).collect()
}

/// The known words that a word is made of; None if there is more in it.
fn split(word: &str) -> Option<Vec<String>> {
    if word.is_empty() {
        return Some(Vec::new());
    }
    JOINED.into_iter().flatten().find_map(|known| {
        let rest = split(word.strip_prefix(known)?)?;
        Some([vec![(*known).to_owned()], rest].concat())
    })
}

/// The words and numbers of a name as they are written, in small letters without accents.
fn fold(name: &str) -> Vec<String> {
    let is_mark = |character: &char| ('\u{300}'..='\u{36f}').contains(character);
    let characters: Vec<char> = name.chars().filter(|character| !is_mark(character)).collect();
    let mut words = vec![String::new()];
    for (place, &character) in characters.iter().enumerate() {
        let before = place.checked_sub(1).map_or(' ', |before| characters[before]);
        let next = characters.get(place + 1).copied().unwrap_or(' ');
        let begins_word = character.is_uppercase() && (before.is_lowercase() || next.is_lowercase());
        if begins_word || character.is_numeric() != before.is_numeric() {
            words.push(String::new());
        }
        match words.last_mut() {
            Some(word) if character.is_alphanumeric() && !matches!(character, 'ª' | 'º') => {
                word.extend(character.to_lowercase().map(without_accent));
            }
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn without_accent(letter: char) -> char {
    match letter {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_known_under_many_names() {
        for (name, fit) in [
            ("Mobile", Fit(3, 0)),
            ("Téléphone portable", Fit(3, 0)),
            ("N° de mobile du client", Fit(3, 0)),
            ("Tél. mobile", Fit(3, 0)),
            ("MSISDN", Fit(3, 0)),
            ("CellPhone", Fit(3, 0)),
            ("Te\u{301}le\u{301}phone fixe", Fit(2, 0)),
            ("Business Phone", Fit(2, 0)),
            ("phone_number", Fit(1, 0)),
            ("phoneNumber", Fit(1, 0)),
            ("PHONENUMBER", Fit(1, 0)),
            ("  N\u{ba} TÉL  ", Fit(1, 0)),
            ("tel2", Fit(1, 0)),
            ("numtel", Fit(1, 0)),
            ("to", Fit(0, 1)),
            ("Destinataire du SMS", Fit(0, 1)),
            ("to_phone_number", Fit(1, 1)),
            ("Mobile du destinataire", Fit(3, 1)),
            ("Numéro", Fit(0, 0)),
        ] {
            assert_eq!(fit_phone_number(name), Some(fit), "{name}");
        }
    }

    #[test]
    fn message_ids_are_known_under_many_names() {
        for (name, fit) in [
            ("message_id", Fit(1, 0)),
            ("messageId", Fit(1, 0)),
            ("messageid", Fit(1, 0)),
            ("IDMessage", Fit(1, 0)),
            ("Identifiant du message", Fit(1, 0)),
            ("SMS Partner ID", Fit(1, 0)),
            ("smspartner_id", Fit(1, 0)),
            ("id", Fit(0, 0)),
            ("Identifiant", Fit(0, 0)),
        ] {
            assert_eq!(fit_message_id(name), Some(fit), "{name}");
        }
    }

    #[test]
    fn other_names_are_neither() {
        for name in [
            "",
            "N°",
            "Message",
            "SMS",
            "Texte du message",
            "Nombre de SMS",
            "number of sms",
            "Numéro client",
            "Numéro de commande",
            "from",
            "Expéditeur",
            "sender phone",
            "Sender ID",
            "client_id",
            "Recipient ID",
            "Bureau",
            "Work",
            "Total",
            "valid",
            "Photo",
            "0612345678 id phone",
            "E-mail",
            "Status",
            "Date",
        ] {
            assert_eq!(fit_phone_number(name), None, "{name}");
            assert_eq!(fit_message_id(name), None, "{name}");
        }
    }

    #[test]
    fn the_name_that_says_most_wins() {
        let phones =
            |names: &[&str]| best(&names.iter().map(|&name| name.into()).collect::<Vec<_>>(), fit_phone_number);
        assert_eq!(phones(&["phone", "landline", "mobile", "number"]), [2]);
        assert_eq!(phones(&["phone", "fixe", "numéro"]), [1]);
        assert_eq!(phones(&["from", "to", "number"]), [1]);
        assert_eq!(phones(&["sender phone", "phone", "recipient's phone"]), [2]);
        assert_eq!(phones(&["Téléphone 1", "Téléphone 2"]), [0, 1]);
        assert_eq!(phones(&["to", "id", "mobile"]), [0, 2]);
        assert!(phones(&["name", "text"]).is_empty());
        let ids = ["id".into(), "Message".into(), "message_id".into()];
        assert_eq!(best(&ids, fit_message_id), [2]);
    }

    #[test]
    fn the_page_has_every_word() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/LISTS.md");
        let page = std::fs::read_to_string(page).unwrap();
        for word in [PHONES, LANDLINES, MOBILES, RECIPIENTS, NUMBERS, IDS, MESSAGES].concat() {
            assert!(page.contains(&format!("`{word}`")), "docs/LISTS.md lacks {word}");
        }
    }

    #[test]
    fn names_are_compared_by_their_letters() {
        assert!(is_same("N° de téléphone", "n_de_TELEPHONE"));
        assert!(!is_same("téléphone", "téléphones"));
        assert!(!is_same("téléphone 1", "téléphone 2"));
    }
}
