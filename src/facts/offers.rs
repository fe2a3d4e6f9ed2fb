//! What rivals charge.

use super::Map;
use super::Symbols;
use super::item::{BadField, FieldCode};
use super::text::{blank_first, parse_instant, parse_money, parse_percent};
use crate::money::{Amount, Currency, Money, Ratio};
use std::sync::Arc;

/// A rival's number: the rulebook's rivals first, then others in the order they are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RivalId(pub u32);

/// One rival's price for one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub rival: RivalId,
    pub price: Money,
    /// In the price's currency.
    pub shipping: Option<Amount>,
    pub match_quality: Option<Ratio>,
    pub in_stock: Option<bool>,
    pub seen_at: Option<i64>,
}

/// The names of rivals; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<Table>);

#[derive(Clone, Debug, Default)]
struct Table {
    texts: Vec<Box<str>>,
    index: Map<Box<str>, RivalId>,
}

impl Names {
    /// Starts with the rivals that a rulebook mentions, whose ids are their symbols.
    #[must_use]
    pub fn new(mentioned: &Symbols) -> Self {
        let mut names = Self(Arc::new(Table { texts: vec!["".into()], index: Map::default() }));
        for text in mentioned.texts() {
            names.id(text);
        }
        names
    }

    /// The id of a name, made if new.
    pub fn id(&mut self, name: &str) -> RivalId {
        if let Some(id) = self.find(name) {
            return id;
        }
        let table = Arc::make_mut(&mut self.0);
        let id = RivalId(u32::try_from(table.texts.len()).unwrap_or(u32::MAX));
        table.texts.push(name.into());
        table.index.insert(name.into(), id);
        id
    }

    /// The id of a name that was met.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<RivalId> {
        self.0.index.get(name).copied()
    }

    #[must_use]
    pub fn name(&self, id: RivalId) -> &str {
        self.0.texts.get(id.0 as usize).map_or("", AsRef::as_ref)
    }
}

/// One row as text; an empty text is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfferText<'a> {
    pub rival: &'a str,
    pub price: &'a str,
    pub shipping: &'a str,
    pub match_quality: &'a str,
    pub in_stock: &'a str,
    pub seen_at: &'a str,
}

/// Reads one offer. A bare number takes `currency`, if the feed declares one.
///
/// # Errors
/// Every bad field at once.
pub fn read_offer(
    text: OfferText<'_>,
    currency: Option<Currency>,
    names: &mut Names,
) -> Result<Offer, Vec<BadField>> {
    let mut bad = Vec::new();
    let money = |text: &str| match currency {
        Some(currency) if !text.contains(' ') => Amount::parse(text)
            .map(|amount| Money::new(amount, currency))
            .map_err(|error| blank_first(text, format!("`{text}` is {error}"))),
        _ => parse_money(text),
    };
    if text.rival.is_empty() {
        bad.push(BadField::new("rival", FieldCode::Missing, "", "is missing"));
    }
    let price = match money(text.price) {
        Ok(price) if Amount::ZERO < price.amount => Some(price),
        Ok(_) => {
            bad.push(BadField::new("price", FieldCode::OutOfRange, text.price, "must be above zero"));
            None
        }
        Err(why) => {
            bad.push(BadField::new("price", FieldCode::Money, text.price, &why));
            None
        }
    };
    // Shipping in another currency than the price cannot be added to it: it is not known.
    let shipping = optional(text.shipping, "shipping", FieldCode::Money, &mut bad, |text| {
        let shipping = money(text)?;
        if shipping.amount < Amount::ZERO { Err(format!("`{text}` is below zero")) } else { Ok(shipping) }
    });
    let shipping = shipping
        .filter(|shipping| price.is_some_and(|price| price.currency == shipping.currency))
        .map(|shipping| shipping.amount);
    let match_quality = optional(text.match_quality, "match", FieldCode::Percent, &mut bad, |text| {
        let share = parse_percent(text)?;
        if (Ratio::ZERO..=Ratio::ONE).contains(&share) {
            Ok(share)
        } else {
            Err(format!("`{text}` is not between 0% and 100%"))
        }
    });
    let in_stock = optional(text.in_stock, "in_stock", FieldCode::Text, &mut bad, |text| match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{text}` is neither `yes` nor `no`")),
    });
    let seen_at = optional(text.seen_at, "seen_at", FieldCode::Instant, &mut bad, parse_instant);
    match price {
        Some(price) if bad.is_empty() => {
            Ok(Offer { rival: names.id(text.rival), price, shipping, match_quality, in_stock, seen_at })
        }
        _ => Err(bad),
    }
}

fn optional<T>(
    text: &str,
    field: &'static str,
    code: FieldCode,
    bad: &mut Vec<BadField>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    read(text).map_err(|why| bad.push(BadField::new(field, code, text, &why))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_reports_every_bad_field() {
        let mut names = Names::new(&Symbols::new(["alza".to_owned()], false));
        let good = OfferText {
            rival: "alza",
            price: "399.00 EUR",
            match_quality: "99%",
            in_stock: "yes",
            seen_at: "2026-11-18T04:00:00Z",
            shipping: "",
        };
        let offer = read_offer(good, None, &mut names).unwrap();
        assert_eq!((offer.rival, offer.shipping, offer.in_stock), (RivalId(1), None, Some(true)));
        assert_eq!(names.name(offer.rival), "alza");
        let bad = OfferText {
            rival: "",
            price: "399,00 EUR",
            match_quality: "99",
            in_stock: "ja",
            seen_at: "now",
            shipping: "1 XXX",
        };
        assert_eq!(read_offer(bad, None, &mut names).unwrap_err().len(), 6);
    }
}
