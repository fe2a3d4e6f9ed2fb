//! What a run did, in numbers.

use super::Quarantined;
use super::digest::Digest;
use crate::money::Amount;
use std::collections::BTreeMap;

/// Counts by name.
pub type Counts = BTreeMap<Box<str>, u64>;

/// How prices moved: the names of the bins, each with both ends as people read them.
pub const CHANGE_BINS: [&str; 7] =
    ["below -5%", "-5% .. -2%", "-2% .. 0", "unchanged", "0 .. +2%", "+2% .. +5%", "above +5%"];

/// Counts of a run or of a part of it.
///
/// `priced + held + refused + quarantined = read`, always: `read` counts the prices asked for, one for each row and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of the items feed.
    pub rows: u64,
    /// Rows for places that were not asked for.
    pub elsewhere: u64,
    pub read: u64,
    pub priced: u64,
    pub held: u64,
    pub refused: u64,
    pub quarantined: u64,
    /// Decided prices by their change, in the order of [`CHANGE_BINS`].
    pub changes: [u64; 7],
    /// Decided prices without a current price.
    pub new: u64,
    /// Answers whose item has its current price in another currency than the market's: as if it had none.
    pub foreign: u64,
    /// Prices by the guards that moved or bounded them.
    pub guards: Counts,
    /// Prices by the rule that won.
    pub rules: Counts,
    /// Prices that an `else` gave, by the rule that won.
    pub fallbacks: Counts,
    pub flags: Counts,
    pub held_reasons: Counts,
    pub refused_reasons: Counts,
    /// Prices that could not be made, by the first code of their row.
    pub quarantine_codes: Counts,
    pub digest: Digest,
}

impl Tally {
    pub(super) fn new(rows: u64, elsewhere: u64) -> Self {
        Self { rows, elsewhere, ..Self::default() }
    }

    /// A decided price and what it was before.
    pub(super) fn moved(&mut self, price: Amount, previous: Option<Amount>) {
        match previous {
            Some(previous) => {
                if let Some(bin) = self.changes.get_mut(change_bin(price, previous)) {
                    *bin += 1;
                }
            }
            None => self.new += 1,
        }
    }

    pub(super) fn quarantine(&mut self, row: &Quarantined) {
        self.read += row.prices;
        self.quarantined += row.prices;
        if let Some(code) = row.code() {
            count(&mut self.quarantine_codes, code.as_str(), row.prices);
        }
    }

    /// Adds another part of the run.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.elsewhere += other.elsewhere;
        self.read += other.read;
        self.priced += other.priced;
        self.held += other.held;
        self.refused += other.refused;
        self.quarantined += other.quarantined;
        self.new += other.new;
        self.foreign += other.foreign;
        for (own, other) in self.changes.iter_mut().zip(other.changes) {
            *own += other;
        }
        for (own, other) in [
            (&mut self.guards, &other.guards),
            (&mut self.rules, &other.rules),
            (&mut self.fallbacks, &other.fallbacks),
            (&mut self.flags, &other.flags),
            (&mut self.held_reasons, &other.held_reasons),
            (&mut self.refused_reasons, &other.refused_reasons),
            (&mut self.quarantine_codes, &other.quarantine_codes),
        ] {
            for (name, more) in other {
                count(own, name, *more);
            }
        }
        self.digest.merge(other.digest);
    }
}

/// The same, unless there is nothing to count or no name.
pub(super) fn add(counts: &mut Counts, name: &str, more: u64) {
    if 0 < more && !name.is_empty() {
        count(counts, name, more);
    }
}

fn count(counts: &mut Counts, name: &str, more: u64) {
    match counts.get_mut(name) {
        Some(known) => *known += more,
        None => {
            counts.insert(name.into(), more);
        }
    }
}

/// The bin of a change; the outer ends are open: exactly −5 % is in the second, exactly +5 % in the sixth.
fn change_bin(price: Amount, previous: Amount) -> usize {
    let (price, previous) = (i128::from(price.micros()), i128::from(previous.micros()));
    let difference = (price - previous) * 100;
    let at = |percent: i128| percent * previous;
    match difference {
        0 => 3,
        _ if difference < at(-5) => 0,
        _ if difference < at(-2) => 1,
        _ if difference < 0 => 2,
        _ if difference <= at(2) => 4,
        _ if difference <= at(5) => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_meet_without_gaps() {
        let bin = |price: &str| change_bin(Amount::parse(price).unwrap(), Amount::parse("100").unwrap());
        let prices = [
            ("94.99", 0),
            ("95", 1),
            ("97.99", 1),
            ("98", 2),
            ("99.999999", 2),
            ("100", 3),
            ("100.000001", 4),
            ("102", 4),
            ("102.01", 5),
            ("105", 5),
            ("105.01", 6),
        ];
        for (price, expected) in prices {
            assert_eq!(bin(price), expected, "{price}");
        }
    }
}
