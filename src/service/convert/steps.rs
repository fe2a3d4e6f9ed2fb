//! The steps of a trace as messages, with words for people when they are asked for.

use super::decision::{guard_id, rule_info};
use super::write_money;
use crate::facts::{Names, show_duration};
use crate::money::{Amount, Ratio};
use crate::pricing::{Excluded, GuardRef, Mismatch, Place, Release, Side, Status, Step};
use crate::service::proto::{self, StepStage};

/// What the indices in steps point into.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub release: &'a Release,
    pub place: &'a Place,
    pub names: &'a Names,
}

/// The messages of `steps`; `words` adds the texts.
#[must_use]
pub fn steps(steps: &[Step], scene: &Scene<'_>, words: bool) -> Vec<proto::Step> {
    steps
        .iter()
        .map(|step| proto::Step {
            stage: stage(step).into(),
            id: scene.id(step),
            after: after(step).map(|after| write_money(after, scene.place.currency)),
            text: if words { scene.text(step) } else { String::new() },
        })
        .collect()
}

fn stage(step: &Step) -> StepStage {
    match step {
        Step::Cost { .. } | Step::Landed { .. } => StepStage::Cost,
        Step::Won { .. } | Step::NotApplied { .. } | Step::NoPrice { .. } => StepStage::Rule,
        Step::OfferExcluded { .. } | Step::Reference { .. } => StepStage::Rival,
        Step::Part { .. } | Step::Strategy { .. } => StepStage::Strategy,
        Step::Adjusted { .. } | Step::Limited { .. } => StepStage::Adjust,
        Step::Bounded { .. } | Step::Relaxed { .. } | Step::Yielded { .. } | Step::Moved { .. } => {
            StepStage::Guard
        }
        Step::Rounded { .. } => StepStage::Round,
        Step::Kept { .. } | Step::Held { .. } => StepStage::Hold,
        Step::Done { .. } | Step::Refused { .. } => StepStage::Done,
    }
}

/// The amount after a step of the waterfall. A bound or a reference is an amount beside it, not on it.
fn after(step: &Step) -> Option<Amount> {
    match step {
        Step::Cost { purchase: after, .. }
        | Step::Landed { landed: after, .. }
        | Step::Strategy { after, .. }
        | Step::Adjusted { after, .. }
        | Step::Limited { after }
        | Step::Moved { after, .. } => Some(*after),
        Step::Rounded { after, .. } | Step::Kept { after, .. } | Step::Held { after, .. } => {
            Some(after.amount())
        }
        Step::Done { price, .. } => Some(price.amount()),
        _ => None,
    }
}

