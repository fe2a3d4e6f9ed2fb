//! Every uploaded row in memory, and which of them is in force.
//!
//! A row is applied only if its number is above the last one that its source applied to the key; one whose `valid_from` is
//! still to come waits. So the highest number whose time has come is in force, whatever the order of arrival, and replays
//! and late rows change nothing.
//!
//! Rows are kept as they came, for the next release to read them anew.

use super::read::{Fact, read};
use super::unread::Unread;
use super::{Change, Key, Kind};
use crate::facts::{FactSet, ItemBook, Names};
use crate::money::Currency;
use crate::pricing::Release;
use crate::service::convert::Invalid;
use crate::service::state::Serving;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How many rates of one pair.
const RATES_MAX: usize = 1_000;

#[derive(Debug)]
pub struct Uploads {
    sources: Vec<Box<str>>,
    records: HashMap<Key, Record>,
    /// Rows that wait, by when their time comes and the order of arrival.
    due: BTreeMap<(i64, u64), Key>,
    /// The instants of each pair of currencies.
    rates: HashMap<(Box<str>, Box<str>), BTreeSet<i64>>,
    /// An upload has replaced the items of files.
    files_replaced: bool,
    /// Counts rows.
    arrived: u64,
    /// Counts fact sets.
    revision: u64,
    keys_max: usize,
}

/// All that is known of a key.
#[derive(Debug, Default)]
struct Record {
    /// The last number that each source applied.
    applied: SmallVec<[(u16, i64); 1]>,
    in_force: Option<Row>,
    waiting: Vec<(i64, Row)>,
}

#[derive(Clone, Debug)]
struct Row {
    source: u16,
    sequence: i64,
    arrived: u64,
    bytes: Box<[u8]>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    Waiting,
    Superseded,
    Rejected(Vec<Invalid>),
    /// There is no room for another key.
    Full,
}

impl Outcome {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Waiting => "waiting",
            Self::Superseded => "superseded",
            Self::Rejected(_) => "rejected",
            Self::Full => "full",
        }
    }
}

impl Uploads {
    /// Room for so many keys.
    #[must_use]
    pub fn new(keys_max: usize) -> Self {
        Self {
            sources: Vec::new(),
            records: HashMap::new(),
            due: BTreeMap::new(),
            rates: HashMap::new(),
            files_replaced: false,
            arrived: 0,
            revision: 0,
            keys_max,
        }
    }

