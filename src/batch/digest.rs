//! One number for all answers of a run, whatever their order.

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128, xxh3_128_with_seed};

/// The sum, modulo 2¹²⁸, of a 128-bit xxh3 hash of every answer: the same for any order, number of threads and block size.
///
/// It finds accidents, not forgeries: who wants two runs with equal digests can make them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(u128);

/// Numbers of an answer, texts among them by their hash.
pub(super) const FIELDS: usize = 18;

impl Digest {
    /// Adds one answer, whatever it says.
    pub(super) fn add(&mut self, answer: &[u8]) {
        self.0 = self.0.wrapping_add(xxh3_128(answer));
    }

    /// Adds the answer for an item in a place.
    #[inline]
    pub(super) fn add_answer(&mut self, sku: &str, place: u64, fields: &[u64; FIELDS]) {
        let mut bytes = [0_u8; FIELDS * 8];
        for (slot, field) in bytes.as_chunks_mut().0.iter_mut().zip(fields) {
            *slot = field.to_le_bytes();
        }
        let item = xxh3_64_with_seed(sku.as_bytes(), place);
        self.0 = self.0.wrapping_add(xxh3_128_with_seed(&bytes, item));
    }

    /// Adds the answers of another part of the run.
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(digest: &mut Digest, answer: u64) {
        let mut fields = [0; FIELDS];
        fields[answer as usize % FIELDS] = answer;
        digest.add_answer(&format!("S{}", answer / 3), answer % 3, &fields);
    }

    #[test]
    fn order_and_grouping_change_nothing() {
        let mut whole = Digest::default();
        (0..100).for_each(|answer| add(&mut whole, answer));
        let (mut left, mut right) = (Digest::default(), Digest::default());
        for answer in (0..100).rev() {
            add(if answer % 3 == 0 { &mut left } else { &mut right }, answer);
        }
        left.merge(right);
        assert_eq!(left, whole);
        add(&mut left, 0);
        assert_ne!(left, whole);
        assert_eq!(whole.to_string().len(), 32);
    }

    #[test]
    fn every_field_counts() {
        let of = |sku: &str, place, fields: &[u64; FIELDS]| {
            let mut digest = Digest::default();
            digest.add_answer(sku, place, fields);
            digest
        };
        let fields = std::array::from_fn(|at| at as u64);
        let base = of("a", 1, &fields);
        assert_ne!(of("b", 1, &fields), base);
        assert_ne!(of("a", 2, &fields), base);
        for at in 0..FIELDS {
            let mut other = fields;
            other[at] ^= 1 << 63;
            assert_ne!(of("a", 1, &other), base, "{at}");
        }
    }
}
