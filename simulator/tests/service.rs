//! Requests and answers as the documentation has them.

mod common;

use std::net::TcpStream;

use common::{Client, Response, body};
use serde_json::{Value, json};
use smsp_simulator::{Clock, Entry, Simulator, Style};

const SAMPLE: [(&str, &str); 3] = [("+33699999993", "111111"), ("+33699999992", "1000"), ("+33699999991", "1222")];

fn start() -> Simulator {
    Simulator::builder().clock(Clock::Finished).start().unwrap()
}

fn get(client: &mut Client<TcpStream>, query: &str) -> Response {
    client.send("GET", &format!("/v1/multi-status?{query}"), "", "")
}

#[test]
fn the_samples_come_out_value_for_value() {
    let sample = include_str!("samples/success.json");
    for style in [Style::Compact, Style::CompactUtf8, Style::Pretty] {
        let simulator = Simulator::builder().seed(9).style(style).start().unwrap();
        let response = Client::connect(&simulator).post(&body(&SAMPLE));
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-type"), Some("application/json"));
        let expected: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(response.json(), expected);
        match style {
            Style::Compact => assert!(response.text().contains(r"Num\u00e9ro introuvable")),
            Style::CompactUtf8 => assert!(response.text().contains("Numéro introuvable")),
            Style::Pretty => assert_eq!(response.text(), sample.trim_end()),
        }
    }

    let asked = [("0619922264", "1226613"), ("0699999992", "1000"), ("0699999991", "1222")];
    let body = body(&asked).replacen('{', r#"{"_format":"xml","#, 1);
    let response = Client::connect(&start()).post(&body);
    assert_eq!(response.text(), include_str!("samples/success.xml"));
    let content_type = response.header("content-type");
    assert_eq!(content_type, Some("text/xml; charset=UTF-8"));
}

#[test]
fn the_sample_of_an_error_comes_out_value_for_value() {
    let simulator = Simulator::builder().style(Style::Pretty).start().unwrap();
    let mut client = Client::connect(&simulator);
    let body = r#"{"apiKey":"wrong"}"#;
    let json = client.post(body);
    let sample = include_str!("samples/error.json");
    assert_eq!(json.text(), sample.trim_end());
    let xml = client.send("POST", "/v1/multi-status?_format=xml", "", body);
    assert_eq!(xml.text(), include_str!("samples/error.xml"));
}

#[test]
fn keys_change_while_it_runs() {
    let simulator = Simulator::builder().api_key("old").start().unwrap();
    let mut client = Client::connect(&simulator);
    let mut accepted = |key: &str| {
        let request = json!({"apiKey": key, "SMSStatut_List": [{"phoneNumber": "+33612345678", "messageId": "1"}]});
        let answer = client.post(&request.to_string()).json();
        assert!(answer["success"] == true || answer["code"] == 10, "{answer}");
        answer["success"] == true
    };
    for (keys, expected) in
        [(None, [true, false]), (Some(&["old", "new"][..]), [true, true]), (Some(&["new"]), [false, true])]
    {
        keys.into_iter().for_each(|keys| simulator.set_api_keys(keys));
        assert_eq!(["old", "new"].map(&mut accepted), expected, "{keys:?}");
    }
}

#[test]
fn every_refusal_has_its_code() {
    let simulator = start();
    let mut client = Client::connect(&simulator);
    let list = |items: &str| format!(r#"{{"apiKey":"demo","SMSStatut_List":{items}}}"#);
    let item = r#"{"phoneNumber":"+33612345678","messageId":1}"#;
    let of_length = |length| list(&format!("[{}]", vec![item; length].join(",")));
    for (body, code, message) in [
        ("{".to_owned(), 90, "Le format JSON est invalide"),
        ("".to_owned(), 90, "Le format JSON est invalide"),
        ("[]".to_owned(), 90, "Le format JSON est invalide"),
        ("{}".to_owned(), 1, "La Clé API est requise"),
        (r#"{"apiKey":""}"#.to_owned(), 1, "La Clé API est requise"),
        (r#"{"apiKey":"no"}"#.to_owned(), 10, "Clé API incorrecte"),
        (r#"{"apiKey":"demo"}"#.to_owned(), 2, "Le champ SMSStatut_List est requis"),
        (list("\"x\""), 2, "Le champ SMSStatut_List est requis"),
        (list("[]"), 5, "La liste SMSStatut_List est vide"),
        (of_length(501), 50, "La limite est de 500 numéros par requête"),
        (list(r#"[{"messageId":1}]"#), 2, "Le champ phoneNumber est requis"),
        (list("[7]"), 2, "Le champ phoneNumber est requis"),
        (list(&format!(r#"[{item},{{"phoneNumber":"06"}}]"#)), 3, "Le champ messageId est requis"),
    ] {
        let response = client.post(&body);
        assert_eq!(response.status, 200);
        let expected = json!({"success": false, "code": code, "message": message});
        assert_eq!(response.json(), expected, "{body}");
    }
    assert_eq!(client.post(&of_length(500)).json()["success"], true);
    let entries: Vec<usize> = simulator.requests().iter().map(|seen| seen.entries).collect();
    assert_eq!(entries.iter().sum::<usize>(), 500);
}

#[test]
fn get_is_refused_with_the_same_codes() {
    let simulator = start();
    let mut client = Client::connect(&simulator);
    let too_long: String =
        (0..501).map(|at| format!("&SMSStatut_List[{at}][phoneNumber]=06&SMSStatut_List[{at}][messageId]=1")).collect();
    for (query, code) in [
        ("", 1),
        ("apiKey=no", 10),
        ("apiKey=demo", 2),
        ("apiKey=demo&SMSStatut_List[0][messageId]=1", 2),
        ("apiKey=demo&SMSStatut_List[0][phoneNumber]=06", 3),
        (&format!("apiKey=demo{too_long}"), 50),
    ] {
        assert_eq!(get(&mut client, query).json()["code"], code, "{query}");
    }
}

#[test]
fn the_status_of_a_refusal_can_be_chosen() {
    let simulator = Simulator::builder().refusal_status(401).api_key("Votre clé API").start().unwrap();
    let mut client = Client::connect(&simulator);
    assert_eq!(client.post(&body(&SAMPLE)).status, 401);
    let accepted = body(&SAMPLE).replace("demo", "Votre clé API");
    assert_eq!(client.post(&accepted).status, 200);
    let statuses: Vec<u16> = simulator.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [401, 200]);
}

#[test]
fn other_paths_and_methods_are_not_there() {
    let simulator = start();
    let mut client = Client::connect(&simulator);
    for path in ["/", "/multi-status", "/v1", "/v1/multi-status/"] {
        let response = client.send("POST", path, "", &body(&SAMPLE));
        assert_eq!(response.status, 404, "{path}");
        let content_type = response.header("content-type");
        assert_eq!(content_type, Some("text/html; charset=UTF-8"));
        assert!(response.text().contains("<h1>404 Not Found</h1>"));
    }
    let response = client.send("PUT", "/v1/multi-status", "", &body(&SAMPLE));
    assert_eq!(response.status, 405);
    assert_eq!(response.header("allow"), Some("GET, POST"));
}

/// Reads a positional answer back into the JSON that has the same values.
fn from_xml(text: &str) -> Value {
    value(roxmltree::Document::parse(text).unwrap().root_element())
}

fn value(node: roxmltree::Node) -> Value {
    if node.children().any(|child| child.is_element()) {
        return node.children().filter(|child| child.is_element()).map(value).collect();
    }
    let text: String = node.children().filter_map(|child| child.text()).collect();
    // A text stands on a line of its own.
    match text.starts_with('\n') {
        true => Value::from(text.trim()),
        false => serde_json::from_str(&text).unwrap(),
    }
}

/// The values of an answer in JSON, in the order of the positional form.
fn positional(answer: &Value) -> Value {
    const FIELDS: [&str; 8] = ["success", "code", "phoneNumber", "messageId", "status", "date", "stopSms", "isSpam"];
    let list = answer["StatutResponse_List"].as_array().unwrap();
    let entries: Vec<Value> = list
        .iter()
        .map(|entry| {
            let fields = FIELDS.iter().filter_map(|field| entry.get(field).cloned());
            fields.collect()
        })
        .collect();
    json!([answer["success"], answer["code"], entries])
}

#[test]
fn formats_and_methods_agree() {
    let simulator = start();
    let mut client = Client::connect(&simulator);
    let messages: Vec<(String, String)> = (0..100)
        .map(|n| match n % 3 {
            0 => (format!("06123456{n:02}"), n.to_string()),
            1 => (format!("+336123456{n:02}"), format!("\"00{n}\"")),
            _ => (format!("+497123{n:02}"), format!("\"id é {n}\"")),
        })
        .collect();
    let borrowed: Vec<(&str, &str)> =
        messages.iter().map(|(phone_number, id)| (phone_number.as_str(), id.as_str())).collect();
    let body = body(&borrowed);
    let mut query = String::from("apiKey=demo");
    for (at, (phone_number, id)) in messages.iter().enumerate() {
        let phone_number = phone_number.replace('+', "%2B");
        let id = id.replace('"', "").replace(' ', "+").replace('é', "%c3%A9");
        // Brackets come both as they are and percent-encoded.
        query += &format!("&SMSStatut_List[{at}][phoneNumber]={phone_number}");
        query += &format!("&SMSStatut_List%5B{at}%5D%5BmessageId%5D={id}");
    }

    let json = client.post(&body).json();
    let expected = positional(&json);
    assert_eq!(expected[2].as_array().unwrap().len(), 100);
    assert_eq!(get(&mut client, &query).json(), json);
    let xml_body = body.replacen('{', r#"{"_format":"xml","#, 1);
    for response in [
        client.post(&xml_body),
        client.send("POST", "/v1/multi-status?_format=xml", "", &body),
        get(&mut client, &format!("{query}&_format=xml")),
    ] {
        assert_eq!(from_xml(response.text()), expected);
    }

    // And what is answered is what was to be expected.
    for (entry, (phone_number, id)) in json["StatutResponse_List"].as_array().unwrap().iter().zip(&messages) {
        assert_matches(entry, &simulator.expected(phone_number, id.trim_matches('"')));
        assert_eq!(entry["messageId"], serde_json::from_str::<Value>(id).unwrap());
    }
}

fn assert_matches(answered: &Value, expected: &Entry) {
    assert_eq!(answered["success"], expected.success);
    assert_eq!(answered["code"], expected.code);
    assert_eq!(answered["phoneNumber"], expected.phone_number);
    assert_eq!(answered["status"], expected.status);
    let flag = |flag: bool| Value::from(if flag { "1" } else { "0" });
    match expected.delivery {
        Some(delivery) => {
            assert_eq!(answered["date"], delivery.date.to_string());
            assert_eq!(answered["stopSms"], flag(delivery.stop_sms));
            assert_eq!(answered["isSpam"], flag(delivery.is_spam));
        }
        None => assert_eq!(answered.as_object().unwrap().len(), 5),
    }
}

#[test]
fn an_id_is_echoed_as_a_number_where_it_is_one() {
    let simulator = start();
    let mut client = Client::connect(&simulator);
    let ids = ["199897", "\"199897\"", "\"0199897\"", "\"a/b\""];
    let messages = ids.map(|id| ("+33612345678", id));
    let answer = client.post(&body(&messages)).json();
    let echoed: Vec<&Value> =
        answer["StatutResponse_List"].as_array().unwrap().iter().map(|entry| &entry["messageId"]).collect();
    assert_eq!(json!(echoed), json!([199_897, 199_897, "0199897", "a/b"]));
}

#[test]
fn messages_become_final_as_the_clock_goes_on() {
    let simulator = Simulator::builder().seed(3).clock(Clock::Fixed(Clock::SENT)).start().unwrap();
    let mut client = Client::connect(&simulator);
    let ids: Vec<String> = (0..500).map(|id| id.to_string()).collect();
    let messages: Vec<(&str, &str)> = ids.iter().map(|id| ("0612345678", id.as_str())).collect();
    let mut waiting = |clock| {
        simulator.set_clock(clock);
        let answer = client.post(&body(&messages)).json();
        let entries = answer["StatutResponse_List"].as_array().unwrap().iter();
        entries.filter(|entry| entry["status"] == "Waiting").count()
    };
    let at_first = waiting(Clock::Fixed(Clock::SENT));
    let later = waiting(Clock::Fixed(Clock::SENT + 8));
    assert!(at_first > 400 && later < at_first && later > 0);
    assert_eq!(waiting(Clock::Fixed(Clock::SENT + 60)), 0);
    assert_eq!(waiting(Clock::Finished), 0);
    // By the real clock they have all only just been sent.
    assert!(waiting(Clock::Real) > 0);
}
