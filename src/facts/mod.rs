//! What is known about items, rivals and exchange rates, as typed values.
//!
//! Texts are turned into small numbers ([`Symbols`]) when facts are loaded, against the vocabulary of one rulebook, so
//! that pricing compares integers. A missing fact stays [`Value::Missing`] to the end: it is never zero.
//!
//! This room knows no file, clock, thread or serialization; instants are seconds since 1970-01-01 UTC.

mod book;
mod estimates;
mod formula;
mod history;
mod item;
mod map;
mod offers;
mod packed;
mod quick;
mod rates;
mod schema;
mod seen;
mod shelf;
mod stock;
mod symbols;
mod text;
mod trie;
mod unseen;
mod value;

pub use book::{FactSet, ItemBook, OfferBook, ServedItem, keep_newest};
pub use estimates::{Estimate, Estimates};
pub use formula::{Formula, Operator};
pub use history::{Applied, AppliedText, History, PriceKind, Timeline, read_applied};
pub use item::{BadField, FieldCode, Item, ItemReader, ItemRow, cover};
pub use map::Map;
pub use offers::{Names, Offer, OfferText, RivalId, read_offer};
pub use packed::{KeptRow, KeptRows};
pub use quick::{CellReader, Plain, Scale};
pub use rates::{Rate, RateRow, RateText, Rates, read_rate};
pub use schema::{Attr, AttrId, Basis, Kind, Schema, builtin};
pub use shelf::Shelf;
pub use stock::{StockBook, StockRow};
pub use symbols::Symbols;
pub use text::{parse_duration, parse_instant, parse_money, parse_percent, show_duration, show_instant};
pub use unseen::{is_plain, unseen_in_name};
pub use value::Value;
