use std::sync::Mutex;

/// Maps `items` on `jobs` threads, this one included; results are in the order of the items.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, jobs: usize, each: impl Fn(T) -> R + Sync) -> Vec<R> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let work = Mutex::new(items.into_iter().enumerate());
    let worker = || {
        let mut done = Vec::new();
        loop {
            // Taken in a statement of its own, so that the lock is not held while working.
            let next = work.lock().ok().and_then(|mut work| work.next());
            let Some((position, item)) = next else { return done };
            done.push((position, each(item)));
        }
    };
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_whatever_the_number_of_threads() {
        for jobs in [0, 1, 3, 100] {
            let squares = map((0..50u32).collect(), jobs, |number| number * number);
            assert!(
                squares.into_iter().eq((0..50).map(|number| number * number)),
                "{jobs} jobs"
            );
        }
        assert!(map(Vec::<u8>::new(), 4, |byte| byte).is_empty());
    }
}
