//! An answer, or why there is none, for people and machines.

use crate::facts::show_instant;
use crate::money::Ratio;
use crate::service::client::QuoteError;
use crate::service::convert::read_money;
use crate::service::proto::quote_price_request::Item;
use crate::service::proto::quote_result::Outcome;
use crate::service::proto::{
    Because, Decision, DecisionStatus, GuardHit, ItemError, Money, PriceBasis, QuoteClaims,
    QuotePriceRequest, QuoteResult, RangeEdge, Step,
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use tonic_types::StatusExt as _;

/// A decision in a few lines, or the whole explanation if it was asked for.
pub fn text(decision: &Decision) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let Decision { sku, market, channel, .. } = decision;
    if !decision.explanation.is_empty() {
        line(decision.explanation.trim_end());
    } else {
        let gross = decision.price.as_ref().and_then(|price| price.gross.as_ref());
        let net = decision.price.as_ref().and_then(|price| price.net.as_ref());
        let vat = decision.price.as_ref().map_or("", |price| price.vat_rate.as_str());
        line(&format!("{}   {sku} in {market}, {channel}, at {}", show(gross), at(decision)));
        line(&format!("  status      {}", status(decision)));
        if let Some(previous) = &decision.previous_price {
            line(&format!("  was         {}", show(Some(previous))));
        }
        line(&format!("  net         {}, VAT {}", show(net), percent(vat)));
        if let Some(winner) = &decision.winner {
            let than =
                winner.runner_up.as_ref().map_or_else(String::new, |other| format!(", before {other}"));
            let row = winner.row.map_or_else(String::new, |row| format!(" row {row}"));
            line(&format!(
                "  rule        {}{row} ({}{than})   {}:{}",
                winner.rule,
                because(winner.because()),
                winner.file,
                winner.line
            ));
        }
        if let Some(range) = &decision.range {
            line(&format!(
                "  allowed     {} .. {}",
                edge(range.floor.as_ref()),
                edge(range.ceiling.as_ref())
            ));
        }
        if let Some(margin) = &decision.margin {
            let contribution = decision.contribution.as_ref();
            line(&format!(
                "  margin      {}, contribution {}, break-even {}",
                percent(margin),
                show(contribution),
                show(decision.break_even.as_ref())
            ));
        }
        let guards: Vec<&str> = decision.guards.iter().map(|guard| guard.id.as_str()).collect();
        for (word, list) in [("guards", guards.join(", ")), ("flags", decision.flags.join(", "))] {
            if !list.is_empty() {
                line(&format!("  {word:<12}{list}"));
            }
        }
    }
    let release = decision.release.get(..12).unwrap_or(&decision.release);
    let basis = match decision.basis() {
        PriceBasis::InForce => "in force",
        _ => "recommended now, not published",
    };
    line(&format!("  release     {release}   {basis}"));
    if let Some(until) = &decision.valid_until {
        line(&format!("  holds until {}   facts {}", show_instant(until.seconds), decision.fact_set));
    }
    if !decision.quote_token.is_empty() {
        line(&format!("  token       {}", decision.quote_token));
    }
    out
}

/// One of several answers.
pub fn result_line(asked: &QuotePriceRequest, result: &QuoteResult) -> String {
    // A terminal would obey what a file says.
    let plain = |text: &str| {
        text.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect::<String>()
    };
    let (sku, place) = (plain(sku(asked)), plain(&format!("{}/{}", asked.market, asked.channel)));
    let (price, told) = match &result.outcome {
        Some(Outcome::Decision(decision)) => {
            let gross = decision.price.as_ref().and_then(|price| price.gross.as_ref());
            let rule = decision.winner.as_ref().map_or("", |winner| winner.rule.as_str());
            let token = Some(&decision.quote_token).filter(|token| !token.is_empty());
            let token = token.map_or_else(String::new, |token| format!("   {token}"));
            (show(gross), format!("{}   {rule}{token}", status(decision)))
        }
        Some(Outcome::Error(error)) => {
            let others = error.field_violations.iter().skip(1);
            let others = others.map(|other| format!("; {} {}", other.field, other.description));
            let told = format!("{}: {}{}", error.reason, error.message, others.collect::<String>());
            ("-".to_owned(), plain(&told))
        }
        None => ("-".to_owned(), "no answer".to_owned()),
    };
    format!("{price:>14}   {sku:<16} {place:<12} {told}").trim_end().to_owned()
}

