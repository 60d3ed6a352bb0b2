use std::io::{self, Read};
use std::time::{Duration, Instant};

/// What a transfer must move in a second, on the average over the time that counts as silence.
const LEAST: u64 = 1 << 10;

/// A transfer that is given up when it only trickles. One that is silent is given up by the agent.
pub(super) struct Paced<R> {
    inner: R,
    span: Duration,
    since: Instant,
    moved: u64,
}

impl<R> Paced<R> {
    /// Measures over `span`.
    pub(super) fn new(inner: R, span: Duration) -> Self {
        Self {
            inner,
            span,
            since: Instant::now(),
            moved: 0,
        }
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.moved += count as u64;
        if self.since.elapsed() >= self.span {
            if self.moved < LEAST * self.span.as_secs().max(1) {
                let words = format!("slower than 1 kB/s for {} s", self.span.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            (self.since, self.moved) = (Instant::now(), 0);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte now and then, without ever being silent.
    struct Trickle;

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_millis(20));
            buffer[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn a_trickle_is_given_up() {
        let mut paced = Paced::new(Trickle, Duration::from_millis(100));
        let error = io::copy(&mut paced, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
