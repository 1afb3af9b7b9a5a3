//! Is a request acceptable, and what is its answer.

use std::sync::Mutex;

use crate::answer::{Answer, Refusal};
use crate::parameters::{Item, Malformed, Parameters};
use crate::request::{Query, Request};
use crate::states::States;

const PATH: &str = "/v1/multi-status";
const MAX_ENTRIES: usize = 500;

/// Code and text of a refusal.
type Reason = (i64, &'static str);

// The refusals, in the order in which a request is checked for them. The documentation gives the
// texts of 1 and 10; the other texts are the simulator's.
/// The body of a POST is not a JSON object in UTF-8.
const MALFORMED: Reason = (90, "Le format JSON est invalide");
/// `apiKey` is missing or empty, or neither a text nor a number.
const KEY_MISSING: Reason = (1, "La Clé API est requise");
/// `apiKey` is none of those accepted.
const KEY_WRONG: Reason = (10, "Clé API incorrecte");
/// `SMSStatut_List` is missing or not a list.
const LIST_MISSING: Reason = (2, "Le champ SMSStatut_List est requis");
/// `SMSStatut_List` has no entry.
const LIST_EMPTY: Reason = (5, "La liste SMSStatut_List est vide");
/// `SMSStatut_List` has more than 500 entries.
const LIST_TOO_LONG: Reason = (50, "La limite est de 500 numéros par requête");
/// An entry has no `phoneNumber`, or an empty one.
const PHONE_MISSING: Reason = (2, "Le champ phoneNumber est requis");
/// An entry has no `messageId`, or an empty one.
const ID_MISSING: Reason = (3, "Le champ messageId est requis");

/// The service behind the HTTP server.
pub(crate) struct Service {
    /// The keys that are accepted.
    pub(crate) api_keys: Mutex<Vec<String>>,
    pub(crate) refusal_status: u16,
    pub(crate) states: States,
}

impl Service {
    /// The answer to a request, whose `format` and `entries` are filled in on the way.
    pub(crate) fn answer(&self, request: &mut Request) -> Answer {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        if path != PATH {
            return Answer::page(404, "Not Found");
        }
        let mut parameters = Parameters::from_query(query);
        let read = match request.method.as_str() {
            "GET" => Ok(()),
            "POST" => parameters.read_body(&request.body),
            _ => {
                let mut page = Answer::page(405, "Method Not Allowed");
                page.headers.push(("Allow".into(), "GET, POST".into()));
                return page;
            }
        };
        request.format = parameters.format;
        match read.map_err(|Malformed| MALFORMED).and_then(|()| self.check(parameters)) {
            Ok(queries) => {
                request.entries = queries;
                self.report(request)
            }
            Err(reason) => self.refusal(request, reason),
        }
    }

    fn check(&self, parameters: Parameters) -> Result<Vec<Query>, Reason> {
        let key = parameters.api_key.ok_or(KEY_MISSING)?;
        if !self.api_keys.lock().unwrap().contains(&key) {
            return Err(KEY_WRONG);
        }
        let list = parameters.list.ok_or(LIST_MISSING)?;
        match list.len() {
            0 => Err(LIST_EMPTY),
            1..=MAX_ENTRIES => list.into_iter().map(complete).collect(),
            _ => Err(LIST_TOO_LONG),
        }
    }

    fn report(&self, request: &Request) -> Answer {
        let entry = |query: &Query| self.states.entry(&query.phone_number, &query.message_id);
        Answer { entries: request.entries.iter().map(entry).collect(), ..Answer::new(200, request.format) }
    }

    fn refusal(&self, request: &Request, (code, message): Reason) -> Answer {
        Answer {
            refusal: Some(Refusal { code, message: message.to_owned() }),
            ..Answer::new(self.refusal_status, request.format)
        }
    }
}

fn complete(item: Item) -> Result<Query, Reason> {
    Ok(Query { phone_number: item.phone_number.ok_or(PHONE_MISSING)?, message_id: item.message_id.ok_or(ID_MISSING)? })
}
