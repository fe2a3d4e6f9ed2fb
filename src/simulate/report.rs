//! What came of all worlds and seeds.

use super::play::{Played, Profit};
use super::{Plan, Shop, WorldKind};

/// The account of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub plan: Plan,
    pub rulebook: String,
    pub items: usize,
    pub groups: usize,
    pub left_out: usize,
    pub worlds: Vec<WorldReport>,
}

/// The account of one world, over its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldReport {
    pub world: WorldKind,
    pub profit: Profit,
    /// Of the last period alone: after the way there.
    pub last: Profit,
    /// Headroom captured by each group of each seed that has any, the least first.
    pub by_group: Vec<f64>,
    /// Groups, of every seed; and those that earn less than with today's prices.
    pub groups: usize,
    pub worse_off: usize,
    /// Median of estimated minus true elasticity, and of its size.
    pub bias: f64,
    pub error: f64,
    /// The share of items that the last fit tells.
    pub fitted: f64,
    pub prices: u64,
    pub moved: u64,
    pub refused: u64,
    /// Prices outside the range of the guards: none.
    pub outside: u64,
    pub largest_step: f64,
}

impl WorldReport {
    fn new(world: WorldKind, played: &[&Played]) -> Self {
        let (mut profit, mut last) = (Profit::default(), Profit::default());
        for one in played {
            one.groups.iter().for_each(|group| profit.add(*group));
            one.periods.last().iter().for_each(|period| last.add(**period));
        }
        let groups = || played.iter().flat_map(|one| &one.groups);
        let mut by_group: Vec<f64> = groups().filter_map(Profit::captured).collect();
        by_group.sort_by(f64::total_cmp);
        let errors: Vec<f64> = played.iter().flat_map(|one| one.errors.iter().copied()).collect();
        let items: usize = played.iter().map(|one| one.items).sum();
        Self {
            world,
            profit,
            last,
            groups: groups().count(),
            worse_off: groups().filter(|group| group.worse_off()).count(),
            by_group,
            bias: median(errors.clone()),
            fitted: errors.len() as f64 / items.max(1) as f64,
            error: median(errors.into_iter().map(f64::abs).collect()),
            prices: played.iter().map(|one| one.prices).sum(),
            moved: played.iter().map(|one| one.moved).sum(),
            refused: played.iter().map(|one| one.refused).sum(),
            outside: played.iter().map(|one| one.outside).sum(),
            largest_step: played.iter().map(|one| one.largest_step).fold(0.0, f64::max),
        }
    }

    /// The share of the headroom that the rules gained; none where there is none.
    #[must_use]
    pub fn captured(&self) -> Option<f64> {
        self.profit.captured()
    }

    /// A tenth of the groups captured at most this much (the nearest rank).
    #[must_use]
    pub fn worst_decile(&self) -> Option<f64> {
        let rank = self.by_group.len().div_ceil(10).saturating_sub(1);
        self.by_group.get(rank).copied()
    }

    /// What the clairvoyant earns more than the incumbent, as a share of the incumbent's profit.
    #[must_use]
    pub fn headroom(&self) -> f64 {
        self.profit.clairvoyant / self.profit.incumbent - 1.0
    }

    /// What the rules earn more than the incumbent, likewise.
    #[must_use]
    pub fn gain(&self) -> f64 {
        self.profit.rules / self.profit.incumbent - 1.0
    }
}

impl Report {
    pub(super) fn new(shop: &Shop, plan: &Plan, played: &[Played]) -> Self {
        let of = |world: &WorldKind| -> WorldReport {
            let own: Vec<&Played> = played.iter().filter(|one| one.world == *world).collect();
            WorldReport::new(*world, &own)
        };
        Self {
            plan: plan.clone(),
            rulebook: shop.release.name.to_string(),
            items: shop.items(),
            groups: shop.group_count(),
            left_out: shop.left_out.len(),
            worlds: plan.worlds.iter().map(of).collect(),
        }
    }

    /// The world that the fit believes in, if it was played.
    #[must_use]
    pub fn well_specified(&self) -> Option<&WorldReport> {
        self.worlds.iter().find(|world| world.world == WorldKind::Constant)
    }
}

/// The middle value; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(0.0);
    match values.len() % 2 {
        0 => 0.5 * (upper + middle.checked_sub(1).and_then(|at| values.get(at)).copied().unwrap_or(upper)),
        _ => upper,
    }
}
