//! Which offers count, and what they say together.

use super::cost::{Costs, Reference};
use super::{Delivery, Rank, RivalSet, Row, Step, Trace, View};
use crate::facts::Offer;
use crate::money::{Amount, Money};
use smallvec::SmallVec;

/// Why an offer does not count, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excluded {
    /// One of our own shops.
    Own,
    /// Not in the market's currency.
    Currency,
    /// Seen after the moment that is priced.
    Future,
    /// Delivery counts and its price is unknown.
    Shipping,
    /// Outside what anybody believes.
    Implausible,
    Match,
    Stale,
    Stock,
}

/// The valid offers of one set for one item, cheapest first.
#[derive(Clone, Debug, Default)]
pub struct Valid {
    prices: SmallVec<[(Amount, u32); 8]>,
    oldest: Option<i64>,
}

/// An exact price `sum ÷ count`, in 10⁻⁶.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RankPrice {
    pub sum: i128,
    pub count: i128,
}

impl Excluded {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Currency => "currency",
            Self::Future => "future",
            Self::Shipping => "shipping",
            Self::Implausible => "implausible",
            Self::Match => "match",
            Self::Stale => "stale",
            Self::Stock => "stock",
        }
    }
}

impl Valid {
    /// Picks the offers of `row` that `set` accepts; reports the others.
    pub(super) fn collect<T: Trace>(
        set_index: u16,
        set: &RivalSet,
        row: &Row<'_>,
        view: &View<'_>,
        costs: &Costs,
        trace: &mut T,
    ) -> Self {
        let mut valid = Self::default();
        let reference = Reference::of(view, costs);
        for (offer, at) in row.offers.iter().zip(0_u32..) {
            if set.members.binary_search(&offer.rival).is_err()
                && set.own.binary_search(&offer.rival).is_err()
            {
                continue;
            }
            match effective(set, offer, view, reference) {
                Ok(price) => {
                    valid.prices.push((price, at));
                    valid.oldest = match (valid.oldest, offer.seen_at) {
                        (Some(oldest), Some(seen)) => Some(oldest.min(seen)),
                        (oldest, seen) => oldest.or(seen),
                    };
                }
                Err(why) => trace.step(|| Step::OfferExcluded {
                    set: set_index,
                    rival: offer.rival,
                    price: offer.price,
                    why,
                    age: offer.seen_at.map(|seen| view.world.now.at.saturating_sub(seen)),
                    match_quality: offer.match_quality,
                }),
            }
        }
        valid.prices.sort_unstable();
        valid
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.prices.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn oldest(&self) -> Option<i64> {
        self.oldest
    }

    /// The prices with the index of their offer, cheapest first.
    pub fn iter(&self) -> impl Iterator<Item = (Amount, u32)> + '_ {
        self.prices.iter().copied()
    }

    /// The price of a rank; none with too few offers.
    pub(super) fn rank(&self, rank: Rank) -> Option<RankPrice> {
        let at = |index: usize| self.prices.get(index).map(|(price, _)| i128::from(price.micros()));
        let one = |sum: i128| RankPrice { sum, count: 1 };
        let count = self.prices.len();
        match rank {
            Rank::Lowest => at(0).map(one),
            Rank::Second => at(1).map(one),
            Rank::Third => at(2).map(one),
            Rank::Highest => at(count.checked_sub(1)?).map(one),
            Rank::Median if count % 2 == 1 => at(count / 2).map(one),
            Rank::Median => {
                Some(RankPrice { sum: at(count.checked_sub(2)? / 2)? + at(count / 2)?, count: 2 })
            }
            Rank::Mean => {
                let sum = self.prices.iter().map(|(price, _)| i128::from(price.micros())).sum();
                (0 < count).then_some(RankPrice { sum, count: count as i128 })
            }
        }
    }
}

/// The price on the basis that `use` asks for, or the first reason why it does not count.
fn effective(
    set: &RivalSet,
    offer: &Offer,
    view: &View<'_>,
    reference: Option<Reference>,
) -> Result<Amount, Excluded> {
    let now = view.world.now.at;
    let Money { amount, currency } = offer.price;
    if set.own.binary_search(&offer.rival).is_ok() {
        return Err(Excluded::Own);
    }
    if currency != view.world.place.currency {
        return Err(Excluded::Currency);
    }
    if offer.seen_at.is_some_and(|seen| now < seen) {
        return Err(Excluded::Future);
    }
    let price = match set.delivery {
        Delivery::Excluded => amount,
        Delivery::Included => {
            offer.shipping.and_then(|shipping| amount.add(shipping).ok()).ok_or(Excluded::Shipping)?
        }
    };
    let believed = view.world.place.plausibility.rival;
    if reference.is_some_and(|reference| !reference.share_within(price, believed)) {
        return Err(Excluded::Implausible);
    }
    let within = |spans: &Option<Box<[(i64, i64)]>>, value: Option<i64>| match spans {
        Some(spans) => {
            value.is_some_and(|value| spans.iter().any(|(low, high)| *low <= value && value <= *high))
        }
        None => true,
    };
    if !within(&set.matching, offer.match_quality.map(|share| share.nanos())) {
        return Err(Excluded::Match);
    }
    if !within(&set.age, offer.seen_at.map(|seen| now.saturating_sub(seen))) {
        return Err(Excluded::Stale);
    }
    if set.in_stock.is_some_and(|wanted| offer.in_stock != Some(wanted)) {
        return Err(Excluded::Stock);
    }
    Ok(price)
}
