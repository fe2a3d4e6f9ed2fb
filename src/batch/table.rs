//! The answers as Arrow columns.

use super::summary::{Answer, Tally};
use super::{BatchError, Job};
use crate::facts::{Item, Value, builtin};
use crate::money::{Amount, Currency, Money, Ratio, Rounding};
use crate::pricing::{Decision, Flags, GuardRef, Outcome, Place, Refusal, Status, Winner};
use arrow_array::builder::{Decimal128Builder, Int64Builder, StringBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
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

/// Builds the columns, answer by answer.
pub(super) struct Table<'a> {
    job: &'a Job<'a>,
    columns: Vec<Builder>,
    /// The answer as the digest sees it.
    canonical: Vec<u8>,
}

enum Builder {
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Decimal(Decimal128Builder),
    Line(Int64Builder),
}

/// One cell of an answer.
#[derive(Clone, Copy)]
enum Given<'a> {
    Text(&'a str),
    Count(i64),
    Line(u64),
    Missing,
}

impl<'a> Table<'a> {
    pub fn new(job: &'a Job<'a>, rows: usize) -> Self {
        let columns = COLUMNS.map(|(_, cell, _)| match cell {
            Cell::Text => Builder::Text(StringBuilder::with_capacity(rows, rows * 12)),
            Cell::Word => Builder::Word(StringDictionaryBuilder::new()),
            Cell::Money => Builder::Decimal(decimals(rows, MONEY_SCALE)),
            Cell::Ratio => Builder::Decimal(decimals(rows, RATIO_SCALE)),
            Cell::Line => Builder::Line(Int64Builder::with_capacity(rows)),
        });
        Self { job, columns: columns.into(), canonical: Vec::new() }
    }

    /// Adds the answer for an item in a place of the run.
    pub fn push(
        &mut self,
        line: u64,
        item: &Item,
        place: u16,
        outcome: &Outcome,
        tally: &mut Tally,
    ) -> Result<(), BatchError> {
        let world = self.job.worlds.get(usize::from(place));
        let place = world.ok_or_else(|| BatchError::Internal("a place is lost".into()))?.place;
        let answer = Flat::new(item, place, outcome);
        let id = self.job.release.id();
        let cells = answer.cells(item, place, id, line);
        self.canonical.clear();
        for ((builder, (name, ..)), cell) in self.columns.iter_mut().zip(COLUMNS).zip(cells) {
            builder.push(cell)?;
            if !matches!(name, "release" | "row") {
                cell.write(&mut self.canonical);
            }
        }
        tally.answer(&answer.summary(place), &self.canonical);
        Ok(())
    }

    pub fn finish(mut self) -> Result<RecordBatch, BatchError> {
        let arrays = self.columns.iter_mut().map(|builder| -> ArrayRef {
            match builder {
                Builder::Text(builder) => Arc::new(builder.finish()),
                Builder::Word(builder) => Arc::new(builder.finish()),
                Builder::Decimal(builder) => Arc::new(builder.finish()),
                Builder::Line(builder) => Arc::new(builder.finish()),
            }
        });
        Ok(RecordBatch::try_new(output_schema(), arrays.collect())?)
    }
}

fn decimals(rows: usize, scale: i8) -> Decimal128Builder {
    Decimal128Builder::with_capacity(rows).with_data_type(DataType::Decimal128(DIGITS, scale))
}

impl Builder {
    fn push(&mut self, cell: Given<'_>) -> Result<(), BatchError> {
        match (self, cell) {
            (Self::Text(builder), Given::Text(text)) => builder.append_value(text),
            (Self::Word(builder), Given::Text(text)) => {
                builder.append(text)?;
            }
            (Self::Decimal(builder), Given::Count(count)) => builder.append_value(count.into()),
            (Self::Line(builder), Given::Line(line)) => {
                builder.append_value(i64::try_from(line).unwrap_or(i64::MAX));
            }
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Word(builder), _) => builder.append_null(),
            (Self::Decimal(builder), _) => builder.append_null(),
            (Self::Line(builder), _) => builder.append_null(),
        }
        Ok(())
    }
}

impl Given<'_> {
    /// The cell without ambiguity: its kind, its length, its bytes.
    fn write(self, into: &mut Vec<u8>) {
        match self {
            Self::Missing => into.push(0),
            Self::Text(text) => {
                into.push(1);
                into.extend((text.len() as u64).to_le_bytes());
                into.extend(text.as_bytes());
            }
            Self::Count(count) => {
                into.push(2);
                into.extend(count.to_le_bytes());
            }
            Self::Line(line) => {
                into.push(3);
                into.extend(line.to_le_bytes());
            }
        }
    }
}

/// An outcome as flat values.
struct Flat<'a> {
    status: &'static str,
    reason: Option<&'static str>,
    detail: Option<&'a str>,
    decision: Option<&'a Decision>,
    previous: Option<Amount>,
    change: Option<Ratio>,
    winner: Option<Winner>,
    guard_ids: Vec<&'a str>,
    guards: String,
    flags: String,
    currency: String,
}

