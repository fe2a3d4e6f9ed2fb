//! Rows sorted into levels: fixed effects, clusters and the groups of `--by`.
#![expect(
    clippy::indexing_slicing,
    reason = "codes are below `levels`, and every vector here has that length"
)]

use super::data::{Column, MISSING, Table};
use super::error::Result;
use super::formula::Effect;
use std::collections::HashMap;

/// One code a row, each below `levels` and each level in use, or [`MISSING`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Grouping {
    pub codes: Vec<u32>,
    pub levels: usize,
}

impl Grouping {
    /// The levels of one effect in the order of first appearance.
    pub fn of(effect: &Effect, table: &Table) -> Result<Self> {
        let mut out: Option<Self> = None;
        for name in &effect.columns {
            let next = Self::of_column(table.column(name)?);
            out = Some(match out {
                None => next,
                Some(previous) => previous.cross(&next),
            });
        }
        Ok(out.unwrap_or_default())
    }

    fn of_column(column: &Column) -> Self {
        match column {
            Column::Text(categories) => {
                Self { codes: categories.codes.clone(), levels: categories.levels.len() }.compact()
            }
            Column::Number(values) => of_numbers(values),
        }
    }

    /// One level for each pair of levels that occurs.
    pub fn cross(&self, other: &Self) -> Self {
        let mut coder = Coder::new(self.levels.saturating_mul(other.levels), self.codes.len());
        let width = other.levels as u64;
        let codes = self.codes.iter().zip(&other.codes);
        let codes = codes
            .map(|(a, b)| match *a == MISSING || *b == MISSING {
                true => MISSING,
                false => coder.code(u64::from(*a) * width + u64::from(*b)),
            })
            .collect();
        Self { codes, levels: coder.levels() }
    }

    /// The rows named; levels that lose all rows vanish.
    pub fn select(&self, rows: &[usize]) -> Self {
        Self { codes: rows.iter().map(|r| self.codes[*r]).collect(), levels: self.levels }.compact()
    }

    /// Renumbers the levels in the order of first appearance.
    fn compact(mut self) -> Self {
        let mut map = vec![MISSING; self.levels];
        let mut levels = 0;
        for code in self.codes.iter_mut().filter(|c| **c != MISSING) {
            let slot = &mut map[*code as usize];
            if *slot == MISSING {
                *slot = levels;
                levels += 1;
            }
            *code = *slot;
        }
        self.levels = levels as usize;
        self
    }

    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.levels];
        for code in self.codes.iter().filter(|c| **c != MISSING) {
            counts[*code as usize] += 1;
        }
        counts
    }

    /// The rows of each level, in order.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members: Vec<Vec<usize>> = self.counts().into_iter().map(Vec::with_capacity).collect();
        for (row, code) in self.codes.iter().enumerate().filter(|(_, c)| **c != MISSING) {
            members[*code as usize].push(row);
        }
        members
    }

    /// Whether each level of this grouping lies within one level of the other.
    pub fn nested_in(&self, other: &Self) -> bool {
        let mut home = vec![MISSING; self.levels];
        self.codes.iter().zip(&other.codes).all(|(a, b)| {
            if *a == MISSING {
                return true;
            }
            let slot = &mut home[*a as usize];
            if *slot == MISSING {
                *slot = *b;
            }
            *slot == *b
        })
    }
}

fn of_numbers(values: &[f64]) -> Grouping {
    // Weeks, stores and item numbers are whole and lie close together: then a table does for a map.
    let (mut whole, mut low, mut high) = (true, f64::INFINITY, f64::NEG_INFINITY);
    for v in values.iter().copied().filter(|v| !v.is_nan()) {
        whole &= v.abs() < 1e15 && v - (v as i64) as f64 == 0.0;
        low = low.min(v);
        high = high.max(v);
    }
    let range = if whole && high >= low { (high - low + 1.0) as usize } else { usize::MAX };
    let mut coder = Coder::new(range, values.len());
    let dense = whole && coder.is_dense();
    let key = |v: f64| if dense { (v - low) as u64 } else { (v + 0.0).to_bits() };
    let codes = values.iter().map(|v| if v.is_nan() { MISSING } else { coder.code(key(*v)) }).collect();
    Grouping { codes, levels: coder.levels() }
}