    pub fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    fn source(&mut self, name: &str) -> u16 {
        let at = self.sources.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.sources.push(name.into());
            self.sources.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Applies the rows of one message.
    pub fn apply(
        &mut self,
        source: &str,
        changes: &[Change],
        serving: &mut Serving,
        now: i64,
    ) -> Vec<Outcome> {
        let source = self.source(source);
        changes.iter().map(|change| self.apply_one(source, change, serving, now)).collect()
    }

    fn apply_one(&mut self, source: u16, change: &Change, serving: &mut Serving, now: i64) -> Outcome {
        let Serving { release, facts, .. } = serving;
        let (stamp, fact) = match read(change, release, &mut facts.offers.names) {
            Ok(read) => read,
            Err(bad) => return Outcome::Rejected(bad),
        };
        let key = change.key();
        if self.keys_max <= self.records.len() && !self.records.contains_key(&key) {
            return Outcome::Full;
        }
        self.arrived += 1;
        let row = Row { source, sequence: stamp.sequence, arrived: self.arrived, bytes: change.encode() };
        let later = stamp.valid_from.filter(|from| now < *from);
        let record = self.records.entry(key.clone()).or_default();
        let outcome = record.accept(row, later, now);
        match outcome {
            Outcome::Applied => {
                let is_rate = key.kind == Kind::Rate;
                fact.put(facts);
                if is_rate {
                    self.forget_old_rates(&key, facts);
                }
            }
            Outcome::Waiting => drop(self.due.insert((later.unwrap_or(now), self.arrived), key)),
            _ => {}
        }
        outcome
    }

    /// Rates have a key for each instant: the oldest of a pair make room.
    fn forget_old_rates(&mut self, key: &Key, facts: &mut FactSet) {
        let Ok(as_of) = key.detail.parse() else { return };
        let known = self.rates.entry((key.name.clone(), key.market.clone())).or_default();
        known.insert(as_of);
        while RATES_MAX < known.len()
            && let Some(oldest) = known.pop_first()
        {
            self.records.remove(&Key { detail: oldest.to_string().into(), ..key.clone() });
            let code = Currency::from_code;
            if let (Some(base), Some(quote)) = (code(&key.name), code(&key.market)) {
                facts.rates.forget(base, quote, oldest);
            }
        }
    }

    /// Replaces all items by these rows, if all of them can be read.
    pub fn replace_items(
        &mut self,
        source: &str,
        changes: &[Change],
        serving: &mut Serving,
        now: i64,
    ) -> Vec<Outcome> {
        let source = self.source(source);
        let (release, mut names) = (serving.release.clone(), serving.facts.offers.names.clone());
        let mut seen = HashSet::new();
        let check = |change: &Change| match read(change, &release, &mut names) {
            Ok(_) => Outcome::Applied,
            Err(bad) => Outcome::Rejected(bad),
        };
        let outcomes: Vec<Outcome> = changes.iter().map(check).collect();
        if outcomes.iter().any(|outcome| *outcome != Outcome::Applied) {
            let kept = |outcome| if outcome == Outcome::Applied { Outcome::Superseded } else { outcome };
            return outcomes.into_iter().map(kept).collect();
        }
        serving.facts.items = ItemBook::default();
        self.files_replaced = true;
        let outcomes = changes.iter().map(|change| {
            seen.insert(change.key());
            self.apply_one(source, change, serving, now)
        });
        let outcomes = outcomes.collect();
        for (key, record) in &mut self.records {
            if key.kind == Kind::Item && !seen.contains(key) {
                record.in_force = None;
                record.waiting.clear();
            }
        }
        self.due.retain(|_, key| key.kind != Kind::Item || seen.contains(key));
        // Rows that a replay did not apply are in force all the same.
        serving.facts.items = ItemBook::default();
        self.lay(&[Kind::Item], &mut serving.facts, &serving.release, None);
        outcomes
    }

    /// Whether the time of a row has come.
    #[must_use]
    pub fn is_due(&self, now: i64) -> bool {
        self.due.first_key_value().is_some_and(|((from, _), _)| *from <= now)
    }

    /// Applies the rows whose time has come, and says whether that changed anything.
    pub fn advance(&mut self, serving: &mut Serving, now: i64) -> bool {
        let later = self.due.split_off(&(now.saturating_add(1), 0));
        let due = std::mem::replace(&mut self.due, later);
        let mut is_changed = false;
        for (_, key) in due {
            let Some(record) = self.records.get_mut(&key) else { continue };
            if !record.advance(now) {
                continue;
            }
            is_changed = true;
            let row = record.in_force.as_ref();
            if row.is_none_or(|row| lay(&key, row, &mut serving.facts, &serving.release).is_err()) {
                tracing::warn!(
                    sku = &*key.name,
                    "an uploaded row that waited cannot be read with the rulebook in force"
                );
            }
        }
        is_changed
    }

    /// Lays everything that is in force over the facts of files, in the order in which it came. Gives the rows that
    /// `release` cannot read.
    pub fn lay_over(&self, facts: &mut FactSet, release: &Release, in_force: Option<&Release>) -> Unread {
        if self.files_replaced {
            facts.items = ItemBook::default();
        }
        let mut unread = self.lay(&[Kind::Item], facts, release, in_force);
        unread.add(self.lay(&[Kind::Offer, Kind::Stock, Kind::Rate], facts, release, in_force));
        unread
    }

    fn lay(
        &self,
        kinds: &[Kind],
        facts: &mut FactSet,
        release: &Release,
        in_force: Option<&Release>,
    ) -> Unread {
        let records = || self.records.iter().filter(|(key, _)| kinds.contains(&key.kind));
        let mut rows: Vec<(&Key, &Row)> =
            records().filter_map(|(key, record)| Some((key, record.in_force.as_ref()?))).collect();
        rows.sort_unstable_by_key(|(_, row)| row.arrived);
        let mut unread = Unread::default();
        unread.rows = rows.len();
        let mut lost = |key: &Key, row: &Row, why: Vec<Invalid>| {
            let source = self.sources.get(usize::from(row.source)).map_or("", |source| &**source);
            let is_new = in_force.is_some_and(|in_force| is_readable(key, row, in_force));
            unread.note(key, source, is_new, why);
        };
        for (key, row) in rows {
            if let Err(why) = lay(key, row, facts, release) {
                lost(key, row, why);
            }
        }
        let mut waiting = 0;
        for (key, row) in
            records().flat_map(|(key, record)| record.waiting.iter().map(move |(_, row)| (key, row)))
        {
            waiting += 1;
            if let Err(why) = read_kept(key, row, release, &mut Names::new(&release.rivals)) {
                lost(key, row, why);
            }
        }
        unread.rows += waiting;
        unread
    }

    /// Source and number of the row in force for exactly this SKU, market and channel, and what it said.
    #[must_use]
    pub fn item(&self, sku: &str, market: &str, channel: &str) -> Option<(&str, i64, Change)> {
        let key = Key { kind: Kind::Item, name: sku.into(), market: market.into(), detail: channel.into() };
        let row = self.records.get(&key)?.in_force.as_ref()?;
        let source = self.sources.get(usize::from(row.source))?;
        Some((source, row.sequence, Change::decode(Kind::Item, &row.bytes)?))
    }
}

/// Puts a kept row into the facts, if it can be read.
fn lay(key: &Key, row: &Row, facts: &mut FactSet, release: &Release) -> Result<(), Vec<Invalid>> {
    let fact = read_kept(key, row, release, &mut facts.offers.names)?;
    fact.put(facts);
    Ok(())
}

fn read_kept(key: &Key, row: &Row, release: &Release, names: &mut Names) -> Result<Fact, Vec<Invalid>> {
    let change = Change::decode(key.kind, &row.bytes).ok_or_else(Vec::new)?;
    read(&change, release, names).map(|(_, fact)| fact)
}

fn is_readable(key: &Key, row: &Row, release: &Release) -> bool {
    read_kept(key, row, release, &mut Names::new(&release.rivals)).is_ok()
}

impl Record {
    fn applied(&self, source: u16) -> i64 {
        self.applied.iter().find(|(known, _)| *known == source).map_or(0, |(_, sequence)| *sequence)
    }

