//! The rows of one SKU in one piece of memory: how a catalog is kept, at a tenth of what [`Item`]s take.
//!
//! The SKU, then row by row its length, market, channel, `known_at`, values and links. Only values that are known are written, each
//! as its kind and as many bytes as its number needs; money is mostly whole cents, and numbers seldom have more than three decimals,
//! so these are counted in such units where that loses nothing.

use super::trie::Keyed;
use super::{AttrId, Item, ItemRow, Value};
use crate::money::{Amount, Currency};
use std::sync::Arc;

/// The rows of one SKU, at least one.
#[derive(Clone, Debug)]
pub(super) struct Rows(Arc<[u8]>);

/// One row, as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct KeptRow<'a> {
    pub sku: &'a str,
    pub market: &'a str,
    pub channel: &'a str,
    pub known_at: Option<i64>,
    values: Bytes<'a>,
}

/// The rows of a SKU.
#[derive(Clone, Copy, Debug)]
pub struct KeptRows<'a> {
    sku: &'a str,
    rest: Bytes<'a>,
}

/// Where a row holds, and since when that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub market: &'a str,
    pub channel: &'a str,
    pub known_at: Option<i64>,
}

// The kinds of values: three bits. Then the bytes of the number less one (three bits), its sign, and whether it is in units.
const OTHER_TEXT: u8 = 0;
const SYMBOL: u8 = 1;
const TAGS: u8 = 2;
/// In the currency of the row's last money.
const MONEY: u8 = 3;
/// With its currency before the number.
const MONEY_IN: u8 = 4;
const COUNT: u8 = 5;
const UNTIL: u8 = 6;
const SINCE: u8 = 7;
const KIND: u8 = 7;
const NEGATIVE: u8 = 1 << 6;
const IN_UNITS: u8 = 1 << 7;
/// A cent in 10⁻⁶.
const MONEY_UNIT: u64 = 10_000;
/// A thousandth in 10⁻⁹.
const COUNT_UNIT: u64 = 1_000_000;

impl Keyed for Rows {
    fn key(&self) -> &str {
        Bytes(&self.0).text()
    }
}

impl Rows {
    /// The one row of an item.
    pub fn new(item: &Item, head: Head<'_>) -> Self {
        let mut bytes = Vec::with_capacity(256);
        write_text(&mut bytes, &item.sku);
        write_row(&mut bytes, item, head);
        Self(bytes.into())
    }

    pub fn iter(&self) -> KeptRows<'_> {
        let mut rest = Bytes(&self.0);
        KeptRows { sku: rest.text(), rest }
    }

    /// With the row of an item in the place of that for the same market and channel.
    pub fn with(&self, item: &Item, head: Head<'_>) -> Self {
        let mut bytes = self.others(head.market, head.channel);
        write_row(&mut bytes, item, head);
        Self(bytes.into())
    }

    /// Without the row for a market and channel; none if that was the last.
    pub fn without(&self, market: &str, channel: &str) -> Option<Self> {
        let rows = Self(self.others(market, channel).into());
        rows.iter().next().is_some().then_some(rows)
    }

    /// The SKU, and the rows but that for a market and channel.
    fn others(&self, market: &str, channel: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() + 256);
        write_text(&mut bytes, self.key());
        let mut rows = self.iter();
        loop {
            let mut rest = rows.rest;
            let Some(row) = rows.next() else { return bytes };
            if (row.market, row.channel) != (market, channel) {
                let length = rest.length();
                write_length(&mut bytes, length);
                bytes.extend_from_slice(rest.take(length));
            }
        }
    }
}

impl<'a> Iterator for KeptRows<'a> {
    type Item = KeptRow<'a>;

    fn next(&mut self) -> Option<KeptRow<'a>> {
        if self.rest.0.is_empty() {
            return None;
        }
        let length = self.rest.length();
        let mut row = Bytes(self.rest.take(length));
        Some(KeptRow {
            sku: self.sku,
            market: row.text(),
            channel: row.text(),
            known_at: (row.byte() != 0).then(|| i64::from_le_bytes(row.number(8).to_le_bytes())),
            values: row,
        })
    }
}