/// Gives each key the next free code.
enum Coder {
    Dense { slots: Vec<u32>, next: u32 },
    Sparse(HashMap<u64, u32>),
}

impl Coder {
    fn new(range: usize, rows: usize) -> Self {
        if range <= rows.saturating_mul(8).max(1 << 16) {
            Self::Dense { slots: vec![MISSING; range], next: 0 }
        } else {
            Self::Sparse(HashMap::new())
        }
    }

    fn is_dense(&self) -> bool {
        matches!(self, Self::Dense { .. })
    }

    #[inline]
    fn code(&mut self, key: u64) -> u32 {
        match self {
            Self::Dense { slots, next } => {
                let slot = &mut slots[key as usize];
                if *slot == MISSING {
                    *slot = *next;
                    *next += 1;
                }
                *slot
            }
            Self::Sparse(map) => {
                let next = map.len() as u32;
                *map.entry(key).or_insert(next)
            }
        }
    }

    fn levels(&self) -> usize {
        match self {
            Self::Dense { next, .. } => *next as usize,
            Self::Sparse(map) => map.len(),
        }
    }
}

/// Which rows stay when levels of a single row are dropped, again and again until none is left.
pub fn without_singletons(groupings: &[Grouping], rows: usize) -> Vec<usize> {
    let mut keep = vec![true; rows];
    let mut counts: Vec<Vec<usize>> = groupings.iter().map(Grouping::counts).collect();
    loop {
        let mut changed = false;
        for which in 0..groupings.len() {
            let codes = &groupings[which].codes;
            for row in 0..rows {
                if keep[row] && counts[which][codes[row] as usize] == 1 {
                    keep[row] = false;
                    changed = true;
                    for (g, c) in groupings.iter().zip(&mut counts) {
                        c[g.codes[row] as usize] -= 1;
                    }
                }
            }
            if !counts[which].contains(&1) {
                continue;
            }
        }
        if !changed {
            return (0..rows).filter(|r| keep[*r]).collect();
        }
    }
}

/// The parameters that fixed effects take up: exact for one and two, an upper bound beyond.
pub fn absorbed_rank(groupings: &[Grouping]) -> usize {
    let total: usize = groupings.iter().map(|g| g.levels).sum();
    let redundant: usize = match groupings {
        [] | [_] => 0,
        [first, second, rest @ ..] => components(first, second) + rest.len(),
    };
    total - redundant.min(total)
}

/// The connected components of the graph whose nodes are levels and whose edges are rows.
pub fn components(a: &Grouping, b: &Grouping) -> usize {
    let mut parent: Vec<usize> = (0..a.levels + b.levels).collect();
    let mut parts = parent.len();
    for (x, y) in a.codes.iter().zip(&b.codes) {
        let x = root(&mut parent, *x as usize);
        let y = root(&mut parent, a.levels + *y as usize);
        if x != y {
            parent[x.max(y)] = x.min(y);
            parts -= 1;
        }
    }
    parts
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(codes: &[u32]) -> Grouping {
        let levels = codes.iter().max().map_or(0, |m| *m as usize + 1);
        Grouping { codes: codes.to_vec(), levels }
    }

    #[test]
    fn singletons_fall_in_a_cascade() {
        // Row 4 is alone in `a`; without it row 3 is alone in `b`; and so on.
        let a = group(&[0, 0, 1, 1, 2]);
        let b = group(&[0, 0, 0, 1, 1]);
        assert_eq!(without_singletons(&[a, b], 5), vec![0, 1]);
    }

    #[test]
    fn rank_counts_components_and_nesting_is_seen() {
        let a = group(&[0, 0, 1, 1]);
        let b = group(&[0, 1, 2, 3]);
        assert_eq!(components(&a, &b), 2);
        assert_eq!(absorbed_rank(&[a.clone(), b.clone()]), 4);
        assert!(b.nested_in(&a) && !a.nested_in(&b));
        assert_eq!(a.cross(&b).levels, 4);
    }
}
