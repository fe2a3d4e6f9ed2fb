//! Who wins (semantics 4, decisions 4): later layer, then `over`, then containment.

use super::entry::Entry;
use super::scope::Markets;

/// An entry with its layer (zero where there are no layers).
pub struct Candidate<'a, Body> {
    pub entry: &'a Entry<Body>,
    pub layer: usize,
}

/// Whether `a` names `b` in its `over`: itself, its parent, or the table it is a row of.
fn names<Body>(a: &Entry<Body>, b: &Entry<Body>) -> bool {
    a.over.iter().any(|name| *name == b.id || *name == b.parent)
}

/// Whether `a` beats `b` inside one layer.
fn beats<Body>(a: &Entry<Body>, b: &Entry<Body>, markets: &Markets) -> bool {
    if names(a, b) || names(b, a) {
        return names(a, b) && !names(b, a);
    }
    // An overlay is narrower than its parent by definition (semantics 4.3).
    if a.parent == b.parent && a.overlay != b.overlay {
        return a.overlay;
    }
    a.scope.narrower_than(&b.scope, markets)
}

/// The one that no other of the latest layer beats.
fn best<'a, 'b, Body>(
    candidates: &'b [Candidate<'a, Body>],
    markets: &Markets,
) -> Result<Option<&'b Candidate<'a, Body>>, String> {
    let Some(latest) = candidates.iter().map(|c| c.layer).max() else {
        return Ok(None);
    };
    let top: Vec<_> = candidates.iter().filter(|c| c.layer == latest).collect();
    let unbeaten: Vec<_> = top
        .iter()
        .filter(|a| !top.iter().any(|b| b.entry.id != a.entry.id && beats(b.entry, a.entry, markets)))
        .collect();
    match unbeaten.as_slice() {
        [one] => Ok(Some(one)),
        several => {
            let ids: Vec<&str> = several.iter().map(|c| c.entry.id.as_str()).collect();
            Err(format!("E0301: no single winner among {ids:?}"))
        }
    }
}

pub struct Won<'a, Body> {
    pub entry: &'a Entry<Body>,
    pub because: &'static str,
}

/// The winner and why, in one word of decisions 4.1.
pub fn winner<'a, Body>(
    mut candidates: Vec<Candidate<'a, Body>>,
    markets: &Markets,
) -> Result<Option<Won<'a, Body>>, String> {
    let Some(won) = best(&candidates, markets)? else {
        return Ok(None);
    };
    let (entry, layer) = (won.entry, won.layer);
    candidates.retain(|c| c.entry.id != entry.id);
    let because = match best(&candidates, markets)? {
        None => "only candidate",
        Some(second) if second.layer < layer => "later layer",
        Some(second) if names(entry, second.entry) => "over",
        Some(_) => "narrower",
    };
    Ok(Some(Won { entry, because }))
}

/// All that hold, but one per id: an overlay replaces its parent, the narrowest of several (decisions 4.4).
pub fn one_per_id<'a, Body>(
    holding: Vec<&'a Entry<Body>>,
    markets: &Markets,
) -> Result<Vec<&'a Entry<Body>>, String> {
    let mut parents: Vec<&str> = holding.iter().map(|entry| entry.parent.as_str()).collect();
    parents.sort();
    parents.dedup();
    let mut chosen = Vec::new();
    for parent in parents {
        let same = holding.iter().filter(|entry| entry.parent == parent);
        let candidates = same.map(|entry| Candidate { entry, layer: 0 }).collect();
        chosen.extend(winner(candidates, markets)?.map(|won| won.entry));
    }
    Ok(chosen)
}
