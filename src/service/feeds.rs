//! Feed files that change while the service runs are read again, with the release in force, and served whole or not at all.
//!
//! A file is looked at from outside: its size, its number and when it was written. Once it has been quiet it is read, and
//! what was read must not be much worse than what is served: a file cut in half is often a file with fewer rows.

use crate::facts::FactSet;
use crate::money::Ratio;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// How much worse a feed may become without anybody saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// The share of rows that cannot be read, unless the feed in force has as many.
    pub max_bad: Ratio,
    /// The share of rows that may be gone.
    pub max_loss: Ratio,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { max_bad: Ratio::from_nanos(1_000_000), max_loss: Ratio::from_nanos(100_000_000) }
    }
}

/// What was read from feed files.
#[derive(Clone, Debug, Default)]
pub struct Fed {
    pub facts: FactSet,
    pub accounts: Vec<FeedAccount>,
}

/// How many rows of a feed were read, and how many of them are left out because they cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedAccount {
    pub feed: &'static str,
    pub rows: u64,
    pub bad: u64,
}

/// Files from outside: size, inode, and time of the last change to the nanosecond; none for one that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks(Vec<(PathBuf, Option<Look>)>);

/// Size, inode, seconds and nanoseconds.
type Look = (u64, u64, i64, i64);

impl Looks {
    #[must_use]
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let look = |path: PathBuf| {
            let file = std::fs::metadata(&path).ok();
            let look = file.map(|file| (file.size(), file.ino(), file.mtime(), file.mtime_nsec()));
            (path, look)
        };
        Self(paths.into_iter().map(look).collect())
    }
}

/// The feeds in force, and the look of their files since then.
#[derive(Debug)]
pub struct Followed {
    served: Looks,
    accounts: Vec<FeedAccount>,
    seen: Looks,
    since: Instant,
    is_decided: bool,
}

/// What a look at the files means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Nothing,
    /// The files are those in force again.
    Back,
    /// They have changed, and are quiet.
    Due,
}

impl Followed {
    #[must_use]
    pub fn new(served: Looks, accounts: Vec<FeedAccount>) -> Self {
        Self { seen: served.clone(), served, accounts, since: Instant::now(), is_decided: true }
    }

    /// Notes a look; `Due` is told once.
    pub fn look(&mut self, looks: Looks, now: Instant, quiet: Duration) -> Seen {
        if looks != self.seen {
            self.seen = looks;
            self.since = now;
            let is_back = self.seen == self.served;
            let was_decided = std::mem::replace(&mut self.is_decided, is_back);
            return if is_back && was_decided { Seen::Back } else { Seen::Nothing };
        }
        match self.is_decided || now.saturating_duration_since(self.since) < quiet {
            true => Seen::Nothing,
            false => {
                self.is_decided = true;
                Seen::Due
            }
        }
    }

    /// What is wrong with a reading, compared with the feeds in force.
    #[must_use]
    pub fn worse(&self, accounts: &[FeedAccount], limits: FeedLimits) -> Option<String> {
        let wrong = accounts.iter().filter_map(|now| {
            let then = self.accounts.iter().find(|then| then.feed == now.feed);
            let (bad, lost) = (limits.max_bad, limits.max_loss);
            let FeedAccount { feed, rows, .. } = now;
            if above(now.bad, *rows, bad)
                && then.is_none_or(|then| is_larger((now.bad, *rows), (then.bad, then.rows)))
            {
                return Some(format!(
                    "{} of {rows} rows of {feed} cannot be read, more than {} (`feeds.max_bad`)",
                    now.bad,
                    bad.to_percent_text(7)
                ));
            }
            let kept = |account: &FeedAccount| account.rows.saturating_sub(account.bad);
            let then = kept(then?);
            above(then.saturating_sub(kept(now)), then, lost).then(|| {
                format!(
                    "{feed} has {} rows instead of {then}, more than {} fewer (`feeds.max_loss`)",
                    kept(now),
                    lost.to_percent_text(7)
                )
            })
        });
        let wrong: Vec<String> = wrong.collect();
        (!wrong.is_empty()).then(|| wrong.join("; "))
    }
}

/// part ÷ whole > limit, exactly.
fn above(part: u64, whole: u64, limit: Ratio) -> bool {
    i128::from(whole) * i128::from(limit.nanos()) < i128::from(part) * i128::from(Ratio::SCALE)
}

fn is_larger((part, whole): (u64, u64), (other, other_whole): (u64, u64)) -> bool {
    u128::from(other) * u128::from(whole) < u128::from(part) * u128::from(other_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(rows: u64, bad: u64) -> Vec<FeedAccount> {
        vec![FeedAccount { feed: "items", rows, bad }]
    }

    #[test]
    fn a_feed_may_become_a_little_worse_and_no_more() {
        let worse = |then: (u64, u64), now: (u64, u64)| {
            let followed = Followed::new(Looks::default(), items(then.0, then.1));
            followed.worse(&items(now.0, now.1), FeedLimits::default())
        };
        for (then, now) in [
            ((1_000, 0), (1_000, 1)),
            ((1_000, 0), (900, 0)),
            ((10, 0), (1_000, 0)),
            // As bad as it was.
            ((1_000, 50), (1_010, 50)),
            ((0, 0), (0, 0)),
        ] {
            assert_eq!(worse(then, now), None, "{then:?} → {now:?}");
        }
        let told = worse((1_000, 0), (1_000, 2)).unwrap();
        assert_eq!(told, "2 of 1000 rows of items cannot be read, more than 0.1% (`feeds.max_bad`)");
        let told = worse((1_000, 0), (899, 0)).unwrap();
        assert_eq!(told, "items has 899 rows instead of 1000, more than 10% fewer (`feeds.max_loss`)");
        assert!(worse((1_000, 50), (1_000, 51)).is_some());
        assert!(worse((5, 0), (0, 0)).is_some(), "an empty file");
    }

    #[test]
    fn a_change_is_told_once_when_it_is_quiet() {
        let looks = |size| Looks(vec![(PathBuf::from("items.csv"), Some((size, 1, 0, 0)))]);
        let mut followed = Followed::new(looks(1), items(1, 0));
        let begin = Instant::now();
        let mut look = |size, second| {
            followed.look(looks(size), begin + Duration::from_secs(second), Duration::from_secs(2))
        };
        // Written until the third second, then quiet.
        for (size, second) in [(1, 0), (2, 1), (2, 2), (3, 3), (3, 4)] {
            assert_eq!(look(size, second), Seen::Nothing, "second {second}");
        }
        assert_eq!(look(3, 5), Seen::Due);
        assert_eq!(look(3, 9), Seen::Nothing, "told once");
        assert_eq!(look(1, 10), Seen::Back);
    }
}
