//! Who won and why, what was not used, what did not apply, and why there is no price.

use super::words::Words;
use super::{ExcludedText, NotApplied, WinnerText};
use crate::facts::{Kind, show_duration};
use crate::money::Currency;
use crate::pricing::{
    Excluded, Flag, HeldReason, Mismatch, Outcome, Refusal, RefusalCode, Status, Step, Winner, World,
};

pub(super) fn winner(steps: &[Step], outcome: &Outcome, words: &Words<'_>) -> Option<WinnerText> {
    let winner: Winner = match outcome {
        Outcome::Decided(decision) => decision.winner?,
        Outcome::Refused(refusal) => refusal.winner?,
    };
    let info = words.rule(winner.rule)?;
    let would_say = steps.iter().find_map(|step| match step {
        Step::RunnerUp { target, .. } => Some(*target),
        _ => None,
    });
    Some(WinnerText {
        label: info.label.to_string(),
        id: info.id.to_string(),
        row: info.row,
        layer: words.layer(winner.rule),
        because: winner.because.as_str(),
        at: info.at.clone(),
        owner: info.owner.to_string(),
        why: info.why.to_string(),
        runner_up: winner.runner_up.map(|other| (words.rule_label(other), would_say)),
        alternative: (0 < winner.alternative).then_some(winner.alternative),
    })
}

pub(super) fn no_price(steps: &[Step], words: &Words<'_>) -> Vec<String> {
    let text = |step: &Step| match step {
        Step::NoPrice { rule, alternative, why } => {
            let which = match alternative {
                0 => String::new(),
                n => format!(", else {n}"),
            };
            Some(format!("{}{which}: {why}", words.rule_label(*rule)))
        }
        _ => None,
    };
    steps.iter().filter_map(text).collect()
}

pub(super) fn excluded(steps: &[Step], words: &Words<'_>) -> Vec<ExcludedText> {
    let mut seen: Vec<ExcludedText> = Vec::new();
    for step in steps {
        let Step::OfferExcluded { set, rival, price, why, age, match_quality } = step else {
            continue;
        };
        let set = words.place().sets.get(usize::from(*set));
        let age = age.map_or("age unknown".to_owned(), |age| format!("{} old", show_duration(age)));
        let detail = match why {
            Excluded::Own => "is our own shop".to_owned(),
            Excluded::Currency => format!("is not in {}", words.currency()),
            Excluded::Future => "was seen after this moment".to_owned(),
            Excluded::Shipping => "its shipping is not known".to_owned(),
            Excluded::Implausible => {
                let (low, high) = words.place().plausibility.rival;
                format!("is outside {} .. {} of our price", low.to_percent_text(2), high.to_percent_text(2))
            }
            Excluded::Match => {
                let quality = match_quality.map_or("unknown".to_owned(), |share| share.to_percent_text(1));
                format!("match {quality}, wanted {}", set.map_or("", |set| &set.matching_text))
            }
            Excluded::Stale => format!("{age}, wanted {}", set.map_or("", |set| &set.age_text)),
            Excluded::Stock => "is not in stock".to_owned(),
        };
        let rival = words.rival(*rival).to_owned();
        let known = seen.iter().any(|other| other.rival == rival && other.reason == why.as_str());
        if !known {
            seen.push(ExcludedText { rival, price: price.to_string(), reason: why.as_str(), detail });
        }
    }
    seen
}

pub(super) fn not_applied(steps: &[Step], words: &Words<'_>) -> Vec<NotApplied> {
    let mut seen: Vec<NotApplied> = Vec::new();
    for step in steps {
        let Step::NotApplied { rule, why } = step else {
            continue;
        };
        let (cell, text) = mismatch(why, words);
        seen.push(NotApplied { rule: words.rule_label(*rule), cell, text });
    }
    seen
}

type FailedCell = Option<(String, String, Option<String>)>;

fn mismatch(why: &Mismatch, words: &Words<'_>) -> (FailedCell, String) {
    match why {
        Mismatch::NotOpen(window) => {
            let (word, edge) = if words.world.now.at < window.from {
                ("opens", window.from)
            } else {
                ("closed", window.until)
            };
            let local =
                jiff::Timestamp::from_second(edge).map(|at| words.place().zone.to_datetime(at).to_string());
            (None, format!("{word} {}", local.unwrap_or_default()))
        }
        Mismatch::NotNow => (None, "not at this time".to_owned()),
        Mismatch::Elsewhere => (None, "not in this market and channel".to_owned()),
        Mismatch::Cell { attr, wants, missing } => {
            let name = words.attr(*attr).to_owned();
            let has = if *missing { None } else { words.fact(*attr) };
            let shown = match &has {
                Some(has) => format!("{name} is {has} (rule wants {wants})"),
                None if *missing => format!("{name} is missing (rule wants {wants})"),
                None if words.world.release.schema.attr(*attr).kind == Kind::Set => {
                    format!("{name} has none that the rulebook names (rule wants {wants})")
                }
                // A served item is kept as numbers: what the rulebook does not mention has no text.
                None => format!("{name} is something else (rule wants {wants})"),
            };
            (Some((name, wants.to_string(), has)), shown)
        }
    }
}

