//! One item, read from text by the schema.

use super::text::{blank_first, parse_duration, parse_instant, parse_percent};
use super::unseen::{unseen_in_name, unseen_in_text};
use super::{Attr, AttrId, Kind, Schema, Value, builtin};
use crate::money::{Amount, Currency, Money, Ratio};

/// One item's facts, one value for each attribute of the schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub sku: String,
    pub(super) values: Box<[Value]>,
    /// Texts that name other items, by attribute.
    pub(super) links: Vec<(AttrId, Box<str>)>,
}

/// An item as a feed gives it: for one market or channel, or (empty) for all.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRow {
    pub item: Item,
    pub market: Box<str>,
    pub channel: Box<str>,
    /// When its source knew it, in seconds since 1970; feed files do not say.
    pub known_at: Option<i64>,
}

/// What kind of mistake a field holds: the code of a quarantined row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldCode {
    Missing,
    Number,
    Money,
    Percent,
    Duration,
    Instant,
    Currency,
    Text,
    UnknownValue,
    OutOfRange,
    TooLong,
    VatClass,
    Encoding,
    Duplicate,
    UnknownPlace,
    Columns,
    Quotes,
}

impl FieldCode {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "FACT_MISSING",
            Self::Number => "NOT_A_NUMBER",
            Self::Money => "NOT_MONEY",
            Self::Percent => "NOT_A_PERCENT",
            Self::Duration => "NOT_A_DURATION",
            Self::Instant => "NOT_AN_INSTANT",
            Self::Currency => "UNKNOWN_CURRENCY",
            Self::Text => "NOT_ALLOWED",
            Self::UnknownValue => "UNKNOWN_VALUE",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::TooLong => "TOO_LONG",
            Self::VatClass => "VAT_CLASS",
            Self::Encoding => "NOT_UTF8",
            Self::Duplicate => "DUPLICATE_SKU",
            Self::UnknownPlace => "UNKNOWN_PLACE",
            Self::Columns => "COLUMN_COUNT",
            Self::Quotes => "BAD_QUOTES",
        }
    }
}

/// One bad field of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadField {
    pub field: Box<str>,
    pub code: FieldCode,
    pub value: Box<str>,
    pub message: Box<str>,
}

impl BadField {
    #[must_use]
    pub fn new(field: &str, code: FieldCode, value: &str, message: &str) -> Self {
        Self { field: field.into(), code, value: value.into(), message: message.into() }
    }
}

/// The longest text a field may hold.
pub(super) const FIELD_BYTES_MAX: usize = 4_096;

/// Reads rows whose columns are known: made once for a file, used for each row.
#[derive(Clone, Debug)]
pub struct ItemReader<'a> {
    pub(super) schema: &'a Schema,
    pub(super) columns: Vec<Target>,
    pub(super) currency: Option<Currency>,
}

/// What a column of a feed becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Fact(AttrId),
    Until(AttrId),
    Since(AttrId),
    /// The currency of a bare money column.
    CurrencyOf(AttrId),
    Ignored,
}

