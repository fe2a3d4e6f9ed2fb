//! What a fit has to say: how much of the business it covers, what it cannot tell, and what moved.

use super::forest::Bar;
use super::panel::Panel;
use super::{FittedPanel, table};
use crate::estimate::inference::normal_quantile;
use std::collections::BTreeMap;

/// How much of the business the estimates cover.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    pub items: usize,
    pub usable: usize,
    /// The share of the revenue that usable items make.
    pub revenue: f64,
    /// Items that are not usable, by reason, the commonest first.
    pub reasons: Vec<(&'static str, usize)>,
    /// Items that carry a flag.
    pub flags: Vec<(&'static str, usize)>,
}

/// Counts.
pub fn coverage(panel: &Panel, fit: &FittedPanel) -> Coverage {
    let total: f64 = panel.items.iter().map(|i| i.revenue).sum();
    let (mut usable, mut covered) = (0, 0.0);
    let mut reasons: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut flags: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (i, (item, found)) in panel.items.iter().zip(&fit.items).enumerate() {
        if fit.usable(i).is_some() {
            usable += 1;
            covered += item.revenue;
        } else {
            *reasons.entry(found.reason.unwrap_or("no estimate")).or_default() += 1;
        }
        found.flags.iter().for_each(|f| *flags.entry(f).or_default() += 1);
    }
    let sorted = |map: BTreeMap<&'static str, usize>| {
        let mut out: Vec<(&'static str, usize)> = map.into_iter().collect();
        out.sort_by_key(|(name, count)| (usize::MAX - count, *name));
        out
    };
    Coverage {
        items: panel.items.len(),
        usable,
        revenue: if total > 0.0 { covered / total } else { 0.0 },
        reasons: sorted(reasons),
        flags: sorted(flags),
    }
}

/// One sentence: `usable for 71 % of revenue; 214 SKUs unidentified: no price variation`.
pub fn coverage_line(coverage: &Coverage) -> String {
    let mut out = format!(
        "usable for {:.0} % of revenue ({} of {} items)",
        coverage.revenue * 100.0,
        coverage.usable,
        coverage.items
    );
    for (reason, count) in &coverage.reasons {
        out.push_str(&format!("; {count} SKUs unidentified: {reason}"));
    }
    out
}

/// Bars of the plot: categories by revenue, or items where there is one category.
pub fn bars(panel: &Panel, fit: &FittedPanel, at_most: usize) -> Vec<Bar> {
    let z = normal_quantile(0.975);
    let total: f64 = panel.items.iter().map(|i| i.revenue).sum::<f64>().max(f64::MIN_POSITIVE);
    let mut out: Vec<(f64, Bar)> = Vec::new();
    if panel.categories.len() > 1 {
        for (c, pooled) in fit.categories.iter().enumerate() {
            let Some(pooled) = pooled else { continue };
            let revenue: f64 = panel.items.iter().filter(|i| i.category == c).map(|i| i.revenue).sum();
            out.push((
                revenue,
                Bar {
                    name: panel.categories.get(c).cloned().unwrap_or_default(),
                    estimate: pooled.mu,
                    low: pooled.mu - z * pooled.se,
                    high: pooled.mu + z * pooled.se,
                    note: format!("{} items, {:.0} % of revenue", pooled.groups, 100.0 * revenue / total),
                },
            ));
        }
    } else {
        for (i, item) in panel.items.iter().enumerate() {
            let Some(usable) = fit.usable(i) else { continue };
            out.push((
                item.revenue,
                Bar {
                    name: table::name(item),
                    estimate: usable.estimate,
                    low: usable.estimate - z * usable.se,
                    high: usable.estimate + z * usable.se,
                    note: format!("{:.0} % of revenue", 100.0 * item.revenue / total),
                },
            ));
        }
    }
    out.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    out.into_iter().take(at_most).map(|(_, bar)| bar).collect()
}
