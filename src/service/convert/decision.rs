//! A decision and its steps as messages.

use super::{write_instant, write_money};
use crate::explain::{Line, Stage};
use crate::money::{Amount, Currency};
use crate::pricing::{
    Because, Decision, Edge, GuardClass, GuardRef, Info, Place, Release, Status, Winner, World,
};
use crate::service::proto;

/// The message of a decision made in `world` for `sku`, without its steps.
#[must_use]
pub fn decision(decision: &Decision, world: &World<'_>, sku: &str) -> proto::Decision {
    let World { release, place, .. } = world;
    let money = |amount: Amount| write_money(amount, place.currency);
    let (status, held_reason) = match decision.status {
        Status::Priced => (proto::DecisionStatus::Priced, String::new()),
        Status::Held(reason) => (proto::DecisionStatus::Held, reason.as_str().to_owned()),
    };
    proto::Decision {
        status: status.into(),
        held_reason,
        basis: proto::PriceBasis::Recommended.into(),
        sku: sku.to_owned(),
        market: owned(&place.market),
        channel: owned(&place.channel),
        at_time: Some(write_instant(world.now.at)),
        price: Some(proto::ItemPrice {
            gross: Some(write_money(decision.price.amount(), decision.price.currency())),
            net: Some(money(decision.net)),
            vat_rate: decision.vat.to_string(),
        }),
        previous_price: decision.previous.map(money),
        range: Some(proto::PriceRange {
            floor: Some(edge(decision.range.floor, place)),
            ceiling: Some(edge(decision.range.ceiling, place)),
        }),
        winner: decision.winner.and_then(|won| winner(won, release, place)),
        margin: decision.margin.map(|margin| margin.to_string()),
        contribution: decision.contribution.map(money),
        full_contribution: decision.full_contribution.map(money),
        break_even: decision.break_even.map(money),
        flags: decision.flags.iter().map(|flag| flag.as_str().to_owned()).collect(),
        guards: decision.hits.iter().map(|hit| guard(hit, place)).collect(),
        oldest_input_time: decision.oldest_input.map(write_instant),
        release: owned(&release.hash),
        ..proto::Decision::default()
    }
}

/// `to_string` of a `Box<str>` goes through the formatter, at ten times the cost.
fn owned(text: &str) -> String {
    text.to_owned()
}

fn edge(edge: Edge, place: &Place) -> proto::RangeEdge {
    let is_bounded = edge.set_by.is_some() || edge.amount != Amount::MAX;
    proto::RangeEdge {
        amount: is_bounded.then(|| write_money(edge.amount, place.currency)),
        guard: edge.set_by.map(|set_by| guard(set_by, place)),
    }
}

fn guard(guard: GuardRef, place: &Place) -> proto::GuardHit {
    proto::GuardHit {
        id: guard_id(guard, place).to_owned(),
        guard_class: match guard.class {
            GuardClass::Legal => proto::GuardClass::Legal,
            GuardClass::Safety => proto::GuardClass::Safety,
            GuardClass::Contract => proto::GuardClass::Contract,
            GuardClass::Commercial => proto::GuardClass::Commercial,
            GuardClass::Comfort => proto::GuardClass::Comfort,
        }
        .into(),
    }
}

/// What answers call a guard.
pub fn guard_id(guard: GuardRef, place: &Place) -> &str {
    place.guards.get(usize::from(guard.guard)).map_or("", |guard| &guard.id)
}

/// Who wrote a rule, by its index.
pub fn rule_info(rule: u32, place: &Place) -> Option<&Info> {
    place.rules.get(usize::try_from(rule).ok()?).map(|rule| &rule.info)
}

fn winner(won: Winner, release: &Release, place: &Place) -> Option<proto::Winner> {
    let rule = place.rules.get(usize::try_from(won.rule).ok()?)?;
    let layer = release.layers.get(usize::from(rule.layer));
    Some(proto::Winner {
        rule: owned(&rule.info.id),
        row: rule.info.row.and_then(|row| row.try_into().ok()),
        because: match won.because {
            Because::OnlyCandidate => proto::Because::OnlyCandidate,
            Because::LaterLayer => proto::Because::LaterLayer,
            Because::Over => proto::Because::Over,
            Because::Narrower => proto::Because::Narrower,
        }
        .into(),
        runner_up: won.runner_up.and_then(|rule| rule_info(rule, place)).map(|info| owned(&info.label)),
        alternative: won.alternative.into(),
        layer: layer.map(|layer| owned(layer)).unwrap_or_default(),
        file: owned(&rule.info.at.file),
        line: rule.info.at.line.try_into().unwrap_or(0),
    })
}

/// A line of the waterfall.
#[must_use]
pub fn step(line: &Line, currency: Currency) -> proto::Step {
    proto::Step {
        stage: match line.stage {
            Stage::Cost => proto::StepStage::Cost,
            Stage::Strategy => proto::StepStage::Strategy,
            Stage::Adjust => proto::StepStage::Adjust,
            Stage::Guard => proto::StepStage::Guard,
            Stage::Round => proto::StepStage::Round,
            Stage::Held => proto::StepStage::Held,
        }
        .into(),
        id: line.id.clone(),
        delta: Some(write_money(line.delta, currency)),
        after: Some(write_money(line.after, currency)),
        text: line.text.clone(),
        file: line.at.file.to_string(),
        line: line.at.line.try_into().unwrap_or(0),
    }
}
