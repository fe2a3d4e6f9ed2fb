//! Rows whose zero the regressors predict perfectly: their likelihood has no maximum, so they must go.
#![expect(clippy::indexing_slicing, reason = "codes are below `levels`; every vector has one entry a row")]

use super::absorb::Absorber;
use super::design::Design;
use super::error::Result;
use super::fit::floor;
use super::least_squares::solve;

/// The rows outside every level without a sale.
pub(super) fn zero_groups(design: &Design) -> Vec<usize> {
    let sold: Vec<Vec<bool>> = design
        .effects
        .iter()
        .map(|effect| {
            let mut sold = vec![false; effect.levels];
            for (code, y) in effect.codes.iter().zip(&design.y) {
                sold[*code as usize] |= *y > 0.0;
            }
            sold
        })
        .collect();
    let stays = |row: &usize| design.effects.iter().zip(&sold).all(|(e, s)| s[e.codes[*row] as usize]);
    (0..design.n()).filter(stays).collect()
}

pub(super) enum Separated {
    Rows(Vec<usize>),
    Unknown,
}

/// The weight of a sale: so large that the fit cannot bend there.
const HEAVY: f64 = 1e6;
/// What counts as zero against that.
const TINY: f64 = 1e-4;
/// Rounds, and what they may cost in products of a row and a column.
const ROUNDS: (usize, usize) = (200, 5_000);
const WORK_MAX: usize = 200_000_000;

/// The iterative rectifier: looks for a combination of the regressors that is zero at every sale and not
/// negative elsewhere. Where it is positive, the zero is predicted perfectly.
pub(super) fn separated(design: &Design) -> Result<Separated> {
    let n = design.n();
    let weights: Vec<f64> = design.y.iter().map(|y| if *y > 0.0 { HEAVY } else { 1.0 }).collect();
    let has_effects = !design.effects.is_empty();
    let mut absorber = Absorber::new(&design.effects, Some(&weights));
    absorber.set_tolerance(Some(1e-9));
    let mut columns: Vec<Vec<f64>> = design.exogenous.iter().map(|x| x.values.clone()).collect();
    let floors: Vec<f64> = columns.iter().map(|c| floor(c, Some(&weights), has_effects)).collect();
    absorber.residuals(&mut columns.iter_mut().collect::<Vec<_>>())?;
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    for column in &mut columns {
        column.iter_mut().zip(&roots).for_each(|(v, r)| *v *= r);
    }
    let mut target: Vec<f64> = design.y.iter().map(|y| if *y > 0.0 { 0.0 } else { 1.0 }).collect();
    let rounds = WORK_MAX / (n * (columns.len() + design.effects.len() + 1)).max(1);
    for _ in 0..rounds.clamp(ROUNDS.0, ROUNDS.1) {
        let mut left = target.clone();
        absorber.residuals(&mut [&mut left])?;
        left.iter_mut().zip(&roots).for_each(|(v, r)| *v *= r);
        let solved = solve(columns.clone(), &left, &floors);
        let fitted: Vec<f64> = (0..n).map(|i| target[i] - solved.residuals[i] / roots[i]).collect();
        let zeros = || (0..n).filter(|i| design.y[*i] == 0.0);
        if zeros().all(|i| fitted[i] > -TINY) {
            return Ok(Separated::Rows(zeros().filter(|i| fitted[*i] > TINY).collect()));
        }
        for i in zeros() {
            target[i] = fitted[i].max(0.0);
        }
    }
    Ok(Separated::Unknown)
}
