//! Markdowns along a ladder of prices, by dynamic programming (Talluri & van Ryzin 2004, ch. 5).

use super::poisson::{expected_sales, truncated};

/// Tables beyond this many steps are refused: weeks × rungs × units².
pub const MOST_STEPS: u64 = 2_000_000_000;

/// More are expected than there can be in stock, by so much that all is sold: not a digit hangs on how much more.
const ENDLESS: f64 = 1e18;

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidLadder {
    /// No rung, or no period.
    Empty,
    /// Prices do not fall strictly, or are not finite.
    Prices,
    /// An expected demand, a chance, a gain or the salvage is out of range.
    Number,
    /// A period has not one expected demand per rung.
    Shape,
    /// More than [`MOST_STEPS`].
    TooLarge,
}

/// One price of a ladder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// Gross.
    pub price: f64,
    /// What a unit sold at it leaves: the price itself, or a·P − C.
    pub gain: f64,
}

/// May a price rise again?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Never: a markdown.
    NonIncreasing,
    Free,
}

/// A ladder with its expected demand: `demand[w][k]` units in period w at rung k, Poisson, rungs from dear to cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    rungs: Vec<Rung>,
    demand: Vec<Vec<f64>>,
    salvage: f64,
}

/// The best value and the rung to start on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Expected gains and salvage.
    pub value: f64,
    /// Index into the rungs.
    pub rung: usize,
}

/// What is best from each stock on, at the start of some period: one row a stock, one start a ceiling rung.
type Table = Vec<Vec<Start>>;

impl Ladder {
    /// `salvage` is what a unit left at the end brings. A demand without end buys all that there is.
    ///
    /// # Errors
    /// See [`InvalidLadder`].
    pub fn try_new(rungs: Vec<Rung>, demand: Vec<Vec<f64>>, salvage: f64) -> Result<Self, InvalidLadder> {
        if rungs.is_empty() || demand.is_empty() {
            return Err(InvalidLadder::Empty);
        }
        let falling = rungs.is_sorted_by(|dear, cheap| cheap.price < dear.price);
        if !falling || rungs.iter().any(|rung| !rung.price.is_finite()) {
            return Err(InvalidLadder::Prices);
        }
        if demand.iter().any(|period| period.len() != rungs.len()) {
            return Err(InvalidLadder::Shape);
        }
        let demand: Vec<Vec<f64>> =
            demand.into_iter().map(|period| period.into_iter().map(endless).collect()).collect();
        let valid = |mean: &f64| 0.0 <= *mean;
        let gains = rungs.iter().all(|rung| rung.gain.is_finite());
        if !demand.iter().flatten().all(valid) || !gains || !salvage.is_finite() {
            return Err(InvalidLadder::Number);
        }
        Ok(Self { rungs, demand, salvage })
    }

    /// The best start with `units` before period `from` (counted from 0), when the price has been at rung `ceiling`
    /// (0 when anything is still allowed). Demand beyond the stock is lost; the tail counts whole at stock-out.
    ///
    /// # Errors
    /// [`InvalidLadder::Shape`] for a period or rung that is not there, [`InvalidLadder::TooLarge`].
    pub fn best(&self, path: Path, from: usize, units: u32, ceiling: usize) -> Result<Start, InvalidLadder> {
        let remaining =
            self.demand.get(from..).filter(|rest| !rest.is_empty()).ok_or(InvalidLadder::Shape)?;
        let cells = u64::from(units) + 1;
        let steps = cells.saturating_mul(cells).saturating_mul((remaining.len() * self.rungs.len()) as u64);
        if MOST_STEPS < steps {
            return Err(InvalidLadder::TooLarge);
        }
        let end =
            |left: u32| vec![Start { value: self.salvage * f64::from(left), rung: 0 }; self.rungs.len()];
        let last: Table = (0..=units).map(end).collect();
        let first = remaining.iter().rev().fold(last, |later, means| self.period(path, means, &later, units));
        first.last().and_then(|row| row.get(ceiling)).copied().ok_or(InvalidLadder::Shape)
    }

    /// One step back: the best start of each stock, given what follows.
    fn period(&self, path: Path, means: &[f64], later: &Table, units: u32) -> Table {
        let chances: Vec<Vec<f64>> = means.iter().map(|mean| truncated(*mean, units)).collect();
        (0..=units).map(|stock| self.stock(path, &chances, later, stock)).collect()
    }

    fn stock(&self, path: Path, chances: &[Vec<f64>], later: &Table, stock: u32) -> Vec<Start> {
        let values = self.rungs.iter().zip(chances).enumerate().map(|(rung, (price, chances))| {
            // A free path looks at the row's first entry: nothing binds it.
            let next = if path == Path::Free { 0 } else { rung };
            Start { value: expected(price.gain, chances, later, stock, next), rung }
        });
        // From the cheapest up: the best among this rung and all below it.
        let mut best: Vec<Start> = Vec::with_capacity(self.rungs.len());
        for start in values.collect::<Vec<_>>().into_iter().rev() {
            let below = best.last().copied().filter(|below| start.value < below.value);
            best.push(below.unwrap_or(start));
        }
        best.reverse();
        best
    }

