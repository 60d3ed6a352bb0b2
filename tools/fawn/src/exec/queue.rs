//! The order of the actions of one pass, without any of their work.
//!
//! An action is *waiting* for others, then *ready* to be looked at (the cache may have it), then perhaps *runnable*, then
//! finished. Among those that may start, the one with the longest chain of work behind it comes first.

use crate::action::ActionId;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

/// What a worker shall do.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Look at this action.
    Look(ActionId),
    /// Run its program.
    Run(ActionId),
    /// Nothing now; something is still going on.
    Wait,
    /// Nothing any more.
    End,
}

#[derive(Default)]
struct Node {
    waits_for: usize,
    dependents: Vec<ActionId>,
    /// Its own time and that of the longest chain that waits for it.
    chain: Duration,
    finished: bool,
    weight: usize,
}

/// The queue of one pass.
pub struct Queue {
    slots: usize,
    keep_going: bool,
    nodes: HashMap<ActionId, Node>,
    ready: BinaryHeap<(Duration, std::cmp::Reverse<ActionId>)>,
    runnable: BinaryHeap<(Duration, std::cmp::Reverse<ActionId>)>,
    used: usize,
    active: usize,
    finished: usize,
    failures: Vec<(ActionId, anyhow::Error)>,
}

impl Queue {
    /// An empty queue; actions together weigh at most `slots` while they run.
    pub fn new(slots: usize, keep_going: bool) -> Self {
        Self {
            slots,
            keep_going,
            nodes: HashMap::new(),
            ready: BinaryHeap::new(),
            runnable: BinaryHeap::new(),
            used: 0,
            active: 0,
            finished: 0,
            failures: Vec::new(),
        }
    }

    /// Adds `wanted` and everything they need; `follower`, which is being looked at, waits for them.
    pub fn demand(
        &mut self,
        wanted: &[ActionId],
        follower: Option<ActionId>,
        needs: &dyn Fn(ActionId) -> Vec<ActionId>,
        guess: &dyn Fn(ActionId) -> Duration,
    ) {
        let base = follower
            .and_then(|id| self.nodes.get(&id))
            .map_or(Duration::ZERO, |node| node.chain);
        // Each action stands behind everything it needs.
        let order = self.discover(wanted, needs);
        let mut chains: HashMap<ActionId, Duration> = wanted.iter().map(|id| (*id, base)).collect();
        for (id, needed) in order.iter().rev() {
            let chain = chains.get(id).copied().unwrap_or_default() + guess(*id);
            if let Some(node) = self.nodes.get_mut(id) {
                node.chain = chain;
            }
            for need in needed {
                let entry = chains.entry(*need).or_default();
                *entry = (*entry).max(chain);
            }
        }
        for (id, needed) in &order {
            self.wait_for(*id, needed);
        }
        if let Some(id) = follower {
            self.active -= 1;
            self.wait_for(id, wanted);
        }
    }

