//! What is certain to do nothing: W0411 rivals that can never be enough, W0412 a band without a price, W0315 a season without a day.

use super::Context;
use super::cure::maybe;
use crate::pricing::{Band, Now, Place, Rank, RivalSet, Rule, Strategy, When, Window};
use crate::rulebook::Diagnostic;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Weekdays and leap years come back after so many years, which begin with 2024.
const YEARS: i32 = 28;
const FIRST_DAY: i32 = 19_723;
const DAY: i64 = 86_400;

pub(super) fn findings(context: &Context<'_>, places: &[Place]) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(&'static str, &str), Diagnostic> = BTreeMap::new();
    for place in places {
        for rule in &place.rules {
            if let Some((set, wanted)) = too_few(place, rule) {
                found
                    .entry(("W0411", &rule.info.label))
                    .or_insert_with(|| never_enough(context, place, rule, set, wanted));
            }
        }
        for round in &place.rounds {
            let mut low = 0;
            for band in &round.bands {
                if !has_price(band, low) {
                    found.entry(("W0412", &round.info.label)).or_insert_with(|| {
                        let span = context.setting("round", &round.info, "bands");
                        unpriced(&round.info.label, band, place, span)
                    });
                }
                low = band.to.unwrap_or(i64::MAX);
            }
        }
        for variant in place.adjustments.iter().flat_map(|own| &own.variants) {
            if !has_day(&variant.when, variant.window, &place.zone) {
                found.entry(("W0315", &variant.info.label)).or_insert_with(|| {
                    let mut finding = Diagnostic::warning(
                        "W0315",
                        format!("season `{}` never acts", variant.info.label),
                        context.setting("season", &variant.info, "when"),
                        "no day is all of this",
                    )
                    .note("all that a `when` says must hold at once, between `from` and `until`");
                    finding.fixes.push(maybe("take a condition away, or write two seasons", Vec::new()));
                    finding
                });
            }
        }
    }
    found.into_values().collect()
}

/// A set of which a rule asks for more rivals than it has, and how many.
fn too_few<'a>(place: &'a Place, rule: &Rule) -> Option<(&'a RivalSet, usize)> {
    std::iter::once(&rule.strategy).chain(&rule.otherwise).find_map(|strategy| asks(place, strategy))
}

fn asks<'a>(place: &'a Place, strategy: &Strategy) -> Option<(&'a RivalSet, usize)> {
    let (set, rank) = match strategy {
        Strategy::Follow { set, rank, .. } => (*set, *rank),
        Strategy::Index { set, of, .. } => (*set, *of),
        Strategy::Blend { parts, .. } => {
            return parts.iter().find_map(|part| asks(place, &part.strategy));
        }
        _ => return None,
    };
    let set = place.sets.get(usize::from(set))?;
    let of_rank = match rank {
        Rank::Second => 2,
        Rank::Third => 3,
        Rank::Lowest | Rank::Median | Rank::Mean | Rank::Highest => 1,
    };
    let wanted = of_rank.max(usize::try_from(set.at_least).unwrap_or(usize::MAX));
    (rivals(set) < wanted).then_some((set, wanted))
}

/// Members that are not our own shops.
fn rivals(set: &RivalSet) -> usize {
    set.members.iter().filter(|member| !set.own.contains(member)).count()
}

fn never_enough(
    context: &Context<'_>,
    place: &Place,
    rule: &Rule,
    set: &RivalSet,
    wanted: usize,
) -> Diagnostic {
    let names = |count: usize| if count == 1 { "1 rival".to_owned() } else { format!("{count} rivals") };
    let mut finding = Diagnostic::warning(
        "W0411",
        format!("rule `{}` asks for more rivals than `{}` has", rule.info.label, set.name),
        context.setting("rule", &rule.info, "price"),
        format!("needs {}; market {} has {}", names(wanted), place.market, names(rivals(set))),
    )
    .note("with fewer rivals there is no price, so `else` decides, or the current price is held");
    finding.fixes.push(maybe("take another rank, or name more rivals in the set", Vec::new()));
    finding
}

/// Whether a price at or above `low` and below the band's end has one of its endings.
fn has_price(band: &Band, low: i64) -> bool {
    let below = |price: i64| band.to.is_none_or(|to| price < to);
    band.endings.iter().any(|ending| ending.at_or_above(low).is_some_and(below))
}

fn unpriced(name: &str, band: &Band, place: &Place, span: crate::rulebook::Span) -> Diagnostic {
    let title = format!("a band of `round.{name}` has no price");
    let label = format!("no price in {} of this band ends in {}", place.currency, band.text);
    let mut finding = Diagnostic::warning("W0412", title, span, label)
        .note("its prices take an ending of another band, or none");
    finding.fixes.push(maybe("write an ending with fewer digits, or another `to`", Vec::new()));
    finding
}

/// Whether a local day is inside the window and all of `when`. Times of day are left out; a night belongs to the day it begins on.
fn has_day(when: &When, window: Window, zone: &TimeZone) -> bool {
    if *when == When::default() {
        return true;
    }
    let days = When { times: [].into(), ..when.clone() };
    let night = i32::from(when.times.iter().any(|range| range.until <= range.from));
    let is_open = |edge: i64| edge == Window::ALWAYS.from || edge == Window::ALWAYS.until;
    let day = |instant: i64| Now::new(instant, zone).day();
    let first = (!is_open(window.from)).then(|| day(window.from) - night);
    let last = (!is_open(window.until)).then(|| day(window.until - 1));
    let holds = |day: i32| {
        first.is_none_or(|first| first <= day)
            && last.is_none_or(|last| day <= last)
            && days.holds(&Now::new(i64::from(day) * DAY + DAY / 2, &TimeZone::UTC))
    };
    match &when.dates {
        Some(dates) => dates.iter().any(|range| (range.first..=range.last).any(holds)),
        None => {
            let start = first.unwrap_or(FIRST_DAY);
            (start..start.saturating_add(YEARS * 366)).any(holds)
        }
    }
}
