//! What the strategies that look ahead have seen, in words.

use super::words::{Words, signed_percent};
use crate::money::Amount;
use crate::pricing::{MarkedDown, Optimised, Step};

/// The end of the strategy's line: ` 3.49 of NB-PASTA-500`.
pub(super) fn in_line(step: &Step, words: &Words<'_>) -> String {
    match step {
        Step::Twin { sku, price } => format!(" of {sku} at {}", words.shown(*price)),
        Step::Faded { from, by } => format!(", {} {}", words.shown(*from), signed_percent(*by)),
        Step::MarkedDown(seen) => marked_down(seen, words),
        _ => String::new(),
    }
}

fn marked_down(seen: &MarkedDown, words: &Words<'_>) -> String {
    let base = seen.base.map(|base| format!(" {}", words.shown(base))).unwrap_or_default();
    let off = seen.off.map(|off| format!("{base} {}", signed_percent(off))).unwrap_or_default();
    let row = seen.row.map(|row| format!(" (row {row})")).unwrap_or_default();
    let units = seen.units.map(|units| format!(", {units} units in stock")).unwrap_or_default();
    let days = match seen.days_left {
        0 => "the last day".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    };
    let worth = seen.worth.map(|worth| format!(", a unit left is worth {}", words.shown(worth)));
    format!("{off}{row}, {days}{units}{}", worth.unwrap_or_default())
}

/// One entry a line: the evidence behind an `optimise`.
pub(super) fn demand(steps: &[Step], words: &Words<'_>) -> Vec<String> {
    let of = |step: &Step| match step {
        Step::Optimised(seen) => Some(optimised(seen, words)),
        _ => None,
    };
    steps.iter().filter_map(of).flatten().collect()
}

fn optimised(seen: &Optimised, words: &Words<'_>) -> Vec<String> {
    let end = |amount: Amount| match amount {
        Amount::MAX => "without end".to_owned(),
        Amount::ZERO => "as low as allowed".to_owned(),
        amount => words.shown(amount),
    };
    let sure = seen.confidence.to_percent_text(4);
    let (low, high) = (end(seen.optima.0), end(seen.optima.1));
    let interval = if low == high { low } else { format!("{low} .. {high}") };
    let mut lines = vec![
        format!("elasticity {} ± {}", seen.elasticity, seen.error),
        format!("best price {interval} with {sure} confidence, today {}", words.shown(seen.current)),
    ];
    let (floor, ceiling) = (words.shown(seen.region.0), words.shown(seen.region.1));
    let edge = if seen.trust_region { ": the move ends there" } else { "" };
    lines.push(format!("trust region {floor} .. {ceiling}{edge}"));
    if let Some(day) = &seen.outlook {
        let currency = words.currency();
        lines.push(format!(
            "a day at {} → {}: units {:.2} → {:.2}, revenue {:.2} → {:.2} {currency} net, contribution {:.2} → {:.2} {currency}",
            words.shown(seen.current),
            words.shown(seen.after),
            day.units.0,
            day.units.1,
            day.revenue.0,
            day.revenue.1,
            day.profit.0,
            day.profit.1,
        ));
    }
    lines
}
