//! Segments, with money cells in each market's currency.

use super::scopes::{Here, place_scope};
use crate::facts::Schema;
use crate::pricing::{Scope, Segment};
use crate::rulebook::book::{MarketSpec, SegmentSpec};
use crate::rulebook::syntax::Findings;

pub fn segments(specs: &[SegmentSpec], markets: &[MarketSpec], schema: &Schema, out: &mut Findings) -> Box<[Segment]> {
    let mut segments = Vec::new();
    for spec in specs {
        out.about(format!("segment `{}`", spec.name));
        let scopes = markets.iter().map(|market| {
            let here = Here {
                schema,
                market: &market.name,
                channel: "",
                currency: market.currency,
            };
            let scope = place_scope(&spec.scope, here, out).map_or_else(Scope::nothing, |placed| placed.here);
            (market.name.clone(), scope)
        });
        segments.push(Segment {
            name: spec.name.clone(),
            scopes: scopes.collect(),
        });
    }
    out.about(None);
    segments.into()
}
