//! What belongs to one process. After a fork the child has neither the parent's threads nor a right to its connections,
//! and a lock may be held by a thread that is not there: it leaves all of that alone and makes its own.

use std::sync::Arc;

use once_cell::race::OnceBox;

use crate::exchange::Exchange;
use crate::exchange::pool::Pool;
use crate::settings::Settings;
use crate::stats::Stats;
use crate::sys::Generation;

/// The connections and threads of the process that made it, and behind it those of processes forked off.
pub(crate) struct Process {
    generation: Generation,
    pool: Arc<Pool>,
    settings: Arc<Settings>,
    stats: Arc<Stats>,
    /// Made without a lock, since a fork may come at any moment.
    child: OnceBox<Process>,
}

impl Process {
    pub(crate) fn new(settings: &Arc<Settings>, stats: &Arc<Stats>) -> Process {
        let exchange = Exchange::new(settings, stats);
        Process {
            generation: Generation::current(),
            pool: Arc::new(Pool::new(exchange, settings.max_connections)),
            settings: Arc::clone(settings),
            stats: Arc::clone(stats),
            child: OnceBox::new(),
        }
    }

    /// What belongs to the process that asks.
    pub(crate) fn current(&self) -> Arc<Pool> {
        let generation = Generation::current();
        let mut process = self;
        while process.generation != generation {
            process = process.child.get_or_init(|| {
                process.free_what_was_at_rest();
                Box::new(Process::new(&self.settings, &self.stats))
            });
        }
        Arc::clone(&process.pool)
    }

    /// In a child: frees most of what it has of its parent, unless threads had it in hand that the child lacks.
    fn free_what_was_at_rest(&self) {
        if self.generation.was_at_rest() {
            self.pool.exchange().free_idle();
        }
    }
}
