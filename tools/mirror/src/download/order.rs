use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex};

use super::locked;
use crate::transport::Mirror;

/// Which mirror is asked next, and when: what was learnt of the mirrors in this run.
pub(super) struct Order {
    hosts: Vec<String>,
    per_host: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// Failures without a success in between, for each mirror.
    in_a_row: Vec<u32>,
    /// Mirrors that are asked last.
    last: BTreeSet<usize>,
    /// Transfers that go on, for each host.
    busy: BTreeMap<String, usize>,
    /// Files that a mirror has said it does not have.
    not_there: BTreeSet<(usize, String)>,
}

/// A mirror that fails this often in a row is asked last.
const PATIENCE: u32 = 3;

impl Order {
    pub(super) fn new(mirrors: &[Mirror], per_host: usize) -> Self {
        let state = State {
            in_a_row: vec![0; mirrors.len()],
            ..State::default()
        };
        Self {
            hosts: mirrors.iter().map(|mirror| mirror.host().to_owned()).collect(),
            per_host: per_host.max(1),
            state: Mutex::new(state),
            freed: Condvar::new(),
        }
    }

    /// The mirrors that may have a file, the better ones first.
    pub(super) fn mirrors(&self, path: &str) -> Vec<usize> {
        let state = locked(&self.state);
        let mut mirrors: Vec<usize> = (0..self.hosts.len())
            .filter(|number| !state.not_there.contains(&(*number, path.to_owned())))
            .collect();
        // Stable: within both groups the order is that of the caller.
        mirrors.sort_by_key(|number| state.last.contains(number));
        mirrors
    }

    /// Whether a mirror has lost the right to be asked more than once for a file.
    pub(super) fn is_last(&self, mirror: usize) -> bool {
        locked(&self.state).last.contains(&mirror)
    }

    /// A mirror did what it was asked, or said that it does not have it.
    pub(super) fn worked(&self, mirror: usize) {
        locked(&self.state).in_a_row[mirror] = 0;
    }

    /// A mirror does not have a file.
    pub(super) fn lacks(&self, mirror: usize, path: &str) {
        self.worked(mirror);
        locked(&self.state).not_there.insert((mirror, path.to_owned()));
    }

    /// A mirror failed; whether it is asked last because of that, and was not before.
    pub(super) fn failed(&self, mirror: usize) -> bool {
        let mut state = locked(&self.state);
        state.in_a_row[mirror] += 1;
        state.in_a_row[mirror] >= PATIENCE && state.last.insert(mirror)
    }

    /// Waits until the mirror's host has time for one more transfer.
    pub(super) fn permit(&self, mirror: usize) -> Permit<'_> {
        let host = &self.hosts[mirror];
        let mut state = locked(&self.state);
        while state.busy.get(host).is_some_and(|busy| *busy >= self.per_host) {
            state = self
                .freed
                .wait(state)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *state.busy.entry(host.clone()).or_default() += 1;
        Permit { order: self, host }
    }
}

/// One of a host's transfers.
pub(super) struct Permit<'a> {
    order: &'a Order,
    host: &'a str,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(busy) = locked(&self.order.state).busy.get_mut(self.host) {
            *busy -= 1;
        }
        self.order.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(addresses: &[&str]) -> Order {
        let mirrors: Vec<_> = addresses
            .iter()
            .map(|text| Mirror::new((*text).into(), Vec::new()))
            .collect();
        Order::new(&mirrors, 1)
    }

    #[test]
    fn three_failures_in_a_row_put_a_mirror_last() {
        let order = order(&["one", "two"]);
        assert!(!order.failed(0) && !order.failed(0));
        order.worked(0);
        assert!(!order.failed(0) && !order.failed(0));
        assert_eq!(order.mirrors("x"), [0, 1]);
        assert!(order.failed(0), "the third one is told");
        assert!(!order.failed(0), "once");
        assert_eq!(order.mirrors("x"), [1, 0]);
        order.worked(0);
        assert!(order.is_last(0) && !order.is_last(1), "for the rest of the run");
    }

    #[test]
    fn what_is_not_there_is_not_asked_for_again() {
        let order = order(&["one", "two"]);
        order.lacks(0, "x");
        assert_eq!((order.mirrors("x"), order.mirrors("y")), (vec![1], vec![0, 1]));
    }

    #[test]
    fn a_host_has_one_limit_for_all_its_mirrors() {
        let order = order(&["http://a/x", "https://a/y", "http://b/x"]);
        let (first, _other) = (order.permit(0), order.permit(2));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(order.permit(1)));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!waiting.is_finished());
            drop(first);
        });
    }
}
