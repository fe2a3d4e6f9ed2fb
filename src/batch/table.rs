//! The answers as Arrow columns.

use super::answered::{Answered, Cells, NONE};
use super::summary::{Tally, add};
use super::words::{self, Growing};
use super::{BatchError, Job};
use crate::explain::foreign_price;
use crate::facts::{Item, Map, Value, builtin};
use crate::money::{Amount, Currency, Money, Ratio, Rounding};
use crate::pricing::{Decision, Flag, Flags, GuardRef, Outcome, Place, Refusal, RefusalCode, Status};
use arrow_array::builder::StringBuilder;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use smallvec::SmallVec;
use std::sync::Arc;

/// Decimal columns keep 18 digits: an `INT64` in Parquet, which every reader takes quickly.
const DIGITS: u8 = 18;
pub(super) const MONEY_SCALE: i8 = 6;
pub(super) const RATIO_SCALE: i8 = 9;
/// The first count that does not fit in [`DIGITS`].
const COUNT_LIMIT: u64 = 1_000_000_000_000_000_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Text,
    /// A text that repeats: dictionary-encoded.
    Word,
    Money,
    Ratio,
    Line,
}

/// The output, column by column: name, content, whether it can be missing.
const COLUMNS: [(&str, Cell, bool); 24] = [
    ("sku", Cell::Text, false),
    ("market", Cell::Word, false),
    ("channel", Cell::Word, false),
    ("status", Cell::Word, false),
    ("reason", Cell::Word, true),
    ("price", Cell::Money, true),
    ("currency", Cell::Word, false),
    ("previous_price", Cell::Money, true),
    ("change", Cell::Ratio, true),
    ("rule", Cell::Word, true),
    ("because", Cell::Word, true),
    ("guards", Cell::Word, true),
    ("flags", Cell::Word, true),
    ("margin", Cell::Ratio, true),
    ("contribution", Cell::Money, true),
    ("release", Cell::Word, false),
    ("target", Cell::Money, true),
    ("adjusted", Cell::Money, true),
    ("floor", Cell::Money, true),
    ("ceiling", Cell::Money, true),
    ("detail", Cell::Word, true),
    ("row", Cell::Line, false),
    ("price_kind", Cell::Word, true),
    ("reference_price", Cell::Money, true),
];

/// The schema of the output.
#[must_use]
pub fn output_schema() -> SchemaRef {
    let fields = COLUMNS.map(|(name, cell, optional)| {
        let kind = match cell {
            Cell::Text => DataType::Utf8,
            Cell::Word => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Cell::Money => DataType::Decimal128(DIGITS, MONEY_SCALE),
            Cell::Ratio => DataType::Decimal128(DIGITS, RATIO_SCALE),
            Cell::Line => DataType::Int64,
        };
        Field::new(name, kind, optional)
    });
    Arc::new(Schema::new(fields.to_vec()))
}

/// Whether the amounts of a decision fit the output's decimals: below 10¹² currency units. A batch refuses a larger
/// price with
/// `AMOUNT_OVERFLOW` rather than write another one.
pub(super) fn fits(decision: &Decision) -> bool {
    let amounts = [
        Some(decision.price.amount()),
        decision.previous,
        decision.target,
        decision.adjusted,
        Some(decision.range.floor.amount),
        decision.contribution,
        decision.reference,
    ];
    amounts.into_iter().flatten().all(|amount| amount.micros().unsigned_abs() < COUNT_LIMIT)
}

/// Builds the columns, answer by answer: numbers and the numbers of texts, no text but the SKU.
pub(super) struct Table<'a> {
    job: &'a Job<'a>,
    skus: StringBuilder,
    lines: Vec<i64>,
    /// In the order of [`Number`].
    numbers: [Vec<i64>; 10],
    markets: Vec<i32>,
    channels: Vec<i32>,
    statuses: Vec<i32>,
    reasons: Vec<i32>,
    currencies: Vec<i32>,
    rules: Vec<i32>,
    because: Vec<i32>,
    guards: Vec<i32>,
    flags: Vec<i32>,
    details: Vec<i32>,
    kinds: Vec<i32>,
    /// Guards by the place and their numbers there.
    guard_texts: Growing<GuardKey>,
    /// The numbers of those texts that name one guard or two.
    few_guards: Map<u64, i32>,
    flag_texts: Growing<u16>,
    detail_texts: Growing,
    /// How often each number stands in `guards`, `flags`, and how often each rule gave a price and a fallback.
    guard_counts: Vec<u64>,
    flag_counts: Vec<u64>,
    rule_counts: Vec<u64>,
    fallback_counts: Vec<u64>,
    held: [u64; 16],
    refused: [u64; 16],
    tally: Tally,
}

