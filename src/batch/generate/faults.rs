//! Rows that no feed should have, for those who want to see the quarantine at work. Each has one fault.

use super::cell::{Cell, Damage, Row};
use super::items::Items;
use super::shop::Shop;
use crate::batch::Format;
use crate::facts::{AttrId, FieldCode, Kind, builtin};

/// A field longer than any that is read.
const LONG_BYTES: usize = 1 << 16;

/// Which cell a fault is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Fact(AttrId),
    /// The first column of a kind.
    Kind(Kind),
    Row(Damage),
    /// The SKU and market of the row before.
    Again,
}

#[derive(Clone, Copy, Debug)]
enum With {
    Nothing,
    Text(&'static str),
    Long,
    /// What only CSV can hold.
    Raw(&'static [u8]),
    Micros(i64),
}

/// One kind of fault and the code it is quarantined under.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    target: Target,
    with: With,
    pub code: FieldCode,
}

const COST: Target = Target::Fact(builtin::COST);
const SKU: Target = Target::Fact(builtin::SKU);

/// All faults; a rulebook's feed can have most of them.
#[rustfmt::skip]
const FAULTS: &[(Target, With, FieldCode)] = &[
    (SKU, With::Nothing, FieldCode::Missing),
    (SKU, With::Long, FieldCode::TooLong),
    (SKU, With::Raw(b"M\xfcller"), FieldCode::Encoding),
    (Target::Again, With::Nothing, FieldCode::Duplicate),
    (COST, With::Nothing, FieldCode::Missing),
    (COST, With::Raw(b"1,23 EUR"), FieldCode::Money),
    (COST, With::Raw(b"1.234,50 EUR"), FieldCode::Money),
    (COST, With::Raw(b"1e3 EUR"), FieldCode::Money),
    (COST, With::Raw(b"+1.00 EUR"), FieldCode::Money),
    (COST, With::Raw(b"1_000.00 EUR"), FieldCode::Money),
    (COST, With::Raw("１２ EUR".as_bytes()), FieldCode::Money),
    (COST, With::Raw(b"NaN EUR"), FieldCode::Money),
    (COST, With::Raw(b"1.0000001 EUR"), FieldCode::Money),
    (COST, With::Raw(b"99999999999999.00 EUR"), FieldCode::Money),
    (COST, With::Raw(b"1.00 EURO"), FieldCode::Money),
    (COST, With::Raw(b"1.00 XXX"), FieldCode::Money),
    (COST, With::Raw(b"1.00 EUR\0"), FieldCode::Money),
    (COST, With::Raw(b"\"12.00\n EUR"), FieldCode::Money),
    (COST, With::Raw(b"=1+1"), FieldCode::Money),
    (COST, With::Micros(-1_000_000), FieldCode::OutOfRange),
    (Target::Fact(builtin::CURRENT_PRICE), With::Micros(0), FieldCode::OutOfRange),
    (Target::Fact(builtin::PRICE_KIND), With::Text("sale"), FieldCode::UnknownValue),
    (Target::Fact(builtin::VAT_CLASS), With::Text("no-such-class"), FieldCode::VatClass),
    (Target::Fact(builtin::MARKET), With::Text("Atlantis"), FieldCode::UnknownPlace),
    (Target::Fact(builtin::STOCK_UNITS), With::Raw(b"12 pcs"), FieldCode::Number),
    (Target::Fact(builtin::SALES_WEEKS), With::Raw(b"-3"), FieldCode::OutOfRange),
    (Target::Kind(Kind::Percent), With::Raw(b"12"), FieldCode::Percent),
    (Target::Kind(Kind::Duration), With::Raw(b"8"), FieldCode::Duration),
    (Target::Kind(Kind::Instant), With::Raw(b"18.11.2026"), FieldCode::Instant),
    (Target::Row(Damage::FieldTooMany), With::Nothing, FieldCode::Columns),
    (Target::Row(Damage::FieldTooFew), With::Nothing, FieldCode::Columns),
    (Target::Row(Damage::OpenQuote), With::Nothing, FieldCode::Quotes),
    (Target::Row(Damage::TextAfterQuote), With::Nothing, FieldCode::Quotes),
];

/// Decides which rows are bad, and makes them so.
#[derive(Debug)]
pub struct Faults<'a> {
    shop: &'a Shop<'a>,
    items: &'a Items<'a>,
    /// Of 2⁶⁴.
    share: u64,
    kinds: Vec<(Option<usize>, Fault)>,
}

