//! Entries of which only one may hold, and who they are.

use crate::pricing::{AdjustmentKind, Info, Place, Scope};
use crate::rulebook::precedence::Ordered;

/// Entries of one kind that compete in one place, and who wins.
#[derive(Clone, Debug)]
pub struct Contest {
    /// `rule`, `round`, `row` (of a fixed table), or the kind whose overlays compete: `guard`, `season`, `stock`.
    pub kind: &'static str,
    pub market: Box<str>,
    pub channel: Box<str>,
    /// By the indices that `ordered` speaks of.
    pub labels: Vec<Box<str>>,
    pub ordered: Ordered,
}

/// One of the entries, as far as the place knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party<'a> {
    pub label: &'a str,
    pub info: Option<&'a Info>,
    pub scope: Option<&'a Scope>,
    pub layer: u16,
}

impl<'a> Party<'a> {
    pub fn find(contest: &'a Contest, place: &'a Place, at: usize) -> Option<Self> {
        let label: &str = contest.labels.get(at)?;
        let is = |info: &&Info| *info.label == *label;
        let variants = |kind| {
            let own = place.adjustments.iter().filter(move |own| own.kind == kind);
            own.flat_map(|own| &own.variants).map(|variant| (&variant.info, &variant.scope))
        };
        let rule = place.rules.iter().find(|rule| is(&&rule.info));
        let found = match contest.kind {
            "rule" => rule.map(|rule| (&rule.info, &rule.scope)),
            "round" => {
                place.rounds.iter().map(|round| (&round.info, &round.scope)).find(|(info, _)| is(info))
            }
            "guard" => {
                let variants = place.guards.iter().flat_map(|guard| &guard.variants);
                variants.map(|variant| (&variant.info, &variant.scope)).find(|(info, _)| is(info))
            }
            "season" => variants(AdjustmentKind::Season).find(|(info, _)| is(info)),
            "stock" => variants(AdjustmentKind::Stock).find(|(info, _)| is(info)),
            _ => None,
        };
        Some(Self {
            label,
            info: found.map(|(info, _)| info),
            scope: found.map(|(_, scope)| scope),
            layer: rule.filter(|_| contest.kind == "rule").map_or(0, |rule| rule.layer),
        })
    }

    /// The entry that an overlay or row belongs to.
    pub fn id(&self) -> &'a str {
        let of_label = || self.label.split(['#']).next().unwrap_or(self.label);
        self.info.map_or_else(of_label, |info| &*info.id)
    }

    pub fn is_row(&self) -> bool {
        self.label.contains('#')
    }
}

pub(super) fn kind_of(kind: AdjustmentKind) -> &'static str {
    match kind {
        AdjustmentKind::Season => "season",
        AdjustmentKind::Stock => "stock",
    }
}
