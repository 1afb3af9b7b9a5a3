//! What the clones of a client and its operations share: options, counters, connections and threads.
//!
//! Connections and threads belong to one process. After a fork the child has neither the parent's threads nor a right
//! to its connections, and a lock may be held by a thread that does not exist in the child. The child leaves all of
//! that alone and makes its own.

use std::sync::Arc;

use once_cell::race::OnceBox;

use crate::config::Config;
use crate::config::settings::Settings;
use crate::error::{Error, out_of_memory};
use crate::exchange::ask::Exchange;
use crate::exchange::call::Call;
use crate::exchange::pool::Pool;
use crate::net::wait::cancelled;
use crate::plan::Plan;
use crate::query::RawQuery;
use crate::report::Outcome;
use crate::stats::{Counter, Stats};
use crate::sys::Generation;

/// What the clones of a client and its operations share.
pub(crate) struct Session {
    settings: Arc<Settings>,
    stats: Arc<Stats>,
    process: Process,
}

impl Session {
    /// Parses the options. An error names the option that is wrong or missing.
    pub(crate) fn new(config: &Config) -> Result<Session, Error> {
        let stats = Arc::new(Stats::default());
        let settings = Arc::new(Settings::new(config, &stats)?);
        let process = Process::new(&settings, &stats);
        Ok(Session { settings, stats, process })
    }

    /// Makes a call for these queries, which has not started yet. Fails if there is not enough memory.
    pub(crate) fn plan<'q, I>(&self, queries: I, can_be_cancelled: bool) -> Result<Call, Error>
    where
        I: ExactSizeIterator<Item = RawQuery<'q>>,
    {
        let (plan, draft) = Plan::new(queries, self.settings.batch)?;
        Ok(Call::new(self.settings.log.next_call(), plan, draft, self.settings.total_timeout, can_be_cancelled))
    }

    /// Returns the outcome of a call that has ended, and counts and logs it.
    pub(crate) fn outcome(&self, call: &Call) -> Outcome {
        let finished = call.finish();
        self.stats.add(Counter::EntriesAnswered, finished.duplicates_answered as u64);
        let outcome = Outcome { report: finished.report, error: finished.error };
        self.settings.log.call(call.number, call.start, call.batches(), &outcome);
        outcome
    }

    /// Returns the outcome of a call in a forked process, where it is cancelled. What the call has kept may be locked
    /// for ever there, so a new report is made from its texts.
    pub(crate) fn cancelled(&self, call: &Call) -> Result<Outcome, Error> {
        let texts = call.texts();
        let mut queries = Vec::new();
        queries.try_reserve_exact(call.rows()).map_err(|_| out_of_memory("a report"))?;
        let mut texts = texts.given.iter();
        while let (Some(phone_number), Some(message_id)) = (texts.next(), texts.next()) {
            queries.push(RawQuery { phone_number, message_id });
        }
        let call = self.plan(queries.iter().copied(), false)?;
        call.give_up_all(&cancelled());
        Ok(self.outcome(&call))
    }

    /// Returns the connections and threads of the current process.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        let generation = Generation::current();
        let mut process = &self.process;
        while process.generation != generation {
            process = process.child.get_or_init(|| {
                process.free_inherited();
                Box::new(Process::new(&self.settings, &self.stats))
            });
        }
        &process.pool
    }

    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }
}

/// What belongs to the process that made it, followed by what belongs to the processes forked from it.
struct Process {
    generation: Generation,
    pool: Arc<Pool>,
    /// Created without a lock, because a fork may come at any time.
    child: OnceBox<Process>,
}

impl Process {
    fn new(settings: &Arc<Settings>, stats: &Arc<Stats>) -> Process {
        let exchange = Exchange::new(settings, stats);
        Process {
            generation: Generation::current(),
            pool: Arc::new(Pool::new(exchange, settings.max_connections)),
            child: OnceBox::new(),
        }
    }

    /// In a child: frees most of what it has inherited, unless threads of the parent were using it at the fork.
    fn free_inherited(&self) {
        if self.generation.was_at_rest() {
            self.pool.exchange().free_idle();
        }
    }
}
