//! Where we sell, against whom, and what is tested.

use super::{Card, Part, Section};
use crate::facts::{RivalId, builtin, show_duration};
use crate::money::{Fraction, Money, Ratio, Rounding};
use crate::pricing::{Delivery, Place, Release};
use crate::rulebook::{Expected, Loaded};

pub fn markets(release: &Release) -> Section {
    let mut cards: Vec<Card> = Vec::new();
    for place in &release.places {
        let name = place.market.to_string();
        if !cards.iter().any(|card| card.name == name) {
            let vat: Vec<String> = place
                .vat
                .iter()
                .map(|vat| format!("{} {}", vat.class, vat.rate.to_percent_text(7)))
                .collect();
            let zone = place.zone.iana_name().unwrap_or("");
            let says = format!(
                "Prices in {}, VAT {}, time of {zone}.{}",
                place.currency,
                vat.join(", "),
                landed(place)
            );
            let part = Part { label: name.clone(), says: vec![(None, says)] };
            cards.push(Card {
                name: name.clone(),
                tag: "market".to_owned(),
                parts: vec![part],
                ..Card::default()
            });
        }
        if let Some(card) = cards.iter_mut().find(|card| card.name == name) {
            card.parts.push(Part { label: place.channel.to_string(), says: vec![(None, takes(place))] });
        }
    }
    Section { title: "Where we sell", lead: "What each channel takes of a price.".to_owned(), cards }
}

fn takes(place: &Place) -> String {
    let mut costs = Vec::new();
    let fees = &place.fees;
    if Ratio::ZERO < fees.commission {
        costs.push(format!("commission {}", fees.commission.to_percent_text(7)));
    }
    if Ratio::ZERO < fees.shares {
        costs.push(format!("{} of the price in other shares", fees.shares.to_percent_text(7)));
    }
    costs.extend(fees.per_unit.iter().map(|(name, money)| format!("{name} {money} a unit")));
    costs.extend(fees.per_order.iter().map(|(name, money)| format!("{name} {money} an order")));
    let mut says = match costs.is_empty() {
        true => "Takes nothing.".to_owned(),
        false => format!("Takes {}.", costs.join(", ")),
    };
    if let Some(basket) = fees.basket {
        says.push_str(&format!(" The usual order is worth {}.", Money::new(basket, place.currency)));
    }
    if let Some(returns) = &fees.returns {
        says.push_str(&format!(
            " {} of the units come back: bringing one back costs {}, and it is worth {} of its landed cost.",
            returns.rate.to_percent_text(7),
            returns.reverse,
            returns.salvage.to_percent_text(7)
        ));
    }
    if place.cost_from == builtin::SUPPLIER_COST {
        says.push_str(" The supplier's cost counts.");
    }
    says
}

/// What a purchase costs until it lies on the shelf, and which rates it is converted with.
fn landed(place: &Place) -> String {
    let shares = place.landed.sub(Fraction::ONE).and_then(|shares| shares.to_ratio(Rounding::HalfEven));
    let mut says = match shares {
        Ok(shares) if shares != Ratio::ZERO => {
            format!(" Landed costs are {} of the purchase cost.", shares.to_percent_text(7))
        }
        _ => String::new(),
    };
    if place.fx.buffer != Ratio::ZERO {
        let buffer = place.fx.buffer.to_percent_text(7);
        says.push_str(&format!(" A converted cost is taken {buffer} higher."));
    }
    if let Some(age) = place.fx.max_age {
        says.push_str(&format!(" An exchange rate older than {} refuses the price.", show_duration(age)));
    }
    says
}

pub fn rivals(release: &Release) -> Section {
    let mut cards: Vec<Card> = Vec::new();
    for place in &release.places {
        for set in &place.sets {
            let names = |ids: &mut dyn Iterator<Item = &RivalId>| -> Vec<String> {
                ids.filter_map(|id| release.rivals.example(id.0)).collect()
            };
            let members = names(&mut set.members.iter().filter(|id| !set.own.contains(id)));
            let own = names(&mut set.own.iter());
            let mut says = match members.is_empty() {
                true => "Nobody.".to_owned(),
                false => format!("{}.", members.join(", ")),
            };
            if !own.is_empty() {
                says.push_str(&format!(" Our own shops, never rivals: {}.", own.join(", ")));
            }
            says.push_str(" An offer counts");
            let mut asks = Vec::new();
            if set.matching.is_some() {
                asks.push(format!("with a match {}", set.matching_text));
            }
            if set.age.is_some() {
                asks.push(format!("with an age {}", set.age_text));
            }
            match set.in_stock {
                Some(true) => asks.push("in stock".to_owned()),
                Some(false) => asks.push("out of stock".to_owned()),
                None => {}
            }
            asks.push(match set.delivery {
                Delivery::Included => "delivery included".to_owned(),
                Delivery::Excluded => "without delivery".to_owned(),
            });
            says.push_str(&format!(" {}; fewer than {} are no market.", asks.join(", "), set.at_least));
            let name = set.name.to_string();
            if !cards.iter().any(|card| card.name == name) {
                cards.push(Card { name: name.clone(), tag: "rivals".to_owned(), ..Card::default() });
            }
            let card = cards.iter_mut().find(|card| card.name == name);
            if let Some(card) = card.filter(|card| !card.parts.iter().any(|part| part.label == *place.market))
            {
                card.parts.push(Part { label: place.market.to_string(), says: vec![(None, says)] });
            }
        }
    }
    Section { title: "Whom we look at", lead: "Rivals by set and market.".to_owned(), cards }
}

pub fn tests(loaded: &Loaded) -> Section {
    let shown = |value: &Expected| match value {
        Expected::Text(text) => text.to_string(),
        Expected::Integer(number) => number.to_string(),
        Expected::Flag(flag) => flag.to_string(),
        Expected::List(items) => items.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "),
    };
    let expects = |all: &[crate::rulebook::Expectation]| {
        let one = |expect: &crate::rulebook::Expectation| format!("{} {}", expect.key, shown(&expect.value));
        all.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let at = |span: &crate::rulebook::Span| {
        format!("{}:{}", span.file, loaded.files.line_column(&span.file, span.start).0)
    };
    let card = |name: &str, tag: &str, header, says| Card {
        name: name.to_owned(),
        tag: tag.to_owned(),
        at: at(header),
        parts: vec![Part { label: name.to_owned(), says: vec![(None, says)] }],
        ..Card::default()
    };
    let singles = loaded.tests.iter().map(|test| {
        let sku = test.item.iter().find(|(name, _)| **name == *"sku").map_or("", |(_, sku)| sku);
        let says = format!("{sku} in {}/{}: {}.", test.market, test.channel, expects(&test.expect));
        card(&test.name, "test", &test.header, says)
    });
    let always = loaded.always.iter().map(|property| {
        let cells: Vec<String> = property.scope.iter().map(|(name, cell)| format!("{name} {cell}")).collect();
        let of = if cells.is_empty() {
            "every item".to_owned()
        } else {
            format!("items with {}", cells.join(" and "))
        };
        card(&property.name, "always", &property.header, format!("For {of}: {}.", expects(&property.expect)))
    });
    Section {
        title: "What is tested",
        lead: "These prices and properties are expected; `pricer test` compares.".to_owned(),
        cards: singles.chain(always).collect(),
    }
}
