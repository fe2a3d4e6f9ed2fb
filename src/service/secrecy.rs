//! What callers do not see who may not see costs: cost, margin, floor, and all from which they could be reckoned.

use super::proto::{Decision, ExplanationDetail};
use super::status::{Condition, Failure};

/// Takes out of an answer what reveals costs. The ceiling goes too: it may be a markup on the cost.
pub fn veil(decision: &mut Decision) {
    let Decision {
        // Shown to everybody who may ask for a price.
        status: _,
        held_reason: _,
        basis: _,
        sku: _,
        market: _,
        channel: _,
        at_time: _,
        price: _,
        previous_price: _,
        winner: _,
        flags: _,
        oldest_input_time: _,
        release: _,
        valid_until: _,
        fact_set: _,
        oldest_input_age: _,
        quote_token: _,
        // Secret.
        range,
        margin,
        contribution,
        full_contribution,
        break_even,
        guards,
        steps,
        explanation,
    } = decision;
    *range = None;
    *margin = None;
    *contribution = None;
    *full_contribution = None;
    *break_even = None;
    guards.clear();
    steps.clear();
    explanation.clear();
}

/// A refusal without amounts and guards: its reason stays.
#[must_use]
pub fn veil_failure(failure: Failure) -> Failure {
    let Condition::Refused(code) = failure.condition else { return failure };
    let kept = ["sku", "market", "channel", "release", "fact"];
    let metadata = failure.metadata.into_iter().filter(|(key, _)| kept.contains(key)).collect();
    let message = format!("no price can be given: {}; who may see costs is told more", code.as_str());
    Failure { message, metadata, ..failure }
}

/// # Errors
/// The steps to a price show its cost.
pub fn may_explain(detail: i32) -> Result<(), Failure> {
    match ExplanationDetail::try_from(detail) {
        Ok(ExplanationDetail::Steps | ExplanationDetail::Text) => {
            let message =
                "explanations show costs: they take one of the roles `author`, `approver`, `auditor`";
            Err(Failure::new(Condition::RoleLacksDetail, message))
        }
        _ => Ok(()),
    }
}
