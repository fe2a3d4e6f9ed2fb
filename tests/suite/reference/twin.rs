//! `relative`: the final price of a twin, and circles of twins (decisions 18).

use super::CaseInput;
use super::cell::Value;
use super::num::{self, AMOUNT_PLACES, Q};
use super::price::{self, Ask, Stop, amount};
use super::propose::{Intent, Link, Proposal};
use super::{Answer, text};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The way from twin to twin.
#[derive(Default)]
pub struct Way {
    /// the items being priced, each asked for by the one before
    open: RefCell<Vec<String>>,
    /// items whose way came back to them
    circle: RefCell<BTreeSet<String>>,
}

impl CaseInput {
    pub fn sku(&self) -> &str {
        self.item.get("sku").map(String::as_str).unwrap_or_default()
    }

    /// The same question for another item of the same facts; none if there is no such item.
    fn of(&self, sku: &str) -> Option<CaseInput> {
        if sku == self.sku() {
            return Some(self.clone());
        }
        let mut case = self.clone();
        let found = case.others.iter().position(|other| other.sku() == sku)?;
        let other = case.others.remove(found);
        let CaseInput { item, offers, history, .. } = other;
        let before = CaseInput {
            item: std::mem::replace(&mut case.item, item),
            offers: std::mem::replace(&mut case.offers, offers),
            history: std::mem::replace(&mut case.history, history),
            ..CaseInput::default()
        };
        case.others.push(before);
        Some(case)
    }
}

pub fn target(ask: &mut Ask, to: &str, by: &Q) -> Result<Option<Proposal>, Stop> {
    let Some(twin) = twin_price(ask, to)? else {
        return Ok(None);
    };
    let target = amount(num::half_even(&(&twin * (num::one() + by)), AMOUNT_PLACES))?;
    let mut proposal = Proposal::plain(target, "relative", &[]);
    let below = *by <= num::zero();
    proposal.intent = Some(if below { Intent::AtMost(twin.clone()) } else { Intent::AtLeast(twin.clone()) });
    proposal.link = Some(Link { twin, below });
    Ok(Some(proposal))
}

/// The twin's final price, held or not; none if there is none or the way comes back.
fn twin_price(ask: &mut Ask, to: &str) -> Result<Option<Q>, Stop> {
    let Some(Value::Text(sku)) = ask.facts.values.get(to) else {
        return Ok(None);
    };
    let (sku, way) = (sku.clone(), ask.way);
    let Some(case) = ask.case.of(&sku) else {
        ask.trail.push("twin unknown".into());
        return Ok(None);
    };
    let start = way.open.borrow().iter().position(|open| *open == sku);
    if let Some(start) = start {
        let round: Vec<String> = way.open.borrow()[start..].to_vec();
        ask.trail.push(format!("circle of {}", round.len()));
        way.circle.borrow_mut().extend(round);
        return Ok(None);
    }
    let answer = price::on_the_way(ask.book, &case, way)?;
    if way.circle.borrow().contains(ask.case.sku()) {
        ask.trail.push("on a circle".into());
        return Ok(None);
    }
    let word = match &answer {
        Answer::Priced(_) => "priced",
        Answer::Held(_) => "held",
        Answer::Refused { .. } => "refused",
        Answer::Quarantined { .. } => "quarantined",
    };
    ask.trail.push(format!("twin {word}"));
    if way.circle.borrow().contains(&sku) {
        ask.trail.push("twin on a circle".into());
    }
    match answer {
        Answer::Priced(priced) => Ok(text::amount(&priced.price)),
        Answer::Held(held) => Ok(text::amount(&held.price)),
        _ => Ok(None),
    }
}

impl Way {
    pub fn enter(&self, sku: &str) {
        self.open.borrow_mut().push(sku.into());
    }

    pub fn leave(&self) {
        self.open.borrow_mut().pop();
    }
}
