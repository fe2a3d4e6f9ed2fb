//! Empirical Bayes: each group borrows strength from the others, as much as its own error asks for.

use super::error::{EstimateError, Result};

/// An estimate and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub estimate: f64,
    pub se: f64,
}

impl Measured {
    fn usable(&self) -> bool {
        self.estimate.is_finite() && self.se.is_finite() && self.se > 0.0
    }

    fn variance(&self) -> f64 {
        self.se * self.se
    }
}

/// How the variance between groups is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    #[default]
    DerSimonianLaird,
    Reml,
}

impl Method {
    /// Reads `eb`, `dl` or `reml`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "eb" | "dl" => Ok(Self::DerSimonianLaird),
            "reml" => Ok(Self::Reml),
            other => {
                Err(EstimateError::new(format!("there is no pooling `{other}`")).help("write eb, dl or reml"))
            }
        }
    }
}

/// What a set of estimates has in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    pub mu: f64,
    pub se: f64,
    /// The variance of the true values between groups.
    pub tau2: f64,
    /// Cochran's heterogeneity, and the mean it is taken about.
    pub q: f64,
    pub fixed: f64,
    pub groups: usize,
}

/// The mean, and how the true values scatter about it. Nothing without a usable estimate.
pub fn pool(estimates: &[Measured], method: Method) -> Option<Pooled> {
    let usable: Vec<Measured> = estimates.iter().copied().filter(Measured::usable).collect();
    if usable.is_empty() {
        return None;
    }
    let (fixed, _) = weighted(&usable, 0.0);
    let q: f64 = usable.iter().map(|m| (m.estimate - fixed).powi(2) / m.variance()).sum();
    let dl = der_simonian_laird(&usable, q);
    let tau2 = match method {
        Method::DerSimonianLaird => dl,
        Method::Reml => reml(&usable, dl),
    };
    let (mu, se) = weighted(&usable, tau2);
    Some(Pooled { mu, se, tau2, q, fixed, groups: usable.len() })
}

/// The weighted mean and its standard error, given the variance between groups.
fn weighted(estimates: &[Measured], tau2: f64) -> (f64, f64) {
    let (mut sum, mut total) = (0.0, 0.0);
    for m in estimates {
        let w = 1.0 / (m.variance() + tau2);
        sum += w * m.estimate;
        total += w;
    }
    (sum / total, total.sqrt().recip())
}

fn der_simonian_laird(estimates: &[Measured], q: f64) -> f64 {
    let w1: f64 = estimates.iter().map(|m| 1.0 / m.variance()).sum();
    let w2: f64 = estimates.iter().map(|m| m.variance().powi(-2)).sum();
    let spread = w1 - w2 / w1;
    if spread > 0.0 { ((q - (estimates.len() as f64 - 1.0)) / spread).max(0.0) } else { 0.0 }
}

/// Fisher scoring on the restricted likelihood.
fn reml(estimates: &[Measured], start: f64) -> f64 {
    let mut tau2 = start;
    for _ in 0..1_000 {
        let (mu, _) = weighted(estimates, tau2);
        let (mut w1, mut w2, mut w3, mut fit) = (0.0, 0.0, 0.0, 0.0);
        for m in estimates {
            let w = 1.0 / (m.variance() + tau2);
            w1 += w;
            w2 += w * w;
            w3 += w * w * w;
            fit += w * w * (m.estimate - mu).powi(2);
        }
        let trace = w1 - w2 / w1;
        let information = w2 - 2.0 * w3 / w1 + (w2 / w1).powi(2);
        if information <= 0.0 {
            return tau2;
        }
        let next = (tau2 + (fit - trace) / information).max(0.0);
        let change = (next - tau2).abs();
        tau2 = next;
        if change <= 1e-12 * (1.0 + tau2) {
            break;
        }
    }
    tau2
}

impl Pooled {
    /// What one group's elasticity is, given its own estimate (if it has one) and the others.
    ///
    /// The variance counts that the mean itself is uncertain.
    pub fn shrink(&self, own: Option<Measured>) -> Measured {
        let var_mu = self.se * self.se;
        let Some(own) = own.filter(Measured::usable) else {
            return Measured { estimate: self.mu, se: (self.tau2 + var_mu).sqrt() };
        };
        // The share that the mean gets.
        let share = own.variance() / (own.variance() + self.tau2);
        let estimate = share * self.mu + (1.0 - share) * own.estimate;
        let variance = share * self.tau2 + share * share * var_mu;
        Measured { estimate, se: variance.sqrt() }
    }
}

/// One group after pooling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shrunk {
    pub pooled: Measured,
    pub mu: f64,
    pub tau2: f64,
}

/// A category needs this many estimates to know its own scatter.
const OWN_SCATTER_MIN: usize = 5;

