//! Segments, with money cells in each market's currency.

use super::scopes::{Here, place_scope};
use crate::facts::Schema;
use crate::pricing::{Scope, Segment};
use crate::rulebook::Diagnostic;
use crate::rulebook::book::{MarketSpec, SegmentSpec};
use crate::rulebook::syntax::Findings;

pub fn segments(
    specs: &[SegmentSpec],
    markets: &[MarketSpec],
    schema: &Schema,
    out: &mut Findings,
) -> Box<[Segment]> {
    let mut segments = Vec::new();
    for spec in specs {
        out.about(format!("segment `{}`", spec.name));
        let mut scopes = Vec::new();
        let mut elsewhere: Vec<Diagnostic> = Vec::new();
        for market in markets {
            let here = Here { schema, market: &market.name, channel: "", currency: market.currency };
            // Customers are counted in the currencies that their cells name; in other markets the segment is empty.
            let mut here_only = Findings::default();
            let scope = place_scope(&spec.scope, here, &mut here_only).map(|placed| placed.here);
            let scope = scope.filter(|_| here_only.is_empty());
            elsewhere.extend(here_only.into_sorted());
            scopes.push((market.name.clone(), scope.unwrap_or_else(Scope::nothing)));
        }
        if scopes.iter().all(|(_, scope)| scope.is_nothing()) {
            elsewhere.into_iter().for_each(|finding| out.push(finding));
        }
        segments.push(Segment { name: spec.name.clone(), scopes: scopes.into() });
    }
    out.about(None);
    segments.into()
}