impl Scene<'_> {
    fn id(&self, step: &Step) -> String {
        match step {
            Step::Won { rule, .. }
            | Step::NotApplied { rule, .. }
            | Step::NoPrice { rule, .. }
            | Step::Strategy { rule, .. } => self.rule(*rule),
            Step::OfferExcluded { set, .. } | Step::Reference { set, .. } => self.set(*set),
            Step::Adjusted { adjustment, variant, .. } => self.adjustment(*adjustment, *variant),
            Step::Bounded { guard, .. }
            | Step::Relaxed { guard }
            | Step::Yielded { guard }
            | Step::Kept { guard, .. }
            | Step::Moved { guard: Some(guard), .. } => self.guard(*guard),
            Step::Rounded { round: Some(round), .. } => {
                let rule = self.place.rounds.get(usize::from(*round));
                rule.map_or_else(String::new, |rule| rule.info.label.to_string())
            }
            _ => String::new(),
        }
    }

    fn text(&self, step: &Step) -> String {
        match step {
            Step::Cost { cost, rate: None, .. } => format!("the item costs {cost}, net"),
            Step::Cost { cost, rate: Some(rate), inverse, purchase } => {
                let sign = if *inverse { "÷" } else { "×" };
                format!("the item costs {cost}, net; {sign} {rate} is {}", self.money(*purchase))
            }
            Step::Landed { buffer, landed } if *buffer == Ratio::ZERO => {
                format!("landed it costs {}, net", self.money(*landed))
            }
            Step::Landed { buffer, landed } => {
                let buffer = buffer.to_percent_text(2);
                format!("landed it costs {}, net, with a currency buffer of {buffer}", self.money(*landed))
            }
            Step::Won { rule, because, runner_up } => {
                let over = runner_up.map_or_else(String::new, |rule| format!(" than `{}`", self.rule(rule)));
                format!("rule `{}` wins: {}{over}", self.rule(*rule), because.as_str())
            }
            Step::NotApplied { rule, why } => {
                format!("rule `{}` does not apply: {}", self.rule(*rule), self.mismatch(why))
            }
            Step::OfferExcluded { rival, price, why, age, match_quality, .. } => {
                let detail = match (why, age, match_quality) {
                    (Excluded::Stale, Some(age), _) => format!(": {} old", show_duration(*age)),
                    (Excluded::Match, _, Some(share)) => format!(": {}", share.to_percent_text(2)),
                    _ => String::new(),
                };
                let why = format!("{why:?}").to_lowercase();
                format!("the offer of {} at {price} does not count: {why}{detail}", self.names.name(*rival))
            }
            Step::Reference { set, price, rivals } => {
                let names: Vec<&str> = rivals.iter().map(|(rival, ..)| self.names.name(*rival)).collect();
                format!("set `{}` asks {} ({})", self.set(*set), self.money(*price), names.join(", "))
            }
            Step::NoPrice { alternative, why, .. } => {
                format!("{} has no price: {why}", alternative_name(*alternative))
            }
            Step::Part { strategy, weight, after } => {
                let weight = weight.to_percent_text(2);
                format!("{weight} of {strategy}, which says {}", self.money(*after))
            }
            Step::Strategy { alternative, strategy, after, .. } => {
                let which = alternative_name(*alternative);
                format!("{which}, {strategy}, says {}", self.money(*after))
            }
            Step::Adjusted { after, .. } => format!("adjusted to {}", self.money(*after)),
            Step::Limited { after } => format!("all adjustments together are limited: {}", self.money(*after)),
            Step::Bounded { guard, side, at } => {
                let side = match side {
                    Side::Floor => "at least",
                    Side::Ceiling => "at most",
                };
                format!("{} guard: {side} {}", guard.class.as_str(), self.money(*at))
            }
            Step::Relaxed { guard } => format!("{} guard, relaxed by name", guard.class.as_str()),
            Step::Yielded { guard } => format!("{} guard, gave way", guard.class.as_str()),
            Step::Moved { after, .. } => format!("moved to {}", self.money(*after)),
            Step::Rounded { after, .. } => format!("rounded to {after} {}", after.currency()),
            Step::Kept { after, .. } => {
                format!("too small a move: {after} {} stays", after.currency())
            }
            Step::Held { reason, after } => format!("held at {after} {}: {}", after.currency(), reason.as_str()),
            Step::Done { status, price } => {
                let word = match status {
                    Status::Priced => "priced",
                    Status::Held(_) => "held",
                };
                format!("{word}: {price} {}", price.currency())
            }
            Step::Refused { code } => format!("refused: {}", code.as_str()),
        }
    }

    fn mismatch(&self, why: &Mismatch) -> String {
        match why {
            Mismatch::NotOpen(_) => "its dates are not open".to_owned(),
            Mismatch::NotNow => "not at this time".to_owned(),
            Mismatch::Cell { attr, wants, missing } => {
                let name = &self.release.schema.attr(*attr).name;
                let missing = if *missing { ", which is missing" } else { "" };
                format!("it wants `{name}` to be `{wants}`{missing}")
            }
            Mismatch::Elsewhere => "it is not for this market and channel".to_owned(),
        }
    }

    fn money(&self, amount: Amount) -> String {
        format!("{amount} {}", self.place.currency)
    }

    fn rule(&self, rule: u32) -> String {
        rule_info(rule, self.place).map_or_else(String::new, |info| info.label.to_string())
    }

    fn guard(&self, guard: GuardRef) -> String {
        guard_id(guard, self.place).to_owned()
    }

    fn set(&self, set: u16) -> String {
        let set = self.place.sets.get(usize::from(set));
        set.map_or_else(String::new, |set| set.name.to_string())
    }

    fn adjustment(&self, adjustment: u16, variant: u16) -> String {
        let adjustment = self.place.adjustments.get(usize::from(adjustment));
        let variant = adjustment.and_then(|known| known.variants.get(usize::from(variant)));
        variant.map_or_else(String::new, |variant| variant.info.label.to_string())
    }
}

fn alternative_name(alternative: u8) -> String {
    match alternative {
        0 => "its price".to_owned(),
        n => format!("its alternative {n}"),
    }
}
