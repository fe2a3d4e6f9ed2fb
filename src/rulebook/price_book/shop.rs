//! Where we sell, against whom, and what is tested.

use super::{Card, Part, Section};
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
            let says = format!("Prices in {}, VAT {}, time of {zone}.", place.currency, vat.join(", "));
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
    if crate::money::Ratio::ZERO < fees.commission {
        costs.push(format!("commission {}", fees.commission.to_percent_text(7)));
    }
    if crate::money::Ratio::ZERO < fees.shares {
        costs.push(format!("{} of the price in other shares", fees.shares.to_percent_text(7)));
    }
    costs.extend(fees.per_unit.iter().map(|(name, money)| format!("{name} {money} a unit")));
    costs.extend(fees.per_order.iter().map(|(name, money)| format!("{name} {money} an order")));
    match costs.is_empty() {
        true => "Takes nothing.".to_owned(),
        false => format!("Takes {}.", costs.join(", ")),
    }
}

pub fn rivals(release: &Release) -> Section {
    let mut cards: Vec<Card> = Vec::new();
    for place in &release.places {
        for set in &place.sets {
            let members: Vec<String> =
                set.members.iter().filter_map(|id| release.rivals.example(id.0)).collect();
            let mut says = format!("{}. An offer counts", members.join(", "));
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