impl<'a> Faults<'a> {
    /// The faults that the columns of `items` and the format can have.
    pub fn new(shop: &'a Shop<'a>, items: &'a Items<'a>, format: Format, bad: crate::money::Ratio) -> Self {
        let share = u128::from(bad.nanos().max(0).unsigned_abs()) * u128::from(u64::MAX) / 1_000_000_000;
        let kinds = FAULTS.iter().filter_map(|(target, with, code)| {
            let fault = Fault { target: *target, with: *with, code: *code };
            fault.fits(items, format)
        });
        Self { shop, items, share: u64::try_from(share).unwrap_or(u64::MAX), kinds: kinds.collect() }
    }

    fn chosen(&self, row: u64) -> Option<&(Option<usize>, Fault)> {
        let mut dice = self.shop.dice("fault", row);
        let bad = dice.next() < self.share;
        bad.then(|| dice.pick(&self.kinds)).flatten()
    }

    /// The row, good or bad, and what is wrong with it.
    pub fn row(&self, row: u64) -> (Row, Option<FieldCode>) {
        let mut made = self.items.row(row);
        let Some((column, fault)) = self.chosen(row) else {
            return (made, None);
        };
        let market = self.items.column(builtin::MARKET).and_then(|at| made.cells.get(at));
        let currency = self.shop.markets.iter().find(|known| market == Some(&Cell::text(&known.name)));
        let currency = currency.map_or(self.shop.home, |market| market.currency);
        match fault.target {
            Target::Row(damage) => made.damage = Some(damage),
            Target::Again => {
                let before = row.checked_sub(1).filter(|before| self.chosen(*before).is_none());
                let Some(before) = before.map(|before| self.items.row(before)) else {
                    return (made, None);
                };
                for id in [builtin::SKU, builtin::MARKET] {
                    let Some(at) = self.items.column(id) else { continue };
                    if let (Some(cell), Some(same)) = (made.cells.get_mut(at), before.cells.get(at)) {
                        *cell = same.clone();
                    }
                }
                // The other market may not have this class.
                let vat = self.items.column(builtin::VAT_CLASS);
                if let Some((cell, same)) =
                    vat.and_then(|at| made.cells.get_mut(at).zip(before.cells.get(at)))
                {
                    *cell = same.clone();
                }
            }
            Target::Fact(_) | Target::Kind(_) => {
                if let Some(cell) = column.and_then(|at| made.cells.get_mut(at)) {
                    *cell = match fault.with {
                        With::Nothing => Cell::Missing,
                        With::Text(text) => Cell::text(text),
                        With::Long => Cell::Text("x".repeat(LONG_BYTES)),
                        With::Raw(bytes) => Cell::Raw(bytes.to_owned()),
                        With::Micros(micros) => Cell::money(micros, currency),
                    };
                }
            }
        }
        (made, Some(fault.code))
    }
}

impl Fault {
    /// Whether this feed can have the fault, in which column, and under which code.
    fn fits(mut self, items: &Items<'_>, format: Format) -> Option<(Option<usize>, Self)> {
        let only_csv = matches!(self.with, With::Raw(_)) || matches!(self.target, Target::Row(_));
        if only_csv && format == Format::Parquet {
            return None;
        }
        let column = match self.target {
            Target::Row(_) | Target::Again => return Some((None, self)),
            Target::Fact(id) => items.column(id)?,
            // A column given as an instant has no attribute of its own kind.
            Target::Kind(Kind::Instant) => {
                items.heads().iter().position(|head| head.kind == Kind::Instant)?
            }
            Target::Kind(kind) => {
                let of_kind = |at: &usize| items.attr(*at).is_some_and(|(_, attr)| attr.kind == kind);
                (0..items.heads().len()).find(of_kind)?
            }
        };
        if let Some((_, attr)) = items.attr(column) {
            let closed = attr.values.is_some();
            match self.code {
                FieldCode::Missing if attr.optional => return None,
                FieldCode::VatClass if closed => self.code = FieldCode::UnknownValue,
                FieldCode::UnknownValue if !closed => return None,
                _ => {}
            }
        }
        Some((Some(column), self))
    }
}
