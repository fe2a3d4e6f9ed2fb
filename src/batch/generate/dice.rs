//! Chance without floats: the same draws for the same seed on any machine.
//!
//! Every cell of every row has dice of its own, thrown from (seed, what it is for, row). So a row does not depend on
//! how many others are made, in which order or on which thread, and a feed can recompute what another one says.

/// One in 16.16 fixed point: the unit of exponents and of normal draws.
pub const ONE: i64 = 1 << 16;

/// 2^(2^-k) for k = 1 to 16, with 32 binary digits, by repeated integer square roots.
const ROOTS: [u64; 16] = {
    let mut roots = [0; 16];
    let mut power = 2_u128 << 32;
    let mut at = 0;
    while at < 16 {
        power = (power << 32).isqrt();
        #[expect(clippy::indexing_slicing, reason = "computed by the compiler, which checks it")]
        {
            roots[at] = power as u64;
        }
        at += 1;
    }
    roots
};

/// A stream of draws (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

impl Dice {
    /// The dice for one purpose of one row.
    pub fn new(seed: u64, purpose: &str, row: u64) -> Self {
        // FNV-1a: the purpose is one of our own words.
        let word = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(mix(mix(mix(seed) ^ word).wrapping_add(row)))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// 0 to `count` − 1, all alike.
    pub fn below(&mut self, count: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(count)) >> 64).unwrap_or(0)
    }

    /// Both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.below(span.saturating_add(1))).unwrap_or(0))
    }

    pub fn per_mille(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// Approximately standard normal, times 2¹⁶: the sum of twelve uniform draws.
    pub fn normal(&mut self) -> i64 {
        let mut sum = -6 * ONE + 6;
        for _ in 0..3 {
            let draw = self.next();
            sum += (0..4).map(|part| i64::from((draw >> (16 * part)) as u16)).sum::<i64>();
        }
        sum
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).ok()?)
    }

    /// Like [`Dice::pick`], but the k-th is about 1/k as likely as the first: few are met often, many rarely.
    pub fn pick_skewed<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(from.len()).ok()?.checked_add(1)?;
        let bits = i64::from(count.next_power_of_two().ilog2());
        for _ in 0..64 {
            let exponent = self.between(0, bits * ONE - 1);
            let rank = usize::try_from(scaled(ONE, exponent) / ONE - 1).unwrap_or(0);
            if let Some(found) = from.get(rank) {
                return Some(found);
            }
        }
        from.first()
    }
}

/// value · 2^exponent, the exponent in units of [`ONE`]; what is too large becomes the largest.
pub fn scaled(value: i64, exponent: i64) -> i64 {
    let (whole, rest) = (exponent.div_euclid(ONE), exponent.rem_euclid(ONE));
    let mut factor = 1_u128 << 32;
    for (bit, root) in (0..16).rev().zip(ROOTS) {
        if rest >> bit & 1 == 1 {
            factor = (factor * u128::from(root)) >> 32;
        }
    }
    let product = i128::from(value) * i128::try_from(factor).unwrap_or(0);
    let shifted = match 32 - whole {
        down @ 0..=126 => product >> down,
        down if 126 < down => 0,
        up => product.checked_mul(1_i128 << (-up).clamp(0, 60)).unwrap_or(i128::MAX),
    };
    i64::try_from(shifted).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_powers() {
        for (exponent, expected) in
            [(0, 1_000_000), (ONE, 2_000_000), (-ONE, 500_000), (ONE / 2, 1_414_213), (-3 * ONE / 2, 353_553)]
        {
            assert!((scaled(1_000_000, exponent) - expected).abs() <= 1, "{exponent}");
        }
        assert_eq!(scaled(1, 80 * ONE), i64::MAX);
        assert_eq!(scaled(i64::MAX, -200 * ONE), 0);
    }

    #[test]
    fn draws_never_change() {
        let mut dice = Dice::new(7, "cost", 3);
        let draws = [dice.next(), dice.below(1_000), dice.next()];
        assert_eq!(
            draws,
            [7_204_401_230_708_495_537, 232, 17_357_267_184_859_052_951],
            "a new generator makes new benchmarks: do it on purpose"
        );
    }

    #[test]
    fn shapes_are_what_they_should_be() {
        let mut dice = Dice::new(1, "shape", 0);
        let draws: Vec<i64> = (0..10_000).map(|_| dice.normal()).collect();
        let mean = draws.iter().sum::<i64>() / 10_000;
        let variance = draws.iter().map(|draw| draw * draw / ONE).sum::<i64>() / 10_000;
        assert!(mean.abs() < ONE / 30 && (variance - ONE).abs() < ONE / 20, "{mean} {variance}");
        let from: Vec<usize> = (0..100).collect();
        let mut met = [0; 100];
        (0..10_000).for_each(|_| met[*dice.pick_skewed(&from).unwrap()] += 1);
        assert!(5 * met[9] < met[0] && met[99] < met[9] && 0 < met[99], "{met:?}");
    }
}