/// The same for programs, an object a line.
pub fn result_json(asked: &QuotePriceRequest, result: &QuoteResult) -> Value {
    match &result.outcome {
        Some(Outcome::Decision(decision)) => json(decision),
        other => {
            let error = match other {
                Some(Outcome::Error(error)) => error.clone(),
                _ => ItemError::default(),
            };
            let violations = error.field_violations.iter();
            json!({
                "format_version": "1.0",
                "kind": "price",
                "sku": sku(asked),
                "market": asked.market,
                "channel": asked.channel,
                "status": "refused",
                "reason": error.reason,
                "message": error.message,
                "violations": violations
                    .map(|violation| json!({ "field": violation.field, "why": violation.description }))
                    .collect::<Vec<_>>(),
            })
        }
    }
}

fn sku(asked: &QuotePriceRequest) -> &str {
    match &asked.item {
        Some(Item::Sku(sku)) => sku,
        Some(Item::ItemFacts(facts)) => &facts.sku,
        None => "",
    }
}

/// What a token promises.
pub fn claims_text(claims: &QuoteClaims) -> String {
    let QuoteClaims { sku, market, channel, release, fact_set, .. } = claims;
    let time =
        |at: &Option<prost_types::Timestamp>| at.map_or_else(String::new, |at| show_instant(at.seconds));
    let release = release.get(..12).unwrap_or(release);
    format!(
        "{}   {sku} in {market}, {channel}\n  promised    {}\n  holds until {}\n  release     {release}   facts {fact_set}\n",
        show(claims.gross.as_ref()),
        time(&claims.quoted_at),
        time(&claims.valid_until),
    )
}

pub fn claims_json(claims: &QuoteClaims) -> Value {
    let time = |at: &Option<prost_types::Timestamp>| at.map(|at| show_instant(at.seconds));
    json!({
        "format_version": "1.0",
        "kind": "quote-token",
        "sku": claims.sku,
        "market": claims.market,
        "channel": claims.channel,
        "segment": claims.customer_segment,
        "amount": amount(claims.gross.as_ref()),
        "currency": claims.gross.as_ref().map(|money| &money.currency_code),
        "release": claims.release.get(..12).unwrap_or(&claims.release),
        "fact_set": claims.fact_set,
        "quoted_at": time(&claims.quoted_at),
        "valid_until": time(&claims.valid_until),
    })
}

/// The same with the keys of `pricer explain --format json`.
pub fn json(decision: &Decision) -> Value {
    let price = decision.price.as_ref();
    let gross = price.and_then(|price| price.gross.as_ref());
    let range = decision.range.as_ref();
    json!({
        "format_version": "1.0",
        "kind": "price",
        "sku": decision.sku,
        "market": decision.market,
        "channel": decision.channel,
        "at": at(decision),
        "release": decision.release.get(..12).unwrap_or(&decision.release),
        "basis": if decision.basis() == PriceBasis::InForce { "in-force" } else { "recommended" },
        "status": if decision.status() == DecisionStatus::Held { "held" } else { "priced" },
        "reason": Some(&decision.held_reason).filter(|reason| !reason.is_empty()),
        "price": {
            "amount": amount(gross),
            "currency": gross.map(|money| &money.currency_code),
            "basis": "gross",
            "net": amount(price.and_then(|price| price.net.as_ref())),
            "vat_rate": price.map(|price| &price.vat_rate),
        },
        "previous": amount(decision.previous_price.as_ref()),
        "range": {
            "floor": edge_json(range.and_then(|range| range.floor.as_ref())),
            "ceiling": edge_json(range.and_then(|range| range.ceiling.as_ref())),
        },
        "margin": decision.margin,
        "contribution": amount(decision.contribution.as_ref()),
        "full_contribution": amount(decision.full_contribution.as_ref()),
        "break_even": amount(decision.break_even.as_ref()),
        "flags": decision.flags,
        "oldest_input": decision.oldest_input_time.as_ref().map(|time| show_instant(time.seconds)),
        "guards": decision.guards.iter().map(|guard| &guard.id).collect::<Vec<_>>(),
        "winner": decision.winner.as_ref().map(|winner| json!({
            "rule": winner.rule,
            "row": winner.row,
            "layer": winner.layer,
            "because": because(winner.because()),
            "runner_up": winner.runner_up,
            "alternative": winner.alternative,
            "file": winner.file,
            "line": winner.line,
        })),
        "steps": decision.steps.iter().map(step_json).collect::<Vec<_>>(),
        "valid_until": decision.valid_until.as_ref().map(|time| show_instant(time.seconds)),
        "fact_set": decision.fact_set,
        "quote_token": Some(&decision.quote_token).filter(|token| !token.is_empty()),
    })
}

