//! The quick way to read an item: the cells of one column after the other, typed or as text, without a word about errors.
//!
//! It reads what is certainly right. Of everything else it says `None`, and the whole row is read by [`ItemReader::read`],
//! which alone knows what is wrong: so the two ways never differ.

use super::item::{FIELD_BYTES_MAX, Target, least};
use super::text::{parse_duration, parse_instant, parse_money, parse_percent};
use super::unseen::{unseen_in_name, unseen_in_text};
use super::{Attr, AttrId, Item, ItemReader, Kind, Value};
use crate::money::{Amount, Currency, Ratio};

/// How the cells of one column become values.
#[derive(Clone, Copy, Debug)]
pub struct CellReader<'a> {
    pub id: AttrId,
    attr: &'a Attr,
    target: Target,
    currency: Option<Currency>,
    low: i64,
    high: i64,
    /// The column that gives the currency of this one.
    pub beside: Option<usize>,
}

/// How counts of 10^-scale become those of a value.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    times: i64,
    over: i64,
}

/// A column whose every count becomes a value in the same way.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    times: i64,
    low: i64,
    high: i64,
    /// Of money.
    currency: Option<Currency>,
}

impl Plain {
    /// The value of a count; `None` for one out of range.
    #[must_use]
    #[inline]
    pub fn value(&self, count: i64) -> Option<Value> {
        let count =
            count.checked_mul(self.times).filter(|count| self.low <= *count && *count <= self.high)?;
        Some(match self.currency {
            Some(currency) => Value::Money(Amount::from_micros(count), currency),
            None => Value::Count(count),
        })
    }
}

/// Seconds that the grammar of durations takes.
const SECONDS_MAX: i64 = i64::MAX / Ratio::SCALE;
/// The years 1 to 9998: instants that every calendar shows.
const INSTANTS: std::ops::Range<i64> = -62_135_596_800..253_370_764_800;

impl<'a> ItemReader<'a> {
    /// How a column is read; `None` for one that gives no value of its own.
    #[must_use]
    pub fn cells(&self, column: usize) -> Option<CellReader<'a>> {
        let target = *self.columns.get(column)?;
        let (Target::Fact(id) | Target::Until(id) | Target::Since(id)) = target else { return None };
        let attr = self.schema.attr(id);
        let (low, high) = attr.range.unwrap_or((i64::MIN, i64::MAX));
        let low = least(id, attr).map_or(low, |least| low.max(least));
        let beside = self.columns.iter().position(|other| *other == Target::CurrencyOf(id));
        Some(CellReader { id, attr, target, currency: self.currency, low, high, beside })
    }

    /// The attributes that no row may lack.
    pub fn required(&self) -> impl Iterator<Item = AttrId> {
        let needed =
            |attr: &Attr| !attr.optional && !attr.customer && attr.derive.is_none() && attr.kind != Kind::Set;
        self.schema.iter().filter(move |(_, attr)| needed(attr)).map(|(id, _)| id)
    }

    /// The values of an item of which no cell is given.
    #[must_use]
    pub fn blank(&self) -> Box<[Value]> {
        let value = |attr: &Attr| match attr.kind {
            Kind::Set if !attr.customer && attr.derive.is_none() => Value::Tags(0),
            _ => Value::Missing,
        };
        let mut values: Box<[Value]> = self.schema.iter().map(|(_, attr)| value(attr)).collect();
        for (id, value) in self.defaults() {
            if let Some(slot) = values.get_mut(usize::from(id.0)) {
                *slot = value;
            }
        }
        values
    }
}