/// Shrinks each estimate towards its category, and each category towards all.
///
/// `categories` gives the category of each estimate; all in one if it is absent.
pub fn pool_within(
    estimates: &[Option<Measured>],
    categories: Option<&[usize]>,
    method: Method,
) -> Vec<Option<Shrunk>> {
    let known: Vec<Measured> = estimates.iter().flatten().copied().collect();
    let Some(all) = pool(&known, method) else { return vec![None; estimates.len()] };
    let Some(categories) = categories else {
        return estimates.iter().map(|own| Some(shrunk(&all, *own))).collect();
    };
    let count = categories.iter().max().map_or(0, |m| m + 1);
    let mut members: Vec<Vec<Measured>> = vec![Vec::new(); count];
    for (own, category) in estimates.iter().zip(categories) {
        if let (Some(own), Some(slot)) = (own, members.get_mut(*category)) {
            slot.push(*own);
        }
    }
    // Scatter within a category where it cannot tell its own: that of the typical category that can.
    let direct: Vec<Option<Pooled>> = members.iter().map(|m| pool(m, method)).collect();
    let mut scatters: Vec<f64> =
        direct.iter().flatten().filter(|p| p.groups >= OWN_SCATTER_MIN).map(|p| p.tau2).collect();
    scatters.sort_by(f64::total_cmp);
    let typical = scatters.get(scatters.len() / 2).copied().unwrap_or(all.tau2);
    let own: Vec<Option<Pooled>> = direct
        .into_iter()
        .zip(&members)
        .map(|(pooled, members)| {
            pooled.map(|p| match p.groups >= OWN_SCATTER_MIN {
                true => p,
                false => {
                    let usable: Vec<Measured> = members.iter().copied().filter(Measured::usable).collect();
                    let (mu, se) = weighted(&usable, typical);
                    Pooled { mu, se, tau2: typical, ..p }
                }
            })
        })
        .collect();
    let means: Vec<Measured> = own.iter().flatten().map(|p| Measured { estimate: p.mu, se: p.se }).collect();
    let Some(top) = pool(&means, method) else { return vec![None; estimates.len()] };
    let centers: Vec<Pooled> = own
        .iter()
        .map(|category| {
            let center = top.shrink(category.map(|p| Measured { estimate: p.mu, se: p.se }));
            let tau2 = category.map_or(typical, |p| p.tau2);
            let base = category.unwrap_or(all);
            Pooled { mu: center.estimate, se: center.se, tau2, ..base }
        })
        .collect();
    let one = |(own, category): (&Option<Measured>, &usize)| centers.get(*category).map(|c| shrunk(c, *own));
    estimates.iter().zip(categories).map(one).collect()
}

fn shrunk(center: &Pooled, own: Option<Measured>) -> Shrunk {
    Shrunk { pooled: center.shrink(own), mu: center.mu, tau2: center.tau2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(what: &str, ours: f64, reference: f64) {
        println!("{what:<28} {ours:>14.8} {reference:>14.8} {:>10.1e}", (ours - reference).abs());
        assert!((ours - reference).abs() < 1e-6, "{what}: {ours} is not {reference}");
    }

    #[test]
    fn eight_schools_pool_fully() {
        let effects = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
        let errors = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];
        let data: Vec<Measured> =
            effects.iter().zip(errors).map(|(e, se)| Measured { estimate: *e, se }).collect();
        let pooled = pool(&data, Method::DerSimonianLaird).unwrap();
        close("eight schools mu", pooled.mu, 7.685_617);
        close("eight schools se", pooled.se, 4.071_919);
        close("eight schools Q", pooled.q, 4.707_079);
        close("eight schools tau2", pooled.tau2, 0.0);
        assert!((pooled.shrink(Some(data[0])).estimate - pooled.mu).abs() < 1e-12);
    }

    #[test]
    fn bcg_trials_scatter() {
        // Thirteen trials: cases among the vaccinated, others vaccinated, cases and others among controls.
        let trials: [[f64; 4]; 13] = [
            [4.0, 119.0, 11.0, 128.0],
            [6.0, 300.0, 29.0, 274.0],
            [3.0, 228.0, 11.0, 209.0],
            [62.0, 13536.0, 248.0, 12619.0],
            [33.0, 5036.0, 47.0, 5761.0],
            [180.0, 1361.0, 372.0, 1079.0],
            [8.0, 2537.0, 10.0, 619.0],
            [505.0, 87886.0, 499.0, 87892.0],
            [29.0, 7470.0, 45.0, 7232.0],
            [17.0, 1699.0, 65.0, 1600.0],
            [186.0, 50448.0, 141.0, 27197.0],
            [5.0, 2493.0, 3.0, 2338.0],
            [27.0, 16886.0, 29.0, 17825.0],
        ];
        let data: Vec<Measured> = trials
            .iter()
            .map(|[a, b, c, d]| {
                let (n1, n2) = (a + b, c + d);
                let variance = 1.0 / a - 1.0 / n1 + 1.0 / c - 1.0 / n2;
                Measured { estimate: ((a / n1) / (c / n2)).ln(), se: variance.sqrt() }
            })
            .collect();
        let dl = pool(&data, Method::DerSimonianLaird).unwrap();
        close("BCG fixed", dl.fixed, -0.430_285);
        close("BCG Q", dl.q, 152.233_008);
        close("BCG DL tau2", dl.tau2, 0.308_760);
        close("BCG DL mu", dl.mu, -0.714_117);
        close("BCG DL se", dl.se, 0.178_742);
        let reml = pool(&data, Method::Reml).unwrap();
        close("BCG REML tau2", reml.tau2, 0.313_243_26);
        close("BCG REML mu", reml.mu, -0.714_532_34);
        close("BCG REML se", reml.se, 0.179_781_52);
    }

    #[test]
    fn groups_without_an_estimate_take_their_category_and_errors_shrink() {
        let m = |estimate, se| Some(Measured { estimate, se });
        let estimates = [m(-1.0, 0.2), m(-1.4, 0.2), None, m(-3.0, 0.2), m(-3.4, 0.2), m(-9.0, 5.0)];
        let out = pool_within(&estimates, Some(&[0, 0, 0, 1, 1, 1]), Method::DerSimonianLaird);
        let at = |i: usize| out[i].unwrap().pooled;
        assert!((at(2).estimate + 1.2).abs() < 0.4 && (at(5).estimate + 3.2).abs() < 0.5);
        assert!(at(0).se < 0.25 && at(5).se < 5.0 && at(2).se > at(0).se);
    }
}
