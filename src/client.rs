//! The client: it asks for the statuses of many messages. Every query gets one status, in order, whatever the network
//! does.

use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::exchange::check::Check;
use crate::operation::Operation;
use crate::query::{Query, RawQuery};
use crate::report::Outcome;
use crate::session::Session;

/// A client of the service. Cloning is cheap. All clones share connections, limits and counters, and any thread may use
/// them.
#[derive(Clone)]
pub struct Client {
    session: Arc<Session>,
}

impl Client {
    /// Makes a client with a copy of this configuration. An error names the option that is wrong or missing.
    pub fn new(config: &Config) -> Result<Client, Error> {
        Ok(Client { session: Arc::new(Session::new(config)?) })
    }

    /// Makes a client with the defaults and what the environment sets. No other thread may change the environment at
    /// the same time.
    pub fn from_env() -> Result<Client, Error> {
        let mut config = Config::new();
        config.load_env()?;
        Client::new(&config)
    }

    /// Asks for the statuses of any number of messages and waits for the answers. Returns an error only if there is not
    /// enough memory for a report. Any other error is in the outcome, together with the statuses that were answered.
    pub fn multi_status<'q, I>(&self, queries: I) -> Result<Outcome, Error>
    where
        I: IntoIterator<Item = Query<'q>>,
        I::IntoIter: ExactSizeIterator,
    {
        self.ask(queries.into_iter().map(RawQuery::from))
    }

    /// Like [`Client::multi_status`], for queries that may come from the C interface.
    pub(crate) fn ask<'q, I>(&self, queries: I) -> Result<Outcome, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let call = Arc::new(self.session.plan(queries, false)?);
        match self.session.pool().run(&call) {
            true => Ok(self.session.outcome(&call)),
            // A signal handler has forked this process from the one that began the call.
            false => self.session.cancelled(&call),
        }
    }

    /// Asks for the statuses of any number of messages in the background, and returns at once. If there is not enough
    /// memory, no thread or no descriptor, returns an error and sends nothing.
    ///
    /// ```no_run
    /// # let client = smsp::Client::new(&smsp::Config::new())?;
    /// let operation = client.start([smsp::Query::new("+33612345678", "199897")])?;
    /// while !operation.wait(Some(std::time::Duration::from_millis(100))) {
    ///     let smsp::Progress { done, total } = operation.progress();
    ///     println!("{done} of {total}");
    /// }
    /// let outcome = operation.finish()?;
    /// # Ok::<(), smsp::Error>(())
    /// ```
    pub fn start<'q, I>(&self, queries: I) -> Result<Operation, Error>
    where
        I: IntoIterator<Item = Query<'q>>,
        I::IntoIter: ExactSizeIterator,
    {
        self.begin(queries.into_iter().map(RawQuery::from))
    }

    /// Like [`Client::start`], for queries that may come from the C interface.
    pub(crate) fn begin<'q, I>(&self, queries: I) -> Result<Operation, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let call = Arc::new(self.session.plan(queries, true)?);
        let monitor = self.session.pool().start(&call)?;
        Ok(Operation::new(Arc::clone(&self.session), monitor, call))
    }

    /// Returns the value of a counter, cumulative since the client was made; None if there is no counter with this
    /// name.
    pub fn stat(&self, name: impl AsRef<[u8]>) -> Option<u64> {
        self.session.stats().get(name.as_ref())
    }

    /// Tests the connection to the service step by step: name, connection, proxy, TLS and one query. Stops at the first
    /// step that fails.
    pub fn check(&self, query: Query<'_>) -> Check {
        self.session.pool().exchange().check(query)
    }
}
