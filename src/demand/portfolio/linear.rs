//! Linear demand of several products: q = a − Bp.

use super::NoAnswer;

/// Prices with what comes of them.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearOutcome {
    pub prices: Vec<f64>,
    pub quantities: Vec<f64>,
    pub profit: f64,
}

/// The prices that maximize (p − c)ᵀ(a − Bp): (B + Bᵀ)p = a + Bᵀc. Quantities may come out negative: then a product
/// should not be sold, and the caller leaves it out.
///
/// # Errors
/// [`NoAnswer::Unbounded`] unless B + Bᵀ is positive definite, [`NoAnswer::Shape`], [`NoAnswer::Number`].
pub fn optimum(intercepts: &[f64], slopes: &[Vec<f64>], costs: &[f64]) -> Result<LinearOutcome, NoAnswer> {
    let size = intercepts.len();
    if size == 0 {
        return Err(NoAnswer::Empty);
    }
    if slopes.len() != size || costs.len() != size || slopes.iter().any(|row| row.len() != size) {
        return Err(NoAnswer::Shape);
    }
    if !intercepts.iter().chain(costs).chain(slopes.iter().flatten()).all(|number| number.is_finite()) {
        return Err(NoAnswer::Number);
    }
    let rows = slopes.iter().zip(intercepts).enumerate().map(|(index, (row, intercept))| {
        let column = || slopes.iter().filter_map(move |other| other.get(index));
        let right = intercept + dot(column(), costs);
        row.iter().zip(column()).map(|(here, there)| here + there).chain([right]).collect()
    });
    let prices = solve(rows.collect()).ok_or(NoAnswer::Unbounded)?;
    let quantities: Vec<f64> =
        slopes.iter().zip(intercepts).map(|(row, intercept)| intercept - dot(row, &prices)).collect();
    let margins = prices.iter().zip(costs).map(|(price, cost)| price - cost);
    let profit = margins.zip(&quantities).map(|(margin, quantity)| margin * quantity).sum();
    Ok(LinearOutcome { prices, quantities, profit })
}

fn dot<'a>(left: impl IntoIterator<Item = &'a f64>, right: &[f64]) -> f64 {
    left.into_iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Solves a symmetric positive definite system, rows with their right-hand side last; `None` if it is not one.
/// Elimination without exchange: the pivots are all positive just then.
fn solve(rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let Some((first, rest)) = rows.split_first() else { return Some(Vec::new()) };
    let (pivot, tail) = first.split_first()?;
    // Of the size of rounding beside the original diagonal is not positive.
    let scale = tail.split_last()?.1.iter().fold(pivot.abs(), |most, number| most.max(number.abs()));
    let positive = 1e-13 * scale < *pivot;
    let rest = positive.then_some(rest)?;
    let reduced = rest.iter().map(|row| {
        let (head, others) = row.split_first()?;
        Some(others.iter().zip(tail).map(|(other, above)| other - head / pivot * above).collect())
    });
    let mut later = solve(reduced.collect::<Option<_>>()?)?;
    let (right, above) = tail.split_last()?;
    later.insert(0, (right - dot(above, &later)) / pivot);
    Some(later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Nobody earns more a little to any side.
        #[test]
        fn neighbors_earn_less(
            cross in proptest::collection::vec(-2.0..2.0_f64, 9), costs in proptest::collection::vec(1.0..20.0_f64, 3),
            aside in proptest::collection::vec(-1.0..1.0_f64, 3),
        ) {
            let slopes: Vec<Vec<f64>> = (0..3)
                .map(|row| (0..3).map(|column| if row == column { 8.0 } else { cross[3 * row + column] }).collect())
                .collect();
            let intercepts = [300.0, 250.0, 400.0];
            let best = optimum(&intercepts, &slopes, &costs).unwrap();
            let moved: Vec<f64> = best.prices.iter().zip(&aside).map(|(price, step)| price + step).collect();
            let profit: f64 = (0..3)
                .map(|row| (moved[row] - costs[row]) * (intercepts[row] - dot(&slopes[row], &moved)))
                .sum();
            prop_assert!(profit <= best.profit * (1.0 + 1e-12));
        }
    }

    #[test]
    fn unbounded_systems_are_refused() {
        let of =
            |slopes: [[f64; 2]; 2]| optimum(&[10.0, 10.0], &slopes.map(Vec::from), &[1.0, 1.0]).unwrap_err();
        assert_eq!(of([[1.0, -3.0], [-3.0, 1.0]]), NoAnswer::Unbounded);
        assert_eq!(of([[1.0, -1.0], [-1.0, 1.0]]), NoAnswer::Unbounded);
        assert_eq!(of([[-1.0, 0.0], [0.0, 1.0]]), NoAnswer::Unbounded);
        assert_eq!(of([[f64::NAN, 0.0], [0.0, 1.0]]), NoAnswer::Number);
        assert_eq!(optimum(&[1.0], &[vec![1.0, 2.0]], &[1.0]), Err(NoAnswer::Shape));
    }
}
