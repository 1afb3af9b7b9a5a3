//! The errors of queries that have no answer.

use std::ops::Range;

use crate::error::Error;
use crate::invalid::Invalid;
use crate::memory;

/// A row whose query is the same as that of an earlier row, `of`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate {
    pub row: u32,
    pub of: u32,
}

/// An error of a range of rows. It applies to the rows that have no answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub rows: Range<usize>,
    pub error: Error,
}

/// The errors of all queries that have no answer. Each error is stored once, however many queries share it.
#[derive(Debug)]
pub(super) struct Reasons {
    pub errors: Vec<Error>,
    /// The INVALID rows, in order, and what is wrong with them.
    invalid: Vec<(u32, Invalid)>,
    /// The distinct kinds in `invalid`. Their errors come first in `errors`, in this order.
    kinds: Vec<Invalid>,
    /// The ranges of rows that failed, in order, and the indices of their errors.
    failed: Vec<(Range<usize>, usize)>,
    /// The duplicates of rows without an answer, in order.
    duplicates: Vec<Duplicate>,
}

impl Reasons {
    pub(super) fn new(
        invalid: Vec<(u32, Invalid)>,
        mut failed: Vec<Failed>,
        otherwise: Option<Error>,
        duplicates: Vec<Duplicate>,
    ) -> Result<Reasons, Error> {
        let mut kinds = Vec::new();
        for (_, kind) in &invalid {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        let mut errors = memory::list(kinds.len() + failed.len() + 1, "reasons")?;
        errors.extend(kinds.iter().map(|kind| kind.error()));
        failed.sort_unstable_by_key(|failed| failed.rows.start);
        let mut ranges = memory::list(failed.len(), "reasons")?;
        for Failed { rows, error } in failed {
            ranges.push((rows, errors.len()));
            errors.push(error);
        }
        errors.extend(otherwise);
        Ok(Reasons { errors, invalid, kinds, failed: ranges, duplicates })
    }

    /// Returns the same error for all rows.
    pub(super) fn unknown(error: Error) -> Reasons {
        let errors = vec![error];
        Reasons { errors, invalid: Vec::new(), kinds: Vec::new(), failed: Vec::new(), duplicates: Vec::new() }
    }

    /// Returns the index of the error of a row that has no answer. If its error is not known, it has the last one.
    pub(super) fn of(&self, row: usize, is_invalid: bool) -> usize {
        let known = if is_invalid { self.of_invalid(row) } else { self.of_failed(row) };
        known.unwrap_or(self.errors.len() - 1)
    }

    fn of_invalid(&self, row: usize) -> Option<usize> {
        let index = self.invalid.binary_search_by_key(&row, |(row, _)| *row as usize).ok()?;
        self.kinds.iter().position(|kind| *kind == self.invalid[index].1)
    }

    fn of_failed(&self, row: usize) -> Option<usize> {
        let duplicate = self.duplicates.binary_search_by_key(&row, |duplicate| duplicate.row as usize);
        let row = duplicate.map_or(row, |index| self.duplicates[index].of as usize);
        let behind = self.failed.partition_point(|(rows, _)| rows.start <= row);
        let (rows, error) = self.failed.get(behind.checked_sub(1)?)?;
        rows.contains(&row).then_some(*error)
    }
}
