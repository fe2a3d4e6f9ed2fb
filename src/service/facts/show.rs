//! Facts as texts, for people and programs that look at them.

use super::Change;
use crate::facts::{Attr, Kind, Schema, ServedItem, Value, builtin, show_duration, show_instant};
use crate::money::{Money, Ratio};
use crate::service::convert::{write_instant, write_money};
use crate::service::proto;
use crate::service::state::Serving;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use std::collections::BTreeMap;

/// A row of the item book, and what its upload said.
#[derive(Debug)]
pub struct Shown<'a> {
    pub served: &'a ServedItem<'a>,
    pub uploaded: Option<(String, i64, Change)>,
}

impl Shown<'_> {
    /// Attribute and text of all that is known as text.
    #[must_use]
    pub fn texts(&self, schema: &Schema) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (id, attr) in schema.iter() {
            if [builtin::SKU, builtin::MARKET, builtin::CHANNEL].contains(&id) {
                continue;
            }
            texts.extend(show(attr, self.served.item.value(id)));
        }
        // What no rule mentions has lost its text on the way, but its upload has not.
        if let Some((_, _, Change::Item(row))) = &self.uploaded
            && let Some(facts) = &row.item_facts
        {
            for (name, text) in facts.attributes.iter().filter(|(_, text)| !text.is_empty()) {
                texts.entry(name.clone()).or_insert_with(|| text.clone());
            }
        }
        texts
    }

    #[must_use]
    pub fn record(&self, serving: &Serving) -> proto::ItemRecord {
        let row = self.served.row;
        let (source, sequence) = match &self.uploaded {
            Some((source, sequence, _)) => (source.clone(), Some(*sequence)),
            None => (String::new(), None),
        };
        proto::ItemRecord {
            sku: row.sku.to_owned(),
            market: row.market.to_string(),
            channel: row.channel.to_string(),
            attributes: self.texts(&serving.release.schema),
            source,
            sequence,
            known_at: self.served.known_at.map(write_instant),
            offers: Vec::new(),
        }
    }
}

/// What rivals ask for an item in a market.
#[must_use]
pub fn offers(serving: &Serving, sku: &str, market: &str) -> Vec<proto::ObservedOffer> {
    let book = &serving.facts.offers;
    let shown = book.get(sku, market).iter().map(|offer| proto::ObservedOffer {
        rival: book.names.name(offer.rival).to_owned(),
        price: Some(write_money(offer.price.amount, offer.price.currency)),
        seen_at: offer.seen_at.map(write_instant),
    });
    shown.collect()
}

/// One value under the name and in the form of a feed; none for a text that is not known.
fn show(attr: &Attr, value: Value) -> Option<(String, String)> {
    let name = attr.name.to_string();
    let text = match value {
        Value::Missing => return None,
        Value::Symbol(symbol) => attr.symbols.example(symbol).filter(|text| !text.ends_with("/…"))?,
        Value::Tags(0) => return None,
        Value::Tags(bits) => {
            let tags = attr.symbols.texts().enumerate().filter(|(at, _)| bits >> (at & 63) & 1 == 1);
            tags.map(|(_, tag)| tag).collect::<Vec<_>>().join("|")
        }
        Value::Money(amount, currency) => Money::new(amount, currency).to_string(),
        Value::Count(count) => match attr.kind {
            Kind::Duration => show_duration(count),
            Kind::Instant => show_instant(count),
            Kind::Percent => Ratio::from_nanos(count).to_percent_text(7),
            _ => Ratio::from_nanos(count).to_string(),
        },
        Value::Until(at) if name == "inbound" => return Some(("inbound_at".into(), show_instant(at))),
        Value::Until(at) => return Some((format!("{name}_until"), show_instant(at))),
        Value::Since(at) => return Some((name.replace("_for", "_since"), show_instant(at))),
    };
    Some((name, text))
}

/// A page's end, as a token.
#[must_use]
pub fn page_token(sku: &str) -> String {
    BASE64.encode(sku)
}

/// The SKU that a page token names.
#[must_use]
pub fn read_page_token(token: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(token).ok()?).ok()
}
