//! Who knows the true demand, and is bound by the same guards and endings.

use super::hidden::Hidden;
use super::shop::{Shop, major};
use crate::demand::door;
use crate::facts::Item;
use crate::money::Price;
use crate::pricing::{Decision, Directive, Outcome, Proposal, Row, Steer, World, price, propose, settle};

/// Around today's price half a percent apart up to 15 %, then in steps of 10 %: guards most often allow no more at once.
const NEAR: i32 = 30;
const FAR: i32 = 14;

/// A price as it is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Set {
    pub price: Price,
    /// There was no answer, so the price stays.
    pub refused: bool,
    /// Not inside the range that the guards allowed.
    pub outside: bool,
}

impl Set {
    fn of(decision: &Decision) -> Self {
        let (range, price) = (decision.range, decision.price.amount());
        let inside = range.floor.amount <= price && price <= range.ceiling.amount;
        Self { price: decision.price, refused: false, outside: !inside }
    }

    fn stays(price: Price) -> Self {
        Self { price, refused: true, outside: false }
    }
}

/// The payable prices with the most expected profit that the engine itself would settle on, one for each item.
///
/// Items with customers in common move in turn, each to its best price beside the others', until none moves.
pub(super) fn best(
    shop: &Shop,
    hidden: &Hidden,
    world: &World<'_>,
    items: &[Item],
    prices: &[Price],
) -> Vec<Set> {
    let offered: Vec<Vec<Set>> =
        items.iter().zip(prices).map(|(item, now)| payable(item, world, *now)).collect();
    let mut chosen: Vec<Set> = prices.iter().copied().map(Set::stays).collect();
    for block in hidden.blocks(shop) {
        // A sweep more than there are items has never been needed; the bound is for rounding in circles.
        for _ in 0..30 {
            let mut moved = false;
            for item in &block {
                let (Some(offered), Some(now)) = (offered.get(*item), chosen.get(*item).copied()) else {
                    continue;
                };
                let mut best = (now, f64::NEG_INFINITY);
                for set in offered {
                    let earned = earned(shop, hidden, &block, &chosen, (*item, set.price));
                    if best.1 < earned {
                        best = (*set, earned);
                    }
                }
                moved |= best.0.price != now.price;
                if let Some(slot) = chosen.get_mut(*item) {
                    *slot = best.0;
                }
            }
            if !moved || block.len() < 2 {
                break;
            }
        }
    }
    chosen
}

/// What a usual week of a block leaves, with another price for one item.
fn earned(shop: &Shop, hidden: &Hidden, block: &[usize], chosen: &[Set], other: (usize, Price)) -> f64 {
    let price = |item: &usize| {
        let price = if *item == other.0 { Some(other.1) } else { chosen.get(*item).map(|set| set.price) };
        price.map_or(f64::NAN, major)
    };
    let prices: Vec<f64> = block.iter().map(price).collect();
    let wanted = hidden.wanted(block, &prices, None);
    let each = block.iter().zip(&prices).zip(wanted);
    let leaves = each.filter_map(|((item, price), wanted)| {
        Some(shop.articles.get(*item)?.leaves(*price) * hidden.sold(*item, wanted))
    });
    leaves.sum()
}

/// Where the engine would settle from any target: inside its guards, on its endings. The first is where it is today, if it may stay.
fn payable(item: &Item, world: &World<'_>, now: Price) -> Vec<Set> {
    let row = Row { item, offers: &[] };
    let Ok(proposal) = propose(&row, world, Steer::default(), &mut ()) else {
        return vec![Set::stays(now)];
    };
    let near = (-NEAR..=NEAR).map(|step| 1.0 + 0.005 * f64::from(step));
    let far = (1..=FAR).flat_map(|step| [libm::pow(1.1, f64::from(step)), libm::pow(1.1, -f64::from(step))]);
    let mut found: Vec<Set> = Vec::new();
    for times in std::iter::once(1.0).chain(near).chain(far) {
        let set = at(&proposal, major(now) * times);
        if let Some(set) = set.filter(|set| !found.contains(set)) {
            found.push(set);
        }
    }
    found
}

fn at(proposal: &Proposal<'_>, target: f64) -> Option<Set> {
    let directive = Directive { target: Some(door::to_amount(target).ok()?) };
    settle(proposal.clone(), directive, &mut ()).ok().map(|decision| Set::of(&decision))
}

/// What the rules say: the price of the engine; a refused item keeps its price.
pub(super) fn ruled(items: &[Item], world: &World<'_>, prices: &[Price]) -> Vec<Set> {
    let one = |(item, now): (&Item, &Price)| match price(&Row { item, offers: &[] }, world, &mut ()) {
        Outcome::Decided(decision) => Set::of(&decision),
        Outcome::Refused(_) => Set::stays(*now),
    };
    items.iter().zip(prices).map(one).collect()
}