pub(super) fn guards_hit(outcome: &Outcome, words: &Words<'_>) -> Vec<String> {
    let guards: Vec<_> = match outcome {
        Outcome::Decided(decision) => decision.hits.iter().collect(),
        Outcome::Refused(refusal) => refusal.guards.clone(),
    };
    guards.into_iter().filter_map(|guard| Some(words.variant(guard)?.info.id.to_string())).collect()
}

/// Why a current price counts for nothing, where it is in another currency than the market's.
#[must_use]
pub fn foreign_price(given: Currency, market: Currency) -> String {
    format!("current_price is in {given}, the market's currency is {market}")
}

/// The note about it: the guards and strategies that look at the current price do without.
pub(super) fn foreign_note(words: &Words<'_>) -> Option<String> {
    let fact = |name: &str| words.facts.get(name).filter(|text| !text.is_empty());
    let text = fact("current_price")?;
    let code = text
        .rsplit_once(' ')
        .map(|(_, code)| code)
        .or_else(|| fact("current_price_currency").map(|code| code.as_str()));
    let given = code.map_or(words.world.release.items_feed.currency, Currency::from_code)?;
    (given != words.currency()).then(|| {
        let why = foreign_price(given, words.currency());
        format!("{why}: it is not used, and guards that compare with it bound nothing")
    })
}

/// What deserves a sentence beside the waterfall.
pub(super) fn notes(steps: &[Step], outcome: &Outcome, words: &Words<'_>) -> Vec<String> {
    let mut notes = Vec::from_iter(foreign_note(words));
    for step in steps {
        let named = |guard: &crate::pricing::GuardRef| {
            words.variant(*guard).map(|variant| variant.info.label.to_string())
        };
        match step {
            Step::Yielded { guard } => {
                notes.push(format!("guard {} yielded to a higher class", named(guard).unwrap_or_default()));
            }
            Step::Relaxed { guard } => {
                notes.push(format!(
                    "guard {} is relaxed by name: needs approval",
                    named(guard).unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
    if let Outcome::Decided(decision) = outcome {
        if decision.flags.has(Flag::NoEnding) {
            notes.push("no allowed ending lies inside the guards: nearest payable price taken".to_owned());
        }
        if let Status::Held(reason) = decision.status {
            notes.push(format!("held: {}", held_text(reason)));
        }
    }
    notes
}

/// Why a price is held, for people.
pub(super) fn held_text(reason: HeldReason) -> &'static str {
    match reason {
        HeldReason::CostImplausible => {
            "the cost changed more than anybody believes; confirm it or correct the feed"
        }
        HeldReason::RateImplausible => {
            "the exchange rate jumped more than anybody believes; confirm it or correct the feed"
        }
        HeldReason::NoRule => {
            "no rule holds for this item; add one, or a rule for everything in the first layer"
        }
        HeldReason::NoStrategy => "no strategy of the winning rule has a price; add an `else`",
    }
}

/// Why there is no price and what to do.
pub(super) fn refusal(refusal: &Refusal, world: &World<'_>) -> String {
    let named: Vec<&str> = refusal
        .guards
        .iter()
        .filter_map(|guard| {
            let guard = world.place.guards.get(usize::from(guard.guard))?;
            Some(&*guard.id)
        })
        .collect();
    let guards = named.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" and ");
    let fact = refusal.fact.as_deref().unwrap_or("");
    match refusal.code {
        RefusalCode::VatClass => {
            format!("market {} has no VAT rate for the item's `vat_class`; add the class to the market", world.place.market)
        }
        RefusalCode::ExchangeRateMissing => format!("there is no exchange rate {fact}; add it to the fx feed"),
        RefusalCode::ExchangeRateStale => format!("the exchange rate {fact} is older than the market allows; update the fx feed"),
        RefusalCode::FactMissing if guards.is_empty() => format!("`{fact}` is missing; add it to the item"),
        RefusalCode::FactMissing => format!("guard {guards} needs `{fact}`, which is missing; add it to the item"),
        RefusalCode::GuardsContradict => format!("no price satisfies {guards} together; change one, or let one yield"),
        RefusalCode::Infeasible => format!("no price at all satisfies {guards}: the fees take more than the price gives"),
        RefusalCode::FeedStale => format!("guard {guards} keeps the current price while the feed is stale, and there is none"),
        RefusalCode::CostImplausible => {
            "the cost changed more than anybody believes and there is no current price to hold; confirm the cost".to_owned()
        }
        RefusalCode::RateImplausible => {
            "the exchange rate jumped more than anybody believes and there is no current price to hold; confirm the rate".to_owned()
        }
        RefusalCode::NoPrice => "no strategy has a price and there is no current price to hold".to_owned(),
        RefusalCode::AmountOverflow => "an amount leaves the range of ±9,223,372,036,854 currency units".to_owned(),
    }
}