    fn accept(&mut self, row: Row, later: Option<i64>, now: i64) -> Outcome {
        let from = later.unwrap_or(now);
        let is_newer = |(other, waiting): &(i64, Row)| {
            waiting.source == row.source
                && row.sequence <= waiting.sequence
                && (*other <= from || row.sequence == waiting.sequence)
        };
        if row.sequence <= self.applied(row.source) || self.waiting.iter().any(is_newer) {
            return Outcome::Superseded;
        }
        // It holds from its time on, also when a lower number would have come later.
        self.waiting.retain(|(other, waiting)| {
            waiting.source != row.source || row.sequence < waiting.sequence || *other < from
        });
        match later {
            Some(from) => {
                self.waiting.push((from, row));
                Outcome::Waiting
            }
            None => {
                self.put(row);
                Outcome::Applied
            }
        }
    }

    fn put(&mut self, row: Row) {
        match self.applied.iter_mut().find(|(known, _)| *known == row.source) {
            Some((_, sequence)) => *sequence = row.sequence,
            None => self.applied.push((row.source, row.sequence)),
        }
        self.in_force = Some(row);
    }

    /// Puts the rows whose time has come into force.
    fn advance(&mut self, now: i64) -> bool {
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(from, _)| *from <= now);
        self.waiting = rest;
        due.sort_by_key(|(from, row)| (*from, row.sequence));
        let mut is_changed = false;
        for (_, row) in due {
            if self.applied(row.source) < row.sequence {
                self.put(row);
                is_changed = true;
            }
        }
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(sequence: i64) -> Row {
        Row { source: 0, sequence, arrived: 0, bytes: Box::default() }
    }

    proptest! {
        /// Whatever the order of arrival and however often: the highest number whose time has come is in force.
        #[test]
        fn the_order_of_arrival_changes_nothing(
            rows in prop::collection::vec((1_i64..8, 0_i64..6), 1..12),
            ticks in prop::collection::vec(0_usize..12, 0..4),
        ) {
            // One moment for each number, as one source would send them.
            let from: BTreeMap<i64, i64> = rows.iter().copied().collect();
            let mut record = Record::default();
            let mut now = 0;
            let mut seen = BTreeSet::new();
            for (at, (sequence, _)) in rows.iter().enumerate() {
                let later = Some(from[sequence]).filter(|from| now < *from);
                record.accept(row(*sequence), later, now);
                seen.insert(*sequence);
                now += i64::try_from(ticks.iter().filter(|tick| **tick == at).count()).unwrap();
                record.advance(now);
                let expected = seen.iter().copied().filter(|sequence| from[sequence] <= now).max();
                prop_assert_eq!(record.in_force.as_ref().map(|row| row.sequence), expected);
            }
            record.advance(10);
            prop_assert_eq!(record.in_force.map(|row| row.sequence), seen.last().copied());
        }
    }
}
