//! The explanation for people. Not stable: machines read the JSON.

use super::words::{shown, signed};
use super::{Explanation, Stage};
use crate::money::{Amount, Ratio, Rounding};
use crate::pricing::{Decision, Status};
use std::fmt::Write as _;

/// Where the text of a waterfall line ends and its running total begins.
const TEXT_WIDTH: usize = 74;

impl Explanation<'_> {
    /// The waterfall and its reasons as text, about a screen.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.header(&mut out);
        self.waterfall(&mut out);
        match (self.decision(), self.refusal()) {
            (Some(decision), _) => self.price_lines(decision, &mut out),
            (None, Some(refusal)) => {
                let text = super::refusal_text(refusal, self.world);
                line(&mut out, &format!("  refused     {}: {text}", refusal.code.as_str()));
            }
            (None, None) => {}
        }
        out.push('\n');
        self.reasons(&mut out);
        out
    }

    fn header(&self, out: &mut String) {
        let fact = |name: &str| self.subject.facts.get(name).map_or("", String::as_str);
        let tags = fact("tags").replace('|', " ");
        let known = [self.subject.sku.as_str(), fact("name"), fact("category"), tags.as_str()];
        let known: Vec<&str> = known.into_iter().filter(|text| !text.is_empty()).collect();
        let place = self.world.place;
        let at = jiff::Timestamp::from_second(self.world.now.at).map(|at| {
            let local = place.zone.to_datetime(at);
            format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
        });
        let zone = place.zone.iana_name().unwrap_or("");
        line(out, &known.join("   "));
        line(
            out,
            &format!(
                "market {}   channel {}   at {} {zone}   release {}",
                place.market,
                place.channel,
                at.unwrap_or_default(),
                self.world.release.id()
            ),
        );
        out.push('\n');
    }

    fn waterfall(&self, out: &mut String) {
        let currency = self.world.place.currency;
        let mut gross = false;
        let mut first = true;
        for entry in &self.lines {
            if !gross && entry.stage != Stage::Cost {
                gross = true;
                first = true;
                self.vat_rule(out);
            }
            let amount = if first { shown(entry.delta, currency) } else { signed(entry.delta, currency) };
            let total = if first { String::new() } else { shown(entry.after, currency) };
            first = false;
            let text = match entry.id.as_str() {
                "" => entry.text.clone(),
                id => format!("{id}: {}", entry.text),
            };
            let at = match entry.at.line {
                0 => String::new(),
                number => format!("   {}:{number}", entry.at.file),
            };
            let row = format!("  {:<9} {amount:>12}   {text:<TEXT_WIDTH$} {total:>12}{at}", entry.word);
            line(out, row.trim_end());
        }
        if !gross {
            self.vat_rule(out);
        }
    }

    fn vat_rule(&self, out: &mut String) {
        let vat = self.decision().map(|decision| format!(" (VAT {})", decision.vat.to_percent_text(2)));
        line(out, &format!("  {} gross from here{}", "─".repeat(60), vat.unwrap_or_default()));
    }

    fn price_lines(&self, decision: &Decision, out: &mut String) {
        let currency = self.world.place.currency;
        line(out, &format!("  {}", "═".repeat(24)));
        let was = decision.previous.map(|previous| {
            let change = change_text(decision.price.amount(), previous);
            format!("   was {}{change}", shown(previous, currency))
        });
        let word = match decision.status {
            Status::Priced => "price",
            Status::Held(_) => "held",
        };
        let flags: Vec<&str> = decision.flags.iter().map(|flag| flag.as_str()).collect();
        let flags = if flags.is_empty() { String::new() } else { format!("   flags: {}", flags.join(", ")) };
        let price = format!("{} {currency}", decision.price);
        line(out, &format!("  {word:<9} {price:>12}{}{flags}", was.unwrap_or_default()));
        let mut earns = Vec::new();
        let money = |amount: Amount| format!("{} {currency}", shown(amount, currency));
        match decision.margin {
            Some(margin) => earns.push(format!("margin {}", margin.to_percent_text(1))),
            None => earns.push("margin unknown (no cost)".to_owned()),
        }
        earns.extend(decision.contribution.map(|amount| format!("unit contribution {}", money(amount))));
        earns.extend(decision.full_contribution.map(|amount| format!("full contribution {}", money(amount))));
        earns.extend(decision.break_even.map(|amount| format!("break-even {}", money(amount))));
        line(out, &format!("  {}", earns.join("   ")));
        let edge = |edge: crate::pricing::Edge, none: &str| match edge.set_by {
            Some(guard) => {
                let guard = self.world.place.guards.get(usize::from(guard.guard));
                format!("{} ({})", shown(edge.amount, currency), guard.map_or("", |guard| &*guard.id))
            }
            None => none.to_owned(),
        };
        let floor = edge(decision.range.floor, "one minor unit");
        let ceiling = edge(decision.range.ceiling, "no ceiling");
        line(out, &format!("  range {floor} .. {ceiling}"));
        if let Some(reference) = decision.reference {
            line(out, &format!("  reference price {} (the lowest before the reduction)", money(reference)));
        }
    }

    fn reasons(&self, out: &mut String) {
        if let Some(winner) = &self.winner {
            let against = winner.runner_up.as_ref().map_or(String::new(), |(label, target)| {
                let currency = self.world.place.currency;
                let says = target.map(|target| format!(" (would say {})", shown(target, currency)));
                format!(" than {label}{}", says.unwrap_or_default())
            });
            let because = match winner.because {
                "only candidate" => "only candidate".to_owned(),
                "over" => format!("declared over{}", against.replacen(" than", "", 1)),
                word => format!("{word}{against}"),
            };
            line(out, &format!("  why this rule   {} ({}) · {because}", winner.label, winner.layer));
            if !winner.why.is_empty() {
                line(out, &format!("                  “{}” {}", winner.why, winner.owner));
            }
        }
        list(out, "demand", self.demand.clone());
        list(out, "no price from", self.no_price.clone());
        let not_used =
            self.excluded.iter().map(|offer| format!("{} {}: {}", offer.rival, offer.price, offer.detail));
        list(out, "not used", not_used.collect());
        list(out, "did not apply", super::did_not_apply::lines(&self.not_applied));
        list(out, "note", self.notes.clone());
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

fn list(out: &mut String, word: &str, entries: Vec<String>) {
    for (at, entry) in entries.iter().enumerate() {
        let word = if at == 0 { word } else { "" };
        line(out, &format!("  {word:<13}   {entry}"));
    }
}

fn change_text(price: Amount, previous: Amount) -> String {
    let change = price.sub(previous).ok().and_then(|delta| delta.ratio_to(previous, Rounding::HalfEven));
    match change {
        Some(Ratio::ZERO) => " (unchanged)".to_owned(),
        Some(change) => format!(" ({})", super::words::signed_percent_1(change)),
        None => String::new(),
    }
}
