//! A client: ask what became of many messages; every query gets one status, in order, whatever the network does.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Code, Error, reason};
use crate::exchange::call::Call;
use crate::exchange::check::Check;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::process::Process;
use crate::query::{Query, RawQuery};
use crate::report::Report;
use crate::settings::Settings;
use crate::stats::{Counter, Stats};
use crate::stop::Stop;

/// A client of the service. Cloning is cheap; all clones share connections, limits and counters, from any thread.
#[derive(Clone)]
pub struct Client {
    settings: Arc<Settings>,
    stats: Arc<Stats>,
    process: Arc<Process>,
}

/// What came of a call: a report with one status per query, and why some or all were not answered.
#[derive(Debug)]
pub struct Outcome {
    /// One status per query, in order.
    pub report: Report,
    /// The failure of the first batch that failed, in the order of the queries; else the first invalid entry.
    pub error: Option<Error>,
}

impl Outcome {
    /// `Ok` if every query was answered, `Partial` if some were, else the error's code.
    pub fn code(&self) -> Code {
        match &self.error {
            None => Code::Ok,
            Some(_) if self.report.answered() > 0 => Code::Partial,
            Some(error) => error.code(),
        }
    }
}

impl Client {
    /// A client with a copy of this configuration. An error names the option that is wrong or missing.
    pub fn new(config: &Config) -> Result<Client, Error> {
        let stats = Arc::new(Stats::default());
        let settings = Arc::new(Settings::new(config, &stats)?);
        let process = Arc::new(Process::new(&settings, &stats));
        Ok(Client { settings, stats, process })
    }

    /// A client with the defaults and what the environment sets. It must not run beside a change of the environment.
    pub fn from_env() -> Result<Client, Error> {
        let mut config = Config::new();
        config.load_env()?;
        Client::new(&config)
    }

    /// Asks what became of these messages, however many, and waits for the answers. An error is returned only where
    /// there is no memory for a report at all; any other stands in the outcome beside what was answered.
    pub fn multi_status<'q, I>(&self, queries: I) -> Result<Outcome, Error>
    where
        I: IntoIterator<Item = Query<'q>>,
        I::IntoIter: ExactSizeIterator,
    {
        self.ask(queries.into_iter().map(RawQuery::from))
    }

    pub(crate) fn ask<'q, I>(&self, queries: I) -> Result<Outcome, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let call = Arc::new(self.plan(queries, None)?);
        self.process.current().run(&call);
        Ok(self.outcome(&call))
    }

    /// Asks what became of these messages in the background, and returns at once. Nothing is asked if there is an error:
    /// no memory, thread or descriptor to be had.
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

    pub(crate) fn begin<'q, I>(&self, queries: I) -> Result<Operation, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let stop = Stop::new().map_err(|error| {
            Error::new(Code::Resource, format!("no descriptor for an operation: {}", reason(&error)))
        })?;
        let call = Arc::new(self.plan(queries, Some(Arc::new(stop)))?);
        let watch = self.process.current().start(&call)?;
        Ok(Operation::new(self.clone(), watch, call))
    }

    /// A call for these queries, not begun yet.
    pub(crate) fn plan<'q, I>(&self, queries: I, stop: Option<Arc<Stop>>) -> Result<Call, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let (plan, draft) = Plan::new(queries, self.settings.batch)?;
        Ok(Call::new(self.settings.log.next_call(), plan, draft, self.settings.total_timeout, stop))
    }

    /// What came of a call that has ended.
    pub(crate) fn outcome(&self, call: &Call) -> Outcome {
        let finished = call.finish();
        self.stats.add(Counter::EntriesAnswered, finished.duplicates_answered as u64);
        let outcome = Outcome { report: finished.report, error: finished.error };
        self.settings.log.call(call.number, call.start, call.batches(), &outcome);
        outcome
    }

    /// The value of a counter, cumulative since the client was made; None if there is none of this name.
    pub fn stat(&self, name: impl AsRef<[u8]>) -> Option<u64> {
        self.stats.get(name.as_ref())
    }

    /// Walks through name, connection, TLS and one query, and says at which step it stops.
    pub fn check(&self, query: Query<'_>) -> Check {
        self.process.current().exchange().check(query)
    }
}
