//! Scopes as unions of axis-aligned boxes over the facts.
//!
//! A scope is compiled for one place (market and channel): cells on `market` and `channel` are already decided, and money
//! cells are amounts of the market's currency. So every test is on one fact and one set of its values.

use crate::facts::AttrId;

/// A union of boxes; an item is inside if every condition of one box holds. No box at all holds for nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    pub boxes: Box<[Box<[Cond]>]>,
}

/// One condition: the fact `attr` lies in a set of values. A missing fact passes only if `or_missing`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cond {
    pub attr: AttrId,
    pub test: Test,
    pub or_missing: bool,
    /// The cell as the analyst wrote it, for explanations.
    pub text: Box<str>,
}

/// The set of values that passes.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Texts, ids and trees: the symbols that pass.
    Symbols(Bits),
    /// Sets: every clause must hold.
    Tags(Box<[Clause]>),
    /// Amounts (10⁻⁶, market currency), numbers and percents (10⁻⁹), durations (seconds): sorted, disjoint, both ends included.
    Spans(Box<[(i64, i64)]>),
}

/// "has one of `with`, or lacks one of `without`".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    pub with: u64,
    pub without: u64,
}

/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Bits(Box<[u64]>);

impl Scope {
    /// Holds for every item.
    #[must_use]
    pub fn everything() -> Self {
        Self { boxes: Box::new([Box::new([])]) }
    }

    /// Holds for no item.
    #[must_use]
    pub fn nothing() -> Self {
        Self { boxes: Box::new([]) }
    }

    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.boxes.is_empty()
    }
}

impl Clause {
    #[must_use]
    #[inline]
    pub fn holds(self, tags: u64) -> bool {
        tags & self.with != 0 || !tags & self.without != 0
    }
}

impl Bits {
    /// The set of `members`, all below `universe`.
    #[must_use]
    pub fn new(universe: u32, members: impl IntoIterator<Item = u32>) -> Self {
        let mut words = vec![0_u64; (universe as usize).div_ceil(64)].into_boxed_slice();
        for member in members {
            if let Some(word) = words.get_mut(member as usize / 64) {
                *word |= 1 << (member % 64);
            }
        }
        Self(words)
    }

    #[must_use]
    #[inline]
    pub fn contains(&self, member: u32) -> bool {
        self.0.get(member as usize / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
    }

    /// The members, 64 to a word, for algebra on whole sets.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.0).flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_and_bits_hold_what_they_say() {
        let kvi_or_not_fresh = Clause { with: 0b01, without: 0b10 };
        assert!(kvi_or_not_fresh.holds(0b00) && kvi_or_not_fresh.holds(0b11));
        assert!(!kvi_or_not_fresh.holds(0b10));
        assert_eq!(Bits::new(130, [0, 64, 129]).iter().collect::<Vec<_>>(), [0, 64, 129]);
        assert!(!Bits::new(10, [3]).contains(700));
    }
}