impl CellReader<'_> {
    /// The value of a text that is not empty. `beside` is the cell of the currency column, if there is one.
    #[must_use]
    pub fn text(&self, text: &str, beside: &str) -> Option<Value> {
        match self.target {
            Target::Until(_) => return parse_instant(text).ok().map(Value::Until),
            Target::Since(_) => return parse_instant(text).ok().map(Value::Since),
            _ => {}
        }
        if FIELD_BYTES_MAX < text.len() {
            return None;
        }
        let unseen = match self.attr.kind {
            Kind::Id => unseen_in_name(text),
            Kind::Text | Kind::Tree | Kind::Set if !self.attr.symbols.is_empty() => unseen_in_text(text),
            _ => None,
        };
        if unseen.is_some() {
            return None;
        }
        let allowed = |text: &str| {
            self.attr.values.as_ref().is_none_or(|values| values.iter().any(|value| **value == *text))
        };
        match self.attr.kind {
            Kind::Id | Kind::Text | Kind::Tree => {
                allowed(text).then(|| Value::Symbol(self.attr.symbols.lookup(text)))
            }
            Kind::Set => {
                let bit = |tag: &str| match self.attr.symbols.lookup(tag) {
                    0 => 0,
                    symbol => 1_u64 << (symbol - 1),
                };
                let mut tags = text.split('|');
                tags.try_fold(0, |bits, tag| allowed(tag).then(|| bits | bit(tag))).map(Value::Tags)
            }
            Kind::Money if text.contains(' ') => {
                let money = parse_money(text).ok()?;
                self.money(money.amount.micros(), money.currency)
            }
            Kind::Money => {
                let currency = self.currency(beside)?;
                self.money(Amount::parse(text).ok()?.micros(), currency)
            }
            Kind::Number => self.count(Ratio::parse(text).ok()?.nanos()),
            Kind::Percent => self.count(parse_percent(text).ok()?.nanos()),
            Kind::Duration => self.count(parse_duration(text).ok()?),
            Kind::Instant => self.count(parse_instant(text).ok()?),
        }
    }

    /// Whether any text of a length that is read has this value.
    #[must_use]
    pub fn any_text(&self) -> Option<Value> {
        let plain = matches!(self.target, Target::Fact(_))
            && matches!(self.attr.kind, Kind::Id | Kind::Text | Kind::Tree);
        (plain && self.attr.values.is_none() && self.attr.symbols.is_empty()).then_some(Value::Symbol(0))
    }

    /// Whether this column names items: then its texts have no characters that nobody sees.
    #[must_use]
    pub fn names(&self) -> bool {
        matches!(self.target, Target::Fact(_)) && self.attr.kind == Kind::Id
    }

    /// Whether texts of this column are worth remembering: names repeat, numbers seldom do.
    #[must_use]
    pub fn repeats(&self) -> bool {
        matches!(self.attr.kind, Kind::Text | Kind::Tree | Kind::Set)
            && matches!(self.target, Target::Fact(_))
    }

    /// Whether rules follow this column to other items.
    #[must_use]
    pub fn links(&self) -> bool {
        self.attr.link && matches!(self.target, Target::Fact(_))
    }

    /// How counts of 10^-`scale` are read; `None` for a column that numbers cannot hold or whose texts they are.
    #[must_use]
    pub fn scale(&self, scale: i8) -> Option<Scale> {
        let places = match (self.target, self.attr.kind) {
            (Target::Fact(_), Kind::Money) => 6,
            (Target::Fact(_), Kind::Number | Kind::Percent) => 9,
            (Target::Fact(_), Kind::Duration) => 0,
            _ => return None,
        };
        let power = |places: i32| 10_i64.checked_pow(u32::try_from(places).ok()?);
        match places - i32::from(scale) {
            more @ 0.. => Some(Scale { times: power(more)?, over: 1 }),
            less => Some(Scale { times: 1, over: power(-less)? }),
        }
    }

    /// The quick way for counts of this scale, where all cells are read alike: [`Self::scaled`] without its questions.
    #[must_use]
    pub fn plain(&self, scale: Scale) -> Option<Plain> {
        let currency = match (self.attr.kind, self.beside) {
            (Kind::Money, None) => Some(self.currency?),
            (Kind::Number | Kind::Percent, _) => None,
            _ => return None,
        };
        (scale.over == 1).then_some(Plain { times: scale.times, low: self.low, high: self.high, currency })
    }

    /// The value of a count of 10^-scale.
    #[must_use]
    #[inline]
    pub fn scaled(&self, count: i128, scale: Scale, beside: &str) -> Option<Value> {
        let count = i64::try_from(count).ok()?.checked_mul(scale.times)?;
        let value = if scale.over == 1 { count } else { count / scale.over };
        if scale.over != 1 && value * scale.over != count {
            return None;
        }
        match self.attr.kind {
            Kind::Money => self.money(value, self.currency(beside)?),
            Kind::Duration if value.unsigned_abs() > SECONDS_MAX.unsigned_abs() => None,
            _ => self.count(value),
        }
    }

    /// The value of an instant in seconds since 1970.
    #[must_use]
    pub fn instant(&self, seconds: i64) -> Option<Value> {
        if !INSTANTS.contains(&seconds) {
            return None;
        }
        match self.target {
            Target::Until(_) => Some(Value::Until(seconds)),
            Target::Since(_) => Some(Value::Since(seconds)),
            _ if self.attr.kind == Kind::Instant => self.count(seconds),
            _ => None,
        }
    }

    fn currency(&self, beside: &str) -> Option<Currency> {
        if beside.is_empty() { self.currency } else { Currency::from_code(beside) }
    }

    fn money(&self, micros: i64, currency: Currency) -> Option<Value> {
        (self.low <= micros && micros <= self.high)
            .then_some(Value::Money(Amount::from_micros(micros), currency))
    }

    fn count(&self, count: i64) -> Option<Value> {
        (self.low <= count && count <= self.high).then_some(Value::Count(count))
    }
}

impl Item {
    /// An item to be [refilled](Self::refill).
    #[must_use]
    pub fn blank(values: Box<[Value]>) -> Self {
        Self { sku: String::new(), values, links: Vec::new() }
    }

    /// Takes the place of another item: `cells` are the values of the columns `ids`, each as [`CellReader`] gives it or, where a cell
    /// is missing, as in a blank item; one column an attribute.
    #[inline]
    pub fn refill<'t>(
        &mut self,
        sku: &str,
        ids: &[AttrId],
        cells: &[Value],
        links: impl Iterator<Item = (AttrId, &'t str)>,
    ) {
        self.sku.clear();
        self.sku.push_str(sku);
        for (id, value) in ids.iter().zip(cells) {
            if let Some(slot) = self.values.get_mut(usize::from(id.0)) {
                *slot = *value;
            }
        }
        self.links.clear();
        self.links.extend(links.map(|(id, sku)| (id, sku.into())));
    }
}