impl<'a> Flat<'a> {
    fn new(item: &Item, place: &'a Place, outcome: &'a Outcome) -> Self {
        let previous = match item.value(builtin::CURRENT_PRICE) {
            Value::Money(amount, currency) if currency == place.currency => Some(amount),
            _ => None,
        };
        match outcome {
            Outcome::Decided(decision) => {
                let (status, reason) = match decision.status {
                    Status::Priced => ("priced", None),
                    Status::Held(reason) => ("held", Some(reason.as_str())),
                };
                let price = decision.price.amount();
                let moved =
                    |previous: Amount| price.sub(previous).ok()?.ratio_to(previous, Rounding::HalfEven);
                Self {
                    status,
                    reason,
                    detail: None,
                    decision: Some(decision),
                    previous,
                    change: previous.and_then(moved),
                    winner: decision.winner,
                    flags: flags(decision.flags),
                    ..Self::empty(place, decision.hits.iter())
                }
            }
            Outcome::Refused(Refusal { code, guards, fact, winner }) => Self {
                status: "refused",
                reason: Some(code.as_str()),
                detail: fact.as_deref(),
                previous,
                winner: *winner,
                ..Self::empty(place, guards.iter().copied())
            },
        }
    }

    fn empty(place: &'a Place, guards: impl Iterator<Item = GuardRef>) -> Self {
        let mut guard_ids: Vec<&str> = Vec::new();
        for guard in guards.filter_map(|hit| place.guards.get(usize::from(hit.guard))) {
            if !guard_ids.contains(&&*guard.id) {
                guard_ids.push(&guard.id);
            }
        }
        Self {
            status: "",
            reason: None,
            detail: None,
            decision: None,
            previous: None,
            change: None,
            winner: None,
            guards: guard_ids.join("|"),
            guard_ids,
            flags: String::new(),
            currency: place.currency.code(),
        }
    }

    fn rule(&self, place: &'a Place) -> Option<&'a str> {
        let rule = place.rules.get(self.winner?.rule as usize)?;
        Some(&rule.info.id)
    }

    /// In the order of [`COLUMNS`].
    fn cells<'s>(&'s self, item: &'s Item, place: &'s Place, release: &'s str, line: u64) -> [Given<'s>; 24] {
        let text =
            |text: Option<&'s str>| text.filter(|text| !text.is_empty()).map_or(Given::Missing, Given::Text);
        let count = |micros: i64| {
            let fits = micros.unsigned_abs() < COUNT_LIMIT;
            if fits { Given::Count(micros) } else { Given::Missing }
        };
        let money = |amount: Option<Amount>| amount.map_or(Given::Missing, |amount| count(amount.micros()));
        let ratio = |ratio: Option<Ratio>| ratio.map_or(Given::Missing, |ratio| count(ratio.nanos()));
        let decided = |amount: fn(&Decision) -> Option<Amount>| money(self.decision.and_then(amount));
        [
            Given::Text(&item.sku),
            Given::Text(&place.market),
            Given::Text(&place.channel),
            Given::Text(self.status),
            text(self.reason),
            decided(|decision| Some(decision.price.amount())),
            Given::Text(&self.currency),
            money(self.previous),
            ratio(self.change),
            text(self.rule(place)),
            text(self.winner.map(|winner| winner.because.as_str())),
            text(Some(&self.guards)),
            text(Some(&self.flags)),
            ratio(self.decision.and_then(|decision| decision.margin)),
            decided(|decision| decision.contribution),
            Given::Text(release),
            decided(|decision| decision.target),
            decided(|decision| decision.adjusted),
            decided(|decision| Some(decision.range.floor.amount)),
            decided(|decision| Some(decision.range.ceiling.amount)),
            text(self.detail),
            Given::Line(line),
            text(self.decision.map(|decision| decision.kind.as_str())),
            decided(|decision| decision.reference),
        ]
    }

    fn summary(&self, place: &'a Place) -> Answer<'_> {
        Answer {
            status: self.status,
            reason: self.reason,
            price: self.decision.map(|decision| decision.price.amount()),
            previous: self.previous,
            rule: self.rule(place),
            guards: &self.guard_ids,
            flags: self.decision.map(|decision| decision.flags).unwrap_or_default(),
        }
    }
}

fn flags(flags: Flags) -> String {
    let names: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
    names.join("|")
}

/// The text of a money cell: a price with the digits of its currency, any other amount with at least two decimals.
pub(super) fn money_text(micros: i64, currency: Option<&str>) -> String {
    let amount = Amount::from_micros(micros);
    let price = currency
        .and_then(Currency::from_code)
        .and_then(|currency| crate::money::Price::from_money(Money::new(amount, currency)));
    price.map_or_else(|| amount.to_string(), |price| price.to_string())
}
