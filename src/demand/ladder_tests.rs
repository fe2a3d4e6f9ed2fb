//! Properties of markdown ladders.

use super::*;
use proptest::prelude::*;

fn ladders() -> impl Strategy<Value = Ladder> {
    let means = proptest::collection::vec(0.1..20.0_f64, 1..5);
    (means, 0.01..0.2_f64, 0.0..8.0_f64).prop_map(|(weeks, alpha, salvage)| {
        let rungs: Vec<_> = [40.0, 25.0, 10.0].map(|price| Rung { price, gain: price }).into();
        let demand = |week: &f64| rungs.iter().map(|rung| week * libm::exp(-alpha * rung.price)).collect();
        let demand = weeks.iter().map(demand).collect();
        Ladder::try_new(rungs, demand, salvage).unwrap()
    })
}

proptest! {
    /// More freedom never earns less; more stock never earns less; a lower ceiling never earns more.
    #[test]
    fn freedom_is_worth_something(ladder in ladders(), units in 0..25_u32) {
        let best = |path, units, ceiling| ladder.best(path, 0, units, ceiling).unwrap().value;
        let (single, falling, free) = (
            ladder.best_single(units).value, best(Path::NonIncreasing, units, 0), best(Path::Free, units, 0));
        let close = 1e-9 * (1.0 + free.abs());
        prop_assert!(single <= falling + close && falling <= free + close);
        prop_assert!(falling <= best(Path::NonIncreasing, units + 1, 0) + close);
        prop_assert!(best(Path::NonIncreasing, units, 2) <= falling + close);
        let start = ladder.best(Path::NonIncreasing, 0, units, 1).unwrap();
        prop_assert!(1 <= start.rung);
    }

    /// A period that sells at most one: more time and stock never earn less, and the fluid bound holds.
    #[test]
    fn the_fluid_bound_holds(
        gains in proptest::collection::vec((1.0..50.0_f64, 0.0..1.0_f64), 1..5), periods in 1..60_u32, units in 1..40_u32,
    ) {
        let offers: Vec<_> = gains.into_iter().map(|(gain, chance)| Offer { gain, chance }).collect();
        let values = one_sale_per_period(&offers, periods, units).unwrap();
        let more = one_sale_per_period(&offers, periods + 1, units).unwrap();
        prop_assert!(values.is_sorted());
        prop_assert!(values.iter().zip(&more).all(|(less, more)| less <= more));
        let supply = f64::from(units) / f64::from(periods);
        let bound = fluid_bound(&offers, supply).unwrap() * f64::from(periods);
        prop_assert!(*values.last().unwrap() <= bound * (1.0 + 1e-12));
    }
}

#[test]
fn ladders_are_checked() {
    let rung = |price| Rung { price, gain: price };
    let of = |prices: &[f64], demand: Vec<Vec<f64>>| {
        Ladder::try_new(prices.iter().copied().map(rung).collect(), demand, 0.0)
    };
    assert_eq!(of(&[], vec![vec![]]), Err(InvalidLadder::Empty));
    assert_eq!(of(&[1.0, 2.0], vec![vec![1.0, 1.0]]), Err(InvalidLadder::Prices));
    assert_eq!(of(&[2.0, 1.0], vec![vec![1.0]]), Err(InvalidLadder::Shape));
    assert_eq!(of(&[2.0, 1.0], vec![vec![1.0, f64::NAN]]), Err(InvalidLadder::Number));
    let ladder = of(&[2.0, 1.0], vec![vec![1.0, 2.0]]).unwrap();
    assert_eq!(ladder.best(Path::Free, 1, 1, 0), Err(InvalidLadder::Shape));
    assert_eq!(ladder.best(Path::Free, 0, 1, 2), Err(InvalidLadder::Shape));
    assert_eq!(ladder.best(Path::Free, 0, 1_000_000, 0), Err(InvalidLadder::TooLarge));
    assert_eq!(one_sale_per_period(&[], 1, 1), Err(InvalidLadder::Empty));
    let impossible = Offer { gain: 1.0, chance: 1.5 };
    assert_eq!(fluid_bound(&[impossible], 1.0), Err(InvalidLadder::Number));
}

/// Demand that no number of units can meet sells all of them at the dearest price, however it is written.
#[test]
fn a_demand_without_end_buys_all_there_is() {
    let rungs = || [30.0, 20.0, 10.0].map(|price| Rung { price, gain: price }).to_vec();
    for mean in [1e9, 1e15, 1e18, 1e120, f64::INFINITY] {
        let ladder = Ladder::try_new(rungs(), vec![vec![mean; 3]; 2], 4.0).unwrap();
        for path in [Path::NonIncreasing, Path::Free] {
            assert_eq!(ladder.best(path, 0, 50, 0), Ok(Start { value: 1_500.0, rung: 0 }), "{mean}");
            assert_eq!(ladder.best(path, 0, 50, 1), Ok(Start { value: 1_000.0, rung: 1 }));
        }
        assert_eq!(ladder.best_single(50), Start { value: 1_500.0, rung: 0 });
    }
    let minus = Ladder::try_new(rungs(), vec![vec![1.0, 1.0, -1.0]], 0.0);
    assert_eq!(minus, Err(InvalidLadder::Number));
}
