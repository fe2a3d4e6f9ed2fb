//! `[round.NAME]`: which prices look right.

use super::rule::read_over;
use super::{Context, Entry, ScopeSpec, WindowSpec};
use crate::pricing::{Info, Way};
use crate::rulebook::syntax::{Amounts, Fields, Node, Value, choice, money, out_of_range, text, wrong_type};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct RoundSpec {
    pub info: Info,
    pub is_overlay: bool,
    pub scope: ScopeSpec,
    pub window: WindowSpec,
    pub over: Vec<(Box<str>, Span)>,
    pub bands: Vec<BandSpec>,
    pub way: Way,
}

#[derive(Clone, Debug)]
pub struct BandSpec {
    pub to: Option<Amounts>,
    /// The patterns, and the node they are part of.
    pub ends: Node,
    pub text: Box<str>,
}

pub fn read_round(entry: &Entry, cx: &mut Context<'_>) -> (Info, Option<RoundSpec>) {
    let mut fields = entry.fields();
    let (info, window) = entry.read_common(&mut fields, cx);
    let words = [("nearest", Way::Nearest), ("down", Way::Down), ("up", Way::Up)];
    let way = match fields.optional("way") {
        Some(node) => choice(node, &words, &mut cx.out),
        None => Some(Way::Nearest),
    };
    let bands = match fields.entry("bands") {
        Some((key, node)) => read_bands(node, key, cx),
        None => Some(Vec::new()),
    };
    let over = read_over(fields.optional("over"), "round rule", entry, cx);
    fields.finish(&mut cx.out);
    let spec = way.zip(bands).map(|(way, bands)| RoundSpec {
        info: info.clone(),
        is_overlay: entry.is_overlay,
        scope: entry.scope.clone(),
        window,
        over,
        bands,
        way,
    });
    (info, spec)
}

fn read_bands(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<Vec<BandSpec>> {
    let Value::List(items) = &node.value else {
        wrong_type(node, "a list of bands [ { to = \"10 EUR\", ends = \"*.99\" }, … ]", &mut cx.out);
        return None;
    };
    if items.is_empty() {
        let title = "an empty list of bands allows no price";
        let label = "without `bands` every payable price is allowed";
        cx.out.push(Diagnostic::error("E0206", title, node.span.clone(), label));
        return None;
    }
    let mut bands = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Some(mut fields) = Fields::of(item, key, "a band", &mut cx.out) else {
            continue;
        };
        let to = fields.optional("to").map(|node| money(node, &mut cx.out));
        if fields.lacks("to") && at + 1 < items.len() {
            let title = "only the last band takes all the rest";
            cx.out.push(Diagnostic::error(
                "E0203",
                title,
                item.span.clone(),
                "add `to`: prices below it are in this band",
            ));
        }
        let ends = fields.required("ends").and_then(|node| text(node, &mut cx.out).map(|text| (node, text)));
        fields.finish(&mut cx.out);
        if let Some((ends, text)) = ends
            && to.as_ref().is_none_or(Option::is_some)
        {
            let before = bands.last().and_then(|band: &BandSpec| band.to.as_ref());
            if let (Some(before), Some(Some(to))) = (before, &to) {
                check_rise(before, to, cx);
            }
            bands.push(BandSpec { to: to.flatten(), ends: ends.clone(), text: text.into() });
        }
    }
    (bands.len() == items.len()).then_some(bands)
}

/// E0407 where a band ends no higher than the one before: no price would be in it.
fn check_rise(before: &Amounts, to: &Amounts, cx: &mut Context<'_>) {
    let falls = to.all.iter().any(|(amount, currency)| {
        before.all.iter().any(|(below, known)| known == currency && amount <= below)
    });
    if falls {
        out_of_range(to.span.clone(), "to", "more than the `to` of the band before", &mut cx.out);
    }
}
