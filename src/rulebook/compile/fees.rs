//! What a channel takes in a market.

use super::scopes::{Here, missing_currency};
use crate::money::Money;
use crate::pricing::{Fees, Returns};
use crate::rulebook::book::{ChannelSpec, CostSpec};
use crate::rulebook::syntax::Findings;

pub fn fees(channel: &ChannelSpec, here: Here<'_>, out: &mut Findings) -> Option<Fees> {
    let chosen = |costs: &[CostSpec]| -> Box<[(Box<str>, Money)]> {
        costs.iter().filter_map(|cost| Some((cost.name.clone(), cost.choose(here.currency)?))).collect()
    };
    let basket = channel.basket.as_ref().map(|amounts| {
        let amount = amounts.of(here.currency);
        if amount.is_none() {
            out.push(missing_currency("basket", amounts.span.clone(), here));
        }
        amount
    });
    let returns = channel.returns.as_ref().map(|returns| Returns {
        rate: returns.rate,
        // A cost of zero needs no currency.
        reverse: returns
            .reverse
            .choose(here.currency)
            .unwrap_or_else(|| Money::new(crate::money::Amount::ZERO, here.currency)),
        salvage: returns.salvage,
    });
    Some(Fees {
        commission: channel.commission,
        shares: channel.shares,
        per_unit: chosen(&channel.per_unit),
        per_order: chosen(&channel.per_order),
        basket: match basket {
            Some(None) => return None,
            Some(amount) => amount,
            None => None,
        },
        returns,
    })
}
