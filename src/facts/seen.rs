//! When offers were seen: which moment is the newest that is not after another.

use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR: i64 = 3_600;

/// How many offers were seen in each second, hour by hour; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<BTreeMap<i64, Arc<BTreeMap<i64, u32>>>>);

impl Seen {
    pub fn add(&mut self, at: i64) {
        let hours = Arc::make_mut(&mut self.0);
        *Arc::make_mut(hours.entry(at.div_euclid(HOUR)).or_default()).entry(at).or_default() += 1;
    }

    /// Takes back one that was added.
    pub fn remove(&mut self, at: i64) {
        let hours = Arc::make_mut(&mut self.0);
        let Some(seconds) = hours.get_mut(&at.div_euclid(HOUR)).map(Arc::make_mut) else { return };
        if let Some(count) = seconds.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                seconds.remove(&at);
            }
        }
        if seconds.is_empty() {
            hours.remove(&at.div_euclid(HOUR));
        }
    }

    /// The newest moment that is not after `at`.
    #[must_use]
    pub fn newest(&self, at: i64) -> Option<i64> {
        let mut hours = self.0.range(..=at.div_euclid(HOUR)).rev();
        hours.find_map(|(_, seconds)| seconds.range(..=at).next_back().map(|(second, _)| *second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_moment_that_is_not_after_another() {
        let mut seen = Seen::default();
        let moments = [-1, 0, 3_599, 3_600, 3_600, 10_000];
        moments.iter().for_each(|at| seen.add(*at));
        for at in -5..10_010 {
            assert_eq!(seen.newest(at), moments.iter().copied().filter(|seen| *seen <= at).max());
        }
        let copy = seen.clone();
        [3_600, 10_000, 3_600, 7].iter().for_each(|at| seen.remove(*at));
        assert_eq!((seen.newest(20_000), copy.newest(20_000)), (Some(3_599), Some(10_000)));
    }
}