type GuardKey = (u16, SmallVec<[u16; 6]>);

/// The number columns.
#[derive(Clone, Copy)]
enum Number {
    Price,
    Previous,
    Change,
    Margin,
    Contribution,
    Target,
    Adjusted,
    Floor,
    Ceiling,
    Reference,
}

impl<'a> Table<'a> {
    pub fn new(job: &'a Job<'a>, rows: usize, tally: Tally) -> Self {
        let keys = || Vec::with_capacity(rows);
        Self {
            job,
            skus: StringBuilder::with_capacity(rows, rows * 12),
            lines: Vec::with_capacity(rows),
            numbers: std::array::from_fn(|_| Vec::with_capacity(rows)),
            markets: keys(),
            channels: keys(),
            statuses: keys(),
            reasons: keys(),
            currencies: keys(),
            rules: keys(),
            because: keys(),
            guards: keys(),
            flags: keys(),
            details: keys(),
            kinds: keys(),
            guard_texts: Growing::default(),
            few_guards: Map::default(),
            flag_texts: Growing::default(),
            detail_texts: Growing::default(),
            guard_counts: Vec::new(),
            flag_counts: Vec::new(),
            rule_counts: vec![0; job.words.rule_names.len()],
            fallback_counts: vec![0; job.words.rule_names.len()],
            held: [0; 16],
            refused: [0; 16],
            tally,
        }
    }

