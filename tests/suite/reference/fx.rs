//! Exchange rates (semantics 2, decisions 2.2).

use super::RateText;
use super::book::Market;
use super::num::{self, Q};
use super::price::Refusal;
use super::text;

/// The rate that turns one currency into another, and how it is known.
#[derive(Clone, Debug)]
pub struct Rate {
    /// target units per source unit
    factor: Factor,
    pub as_of: jiff::Timestamp,
    /// `|rate / last − 1|` as quoted, if there is a last known rate
    pub jump: Option<Q>,
}

#[derive(Clone, Debug)]
enum Factor {
    Times(Q),
    Divided(Q),
}

impl Rate {
    pub fn convert(&self, amount: &Q) -> Q {
        match &self.factor {
            Factor::Times(rate) => amount * rate,
            Factor::Divided(rate) => amount / rate,
        }
    }
}

/// The direct pair, else the inverse one, else none: no triangles.
pub fn rate(rates: &[RateText], from: &str, market: &Market, at: jiff::Timestamp) -> Result<Rate, Refusal> {
    let to = market.currency.as_str();
    let direct = quoted(rates, from, to, at).map(|(rate, as_of, jump)| Rate {
        factor: Factor::Times(rate),
        as_of,
        jump,
    });
    let inverse = || {
        quoted(rates, to, from, at).map(|(rate, as_of, jump)| Rate {
            factor: Factor::Divided(rate),
            as_of,
            jump,
        })
    };
    let rate = direct.or_else(inverse).ok_or(Refusal::of("EXCHANGE_RATE_MISSING"))?;
    let age = text::seconds_between(rate.as_of, at);
    if market.max_age.as_ref().is_some_and(|limit| age > *limit) {
        return Err(Refusal::of("EXCHANGE_RATE_STALE"));
    }
    Ok(rate)
}

/// The newest rate of a pair that is known at `at` (of equal ones the later row), and its jump against the
/// newest one with an earlier `as_of`.
fn quoted(
    rates: &[RateText],
    base: &str,
    quote: &str,
    at: jiff::Timestamp,
) -> Option<(Q, jiff::Timestamp, Option<Q>)> {
    let known: Vec<(jiff::Timestamp, Q)> = rates
        .iter()
        .filter(|r| r.base == base && r.quote == quote)
        .filter_map(|r| Some((text::instant(&r.as_of)?, num::parse(&r.rate)?.0)))
        .filter(|(as_of, _)| *as_of <= at)
        .collect();
    // `max_by_key` gives the last of equal ones.
    let (as_of, rate) = known.iter().max_by_key(|(as_of, _)| *as_of)?.clone();
    let last = known.iter().filter(|(earlier, _)| *earlier < as_of).max_by_key(|(as_of, _)| *as_of);
    let jump = last.map(|(_, last)| num::abs(&(&rate / last - num::one())));
    Some((rate, as_of, jump))
}
