//! `use = "base"`: what the winner among the rules of that layer or earlier proposes, its own `else` included.

use super::{Input, Proposed, alternatives};
use crate::pricing::{NoPrice, Refusal, Trace};

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    layer: u16,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let view = input.view;
    let now = view.world.now.at;
    let rules = &view.world.place.rules;
    let found = rules
        .candidates(view.item)
        .filter(|(_, rule)| rule.layer <= layer)
        .find(|(_, rule)| rule.window.holds(now) && view.inside(&rule.scope));
    let Some((index, rule)) = found else {
        return Ok(Err(NoPrice::NoLayerRule));
    };
    let (proposed, _) = alternatives(input, rule, index, trace)?;
    Ok(proposed.ok_or(NoPrice::NoLayerRule))
}
