//! Conditions on sets: lists of clauses "has one of these or lacks one of those", all of which must hold.

use crate::facts::Symbols;
use crate::pricing::Clause;

/// Whether some set passes all clauses. Exact: unit propagation, and branching where that ends.
pub(super) fn satisfiable(clauses: impl Iterator<Item = Clause>) -> bool {
    solve(clauses.collect(), Partial::default())
}

/// Whether every set that passes `clauses` passes `clause` too.
pub(super) fn implied(clauses: impl Iterator<Item = Clause>, clause: Clause) -> bool {
    if clause.with & clause.without != 0 {
        return true;
    }
    let denied = Partial { present: clause.without, absent: clause.with };
    !solve(clauses.collect(), denied)
}

/// What is decided about each tag.
#[derive(Clone, Copy, Default)]
struct Partial {
    present: u64,
    absent: u64,
}

impl Partial {
    fn satisfies(self, clause: Clause) -> bool {
        self.present & clause.with != 0 || self.absent & clause.without != 0
    }

    /// The literals of a clause that can still come true: to be present, to be absent.
    fn open(self, clause: Clause) -> (u64, u64) {
        (clause.with & !self.absent, clause.without & !self.present)
    }
}

fn solve(mut clauses: Vec<Clause>, mut partial: Partial) -> bool {
    loop {
        clauses.retain(|clause| !partial.satisfies(*clause));
        let mut forced = false;
        for clause in &clauses {
            let (present, absent) = partial.open(*clause);
            match present.count_ones() + absent.count_ones() {
                0 => return false,
                1 => {
                    partial.present |= present;
                    partial.absent |= absent;
                    forced = true;
                }
                _ => {}
            }
        }
        if !forced {
            break;
        }
    }
    let Some(clause) = clauses.first() else {
        return true;
    };
    let (present, absent) = partial.open(*clause);
    let tag = lowest(present | absent);
    let with = Partial { present: partial.present | tag, ..partial };
    let without = Partial { absent: partial.absent | tag, ..partial };
    solve(clauses.clone(), with) || solve(clauses, without)
}

fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

/// `has kvi and lacks fresh`.
pub(super) fn describe(clauses: &[Clause], symbols: &Symbols) -> String {
    let names = |bits: u64| {
        (0..64)
            .filter(|bit| bits >> bit & 1 == 1)
            .filter_map(|bit| symbols.example(bit + 1))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    let one = |clause: &Clause| match (clause.with, clause.without) {
        (with, 0) => format!("has {}", names(with)),
        (0, without) => format!("lacks {}", names(without)),
        (with, without) => format!("has {} or lacks {}", names(with), names(without)),
    };
    clauses.iter().map(one).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAGS: u64 = 0b1111;

    fn clause() -> impl Strategy<Value = Clause> {
        (0..=TAGS, 0..=TAGS).prop_map(|(with, without)| Clause {
            with: with & (with >> 1 | 1),
            without: without & (without >> 1 | 1),
        })
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_set(clauses in prop::collection::vec(clause(), 0..6), last in clause()) {
            let passes = |tags: &u64| clauses.iter().all(|clause| clause.holds(*tags));
            let by_hand = (0..=TAGS).any(|tags| passes(&tags));
            prop_assert_eq!(satisfiable(clauses.iter().copied()), by_hand);
            let follows = (0..=TAGS).filter(passes).all(|tags| last.holds(tags));
            prop_assert_eq!(implied(clauses.iter().copied(), last), follows);
        }
    }
}
