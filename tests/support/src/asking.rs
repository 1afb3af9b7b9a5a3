//! A client as Rust programs have it, and what it is asked.

use smsp::{Client, Config, Error, Outcome, Query};

use super::KEY;

/// A client with these options, or what is wrong with them.
pub fn configured<'o>(options: impl IntoIterator<Item = &'o (&'o str, &'o str)>) -> Result<Client, Error> {
    let mut config = Config::new();
    for (name, value) in options {
        config.set(name, value)?;
    }
    Client::new(&config)
}

/// A client of the service with this URL, which takes the key of the tests, with these options besides.
pub fn client(base_url: &str, options: &[(&str, &str)]) -> Client {
    configured([("api_key", KEY), ("base_url", base_url)].iter().chain(options)).unwrap()
}

/// Asks for so many messages, all to one recipient.
pub fn ask(client: &Client, count: usize) -> Outcome {
    let ids: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
    client.multi_status(ids.iter().map(|id| Query::new("+33639980001", id))).unwrap()
}