    /// Adds the answer for an item in a place of the run.
    pub fn push(&mut self, line: u64, item: &Item, at: u16, outcome: &Outcome) -> Result<(), BatchError> {
        let lost = || BatchError::Internal("a place is lost".into());
        let world = self.job.worlds.get(usize::from(at)).ok_or_else(lost)?;
        let words = &self.job.words;
        let names = words.places.get(usize::from(at)).ok_or_else(lost)?;
        let place = world.place;
        let (previous, foreign) = match item.value(builtin::CURRENT_PRICE) {
            Value::Money(amount, currency) if currency == place.currency => (Some(amount), None),
            Value::Money(_, currency) => (None, Some(currency)),
            _ => (None, None),
        };
        self.tally.foreign += u64::from(foreign.is_some());
        let mut numbers = [NONE; 10];
        let mut set = |number: Number, count: Option<i64>| {
            let fits = count.filter(|count| count.unsigned_abs() < COUNT_LIMIT);
            if let (Some(slot), Some(count)) = (numbers.get_mut(number as usize), fits) {
                *slot = count;
            }
        };
        set(Number::Previous, previous.map(Amount::micros));
        let (status, reason, winner, flags, guards, detail, kind);
        match outcome {
            Outcome::Decided(decision) => {
                let price = decision.price.amount();
                (status, reason) = match decision.status {
                    Status::Priced => (words::PRICED, words::MISSING),
                    Status::Held(why) => (words::HELD, words::held(why)),
                };
                let change = previous
                    .and_then(|previous| price.sub(previous).ok()?.ratio_to(previous, Rounding::HalfEven));
                set(Number::Price, Some(price.micros()));
                set(Number::Change, change.map(Ratio::nanos));
                set(Number::Margin, decision.margin.map(Ratio::nanos));
                set(Number::Contribution, decision.contribution.map(Amount::micros));
                set(Number::Target, decision.target.map(Amount::micros));
                set(Number::Adjusted, decision.adjusted.map(Amount::micros));
                set(Number::Floor, Some(decision.range.floor.amount.micros()));
                set(Number::Ceiling, Some(decision.range.ceiling.amount.micros()));
                set(Number::Reference, decision.reference.map(Amount::micros));
                (winner, detail, kind) = (decision.winner, words::MISSING, decision.kind as i32);
                flags = self.flags(decision.flags);
                guards = self.guards(at, place, decision.hits.iter());
            }
            Outcome::Refused(Refusal { code, guards: named, fact, winner: of }) => {
                (status, reason) = (words::REFUSED, words::refused(*code));
                (winner, flags, kind) = (*of, words::MISSING, words::MISSING);
                detail = match (fact.as_deref(), foreign) {
                    (None | Some(""), Some(foreign)) if *code == RefusalCode::NoPrice => {
                        self.detail_texts.of(&foreign_price(foreign, place.currency))
                    }
                    (None | Some(""), _) => words::MISSING,
                    (Some(fact), _) => self.detail_texts.of(fact),
                };
                guards = self.guards(at, place, named.iter().copied());
            }
        }
        let rule = winner.and_then(|winner| names.rules.get(winner.rule as usize).copied());
        let rule = rule.unwrap_or(words::MISSING);
        let because = winner.map_or(words::MISSING, |winner| winner.because as i32);

        let [price, previous, change, margin, contribution, target, adjusted, floor, ceiling, reference] =
            numbers.map(i64::cast_unsigned);
        let fields = [
            price,
            previous,
            change,
            margin,
            contribution,
            target,
            adjusted,
            floor,
            ceiling,
            reference,
            words.kinds.hash(kind),
            words.statuses.hash(status),
            words.reasons.hash(reason),
            words.rules.hash(rule),
            words.because.hash(because),
            self.guard_texts.hash(guards),
            self.flag_texts.hash(flags),
            self.detail_texts.hash(detail),
        ];
        self.tally.digest.add_answer(&item.sku, names.hash, &fields);
        self.count(outcome, reason, rule, guards, flags);

        self.skus.append_value(&item.sku);
        self.lines.push(i64::try_from(line).unwrap_or(i64::MAX));
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
        self.markets.push(names.market);
        self.channels.push(names.channel);
        self.statuses.push(status);
        self.reasons.push(reason);
        self.currencies.push(names.currency);
        self.rules.push(rule);
        self.because.push(because);
        self.guards.push(guards);
        self.flags.push(flags);
        self.details.push(detail);
        self.kinds.push(kind);
        if let Outcome::Decided(decision) = outcome {
            let previous =
                numbers.get(Number::Previous as usize).copied().filter(|previous| *previous != NONE);
            self.tally.moved(decision.price.amount(), previous.map(Amount::from_micros));
        }
        Ok(())
    }

    /// Counts by number; [`Self::finish`] turns the numbers into names.
    fn count(&mut self, outcome: &Outcome, reason: i32, rule: i32, guards: i32, flags: i32) {
        let add = |counts: &mut [u64], key: i32| {
            if let Some(count) = usize::try_from(key).ok().and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        };
        self.tally.read += 1;
        match outcome {
            Outcome::Decided(decision) => {
                match decision.status {
                    Status::Priced => self.tally.priced += 1,
                    Status::Held(_) => {
                        self.tally.held += 1;
                        add(&mut self.held, reason);
                    }
                }
                add(&mut self.rule_counts, rule);
                if decision.flags.has(Flag::Fallback) {
                    add(&mut self.fallback_counts, rule);
                }
            }
            Outcome::Refused(_) => {
                self.tally.refused += 1;
                add(&mut self.refused, reason);
            }
        }
        add(&mut self.guard_counts, guards);
        add(&mut self.flag_counts, flags);
    }

    fn flags(&mut self, flags: Flags) -> i32 {
        let bits = flags.bits();
        if bits == 0 {
            return words::MISSING;
        }
        self.flag_texts.get(&bits).unwrap_or_else(|| {
            let names: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
            self.flag_counts.push(0);
            self.flag_texts.add(bits, names.join("|"))
        })
    }