impl<'a> ItemReader<'a> {
    /// Finds each column's attribute. `name_of` maps a header to the name it has in the schema (column
    /// mapping); a header without one is ignored.
    ///
    /// # Errors
    /// The required attributes that no column gives.
    pub fn new<'h>(
        schema: &'a Schema,
        headers: impl IntoIterator<Item = &'h str>,
        name_of: impl Fn(&str) -> Option<String>,
        currency: Option<Currency>,
    ) -> Result<Self, Vec<String>> {
        let target = |header: &str| {
            let Some(name) = name_of(header) else { return Target::Ignored };
            let plain = |name: &str| schema.find(name).filter(|id| schema.attr(*id).derive.is_none());
            let instant = |name: &str| plain(name).filter(|id| schema.attr(*id).kind == Kind::Duration);
            if let Some(id) = plain(&name) {
                return if schema.attr(id).customer { Target::Ignored } else { Target::Fact(id) };
            }
            let money = |name: &str| plain(name).filter(|id| schema.attr(*id).kind == Kind::Money);
            match name.as_str() {
                "inbound_at" => instant("inbound").map(Target::Until),
                "shelf_life_until" => instant("shelf_life").map(Target::Until),
                "on_sale_since" => instant("on_sale_for").map(Target::Since),
                _ => name.strip_suffix("_currency").and_then(money).map(Target::CurrencyOf),
            }
            .unwrap_or(Target::Ignored)
        };
        let columns: Vec<Target> = headers.into_iter().map(target).collect();
        let given = |id: AttrId| {
            columns.iter().any(|column| matches!(column, Target::Fact(at) | Target::Until(at) | Target::Since(at) if *at == id))
        };
        let absent: Vec<String> = schema
            .iter()
            .filter(|(id, attr)| {
                !attr.optional
                    && !attr.customer
                    && attr.derive.is_none()
                    && attr.kind != Kind::Set
                    && !given(*id)
            })
            .map(|(_, attr)| attr.name.to_string())
            .collect();
        if absent.is_empty() { Ok(Self { schema, columns, currency }) } else { Err(absent) }
    }

    /// Reads one row; `fields` come in the order of the headers, an empty one is missing.
    ///
    /// # Errors
    /// Every bad field of the row.
    pub fn read<'r>(
        &self,
        fields: impl IntoIterator<Item = &'r str> + Clone,
    ) -> Result<ItemRow, Vec<BadField>> {
        let mut bad = Vec::new();
        let mut values = vec![Value::Missing; self.schema.len()].into_boxed_slice();
        let (mut sku, mut market, mut channel) = ("", "", "");
        for (target, text) in self.columns.iter().zip(fields.clone()) {
            if text.is_empty() {
                continue;
            }
            let (id, read) = match target {
                Target::Fact(id) => (*id, self.fact(*id, text, fields.clone())),
                Target::Until(id) => {
                    (*id, parse_instant(text).map(Value::Until).map_err(|why| (FieldCode::Instant, why)))
                }
                Target::Since(id) => {
                    (*id, parse_instant(text).map(Value::Since).map_err(|why| (FieldCode::Instant, why)))
                }
                Target::CurrencyOf(_) | Target::Ignored => continue,
            };
            match id {
                builtin::SKU => sku = text,
                builtin::MARKET => market = text,
                builtin::CHANNEL => channel = text,
                _ => {}
            }
            match (read, values.get_mut(usize::from(id.0))) {
                // A duration given as such wins over the instant it could be reckoned from.
                (Ok(Value::Until(_) | Value::Since(_)), Some(Value::Count(_))) => {}
                (Ok(value), Some(slot)) => *slot = value,
                (Err((code, why)), _) => {
                    bad.push(BadField::new(&self.schema.attr(id).name, code, text, &why))
                }
                _ => {}
            }
        }
        self.complete(&mut values, &mut bad);
        if bad.is_empty() {
            let links = self.columns.iter().zip(fields).filter_map(|(target, text)| match target {
                Target::Fact(id) if self.schema.attr(*id).link && !text.is_empty() => {
                    Some((*id, text.into()))
                }
                _ => None,
            });
            Ok(ItemRow {
                item: Item { sku: sku.into(), values, links: links.collect() },
                market: market.into(),
                channel: channel.into(),
                known_at: None,
            })
        } else {
            Err(bad)
        }
    }

    /// Marks what is missing and fills what can be computed.
    fn complete(&self, values: &mut [Value], bad: &mut Vec<BadField>) {
        for (id, attr) in self.schema.iter() {
            let Some(slot) = values.get_mut(usize::from(id.0)) else {
                continue;
            };
            if *slot != Value::Missing || attr.customer || attr.derive.is_some() {
                continue;
            }
            if attr.kind == Kind::Set {
                *slot = Value::Tags(0);
            } else if !attr.optional && !bad.iter().any(|field| *field.field == *attr.name) {
                bad.push(BadField::new(&attr.name, FieldCode::Missing, "", "is missing and not optional"));
            }
        }
        for (id, value) in self.defaults() {
            if let Some(slot) = values.get_mut(usize::from(id.0)).filter(|slot| **slot == Value::Missing) {
                *slot = value;
            }
        }
        fill_cover(values);
    }

    /// What the kind of a price and the VAT class are when no cell says so.
    pub(super) fn defaults(&self) -> [(AttrId, Value); 2] {
        [(builtin::PRICE_KIND, "regular"), (builtin::VAT_CLASS, "standard")]
            .map(|(id, text)| (id, Value::Symbol(self.schema.attr(id).symbols.lookup(text))))
    }
    fn fact<'r>(
        &self,
        id: AttrId,
        text: &str,
        fields: impl IntoIterator<Item = &'r str>,
    ) -> Result<Value, (FieldCode, String)> {
        let attr = self.schema.attr(id);
        if FIELD_BYTES_MAX < text.len() {
            return Err((
                FieldCode::TooLong,
                format!("is {} bytes long, at most {FIELD_BYTES_MAX} are read", text.len()),
            ));
        }
        let allowed = |text: &str| match &attr.values {
            Some(values) if !values.iter().any(|value| **value == *text) => {
                let list = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
                Err((FieldCode::UnknownValue, format!("`{text}` is not one of {list}")))
            }
            _ => Ok(()),
        };
        let unseen = match attr.kind {
            Kind::Id => unseen_in_name(text),
            Kind::Text | Kind::Tree | Kind::Set if !attr.symbols.is_empty() => unseen_in_text(text),
            _ => None,
        };
        if let Some(why) = unseen {
            return Err((FieldCode::Text, why));
        }
        let value = match attr.kind {
            Kind::Id | Kind::Text | Kind::Tree => {
                allowed(text)?;
                Value::Symbol(attr.symbols.lookup(text))
            }
            Kind::Set => {
                let mut bits = 0_u64;
                for tag in text.split('|') {
                    allowed(tag)?;
                    if let Some(bit) = attr.symbols.lookup(tag).checked_sub(1) {
                        bits |= 1 << bit;
                    }
                }
                Value::Tags(bits)
            }
            Kind::Money => {
                let money = self.money(id, text, fields)?;
                Value::Money(money.amount, money.currency)
            }
            Kind::Number => Value::Count(
                Ratio::parse(text)
                    .map_err(|error| (FieldCode::Number, blank_first(text, format!("`{text}` is {error}"))))?
                    .nanos(),
            ),
            Kind::Percent => {
                Value::Count(parse_percent(text).map_err(|why| (FieldCode::Percent, why))?.nanos())
            }
            Kind::Duration => Value::Count(parse_duration(text).map_err(|why| (FieldCode::Duration, why))?),
            Kind::Instant => Value::Count(parse_instant(text).map_err(|why| (FieldCode::Instant, why))?),
        };
        self.in_range(id, text, value)
    }

    /// `298.00 EUR`, or a bare number with the row's `<name>_currency` or the feed's currency.
    fn money<'r>(
        &self,
        id: AttrId,
        text: &str,
        fields: impl IntoIterator<Item = &'r str>,
    ) -> Result<Money, (FieldCode, String)> {
        if text.contains(' ') {
            return super::text::parse_money(text).map_err(|why| (FieldCode::Money, why));
        }
        let beside = self
            .columns
            .iter()
            .zip(fields)
            .find(|(target, text)| **target == Target::CurrencyOf(id) && !text.is_empty());
        let currency = match beside {
            Some((_, code)) => Currency::from_code(code)
                .ok_or((FieldCode::Currency, format!("`{code}` is not an ISO 4217 currency code")))?,
            None => self.currency.ok_or_else(|| (FieldCode::Money, super::text::without_currency(text)))?,
        };
        let amount = Amount::parse(text).map_err(|error| {
            let why = match text.contains(char::is_alphabetic) {
                true => super::text::without_currency(text),
                false => format!("`{text}` is {error}"),
            };
            (FieldCode::Money, blank_first(text, why))
        })?;
        Ok(Money::new(amount, currency))
    }

    fn in_range(&self, id: AttrId, text: &str, value: Value) -> Result<Value, (FieldCode, String)> {
        let attr = self.schema.attr(id);
        let number = match value {
            Value::Money(amount, _) => amount.micros(),
            Value::Count(count) => count,
            _ => return Ok(value),
        };
        if attr.range.is_some_and(|(low, high)| number < low || high < number) {
            return Err((FieldCode::OutOfRange, format!("`{text}` is outside the range the schema allows")));
        }
        let least = least(id, attr);
        if number < 0 && least.is_some() {
            return Err((FieldCode::OutOfRange, format!("`{text}` is below zero")));
        }
        if least.is_some_and(|least| number < least) {
            return Err((FieldCode::OutOfRange, format!("`{text}` must be above zero")));
        }
        Ok(value)
    }
}

