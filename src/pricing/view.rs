//! One item as the rules of a place see it: facts on the market's currency and clock.

use super::{Cond, Scope, Test, Vat, Window, World};
use crate::facts::{AttrId, Estimates, Item, Kind, PriceKind, Value, builtin};
use crate::money::{Amount, Fraction, Rounding};

/// The facts of one item in one world.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub item: &'a Item,
    pub world: &'a World<'a>,
    /// Index into `Place::vat`.
    pub vat: usize,
    pub purchase: Option<Amount>,
}

/// The first condition that keeps a rule from an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// The rule's dates are not open.
    NotOpen(Window),
    /// A season's `when` does not hold now.
    NotNow,
    /// The fact, the cell as written, and whether the fact is missing.
    Cell { attr: AttrId, wants: Box<str>, missing: bool },
    /// No box of the scope exists in this place.
    Elsewhere,
}

impl<'a> View<'a> {
    /// Whether the scope holds.
    #[must_use]
    #[inline]
    pub fn inside(&self, scope: &Scope) -> bool {
        match &*scope.boxes {
            // Most scopes are one box, and many ask for nothing or for one fact.
            [conds] => match &**conds {
                [] => true,
                [cond] => self.holds(cond),
                conds => self.inside_box(conds),
            },
            boxes => self.inside_boxes(boxes),
        }
    }

    fn inside_box(&self, conds: &[Cond]) -> bool {
        conds.iter().all(|cond| self.holds(cond))
    }

    fn inside_boxes(&self, boxes: &[Box<[Cond]>]) -> bool {
        boxes.iter().any(|conds| self.inside_box(conds))
    }

    /// The first condition of the box that comes closest which does not hold; `None` if the scope holds.
    #[must_use]
    pub fn mismatch(&self, scope: &Scope) -> Option<Mismatch> {
        let mut best: Option<(usize, &Cond)> = None;
        for conds in &scope.boxes {
            let failing = conds.iter().enumerate().find(|(_, cond)| !self.holds(cond));
            let (at, cond) = failing?;
            if best.is_none_or(|(known, _)| known < at) {
                best = Some((at, cond));
            }
        }
        Some(best.map_or(Mismatch::Elsewhere, |(_, cond)| Mismatch::Cell {
            attr: cond.attr,
            wants: cond.text.clone(),
            missing: self.is_missing(cond.attr),
        }))
    }

    /// Whether one condition holds.
    #[must_use]
    pub fn holds(&self, cond: &Cond) -> bool {
        match &cond.test {
            Test::Symbols(bits) => match self.item.value(cond.attr) {
                Value::Symbol(symbol) => bits.contains(symbol),
                _ => cond.or_missing,
            },
            Test::Tags(clauses) => match self.item.value(cond.attr) {
                Value::Tags(tags) => clauses.iter().all(|clause| clause.holds(tags)),
                _ => cond.or_missing,
            },
            Test::Spans(spans) => match self.count(cond.attr) {
                Some(count) => spans.iter().any(|(low, high)| *low <= count && count <= *high),
                None => cond.or_missing,
            },
        }
    }

    /// A fact of the item; those on demand come from the fitted estimate, if there is one.
    fn value(&self, attr: AttrId) -> Value {
        if let Some(fitted) = self.world.estimates
            && Estimates::give(attr)
            && let Some(fitted) = fitted.get(&self.item.sku, &self.world.place.market)
        {
            return fitted.value(attr);
        }
        self.item.value(attr)
    }

    /// The kind of the current price.
    #[must_use]
    pub fn price_kind(&self) -> PriceKind {
        let [first, ..] = PriceKind::ALL;
        let [regular, ..] = self.world.price_kinds;
        match self.item.value(builtin::PRICE_KIND) {
            Value::Symbol(symbol) if symbol == regular => first,
            Value::Symbol(symbol) => {
                let mut kinds = PriceKind::ALL.into_iter().zip(self.world.price_kinds);
                kinds.find(|(_, known)| *known == symbol).map(|(kind, _)| kind).unwrap_or_default()
            }
            _ => PriceKind::Regular,
        }
    }

    /// A quantity in the unit of its spans: money 10⁻⁶ in the market's currency, numbers and percents 10⁻⁹, durations in seconds.
    #[must_use]
    #[inline]
    pub fn count(&self, attr: AttrId) -> Option<i64> {
        if attr != builtin::COST && self.world.estimates.is_none() {
            // Nearly every fact that is asked for.
            match self.item.value(attr) {
                Value::Count(count) => return Some(count),
                Value::Money(amount, currency) if currency == self.world.place.currency => {
                    return Some(amount.micros());
                }
                _ => {}
            }
        }
        self.any_count(attr)
    }

    fn any_count(&self, attr: AttrId) -> Option<i64> {
        if attr == builtin::COST {
            return self.purchase.map(Amount::micros);
        }
        let now = self.world.now.at;
        match self.value(attr) {
            Value::Count(count) => Some(count),
            Value::Money(amount, currency) => {
                (currency == self.world.place.currency).then(|| amount.micros())
            }
            Value::Until(instant) => instant.checked_sub(now),
            Value::Since(instant) => now.checked_sub(instant),
            Value::Missing => self.derived(attr),
            Value::Symbol(_) | Value::Tags(_) => None,
        }
    }

    /// Money in the market's currency.
    #[must_use]
    #[inline]
    pub fn money(&self, attr: AttrId) -> Option<Amount> {
        self.count(attr).map(Amount::from_micros)
    }

    #[must_use]
    pub fn vat(&self) -> Option<&'a Vat> {
        self.world.place.vat.get(self.vat)
    }

    fn is_missing(&self, attr: AttrId) -> bool {
        match self.item.value(attr) {
            Value::Symbol(_) | Value::Tags(_) => false,
            _ => self.count(attr).is_none(),
        }
    }

    /// A derived attribute, computed exactly and quantized once.
    fn derived(&self, attr: AttrId) -> Option<i64> {
        let schema = &self.world.release.schema;
        let formula = schema.attr(attr).derive.as_ref()?;
        let fact = |operand: AttrId| {
            let count = self.count(operand)?;
            match schema.attr(operand).kind {
                Kind::Money => Some(Fraction::of_amount(Amount::from_micros(count))),
                Kind::Duration => Fraction::new(count.into(), 1).ok(),
                _ => Some(Fraction::of(crate::money::Ratio::from_nanos(count))),
            }
        };
        let value = formula.eval(&fact, self.vat()?.one_plus)?;
        match schema.attr(attr).kind {
            Kind::Money => value.to_amount(Rounding::HalfEven).ok().map(Amount::micros),
            _ => value.to_ratio(Rounding::HalfEven).ok().map(crate::money::Ratio::nanos),
        }
    }
}
