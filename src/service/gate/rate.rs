//! How many calls a principal may make: a bucket that fills steadily and holds one second's worth.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: u64 = 1_000_000_000;

/// Clones share what is in it.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_second: u32,
    epoch: Instant,
    /// When the bucket will be full again, in nanoseconds since the epoch (the generic cell rate algorithm).
    full_at: Arc<AtomicU64>,
}

impl Bucket {
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        Self { per_second: per_second.max(1), epoch: Instant::now(), full_at: Arc::default() }
    }

    #[must_use]
    pub fn per_second(&self) -> u32 {
        self.per_second
    }

    /// Takes one.
    ///
    /// # Errors
    /// It is empty, and for how long.
    pub fn take(&self) -> Result<(), Duration> {
        let now = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_at(now)
    }

    fn take_at(&self, now: u64) -> Result<(), Duration> {
        let each = SECOND / u64::from(self.per_second);
        let mut full_at = self.full_at.load(Relaxed);
        loop {
            let next = full_at.max(now) + each;
            if now + SECOND < next {
                return Err(Duration::from_nanos(next - now - SECOND));
            }
            match self.full_at.compare_exchange_weak(full_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(seen) => full_at = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_what_was_agreed_and_no_more() {
        let bucket = Bucket::new(10);
        let taken = |now| std::iter::repeat_with(|| bucket.take_at(now)).take_while(Result::is_ok).count();
        assert_eq!(taken(0), 10, "a full bucket");
        assert_eq!(taken(SECOND / 2), 5, "half a second later");
        assert_eq!(bucket.take_at(SECOND / 2), Err(Duration::from_millis(100)));
        assert_eq!(taken(100 * SECOND), 10, "it never holds more than a second's worth");
    }
}
