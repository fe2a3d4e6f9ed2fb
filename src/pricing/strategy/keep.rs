//! `keep`: the current price, whatever its kind. How long it has been in force is a matter of history.

use super::{Input, Intent, Manner, Proposed, Reads};
use crate::facts::builtin;
use crate::pricing::NoPrice;

pub(super) fn propose(input: &Input<'_>) -> Result<Proposed, NoPrice> {
    let target = input.view.money(builtin::CURRENT_PRICE).ok_or(NoPrice::NoCurrentPrice)?;
    let reads = Reads::default();
    Ok(Proposed { target, manner: Manner::Kept, intent: Intent::Any, reads, fallback: false })
}
