//! A shop in a world whose demand nobody tells it: what do rules earn there, beside today's prices and the best ones?
//!
//! ```text
//! hidden demand ──► weeks of history ──► fit ──► rules ──► four weeks of sales ─┐
//!                                         ▲                                     │
//!                                         └─────────────────────────────────────┘
//! ```
//!
//! Three players meet the same weeks: the *incumbent* keeps today's prices, the *rules* price through the one engine with
//! elasticities fitted from their own sales, the *clairvoyant* knows the true demand and is bound by the same guards and
//! endings. The share of what the clairvoyant gains is the *headroom captured*.
//!
//! All chance comes from seeds, so an answer is the same on any number of threads.

mod believed;
#[cfg(test)]
mod chance;
mod clairvoyant;
mod draw;
mod hidden;
mod past;
mod play;
mod report;
mod shop;
mod text;

pub use hidden::WorldKind;
pub use play::{Played, Profit};
pub use report::{Report, WorldReport};
pub use shop::Shop;
pub use text::{json, svg, text};

use crate::estimate::error::{EstimateError, Result};
use rayon::prelude::*;

/// Prices stay for so many weeks.
pub const PERIOD_WEEKS: usize = 4;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub worlds: Vec<WorldKind>,
    /// Weeks of history before the rules take over.
    pub weeks: usize,
    /// How often the rules set prices, every four weeks.
    pub periods: usize,
    pub seeds: u64,
    /// The first seed.
    pub seed: u64,
}

/// Plays every world with every seed; `progress` hears of each that is done.
///
/// # Errors
/// A shop without items, no world, seed or period, and sales that cannot be fitted.
pub fn simulate(shop: &Shop, plan: &Plan, progress: &(dyn Fn() + Sync)) -> Result<Report> {
    let Some(place) = shop.release.places.get(shop.place).filter(|_| !shop.articles.is_empty()) else {
        let first = shop.left_out.first().map(|(sku, why)| format!(": `{sku}` {why}")).unwrap_or_default();
        return Err(EstimateError::new(format!("there is no item to simulate{first}")));
    };
    let games: Vec<(WorldKind, u64)> = plan
        .worlds
        .iter()
        .flat_map(|world| (0..plan.seeds).map(|at| (*world, plan.seed.wrapping_add(at))))
        .collect();
    let play = |(world, seed): (WorldKind, u64)| {
        let played = play::play(shop, place, plan, world, seed, &|found, _| found);
        progress();
        played
    };
    let played = games.into_par_iter().map(play).collect::<Result<Vec<Played>>>()?;
    Ok(Report::new(shop, plan, &played))
}