    /// Makes nodes of what is new, with its needs, needs first.
    fn discover(
        &mut self,
        wanted: &[ActionId],
        needs: &dyn Fn(ActionId) -> Vec<ActionId>,
    ) -> Vec<(ActionId, Vec<ActionId>)> {
        enum Visit {
            Enter(ActionId),
            Leave(ActionId, Vec<ActionId>),
        }
        let mut order = Vec::new();
        let mut stack: Vec<Visit> = wanted.iter().rev().map(|id| Visit::Enter(*id)).collect();
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Enter(id) if self.nodes.contains_key(&id) => {}
                Visit::Enter(id) => {
                    self.nodes.insert(
                        id,
                        Node {
                            weight: 1,
                            ..Node::default()
                        },
                    );
                    let needed = needs(id);
                    stack.push(Visit::Leave(id, needed.clone()));
                    stack.extend(needed.into_iter().rev().map(Visit::Enter));
                }
                Visit::Leave(id, needed) => order.push((id, needed)),
            }
        }
        order
    }

    fn wait_for(&mut self, id: ActionId, needed: &[ActionId]) {
        let mut waits_for = 0;
        for need in needed {
            if let Some(node) = self.nodes.get_mut(need).filter(|node| !node.finished) {
                node.dependents.push(id);
                waits_for += 1;
            }
        }
        let Some(node) = self.nodes.get_mut(&id) else { return };
        node.waits_for = waits_for;
        if waits_for == 0 {
            self.ready.push((node.chain, std::cmp::Reverse(id)));
        }
    }

    /// What to do next.
    pub fn next(&mut self) -> Turn {
        if !self.failures.is_empty() && !self.keep_going {
            return Turn::End;
        }
        if let Some((_, std::cmp::Reverse(id))) = self.ready.pop() {
            self.active += 1;
            return Turn::Look(id);
        }
        if let Some((_, std::cmp::Reverse(id))) = self.runnable.peek().copied() {
            let weight = self.nodes.get(&id).map_or(1, |node| node.weight);
            if self.used + weight <= self.slots {
                self.runnable.pop();
                self.used += weight;
                self.active += 1;
                return Turn::Run(id);
            }
            return Turn::Wait;
        }
        if self.active > 0 { Turn::Wait } else { Turn::End }
    }

    /// The action that was looked at needs its program.
    pub fn must_run(&mut self, id: ActionId, weight: usize) {
        self.active -= 1;
        if let Some(node) = self.nodes.get_mut(&id) {
            node.weight = weight.clamp(1, self.slots);
            self.runnable.push((node.chain, std::cmp::Reverse(id)));
            // Marks that it holds its weight from its next turn on.
            node.waits_for = usize::MAX;
        }
    }

    /// The action is finished; whoever waited for it last is ready.
    pub fn finish(&mut self, id: ActionId) {
        let dependents = self.leave(id);
        self.finished += 1;
        for dependent in dependents {
            let Some(node) = self.nodes.get_mut(&dependent) else {
                continue;
            };
            node.waits_for -= 1;
            if node.waits_for == 0 {
                self.ready.push((node.chain, std::cmp::Reverse(dependent)));
            }
        }
    }

    /// The action failed; whoever waits for it waits for ever.
    pub fn fail(&mut self, id: ActionId, error: anyhow::Error) {
        self.leave(id);
        self.failures.push((id, error));
    }

    fn leave(&mut self, id: ActionId) -> Vec<ActionId> {
        self.active -= 1;
        let Some(node) = self.nodes.get_mut(&id) else {
            return Vec::new();
        };
        if node.waits_for == usize::MAX {
            self.used -= node.weight;
        }
        node.finished = true;
        std::mem::take(&mut node.dependents)
    }

    /// How many actions are finished, and how many are known.
    pub fn counts(&self) -> (usize, usize) {
        (self.finished, self.nodes.len())
    }

    /// Everything that failed so far.
    pub fn take_failures(&mut self) -> Vec<(ActionId, anyhow::Error)> {
        std::mem::take(&mut self.failures)
    }

    /// Whether something is unfinished although nothing failed.
    pub fn is_stuck(&self) -> bool {
        self.finished < self.nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(queue: &mut Queue, wanted: &[usize], follower: Option<usize>, edges: &[(usize, &[usize])]) {
        let ids = |numbers: &[usize]| numbers.iter().map(|number| ActionId(*number)).collect::<Vec<_>>();
        let needs = |id: ActionId| {
            edges
                .iter()
                .find(|(from, _)| *from == id.0)
                .map_or(Vec::new(), |(_, to)| ids(to))
        };
        queue.demand(&ids(wanted), follower.map(ActionId), &needs, &|id| {
            Duration::from_secs(id.0 as u64)
        });
    }

    #[test]
    fn the_longest_chain_comes_first() {
        let mut queue = Queue::new(4, false);
        // 9 needs 1; 3 and 5 stand alone: 1 carries 9 + 1.
        demand(&mut queue, &[3, 5, 9], None, &[(9, &[1])]);
        let turns: Vec<_> = (0..4).map(|_| queue.next()).collect();
        assert_eq!(
            turns,
            [
                Turn::Look(ActionId(1)),
                Turn::Look(ActionId(5)),
                Turn::Look(ActionId(3)),
                Turn::Wait
            ]
        );
        queue.finish(ActionId(1));
        assert_eq!(queue.next(), Turn::Look(ActionId(9)));
    }

    #[test]
    fn weights_are_kept() {
        let mut queue = Queue::new(3, false);
        demand(&mut queue, &[1, 2, 3], None, &[]);
        for (id, weight) in [(3, 2), (2, 9), (1, 1)] {
            assert_eq!(queue.next(), Turn::Look(ActionId(id)));
            queue.must_run(ActionId(id), weight);
        }
        assert_eq!(queue.next(), Turn::Run(ActionId(3)));
        // The heavy one is next in line; the light one does not overtake it.
        assert_eq!(queue.next(), Turn::Wait);
        queue.finish(ActionId(3));
        assert_eq!(queue.next(), Turn::Run(ActionId(2)));
        assert_eq!(queue.next(), Turn::Wait);
        queue.finish(ActionId(2));
        assert_eq!(queue.next(), Turn::Run(ActionId(1)));
        queue.finish(ActionId(1));
        assert_eq!(queue.next(), Turn::End);
        assert!(!queue.is_stuck());
    }

    #[test]
    fn a_follower_waits_for_what_it_follows() {
        let mut queue = Queue::new(1, false);
        demand(&mut queue, &[1], None, &[]);
        assert_eq!(queue.next(), Turn::Look(ActionId(1)));
        demand(&mut queue, &[2], Some(1), &[(2, &[3])]);
        assert_eq!(queue.next(), Turn::Look(ActionId(3)));
        queue.finish(ActionId(3));
        assert_eq!(queue.next(), Turn::Look(ActionId(2)));
        queue.finish(ActionId(2));
        assert_eq!(queue.next(), Turn::Look(ActionId(1)));
        queue.finish(ActionId(1));
        assert_eq!(queue.next(), Turn::End);
    }

    #[test]
    fn a_failure_stops_or_not() {
        for keep_going in [false, true] {
            let mut queue = Queue::new(1, keep_going);
            demand(&mut queue, &[4, 5], None, &[(5, &[1])]);
            assert_eq!(queue.next(), Turn::Look(ActionId(1)));
            queue.fail(ActionId(1), anyhow::anyhow!("no"));
            let expected = if keep_going { Turn::Look(ActionId(4)) } else { Turn::End };
            assert_eq!(queue.next(), expected);
            assert_eq!(queue.take_failures().len(), 1);
        }
    }
}
