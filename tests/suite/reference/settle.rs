//! Settling on a payable price (semantics 7, decisions 8).

use super::doc;
use super::ending::Ending;
use super::num::{self, Q};
use super::propose::Intent;
use super::range::Range;
use super::text::Monies;
use toml::Table;

#[derive(Clone, Debug)]
pub struct Round {
    /// `to` and the patterns of each band; none allows every payable price
    bands: Option<Vec<(Option<Monies>, Vec<String>)>>,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Nearest,
    Down,
    Up,
}

pub fn parse(table: &Table) -> Result<Round, String> {
    let way = match doc::text(table, "way")?.unwrap_or("nearest") {
        "nearest" => Way::Nearest,
        "down" => Way::Down,
        "up" => Way::Up,
        other => return Err(format!("no way `{other}`")),
    };
    let Some(list) = table.get("bands") else {
        return Ok(Round { bands: None, way });
    };
    let mut bands = Vec::new();
    for band in list.as_array().ok_or("`bands` must be a list")? {
        let band = band.as_table().ok_or("a band is a table")?;
        let ends = doc::needed(band, "ends")?.split('|').map(|p| p.trim().to_string()).collect();
        bands.push((doc::monies(band, "to")?, ends));
    }
    Ok(Round { bands: Some(bands), way })
}

/// Prices as whole minor units between two ends, both included.
#[derive(Clone, Copy)]
struct Span {
    low: i128,
    high: Option<i128>,
}

impl Span {
    fn of(range: &Range, unit: &Q) -> Span {
        Span {
            low: whole(&(&range.low * unit).ceil()),
            high: range.high.as_ref().map(|h| whole(&(h * unit).floor())),
        }
    }

    fn at_most(self, high: i128) -> Span {
        Span { high: Some(self.high.map_or(high, |h| h.min(high))), ..self }
    }

    fn at_least(self, low: i128) -> Span {
        Span { low: self.low.max(low), ..self }
    }

    fn holds(&self, price: &i128) -> bool {
        *price >= self.low && self.high.is_none_or(|high| *price <= high)
    }

    /// Only the prices that keep the intent.
    fn keeping(self, intent: &Intent, unit: &Q) -> Span {
        match intent {
            Intent::AtMost(reference) => self.at_most(whole(&(reference * unit).floor())),
            Intent::AtLeast(reference) => self.at_least(whole(&(reference * unit).ceil())),
        }
    }
}

fn whole(value: &Q) -> i128 {
    i128::try_from(value.to_integer()).expect("amounts are far below 2^127 minor units")
}

/// The settled price, and whether it lacks an allowed ending.
pub struct Settled {
    pub price: Q,
    pub no_ending: bool,
}

/// The price for a bounded target, with the round rule that won, if any.
pub fn settle(
    range: &Range,
    target: &Q,
    round: Option<&Round>,
    intent: Option<&Intent>,
    currency: &str,
) -> Result<Settled, String> {
    let digits = super::text::minor_digits(currency);
    let unit = num::power(digits);
    let minor_target = target * &unit;
    let span = Span::of(range, &unit);
    let spans = |span: Span| match intent {
        // Those that keep the strategy's intent come first.
        Some(intent) => vec![span.keeping(intent, &unit), span],
        None => vec![span],
    };
    let price = |minor: i128| Q::from_integer(minor.into()) / &unit;
    if let Some(round) = round {
        let side = match round.way {
            Way::Nearest => span,
            Way::Down => span.at_most(whole(&minor_target.floor())),
            Way::Up => span.at_least(whole(&minor_target.ceil())),
        };
        for span in spans(side) {
            if let Some(minor) = allowed(round, span, &minor_target, currency, digits)? {
                return Ok(Settled { price: price(minor), no_ending: false });
            }
        }
    }
    // Every payable price inside R: with a round rule ties go down, without one half goes up.
    let tie_up = round.is_none();
    let minor = spans(span).into_iter().find_map(|span| payable(span, &minor_target, tie_up));
    let minor = minor.ok_or("R holds no payable price")?;
    Ok(Settled { price: price(minor), no_ending: round.is_some() })
}

/// The nearest payable price inside a range, tie the lower (fixed, keep, held: decisions 8.6).
pub fn nearest_inside(range: &Range, price: &Q, currency: &str) -> Q {
    let unit = num::power(super::text::minor_digits(currency));
    let minor =
        payable(Span::of(range, &unit), &(price * &unit), false).expect("R always holds a payable price");
    Q::from_integer(minor.into()) / unit
}

pub fn is_payable(price: &Q, currency: &str) -> bool {
    *price > num::zero() && (price * num::power(super::text::minor_digits(currency))).is_integer()
}

/// The nearest of some prices; `tie_up` says which of two equally near ones.
fn nearest(candidates: impl Iterator<Item = i128>, target: &Q, tie_up: bool) -> Option<i128> {
    let distance = |price: i128| num::abs(&(Q::from_integer(price.into()) - target));
    candidates.min_by_key(|price| (distance(*price), if tie_up { -*price } else { *price }))
}

fn payable(span: Span, target: &Q, tie_up: bool) -> Option<i128> {
    let inside = |price: i128| span.high.map_or(price, |high| price.min(high)).max(span.low);
    let around = [whole(&target.floor()), whole(&target.ceil())].into_iter().map(inside);
    nearest(around.filter(|price| span.holds(price)), target, tie_up)
}

