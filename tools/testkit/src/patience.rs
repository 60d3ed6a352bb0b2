//! Limits of time, on machines that have other work too.

use std::time::{Duration, Instant};

/// What `work` makes within a second. Does it again when it took longer, because a busy machine makes everything slow once
/// in a while.
///
/// # Panics
/// When it took longer four times.
pub fn within_a_second<T>(name: &str, work: impl Fn() -> T) -> T {
    let mut took = Vec::new();
    while took.len() < 4 {
        let start = Instant::now();
        let result = work();
        if start.elapsed() < Duration::from_secs(1) {
            return result;
        }
        took.push(start.elapsed());
    }
    panic!("{name} took {took:?}, more than a second each time");
}
