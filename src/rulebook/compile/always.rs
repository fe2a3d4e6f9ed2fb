//! The scopes of properties, place by place.

use super::scopes::{Here, place_scope};
use crate::facts::Schema;
use crate::pricing::Place;
use crate::rulebook::AlwaysTest;
use crate::rulebook::book::ScopeSpec;
use crate::rulebook::syntax::Findings;

/// A property with its scope in each place that has one.
pub fn placed(
    test: AlwaysTest,
    spec: &ScopeSpec,
    places: &[Place],
    schema: &Schema,
    out: &mut Findings,
) -> AlwaysTest {
    let mut scope = |place: &Place| {
        let here = Here { schema, market: &place.market, channel: &place.channel, currency: place.currency };
        let scope = place_scope(spec, here, out)?.here;
        Some((place.market.clone(), place.channel.clone(), scope))
    };
    let scopes = places.iter().filter_map(&mut scope).collect();
    AlwaysTest { places: scopes, ..test }
}
