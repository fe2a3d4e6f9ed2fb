//! The vocabulary: which facts exist, of which type.

use super::Map;
use super::{Formula, Symbols};

/// The place of an attribute in a [`Schema`] and in an item's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrId(pub u16);

/// What a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that names one thing; `0017` stays `0017`.
    Id,
    Text,
    /// A path such as `electronics/phones`.
    Tree,
    /// Any number of texts, `kvi|new` in a file.
    Set,
    Money,
    /// A plain number, 10⁻⁹.
    Number,
    /// A share, 10⁻⁹.
    Percent,
    /// Whole seconds.
    Duration,
    /// An instant, seconds since 1970; only in feeds, never in a cell.
    Instant,
}

/// Whether money includes VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    Net,
    Gross,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attr {
    pub name: Box<str>,
    pub kind: Kind,
    /// A row without it is quarantined unless it is optional.
    pub optional: bool,
    pub basis: Basis,
    /// A fact of the customer (`of = "customer"`), not of the item: segments only.
    pub customer: bool,
    /// The allowed texts, if the schema closes the list.
    pub values: Option<Vec<Box<str>>>,
    /// The allowed range of a number, both ends included, in the unit of [`super::Value`].
    pub range: Option<(i64, i64)>,
    pub derive: Option<Formula>,
    /// Its text names another item, so items keep it: see [`super::Item::link`].
    pub link: bool,
    /// The texts that cells mention. For a set: at most 64 of them, bit by bit in sorted order.
    pub symbols: Symbols,
}

/// What a current price may be; limits on moves compare like with like.
pub const PRICE_KINDS: &[&str] = &["regular", "promo", "clearance"];

/// All attributes: the built-in ones first, in the order of [`builtin`], then those of `schema.toml`.
#[derive(Clone, Debug)]
pub struct Schema {
    attrs: Vec<Attr>,
    index: Map<Box<str>, AttrId>,
}

impl Schema {
    #[must_use]
    pub fn new(attrs: Vec<Attr>) -> Self {
        let index = attrs.iter().zip(0..).map(|(attr, at)| (attr.name.clone(), AttrId(at))).collect();
        Self { attrs, index }
    }

    /// The built-in attributes of semantics 2, all optional but `sku`.
    #[must_use]
    pub fn builtins() -> Vec<Attr> {
        builtin::ALL
            .iter()
            .map(|(name, kind)| {
                let closed = (*name == "price_kind").then_some(PRICE_KINDS);
                Attr {
                    name: (*name).into(),
                    kind: *kind,
                    optional: *name != "sku",
                    basis: if name.contains("cost") { Basis::Net } else { Basis::Gross },
                    customer: false,
                    values: closed.map(|values| values.iter().map(|text| (*text).into()).collect()),
                    range: None,
                    derive: None,
                    link: false,
                    symbols: Symbols::new(closed.into_iter().flatten().map(|text| (*text).to_owned()), false),
                }
            })
            .collect()
    }

    #[must_use]
    pub fn find(&self, name: &str) -> Option<AttrId> {
        self.index.get(name).copied()
    }

    /// # Panics
    /// Never for an id of this schema.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "ids are only made by this schema")]
    pub fn attr(&self, id: AttrId) -> &Attr {
        &self.attrs[usize::from(id.0)]
    }

    pub fn iter(&self) -> impl Iterator<Item = (AttrId, &Attr)> {
        (0..).map(AttrId).zip(&self.attrs)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.attrs.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty()
    }
}

/// The built-in attributes.
pub mod builtin {
    use super::{AttrId, Kind};

    macro_rules! builtins {
        ($($id:ident $name:literal $kind:ident,)*) => {
            /// Name and kind of each, in the order of their ids.
            pub const ALL: &[(&str, Kind)] = &[$(($name, Kind::$kind)),*];
            builtins!(@ids 0, $($id)*);
        };
        (@ids $at:expr, $id:ident $($rest:ident)*) => {
            pub const $id: AttrId = AttrId($at);
            builtins!(@ids $at + 1, $($rest)*);
        };
        (@ids $at:expr,) => {};
    }

    builtins! {
        SKU "sku" Id,
        NAME "name" Text,
        MARKET "market" Text,
        CHANNEL "channel" Text,
        SEGMENT "segment" Text,
        VAT_CLASS "vat_class" Text,
        COST "cost" Money,
        SUPPLIER_COST "supplier_cost" Money,
        PREVIOUS_COST "previous_cost" Money,
        CURRENT_PRICE "current_price" Money,
        PRICE_KIND "price_kind" Text,
        STOCK_UNITS "stock_units" Number,
        UNITS_PER_DAY "units_per_day" Number,
        STOCK_COVER "stock_cover" Duration,
        ELASTICITY "elasticity" Number,
        ELASTICITY_SE "elasticity_se" Number,
        ELASTICITY_PRICE "elasticity_price" Money,
        SALES_WEEKS "sales_weeks" Number,
        OBSERVED_LOW "observed_low" Money,
        OBSERVED_HIGH "observed_high" Money,
        PRICE_INDEX "price_index" Percent,
        MARKET_SHARE "market_share" Percent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_ids_are_their_places() {
        let schema = Schema::new(Schema::builtins());
        assert_eq!(schema.find("price_index"), Some(builtin::PRICE_INDEX));
        assert_eq!(schema.find("cost"), Some(builtin::COST));
        assert_eq!(schema.len(), builtin::ALL.len());
    }
}