impl KeptRow<'_> {
    /// The item with all its values.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut bytes = self.values;
        let mut values = vec![Value::Missing; bytes.length()].into_boxed_slice();
        let present = bytes.take(values.len().div_ceil(8));
        let mut currency = None;
        for (bits, slots) in present.iter().zip(values.chunks_mut(8)) {
            let mut bits = *bits;
            while let Some(slot) = slots.get_mut(bits.trailing_zeros() as usize) {
                *slot = bytes.value(&mut currency);
                bits &= bits - 1;
            }
        }
        let links = (0..bytes.length()).map(|_| {
            let id = u16::try_from(bytes.length()).unwrap_or(u16::MAX);
            (AttrId(id), bytes.text().into())
        });
        let links = links.collect();
        Item { sku: self.sku.to_owned(), values, links }
    }

    /// The row as it was put.
    #[must_use]
    pub fn row(&self) -> ItemRow {
        ItemRow {
            item: self.item(),
            market: self.market.into(),
            channel: self.channel.into(),
            known_at: self.known_at,
        }
    }
}

fn write_row(bytes: &mut Vec<u8>, item: &Item, head: Head<'_>) {
    let mut row = Vec::with_capacity(256);
    write_text(&mut row, head.market);
    write_text(&mut row, head.channel);
    row.push(u8::from(head.known_at.is_some()));
    row.extend(head.known_at.iter().flat_map(|at| at.to_le_bytes()));
    write_length(&mut row, item.values.len());
    for group in item.values.chunks(8) {
        let known = group.iter().zip(0..).filter(|(value, _)| **value != Value::Missing);
        row.push(known.fold(0, |bits, (_, at)| bits | 1_u8 << at));
    }
    let mut currency = None;
    item.values.iter().for_each(|value| write_value(&mut row, *value, &mut currency));
    write_length(&mut row, item.links.len());
    for (id, sku) in &item.links {
        write_length(&mut row, id.0.into());
        write_text(&mut row, sku);
    }
    write_length(bytes, row.len());
    bytes.extend_from_slice(&row);
}

