//! The explanation for machines: `format_version` 1.0, minor versions only add.

use super::{Explanation, Stage};
use crate::facts::show_instant;
use crate::money::{Amount, Rounding};
use crate::pricing::{Edge, Status};
use serde_json::{Map, Value, json};

impl Explanation<'_> {
    /// One price with its reasons. Amounts are decimal strings; the amounts of the steps are exact.
    #[must_use]
    pub fn json(&self) -> Value {
        let place = self.world.place;
        let mut root = Map::new();
        let mut put = |key: &str, value: Value| {
            root.insert(key.to_owned(), value);
        };
        put("format_version", json!("1.0"));
        put("kind", json!("price"));
        put("sku", json!(self.subject.sku));
        put("market", json!(place.market));
        put("channel", json!(place.channel));
        put("at", json!(show_instant(self.world.now.at)));
        put("release", json!(self.world.release.id()));
        match self.decision() {
            Some(decision) => {
                let (status, reason) = match decision.status {
                    Status::Priced => ("priced", None),
                    Status::Held(reason) => ("held", Some(reason.as_str())),
                };
                put("status", json!(status));
                put("reason", json!(reason));
                put(
                    "price",
                    json!({
                        "amount": decision.price.to_string(),
                        "currency": place.currency.code(),
                        "basis": "gross",
                        "net": exact(decision.net),
                        "vat_rate": decision.vat.to_string(),
                    }),
                );
                put("previous", json!(decision.previous.map(exact)));
                let change = decision.previous.and_then(|previous| {
                    decision.price.amount().sub(previous).ok()?.ratio_to(previous, Rounding::HalfEven)
                });
                put("change", json!(change.map(|change| change.to_string())));
                put(
                    "range",
                    json!({ "floor": self.edge(decision.range.floor), "ceiling": self.edge(decision.range.ceiling) }),
                );
                put("margin", json!(decision.margin.map(|margin| margin.to_string())));
                put("contribution", json!(decision.contribution.map(exact)));
                put("full_contribution", json!(decision.full_contribution.map(exact)));
                put("break_even", json!(decision.break_even.map(exact)));
                put("flags", json!(decision.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>()));
                put("price_kind", json!(decision.kind.as_str()));
                put("reference_price", json!(decision.reference.map(exact)));
                put("oldest_input", json!(decision.oldest_input.map(show_instant)));
            }
            None => {
                put("status", json!("refused"));
                let refusal = self.refusal();
                put("reason", json!(refusal.map(|refusal| refusal.code.as_str())));
                put("message", json!(refusal.map(|refusal| super::refusal_text(refusal, self.world))));
                put("fact", json!(refusal.and_then(|refusal| refusal.fact.clone())));
            }
        }
        put("guards", json!(self.guards_hit));
        put("winner", self.winner_json());
        put("steps", Value::Array(self.lines.iter().map(step_json).collect()));
        put("demand", json!(self.demand));
        put("no_price", json!(self.no_price));
        put("not_applied", Value::Array(self.not_applied.iter().map(not_applied_json).collect()));
        let excluded = self.excluded.iter().map(|offer| {
            json!({ "rival": offer.rival, "price": offer.price, "reason": offer.reason, "detail": offer.detail })
        });
        put("excluded_inputs", Value::Array(excluded.collect()));
        put("notes", json!(self.notes));
        Value::Object(root)
    }

    fn winner_json(&self) -> Value {
        let Some(winner) = &self.winner else {
            return Value::Null;
        };
        json!({
            "rule": winner.id,
            "label": winner.label,
            "row": winner.row,
            "layer": winner.layer,
            "because": winner.because,
            "owner": winner.owner,
            "file": winner.at.file,
            "line": winner.at.line,
            "alternative": winner.alternative,
            "runner_up": winner.runner_up.as_ref().map(|(label, target)| json!({
                "rule": label,
                "target": target.map(exact),
            })),
        })
    }

    fn edge(&self, edge: Edge) -> Value {
        let guard = edge.set_by.and_then(|guard| self.world.place.guards.get(usize::from(guard.guard)));
        match (edge.amount, guard) {
            (Amount::MAX, None) => Value::Null,
            (amount, guard) => {
                json!({ "amount": exact(amount), "guard": guard.map(|guard| guard.id.clone()) })
            }
        }
    }
}

fn exact(amount: Amount) -> String {
    amount.to_string()
}

fn step_json(line: &super::Line) -> Value {
    json!({
        "stage": line.stage.as_str(),
        "id": line.id,
        "basis": if line.stage == Stage::Cost { "net" } else { "gross" },
        "delta": exact(line.delta),
        "after": exact(line.after),
        "text": line.text,
        "file": line.at.file,
        "line": line.at.line,
    })
}

fn not_applied_json(rule: &super::NotApplied) -> Value {
    let failed =
        rule.cell.as_ref().map(|(attr, wants, has)| json!({ "attr": attr, "wants": wants, "has": has }));
    json!({ "rule": rule.rule, "failed": failed, "text": rule.text })
}
