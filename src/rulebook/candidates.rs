//! Which pairs of scopes may overlap at all: an index that spares the exact test for most of them.

use crate::facts::AttrId;
use crate::pricing::{Scope, Test};
use std::collections::{BTreeMap, HashMap};

/// For each attribute with texts, who passes which symbol.
///
/// A scope can only meet those that share one of its symbols, or ask nothing of the attribute. Each scope is looked up
/// by the attribute that leaves the fewest. So a table with a row for each SKU is linear, not quadratic.
pub(super) struct Candidates {
    attrs: BTreeMap<AttrId, Buckets>,
    /// For each scope the attributes it can be looked up by, with its symbols.
    keys: Vec<Vec<(AttrId, Vec<u32>)>>,
    /// Who was last seen together with whom.
    seen: Vec<usize>,
}

#[derive(Default)]
struct Buckets {
    by_symbol: HashMap<u32, Vec<usize>>,
    /// Scopes that the attribute does not narrow down.
    wild: Vec<usize>,
}

/// A scope with more symbols than this is treated as if it asked nothing.
const SYMBOLS_MAX: usize = 256;
/// Stands for the missing value.
const MISSING: u32 = u32::MAX;

impl Candidates {
    pub fn new(scopes: &[&Scope]) -> Self {
        let keys: Vec<Vec<(AttrId, Vec<u32>)>> = scopes.iter().map(|scope| symbols(scope)).collect();
        let mut attrs: BTreeMap<AttrId, Buckets> = BTreeMap::new();
        for (attr, _) in keys.iter().flatten() {
            attrs.entry(*attr).or_default();
        }
        for (attr, buckets) in &mut attrs {
            for (at, own) in keys.iter().enumerate() {
                match own.iter().find(|(id, _)| id == attr) {
                    None => buckets.wild.push(at),
                    Some((_, list)) => {
                        for symbol in list {
                            buckets.by_symbol.entry(*symbol).or_default().push(at);
                        }
                    }
                }
            }
        }
        Self { attrs, seen: vec![usize::MAX; keys.len()], keys }
    }

    /// The scopes with a larger index that `first` may overlap, sorted.
    pub fn after(&mut self, first: usize) -> Vec<usize> {
        let count = self.keys.len();
        let lists = |attr: &AttrId, symbols: &[u32]| -> Option<Vec<&[usize]>> {
            let buckets = self.attrs.get(attr)?;
            let mut lists: Vec<&[usize]> = symbols
                .iter()
                .filter_map(|symbol| buckets.by_symbol.get(symbol))
                .map(Vec::as_slice)
                .collect();
            lists.push(&buckets.wild);
            Some(lists)
        };
        let best = self
            .keys
            .get(first)
            .into_iter()
            .flatten()
            .filter_map(|(attr, symbols)| lists(attr, symbols))
            .min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>());
        let Some(lists) = best else {
            return (first + 1..count).collect();
        };
        let mut found = Vec::new();
        for other in lists.into_iter().flatten().filter(|other| first < **other) {
            if let Some(mark) = self.seen.get_mut(*other).filter(|mark| **mark != first) {
                *mark = first;
                found.push(*other);
            }
        }
        found.sort_unstable();
        found
    }
}

/// The attributes that every box of a scope narrows to a few symbols.
fn symbols(scope: &Scope) -> Vec<(AttrId, Vec<u32>)> {
    let Some((first, others)) = scope.boxes.split_first() else {
        return Vec::new();
    };
    let of = |conds: &[crate::pricing::Cond], attr: AttrId| -> Option<Vec<u32>> {
        let cond = conds.iter().find(|cond| cond.attr == attr)?;
        let Test::Symbols(bits) = &cond.test else {
            return None;
        };
        let many: u32 = bits.words().iter().map(|word| word.count_ones()).sum();
        if SYMBOLS_MAX < many as usize {
            return None;
        }
        Some(bits.iter().chain(cond.or_missing.then_some(MISSING)).collect())
    };
    let all = |attr: AttrId| -> Option<Vec<u32>> {
        let mut list = of(first, attr)?;
        for conds in others {
            list.extend(of(conds, attr)?);
        }
        list.sort_unstable();
        list.dedup();
        Some(list)
    };
    first.iter().filter_map(|cond| Some((cond.attr, all(cond.attr)?))).collect()
}