    fn guards(&mut self, at: u16, place: &Place, guards: impl Iterator<Item = GuardRef> + Clone) -> i32 {
        let mut few = guards.clone();
        let Some(first) = few.next() else { return words::MISSING };
        // One guard or two, as nearly all answers have, are a number.
        let (second, more) =
            (few.next().map_or(0, |second| u64::from(second.guard) + 1), few.next().is_some());
        let short = u64::from(at) << 40 | u64::from(first.guard) << 20 | second;
        if let Some(known) = self.few_guards.get(&short).filter(|_| !more) {
            return *known;
        }
        let key: GuardKey = (at, guards.map(|guard| guard.guard).collect());
        let number = self.guard_texts.get(&key).unwrap_or_else(|| {
            self.guard_counts.push(0);
            let text = guard_ids(place, &key.1).join("|");
            self.guard_texts.add(key, text)
        });
        if !more {
            self.few_guards.insert(short, number);
        }
        number
    }

    /// The columns, and what there is to count.
    pub fn finish(mut self) -> (Answered, Tally) {
        self.name_counts();
        let words = &self.job.words;
        let rows = self.lines.len();
        let [price, previous, change, margin, contribution, target, adjusted, floor, ceiling, reference] =
            self.numbers;
        let columns = vec![
            Cells::Texts(self.skus.finish()),
            words.markets.column(self.markets),
            words.channels.column(self.channels),
            words.statuses.column(self.statuses),
            words.reasons.column(self.reasons),
            Cells::Counts(price),
            words.currencies.column(self.currencies),
            Cells::Counts(previous),
            Cells::Counts(change),
            words.rules.column(self.rules),
            words.because.column(self.because),
            self.guard_texts.column(self.guards),
            self.flag_texts.column(self.flags),
            Cells::Counts(margin),
            Cells::Counts(contribution),
            words.releases.column(vec![0; rows]),
            Cells::Counts(target),
            Cells::Counts(adjusted),
            Cells::Counts(floor),
            Cells::Counts(ceiling),
            self.detail_texts.column(self.details),
            Cells::Lines(self.lines),
            words.kinds.column(self.kinds),
            Cells::Counts(reference),
        ];
        (Answered { columns }, self.tally)
    }

    fn name_counts(&mut self) {
        let words = &self.job.words;
        for (name, count) in words.rule_names.iter().zip(&self.rule_counts) {
            add(&mut self.tally.rules, name, *count);
        }
        for (name, count) in words.rule_names.iter().zip(&self.fallback_counts) {
            add(&mut self.tally.fallbacks, name, *count);
        }
        for (name, (held, refused)) in words.reason_names.iter().zip(self.held.iter().zip(&self.refused)) {
            add(&mut self.tally.held_reasons, name, *held);
            add(&mut self.tally.refused_reasons, name, *refused);
        }
        for ((at, guards), key) in self.guard_texts.iter() {
            let count =
                usize::try_from(key).ok().and_then(|at| self.guard_counts.get(at)).copied().unwrap_or(0);
            let Some(world) = self.job.worlds.get(usize::from(*at)) else { continue };
            for guard in guard_ids(world.place, guards) {
                add(&mut self.tally.guards, guard, count);
            }
        }
        for (bits, key) in self.flag_texts.iter() {
            let count =
                usize::try_from(key).ok().and_then(|at| self.flag_counts.get(at)).copied().unwrap_or(0);
            for flag in Flag::ALL.into_iter().filter(|flag| bits >> *flag as u16 & 1 == 1) {
                add(&mut self.tally.flags, flag.as_str(), count);
            }
        }
    }
}

/// Each name once.
fn guard_ids<'p>(place: &'p Place, guards: &[u16]) -> Vec<&'p str> {
    let mut ids: Vec<&str> = Vec::new();
    for guard in guards.iter().filter_map(|guard| place.guards.get(usize::from(*guard))) {
        if !ids.contains(&&*guard.id) {
            ids.push(&guard.id);
        }
    }
    ids
}

/// The text of a money cell: a price with the digits of its currency, any other amount with at least two decimals.
pub(super) fn money_text(micros: i64, currency: Option<&str>) -> String {
    let amount = Amount::from_micros(micros);
    let price = currency
        .and_then(Currency::from_code)
        .and_then(|currency| crate::money::Price::from_money(Money::new(amount, currency)));
    price.map_or_else(|| amount.to_string(), |price| price.to_string())
}