/// The least that makes sense: nothing is said of most numbers.
pub(super) fn least(id: AttrId, attr: &Attr) -> Option<i64> {
    let positive =
        [builtin::CURRENT_PRICE, builtin::ELASTICITY_PRICE, builtin::OBSERVED_LOW, builtin::OBSERVED_HIGH];
    let not_negative = [builtin::STOCK_UNITS, builtin::UNITS_PER_DAY, builtin::SALES_WEEKS];
    if positive.contains(&id) {
        Some(1)
    } else if attr.kind == Kind::Money || not_negative.contains(&id) {
        Some(0)
    } else {
        None
    }
}

/// The stock cover from stock and sales, unless it is given.
pub(super) fn fill_cover(values: &mut [Value]) {
    let at = |id: AttrId| values.get(usize::from(id.0)).copied().unwrap_or(Value::Missing);
    let cover = cover(at(builtin::STOCK_COVER), at(builtin::STOCK_UNITS), at(builtin::UNITS_PER_DAY));
    if let Some(slot) = values.get_mut(usize::from(builtin::STOCK_COVER.0)) {
        *slot = cover;
    }
}

/// The stock cover as it is given, else from stock and sales.
#[must_use]
pub fn cover(given: Value, stock: Value, per_day: Value) -> Value {
    match (given, stock, per_day) {
        (Value::Missing, Value::Count(stock), Value::Count(rate)) => {
            stock_cover(stock, rate).map_or(Value::Missing, Value::Count)
        }
        _ => given,
    }
}