/// An error with its cure.
pub fn error_text(error: &QuoteError) -> String {
    match error {
        QuoteError::Unreachable { addr, why } => format!(
            "error: no service answers at {addr}: {why}\n  \
             help: start one with `pricer serve --rulebook DIR --items FILE`, or name another with `--addr`\n"
        ),
        QuoteError::Address { addr, why } => {
            format!(
                "error: {addr:?} is not an address: {why}\n  help: write it as `http://127.0.0.1:50051`\n"
            )
        }
        QuoteError::Status(status) => {
            let violations = status.get_details_bad_request().map(|bad| bad.field_violations);
            let violations = violations.unwrap_or_default();
            let message = match violations.is_empty() {
                true => status.message(),
                false => "the request is not valid",
            };
            let mut out = format!("error[{}]: {message}\n", reason(status));
            for violation in violations {
                let _ = writeln!(out, "  {} {}", violation.field, violation.description);
            }
            if let Some(cure) = cure(&reason(status)) {
                let _ = writeln!(out, "  help: {cure}");
            }
            out
        }
    }
}

fn cure(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "ITEM_NOT_FOUND" => "describe the item here: `--fact cost=\"298.00 EUR\"`",
        "NOT_READY" => "the service is still loading: try again in a moment",
        "QUOTE_EXPIRED" | "QUOTE_TOKEN_INVALID" => "ask for a new one with `pricer quote SKU … --token`",
        "RELEASE_NOT_FOUND" => "leave out `--release` to ask the one in force",
        _ => return None,
    })
}

pub fn error_json(error: &QuoteError) -> Value {
    let (reason, message, violations) = match error {
        QuoteError::Unreachable { why, .. } => ("UNREACHABLE".to_owned(), why.clone(), Vec::new()),
        QuoteError::Address { why, .. } => ("INVALID_ADDRESS".to_owned(), why.clone(), Vec::new()),
        QuoteError::Status(status) => {
            let bad = status.get_details_bad_request();
            let violations = bad.map(|bad| bad.field_violations).unwrap_or_default();
            (reason(status), status.message().to_owned(), violations)
        }
    };
    let violations =
        violations.iter().map(|violation| json!({ "field": violation.field, "why": violation.description }));
    json!({
        "format_version": "1.0",
        "kind": "price",
        "status": "refused",
        "reason": reason,
        "message": message,
        "violations": violations.collect::<Vec<_>>(),
    })
}

/// The service's reason, else gRPC's code.
fn reason(status: &tonic::Status) -> String {
    let info = status.get_details_error_info();
    info.map_or_else(|| format!("{:?}", status.code()), |info| info.reason)
}

fn status(decision: &Decision) -> String {
    match decision.status() {
        DecisionStatus::Held => format!("held: {}", decision.held_reason),
        _ => "priced".to_owned(),
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Unspecified => "",
        Because::OnlyCandidate => "only candidate",
        Because::LaterLayer => "later layer",
        Because::Over => "over",
        Because::Narrower => "narrower",
    }
}

fn at(decision: &Decision) -> String {
    decision.at_time.as_ref().map_or_else(String::new, |at| show_instant(at.seconds))
}

fn show(money: Option<&Money>) -> String {
    match money.map(read_money) {
        Some(Ok(money)) => money.to_string(),
        _ => "unknown".to_owned(),
    }
}

fn amount(money: Option<&Money>) -> Option<String> {
    money.and_then(|money| read_money(money).ok()).map(|money| money.amount.to_string())
}

fn percent(ratio: &str) -> String {
    Ratio::parse(ratio).map_or_else(|_| ratio.to_owned(), |ratio| ratio.to_percent_text(1))
}

fn edge(edge: Option<&RangeEdge>) -> String {
    let guard = |guard: &GuardHit| format!(" ({})", guard.id);
    match edge.and_then(|edge| edge.amount.as_ref().map(|amount| (edge, amount))) {
        Some((edge, amount)) => {
            let by = edge.guard.as_ref().map(guard).unwrap_or_default();
            format!("{}{by}", show(Some(amount)))
        }
        None => "any".to_owned(),
    }
}

fn edge_json(edge: Option<&RangeEdge>) -> Value {
    match edge.filter(|edge| edge.amount.is_some()) {
        Some(edge) => json!({
            "amount": amount(edge.amount.as_ref()),
            "guard": edge.guard.as_ref().map(|guard| &guard.id),
        }),
        None => Value::Null,
    }
}

fn step_json(step: &Step) -> Value {
    let stage = step.stage().as_str_name().trim_start_matches("STEP_STAGE_").to_lowercase();
    json!({
        "stage": stage,
        "id": step.id,
        "basis": if stage == "cost" { "net" } else { "gross" },
        "delta": amount(step.delta.as_ref()),
        "after": amount(step.after.as_ref()),
        "text": step.text,
        "file": step.file,
        "line": step.line,
    })
}
