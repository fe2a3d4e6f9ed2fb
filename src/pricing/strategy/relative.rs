//! `relative`: so far from a twin's price (decisions 18).

use super::{Input, Intent, Link, Proposed, Reads};
use crate::money::{Amount, Ratio, Rounding, mul_div};
use crate::pricing::ahead::Relative;
use crate::pricing::{NoPrice, Refusal, Step, Trace};

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    rule: Relative,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let (item, world) = (input.view.item, input.view.world);
    let Some(sku) = item.link(rule.to) else {
        return Ok(Err(NoPrice::NoTwin));
    };
    let known = world.twins.and_then(|twins| match twins.in_circle(&item.sku) {
        true => Some(Err(NoPrice::TwinCircle)),
        false => twins.get(sku),
    });
    let twin = match known {
        Some(Ok(price)) => price.amount(),
        Some(Err(why)) => return Ok(Err(why)),
        None => {
            trace.step(|| Step::TwinAsked { sku: sku.into() });
            return Ok(Err(NoPrice::TwinWithoutPrice));
        }
    };
    trace.step(|| Step::Twin { sku: sku.into(), price: twin });
    let factor = i128::from(Ratio::SCALE) + i128::from(rule.by.nanos());
    let target = mul_div(twin.micros().into(), factor, Ratio::SCALE.into(), Rounding::HalfEven)?;
    let unit = world.place.currency.micros_per_minor();
    let below = rule.by <= Ratio::ZERO;
    // A payable price is whole minor units.
    let minor = twin.micros() / unit;
    let intent = if below { Intent::AtMost(minor) } else { Intent::AtLeast(minor) };
    let link = Some(Link { twin, below });
    let free = Proposed::free(Amount::from_micros(target), Reads::default());
    Ok(Ok(Proposed { intent, link, ..free }))
}