fn write_value(bytes: &mut Vec<u8>, value: Value, last: &mut Option<Currency>) {
    let (kind, number, unit) = match value {
        Value::Missing => return,
        Value::Symbol(0) => return bytes.push(OTHER_TEXT),
        Value::Symbol(symbol) => (SYMBOL, symbol.into(), 1),
        Value::Tags(tags) => (TAGS, i64::from_le_bytes(tags.to_le_bytes()), 1),
        Value::Money(amount, currency) if *last == Some(currency) => (MONEY, amount.micros(), MONEY_UNIT),
        Value::Money(amount, currency) => {
            *last = Some(currency);
            (MONEY_IN, amount.micros(), MONEY_UNIT)
        }
        Value::Count(count) => (COUNT, count, COUNT_UNIT),
        Value::Until(at) => (UNTIL, at, 1),
        Value::Since(at) => (SINCE, at, 1),
    };
    let size = number.unsigned_abs();
    let in_units = 1 < unit && size.is_multiple_of(unit);
    let size = if in_units { size / unit } else { size };
    let length = (8 - size.leading_zeros() / 8).clamp(1, 8);
    let sign = if number < 0 { NEGATIVE } else { 0 };
    let units = if in_units { IN_UNITS } else { 0 };
    bytes.push(kind | u8::try_from((length - 1) << 3).unwrap_or(0) | sign | units);
    if let Value::Money(_, currency) = value
        && kind == MONEY_IN
    {
        bytes.push(currency.index());
    }
    bytes.extend_from_slice(size.to_le_bytes().get(..length as usize).unwrap_or_default());
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_length(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
fn write_length(bytes: &mut Vec<u8>, mut length: usize) {
    while 0x7f < length {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// What was written above and is not read yet.
#[derive(Clone, Copy, Debug)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    #[inline]
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn length(&mut self) -> usize {
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || usize::BITS <= shift {
                return length;
            }
        }
    }

    fn text(&mut self) -> &'a str {
        let length = self.length();
        std::str::from_utf8(self.take(length)).unwrap_or("")
    }

    /// A number of 1 to 8 bytes.
    #[inline]
    fn number(&mut self, length: usize) -> u64 {
        if let Some(eight) = self.0.first_chunk::<8>() {
            self.0 = self.0.get(length..).unwrap_or_default();
            return u64::from_le_bytes(*eight) & u64::MAX >> (64 - 8 * length);
        }
        let mut eight = [0; 8];
        for (slot, byte) in eight.iter_mut().zip(self.take(length)) {
            *slot = *byte;
        }
        u64::from_le_bytes(eight)
    }

    #[inline]
    fn value(&mut self, last: &mut Option<Currency>) -> Value {
        let tag = self.byte();
        let kind = tag & KIND;
        if kind == OTHER_TEXT {
            return Value::Symbol(0);
        }
        if kind == MONEY_IN {
            *last = Currency::from_index(self.byte());
        }
        let mut size = self.number(usize::from(tag >> 3 & 7) + 1);
        if tag & IN_UNITS != 0 {
            size = size.wrapping_mul(if kind == COUNT { COUNT_UNIT } else { MONEY_UNIT });
        }
        let number = if tag & NEGATIVE != 0 { 0_i64.wrapping_sub_unsigned(size) } else { size.cast_signed() };
        match kind {
            SYMBOL => u32::try_from(number).map_or(Value::Missing, Value::Symbol),
            TAGS => Value::Tags(number.cast_unsigned()),
            COUNT => Value::Count(number),
            UNTIL => Value::Until(number),
            SINCE => Value::Since(number),
            _ => last.map_or(Value::Missing, |currency| Value::Money(Amount::from_micros(number), currency)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers() -> impl Strategy<Value = i64> {
        let round = (-10_000_i64..10_000, 0_u32..15).prop_map(|(count, zeros)| count * 10_i64.pow(zeros));
        prop_oneof![round, any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)]
    }

    fn values() -> impl Strategy<Value = Value> {
        let currency = prop_oneof![Just("EUR"), Just("KZT"), Just("JPY")];
        let currency = currency.prop_map(|code| Currency::from_code(code).unwrap());
        prop_oneof![
            Just(Value::Missing),
            Just(Value::Symbol(0)),
            any::<u32>().prop_map(Value::Symbol),
            any::<u64>().prop_map(Value::Tags),
            (numbers(), currency)
                .prop_map(|(micros, currency)| Value::Money(Amount::from_micros(micros), currency)),
            numbers().prop_map(Value::Count),
            numbers().prop_map(Value::Until),
            numbers().prop_map(Value::Since),
        ]
    }

    fn rows() -> impl Strategy<Value = ItemRow> {
        let links = prop::collection::vec((any::<u16>().prop_map(AttrId), ".{0,200}"), 0..3);
        let place =
            (prop_oneof![Just(""), Just("DE"), Just("Қазақстан")], prop_oneof![Just(""), Just("own")]);
        let values = prop::collection::vec(values(), 0..60);
        let rows = (values, links, place, prop::option::of(numbers()));
        rows.prop_map(|(values, links, (market, channel), known_at)| ItemRow {
            item: Item {
                sku: "0017".to_owned(),
                values: values.into(),
                links: links.into_iter().map(|(id, sku)| (id, sku.into())).collect(),
            },
            market: market.into(),
            channel: channel.into(),
            known_at,
        })
    }

    fn head(row: &ItemRow) -> Head<'_> {
        Head { market: &row.market, channel: &row.channel, known_at: row.known_at }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_put(steps in prop::collection::vec((rows(), any::<bool>()), 1..12)) {
            let (mut kept, mut list): (Option<Rows>, Vec<ItemRow>) = (None, Vec::new());
            for (row, is_put) in steps {
                list.retain(|known| (&known.market, &known.channel) != (&row.market, &row.channel));
                kept = match (kept, is_put) {
                    (None, false) => None,
                    (None, true) => Some(Rows::new(&row.item, head(&row))),
                    (Some(rows), true) => Some(rows.with(&row.item, head(&row))),
                    (Some(rows), false) => rows.without(&row.market, &row.channel),
                };
                if is_put {
                    list.push(row);
                }
                let read: Vec<ItemRow> = kept.iter().flat_map(|rows| rows.iter().map(|row| row.row())).collect();
                prop_assert_eq!(&read, &list);
            }
        }
    }

    #[test]
    fn an_item_takes_little_room() {
        let euro = Currency::from_code("EUR").unwrap();
        let mut values = vec![Value::Missing; 36];
        for (at, slot) in values.iter_mut().enumerate().take(25) {
            *slot = match at % 3 {
                0 => Value::Symbol(0),
                1 => Value::Money(Amount::from_micros(129_990_000), euro),
                _ => Value::Count(2_658_000_000),
            };
        }
        let item = Item { sku: "G00000002".to_owned(), values: values.into(), links: Vec::new() };
        let rows = Rows::new(&item, Head { market: "DE", channel: "", known_at: None });
        // SKU 10, length 1, place 5, values: 1 + 5 for which are known, 25 kinds, 16 numbers of two bytes, one currency; no links.
        assert_eq!(rows.0.len(), 10 + 1 + 5 + 6 + 25 + 32 + 1 + 1);
    }
}