/// Seconds of stock, half-even; stock that does not sell lasts forever.
pub(super) fn stock_cover(stock: i64, per_day: i64) -> Option<i64> {
    match (stock, per_day) {
        (0, _) => Some(0),
        (_, 0) => Some(i64::MAX),
        _ => Amount::from_micros(stock)
            .mul_div(86_400, per_day.into(), crate::money::Rounding::HalfEven)
            .ok()
            .map(Amount::micros),
    }
}

impl Item {
    /// The value of an attribute.
    #[must_use]
    #[inline]
    pub fn value(&self, id: AttrId) -> Value {
        self.values.get(usize::from(id.0)).copied().unwrap_or(Value::Missing)
    }

    /// The item that an attribute names, for the attributes that rules follow to other items.
    #[must_use]
    pub fn link(&self, id: AttrId) -> Option<&str> {
        self.links.iter().find(|(known, _)| *known == id).map(|(_, sku)| &**sku)
    }

    /// Every item that this one names.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(|(_, sku)| &**sku)
    }

    /// The same item with another current price: what the next run sees.
    #[must_use]
    pub fn with_current_price(&self, price: Money) -> Self {
        let mut item = self.clone();
        item.set(builtin::CURRENT_PRICE, Value::Money(price.amount, price.currency));
        item
    }

    pub(super) fn set(&mut self, id: AttrId, value: Value) {
        if let Some(slot) = self.values.get_mut(usize::from(id.0)) {
            *slot = value;
        }
    }
}
