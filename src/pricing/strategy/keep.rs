//! `keep`: the current price, whatever its kind, if it is not in force for too long.

use super::{Input, Manner, Proposed, Reads};
use crate::facts::builtin;
use crate::pricing::NoPrice;

/// Without history, or with one that does not know the price, any age is accepted (decisions 14.4).
pub(super) fn propose(input: &Input<'_>, max_age: Option<i64>) -> Result<Proposed, NoPrice> {
    let view = input.view;
    let target = view.money(builtin::CURRENT_PRICE).ok_or(NoPrice::NoCurrentPrice)?;
    if let Some(max_age) = max_age
        && view.world.history.is_some()
        && let Some(since) = view.world.timeline(&view.item.sku).since(target)
    {
        let age = view.world.now.at.saturating_sub(since);
        if max_age < age {
            return Err(NoPrice::TooOld { age, max_age });
        }
    }
    Ok(Proposed { manner: Manner::Kept, ..Proposed::free(target, Reads::default()) })
}
