//! The best non-increasing steps of a price ladder by dynamic programming (decisions 17.6).

/// So many days from today in periods; the last one is shorter.
pub fn periods(days: i64, period: i64) -> Vec<i64> {
    (0..).map(|number| (days - number * period).min(period)).take_while(|length| *length > 0).collect()
}

pub struct Ladder {
    /// what a unit sold at each step brings
    pub gains: Vec<f64>,
    /// expected demand by period and step
    pub means: Vec<Vec<f64>>,
    /// what each unit left over brings
    pub salvage: f64,
    pub units: usize,
}

pub struct Best {
    pub step: usize,
    pub value: f64,
    /// other steps whose value is the same but for the last digits
    pub as_good: Vec<usize>,
}

impl Ladder {
    /// The best first step at or below `first`, of equal values the dearer.
    pub fn best(&self, first: usize) -> Best {
        let steps = self.gains.len();
        // later[step][units]: the best value from the next period on, at this step or below
        let mut later: Vec<Vec<f64>> =
            vec![(0..=self.units).map(|left| self.salvage * left as f64).collect(); steps];
        for means in self.means.iter().skip(1).rev() {
            let mut now: Vec<Vec<f64>> = Vec::new();
            for step in 0..steps {
                let chances = chances(means[step], self.units);
                now.push((0..=self.units).map(|n| self.value(step, n, &chances, &later[step])).collect());
            }
            for step in (0..steps - 1).rev() {
                let below = now[step + 1].clone();
                now[step].iter_mut().zip(below).for_each(|(value, below)| *value = value.max(below));
            }
            later = now;
        }
        let value = |step: usize| {
            let chances = chances(self.means[0][step], self.units);
            self.value(step, self.units, &chances, &later[step])
        };
        let values: Vec<f64> =
            (0..steps).map(|s| if s < first { f64::NEG_INFINITY } else { value(s) }).collect();
        let (mut step, mut best) = (first, values[first]);
        for (other, value) in values.iter().enumerate() {
            if *value > best {
                (step, best) = (other, *value);
            }
        }
        let scale = values.iter().filter(|v| v.is_finite()).fold(1e-3, |most: f64, v| most.max(v.abs()));
        let as_good = (first..steps).filter(|s| *s != step && best - values[*s] <= 1e-9 * scale).collect();
        Best { step, value: best, as_good }
    }

    /// Expected value of n units at a step: what is sold, and what the rest is worth later.
    fn value(&self, step: usize, n: usize, chances: &[f64], later: &[f64]) -> f64 {
        let gain = self.gains[step];
        let (mut sum, mut tail) = (0.0, 1.0);
        for sold in 0..n {
            sum += chances[sold] * (gain * sold as f64 + later[n - sold]);
            tail -= chances[sold];
        }
        // All that want more than there is count as buyers of the last unit.
        sum + f64::max(tail, 0.0) * gain * n as f64
    }
}

/// Poisson: the chances of 0, 1, … n buyers, by logarithms, so that a large mean is no problem.
fn chances(mean: f64, n: usize) -> Vec<f64> {
    if mean <= 0.0 {
        return (0..=n).map(|k| if k == 0 { 1.0 } else { 0.0 }).collect();
    }
    let log = libm::log(mean);
    let mut factorial = 0.0;
    let mut chances = Vec::new();
    for k in 0..=n {
        if k > 0 {
            factorial += libm::log(k as f64);
        }
        chances.push(libm::exp(k as f64 * log - mean - factorial));
    }
    chances
}

/// ECONOMICS 5, the weekly markdown problem: prices 50 … 10, demand λ·e^(−0.05·p), salvage 2.
#[test]
fn weekly_markdown_of_economics() {
    let prices = [50.0, 40.0, 30.0, 20.0, 10.0];
    let lambdas = [30.0, 28.0, 26.0, 24.0, 22.0, 20.0, 18.0, 16.0];
    for (from, units, value, price) in
        [(0, 40, 1151.1323935500, 40.0), (4, 40, 582.6779035576, 20.0), (7, 10, 124.7214672773, 20.0)]
    {
        let means = lambdas[from..].iter().map(|l| prices.map(|p| l * libm::exp(-0.05 * p)).to_vec());
        let ladder = Ladder { gains: prices.to_vec(), means: means.collect(), salvage: 2.0, units };
        let best = ladder.best(0);
        assert!((best.value - value).abs() < 1e-8, "{} is not {value}", best.value);
        assert_eq!(prices[best.step], price);
        assert!(best.as_good.is_empty());
    }
    assert_eq!(periods(15, 7), [7, 7, 1]);
    assert_eq!(periods(1, 7), [1]);
}
