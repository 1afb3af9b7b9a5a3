//! Allocations whose size depends on a body or a count. They return an error if there is not enough memory.

use crate::error::{Error, out_of_memory};

/// Returns an empty list with room for this many items. `what` names the memory in the error.
pub(crate) fn list<T>(room: usize, what: &str) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(room).map_err(|_| out_of_memory(what))?;
    Ok(list)
}

/// Like `Vec::push`.
#[inline]
pub(crate) fn push<T>(list: &mut Vec<T>, item: T, what: &str) -> Result<(), Error> {
    if list.len() == list.capacity() {
        list.try_reserve(1).map_err(|_| out_of_memory(what))?;
    }
    list.push(item);
    Ok(())
}

/// Like `Iterator::collect`, but takes no more items than the iterator announces.
pub(crate) fn collect<T>(items: impl ExactSizeIterator<Item = T>, what: &str) -> Result<Vec<T>, Error> {
    let room = items.len();
    let mut list = list(room, what)?;
    for item in items.take(room) {
        if list.len() < list.capacity() {
            list.push(item);
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn what_cannot_be_had_is_named() {
        let error = list::<u64>(usize::MAX / 16, "a list").unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Resource, "not enough memory for a list"));
        assert_eq!(collect(0..1_000, "a list").unwrap(), (0..1_000).collect::<Vec<_>>());
    }
}