/// The nearest price whose ending the band of that price allows, tie the lower.
fn allowed(
    round: &Round,
    span: Span,
    target: &Q,
    currency: &str,
    digits: u32,
) -> Result<Option<i128>, String> {
    let Some(bands) = &round.bands else {
        return Ok(payable(span, target, false));
    };
    let unit = num::power(digits);
    // Decisions 8.1: a target beyond every `to` has no allowed ending.
    let mut ends = bands.iter().map(|(to, _)| to.as_ref().and_then(|to| to.of(currency)));
    if ends.all(|to| to.is_some_and(|to| *target >= to * &unit)) {
        return Ok(None);
    }
    let mut candidates = Vec::new();
    let mut from = 0;
    for (to, patterns) in bands {
        let mut band = span.at_least(from);
        if let Some(to) = to {
            let to = to.of(currency).ok_or(format!("a band has no `to` in {currency}"))?;
            // The band of p is the first with p < to.
            let end = whole(&(to * &unit).ceil());
            band = band.at_most(end - 1);
            from = from.max(end);
        }
        for pattern in patterns {
            let ending = Ending::parse(pattern, digits)?;
            let below = band.at_most(whole(&target.floor()));
            let above = band.at_least(whole(&target.ceil()));
            candidates
                .extend(below.high.and_then(|high| ending.previous(high)).filter(|price| below.holds(price)));
            candidates.extend(ending.next(above.low).filter(|price| above.holds(price)));
        }
        if to.is_none() {
            break;
        }
    }
    Ok(nearest(candidates.into_iter().filter(|price| *price > 0), target, false))
}

#[cfg(test)]
mod tests {
    use super::super::generate::Dice;
    use super::*;

    const BANDS: &str = r#"bands = [ { to = "3 EUR", ends = "*.*9" }, { to = "8 EUR", ends = "*.99 | *.49" }, { to = "20 EUR", ends = "*5" } ]"#;

    /// Semantics 7 and decisions 8 word by word, by trying every price up to 30.00.
    fn by_trying(
        low: i128,
        high: i128,
        target: &Q,
        way: Option<Way>,
        banded: bool,
        intent: Option<&Intent>,
    ) -> (i128, bool) {
        let distance = |price: i128| num::abs(&(num::q(price as i64) - target));
        let keeps = |price: i128| {
            let price = num::q(price as i64) / num::q(100);
            match intent {
                None => true,
                Some(Intent::AtMost(reference)) => price <= *reference,
                Some(Intent::AtLeast(reference)) => price >= *reference,
            }
        };
        let allowed = |price: &i128| match *price {
            _ if !banded => true,
            _ if *target >= num::q(2_000) => false,
            ..300 => price % 10 == 9,
            300..800 => price % 100 == 99 || price % 100 == 49,
            800..2_000 => price % 1_000 == 500,
            _ => false,
        };
        let on_side = |price: &i128| match way {
            Some(Way::Down) => num::q(*price as i64) <= *target,
            Some(Way::Up) => num::q(*price as i64) >= *target,
            _ => true,
        };
        let choose = |candidates: Vec<i128>, tie_up: bool| {
            let keeping: Vec<i128> = candidates.iter().copied().filter(|price| keeps(*price)).collect();
            let counted = if keeping.is_empty() { candidates } else { keeping };
            counted.into_iter().min_by_key(|price| (distance(*price), if tie_up { -price } else { *price }))
        };
        let inside: Vec<i128> = (low.max(1)..=high).collect();
        if way.is_some()
            && let Some(price) =
                choose(inside.iter().copied().filter(|p| allowed(p) && on_side(p)).collect(), false)
        {
            return (price, false);
        }
        (choose(inside, way.is_none()).unwrap(), way.is_some())
    }

    #[test]
    fn settles_as_if_every_price_were_tried() {
        let mut dice = Dice::new(7);
        for _ in 0..2_000 {
            let low = dice.between(1, 2_200);
            let high = low + dice.pick(&[0, 1, 9, 40, 200, 600]);
            // The target in thousandths of a cent, on halves often, and inside R as it always is.
            let target = (dice.between(low * 2, high * 2) * 500 + dice.pick(&[0, 0, 1])).min(high * 1_000);
            let target = num::q(target) / num::q(1_000);
            let way = dice.pick(&[None, Some(Way::Nearest), Some(Way::Down), Some(Way::Up)]);
            let banded = dice.chance(80);
            let reference = num::q(dice.between(low - 60, high + 60)) / num::q(100);
            let intent =
                dice.pick(&[None, Some(Intent::AtMost(reference.clone())), Some(Intent::AtLeast(reference))]);
            let round = way.map(|way| {
                let text = if banded { BANDS } else { "" };
                Round { way, ..parse(&text.parse::<Table>().unwrap()).unwrap() }
            });
            let range = Range::between(num::q(low) / num::q(100), num::q(high) / num::q(100));
            let settled =
                settle(&range, &(&target / num::q(100)), round.as_ref(), intent.as_ref(), "EUR").unwrap();
            let expected =
                by_trying(i128::from(low), i128::from(high), &target, way, banded, intent.as_ref());
            let price = whole(&(settled.price * num::q(100)));
            assert_eq!(
                (price, settled.no_ending),
                expected,
                "{low} {high} {target} {way:?} {banded} {intent:?}"
            );
        }
    }
}
