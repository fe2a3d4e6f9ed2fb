//! One number for all answers of a run, whatever their order.

use sha2::{Digest as _, Sha256};

/// The sum, modulo 2²⁵⁶, of the SHA-256 of every answer: the same for any order, number of threads and block size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u64; 4]);

impl Digest {
    /// Adds one answer, as its cells in a fixed order.
    pub fn add(&mut self, answer: &[u8]) {
        let hash = Sha256::digest(answer);
        let mut words = [0_u64; 4];
        for (word, bytes) in words.iter_mut().zip(hash.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        self.merge(Self(words));
    }

    /// Adds the answers of another part of the run.
    pub fn merge(&mut self, other: Self) {
        let mut carry = false;
        for (own, other) in self.0.iter_mut().zip(other.0) {
            let (sum, first) = own.overflowing_add(other);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*own, carry) = (sum, first | second);
        }
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().rev().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_grouping_change_nothing() {
        let mut whole = Digest::default();
        for answer in 0..100_u8 {
            whole.add(&[answer]);
        }
        let (mut left, mut right) = (Digest::default(), Digest::default());
        for answer in (0..100_u8).rev() {
            if answer % 3 == 0 { &mut left } else { &mut right }.add(&[answer]);
        }
        left.merge(right);
        assert_eq!(left, whole);
        left.add(&[0]);
        assert_ne!(left, whole);
        let mut max = Digest([u64::MAX; 4]);
        max.merge(Digest([1, 0, 0, 0]));
        assert_eq!(max, Digest::default());
        assert_eq!(whole.to_string().len(), 64);
    }
}
