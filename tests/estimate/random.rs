//! Random draws that are the same everywhere.

#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Seeds lie far apart on the generator's one long cycle.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x5DEE_CE66)
    }

    /// SplitMix64.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Knuth; for large means in parts, since sums of Poissons are Poisson.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let mut left = mean;
        let mut count = 0.0;
        while left > 0.0 {
            let part = left.min(30.0);
            left -= part;
            let (limit, mut product) = ((-part).exp(), self.uniform());
            while product > limit {
                count += 1.0;
                product *= self.uniform();
            }
        }
        count
    }
}
