//! The account in words, for programs, and as a picture.

use super::{PERIOD_WEEKS, Report, WorldReport};
use serde_json::{Value, json};
use std::fmt::Write as _;

const BAR: f64 = 20.0;
/// The goal for the world that the fit believes in.
const GOAL: f64 = 0.7;

/// For people.
#[must_use]
pub fn text(report: &Report) -> String {
    let plan = &report.plan;
    let mut out = format!(
        "{} items in {} groups, {} weeks of history, then {} prices of {PERIOD_WEEKS} weeks each; rulebook `{}`; seeds {} to {}\n",
        report.items,
        report.groups,
        plan.weeks,
        plan.periods,
        report.rulebook,
        plan.seed,
        plan.seed.wrapping_add(plan.seeds.saturating_sub(1)),
    );
    if 0 < report.left_out {
        let _ = writeln!(out, "{} items are left out: see --format json", report.left_out);
    }
    let _ = writeln!(
        out,
        "\n{:<12}{:>10}{:>9}{:>10}{:>14}{:>12}{:>13}{:>15}",
        "world",
        "headroom",
        "gained",
        "captured",
        "worst decile",
        "worse off",
        "last period",
        "elasticity off"
    );
    for world in &report.worlds {
        let bar = "▇".repeat((world.captured().unwrap_or(0.0).clamp(0.0, 1.0) * BAR).round() as usize);
        let line = format!(
            "{:<12}{:>10}{:>9}{:>10}{:>14}{:>12}{:>13}{:>15}  {bar}",
            world.world.as_str(),
            percent(world.headroom(), 1),
            percent(world.gain(), 1),
            share(world.captured()),
            share(world.worst_decile()),
            format!("{} of {}", world.worse_off, world.groups),
            share(world.last.captured()),
            format!("{:+.2} ± {:.2}", world.bias, world.error),
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str("\nheadroom: what prices by the true demand earn above today's prices, in percent of today's profit; captured: the\n");
    out.push_str("share of it that the rules gained; worst decile: a tenth of the groups captured at most this; worse off: groups that\n");
    out.push_str(
        "earn less than with today's prices; elasticity off: estimated minus true, median and median size\n",
    );
    if let Some(goal) = report.well_specified() {
        let (captured, worst) = (goal.captured().unwrap_or(0.0), goal.worst_decile().unwrap_or(0.0));
        let reached = GOAL <= captured && 0.0 <= worst;
        let word = if reached { "reached" } else { "missed" };
        let _ = writeln!(out, "\ngoal in `constant`: 70 % captured, worst decile not below 0: {word}");
        for world in report.worlds.iter().filter(|world| world.world != goal.world) {
            let _ = writeln!(out, "  {:<12}{}", world.world.as_str(), cost(world, goal));
        }
    }
    out
}

/// What it costs that a world is not the one that the fit believes in.
fn cost(world: &WorldReport, right: &WorldReport) -> String {
    let says = world.world.says();
    match (world.captured(), right.captured()) {
        (Some(world), Some(right)) => format!("{:+.0} points: {says}", 100.0 * (world - right)),
        _ => format!("{says}; nothing could be gained"),
    }
}

fn percent(share: f64, places: usize) -> String {
    format!("{:.places$} %", 100.0 * share)
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| percent(share, 0))
}

/// For programs.
#[must_use]
pub fn json(report: &Report, left_out: &[(String, &'static str)]) -> Value {
    let plan = &report.plan;
    let world = |world: &WorldReport| {
        json!({
            "world": world.world.as_str(),
            "profit": { "incumbent": world.profit.incumbent, "rules": world.profit.rules, "clairvoyant": world.profit.clairvoyant },
            "headroom": world.headroom(),
            "gained": world.gain(),
            "captured": world.captured(),
            "captured_last_period": world.last.captured(),
            "worst_decile": world.worst_decile(),
            "groups": world.groups,
            "groups_worse_off": world.worse_off,
            "elasticity_bias": world.bias,
            "elasticity_error": world.error,
            "items_fitted": world.fitted,
            "prices": world.prices,
            "prices_moved": world.moved,
            "prices_refused": world.refused,
            "prices_outside_guards": world.outside,
            "largest_step": world.largest_step,
        })
    };
    json!({
        "format_version": "1.0",
        "kind": "simulation",
        "rulebook": report.rulebook,
        "items": report.items,
        "groups": report.groups,
        "weeks": plan.weeks,
        "periods": plan.periods,
        "period_weeks": PERIOD_WEEKS,
        "seeds": plan.seeds,
        "seed": plan.seed,
        "worlds": report.worlds.iter().map(world).collect::<Vec<_>>(),
        "left_out": left_out.iter().map(|(sku, why)| json!({ "sku": sku, "reason": why })).collect::<Vec<_>>(),
    })
}

/// Headroom captured in each world, with the groups of its worst and best tenth: a picture without scripts.
#[must_use]
pub fn svg(report: &Report) -> String {
    const ROW: usize = 40;
    let height = 70 + ROW * report.worlds.len();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" width=\"720\" height=\"{height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>Headroom captured</title>\n<desc>The share of what prices by the \
         true demand would gain that the rules gained; the line goes from the worst to the best tenth of the groups.</desc>\n\
         <rect width=\"720\" height=\"{height}\" fill=\"#ffffff\"/>\n<text x=\"120\" y=\"20\" font-size=\"14\">Headroom \
         captured; the line holds four fifths of the groups</text>\n"
    );
    // From −100 % to 100 %.
    let x = |share: f64| 120.0 + (share.clamp(-1.0, 1.0) + 1.0) * 285.0;
    for share in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let (at, ink) = (x(share), if share < 0.0 || 0.0 < share { "#dddddd" } else { "#000000" });
        let low = height - 30;
        let _ =
            writeln!(out, "<line x1=\"{at:.1}\" y1=\"30\" x2=\"{at:.1}\" y2=\"{low}\" stroke=\"{ink}\"/>");
        let text = percent(share, 0);
        let _ =
            writeln!(out, "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>", height - 12);
    }
    for (row, world) in report.worlds.iter().enumerate() {
        let top = 36 + ROW * row;
        let (zero, end) = (x(0.0), x(world.captured().unwrap_or(0.0)));
        let (from, width) = (zero.min(end), (end - zero).abs());
        let best = world.by_group.iter().rev().nth(world.by_group.len() / 10).copied().unwrap_or(0.0);
        let middle = top + 12;
        let _ = writeln!(out, "<text x=\"8\" y=\"{}\">{}</text>", top + 16, world.world.as_str());
        let _ = writeln!(
            out,
            "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"24\" fill=\"#56b4e9\"/>"
        );
        let _ = writeln!(
            out,
            "<line x1=\"{:.1}\" y1=\"{middle}\" x2=\"{:.1}\" y2=\"{middle}\" stroke=\"#000000\" stroke-width=\"2\"/>",
            x(world.worst_decile().unwrap_or(0.0)),
            x(best)
        );
    }
    out.push_str("</svg>\n");
    out
}
