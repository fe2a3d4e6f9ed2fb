//! Latencies by the thousand: counted in buckets that are within 1.6 % of what they hold.

use std::time::Duration;

/// Buckets for each doubling.
const FINE: u64 = 64;
const FINE_BITS: u32 = FINE.ilog2();
/// Microseconds up to about 19 hours.
const BUCKETS: usize = (FINE * 31) as usize;

#[derive(Clone, Debug)]
pub struct Latencies {
    buckets: Box<[u64]>,
    count: u64,
    max: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into(), count: 0, max: Duration::ZERO }
    }
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let at = bucket(micros).min(BUCKETS - 1);
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(latency);
    }

    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The latency that `per_mille` of a thousand did not exceed.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> Duration {
        let wanted = (self.count * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (at, count) in self.buckets.iter().enumerate() {
            seen += count;
            if wanted <= seen {
                return upper_end(at).min(self.max);
            }
        }
        self.max
    }
}

/// The first 64 buckets are single microseconds, the next 64 hold 1, 2, 4 … each.
fn bucket(micros: u64) -> usize {
    let doublings = (micros | 1).ilog2().saturating_sub(FINE_BITS);
    usize::try_from(u64::from(doublings) * FINE + (micros >> doublings)).unwrap_or(usize::MAX)
}

fn upper_end(at: usize) -> Duration {
    let at = at as u64;
    let doublings = (at / FINE).saturating_sub(1);
    let micros = ((at - doublings * FINE + 1) << doublings) - 1;
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_they_say() {
        for micros in (0..2_000).chain([9_999, 65_535, 65_536, 1_000_003, 59_999_999, 3_600_000_000]) {
            let end = upper_end(bucket(micros)).as_micros();
            let low = u128::from(micros);
            assert!(low <= end && end - low <= low / 60 + 1, "{micros} in a bucket that ends at {end}");
        }
        assert!((0..100_000).map(bucket).is_sorted());
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let mut latencies = Latencies::default();
        for micros in 1..=10_000 {
            latencies.record(Duration::from_micros(micros));
        }
        for (per_mille, exact) in [(500, 5_000.0), (900, 9_000.0), (990, 9_900.0), (999, 9_990.0)] {
            let found = latencies.quantile(per_mille).as_secs_f64() * 1e6;
            assert!((found / exact - 1.0).abs() < 0.017, "{per_mille}: {found}");
        }
        assert_eq!(latencies.quantile(1_000), Duration::from_micros(10_000));
        assert_eq!(Latencies::default().quantile(500), Duration::ZERO);
    }
}