    /// The best price kept throughout, salvage included; ties go to the dearer rung.
    #[must_use]
    pub fn best_single(&self, units: u32) -> Start {
        let value = |(rung, price): (usize, &Rung)| {
            let mean = self.demand.iter().filter_map(|period| period.get(rung)).sum();
            let sold = expected_sales(mean, units);
            Start { value: price.gain * sold + self.salvage * (f64::from(units) - sold), rung }
        };
        let none = Start { value: f64::NEG_INFINITY, rung: 0 };
        let better = |best: Start, next: Start| if best.value < next.value { next } else { best };
        self.rungs.iter().enumerate().map(value).fold(none, better)
    }
}

/// At most [`ENDLESS`]; what is no number stays so.
fn endless(mean: f64) -> f64 {
    if ENDLESS < mean { ENDLESS } else { mean }
}

/// Gain now and value later, over the sales of one period: k sold for k < stock, the whole tail at the stock.
fn expected(gain: f64, chances: &[f64], later: &Table, stock: u32, next: usize) -> f64 {
    let mut left_over = 1.0;
    let mut total = 0.0;
    let units = stock as usize;
    // `chances` ends in the tail of the largest stock; a smaller stock takes what is left over as its tail.
    let full = chances.len() == units + 1;
    for (sold, left) in (0..=units).zip((0..=units).rev()) {
        let listed = chances.get(sold).copied().unwrap_or(0.0);
        let chance = if sold == units && !full { left_over } else { listed };
        let follows = later.get(left).and_then(|row| row.get(next)).map_or(0.0, |start| start.value);
        total += chance * (gain * sold as f64 + follows);
        left_over = (left_over - chance).max(0.0);
    }
    total
}

/// A price with the chance that a period sells one unit at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// What the unit brings.
    pub gain: f64,
    /// In [0, 1].
    pub chance: f64,
}

/// At most one sale a period: V_t(n) = max_p d(p)·(p − ΔV) + V, with ΔV = V_{t−1}(n) − V_{t−1}(n−1) and unsold units
/// worth nothing. The values for 0 … `units` with `periods` left.
///
/// # Errors
/// [`InvalidLadder`]: no offer, a chance outside [0, 1], or too many steps.
pub fn one_sale_per_period(offers: &[Offer], periods: u32, units: u32) -> Result<Vec<f64>, InvalidLadder> {
    check(offers)?;
    let steps = u64::from(periods).saturating_mul(u64::from(units) + 1).saturating_mul(offers.len() as u64);
    if MOST_STEPS < steps {
        return Err(InvalidLadder::TooLarge);
    }
    let mut values = vec![0.0; units as usize + 1];
    for _ in 0..periods {
        let mut before = 0.0;
        for value in values.iter_mut().skip(1) {
            let worth = *value - before;
            before = *value;
            let gain = offers.iter().map(|offer| offer.chance * (offer.gain - worth)).fold(0.0, f64::max);
            *value += gain;
        }
    }
    Ok(values)
}

/// The best gain a period when on average at most `supply` units a period may be sold and offers may be mixed over
/// time: the upper bound that no policy of [`one_sale_per_period`] beats. The concave hull of (chance, chance·gain).
///
/// # Errors
/// [`InvalidLadder`]: no offer, a chance outside [0, 1], a supply that is negative or not a number.
pub fn fluid_bound(offers: &[Offer], supply: f64) -> Result<f64, InvalidLadder> {
    check(offers)?;
    if supply.is_nan() || supply < 0.0 {
        return Err(InvalidLadder::Number);
    }
    let points = || {
        let nothing = std::iter::once((0.0, 0.0));
        nothing.chain(offers.iter().map(|offer| (offer.chance, offer.chance * offer.gain)))
    };
    let mut best = 0.0_f64;
    for (slow, less) in points().filter(|point| point.0 <= supply) {
        best = best.max(less);
        for (fast, more) in points().filter(|point| supply < point.0) {
            best = best.max(less + (more - less) * (supply - slow) / (fast - slow));
        }
    }
    Ok(best)
}

fn check(offers: &[Offer]) -> Result<(), InvalidLadder> {
    if offers.is_empty() {
        return Err(InvalidLadder::Empty);
    }
    let valid = |offer: &Offer| (0.0..=1.0).contains(&offer.chance) && offer.gain.is_finite();
    if offers.iter().all(valid) { Ok(()) } else { Err(InvalidLadder::Number) }
}

impl std::fmt::Display for InvalidLadder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "the ladder has no price or no period",
            Self::Prices => "the prices of the ladder do not fall",
            Self::Number => "a demand, a chance or a gain of the ladder is out of range",
            Self::Shape => {
                "the ladder has no such period or price, or a period without a demand for each price"
            }
            Self::TooLarge => "the markdown problem is too large",
        })
    }
}

impl std::error::Error for InvalidLadder {}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
