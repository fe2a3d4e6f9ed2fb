//! Properties of the cautious rule.

use super::super::curve::tests::forms;
use super::*;
use proptest::prelude::*;

const Z: f64 = 0.674_489_75;

fn ask(form: Form, elasticity: f64, error: f64, current: f64, aim: Aim) -> Question {
    Question {
        form,
        estimate: Estimate::try_new(Elasticity::try_new(elasticity).unwrap(), error).unwrap(),
        estimated_at: 20.0,
        current,
        unit: Contribution::try_new(0.7, 11.2).unwrap(),
        net: 1.0 / 1.2,
        aim,
        z: Z,
        region: Region::around(current, 0.9).unwrap(),
    }
}

fn aims() -> impl Strategy<Value = Aim> {
    prop_oneof![
        Just(Aim::Profit),
        Just(Aim::Revenue),
        (0.1..1.0_f64, 0.0..1.0_f64).prop_map(|(profit, revenue)| Aim::Mix { profit, revenue })
    ]
}

proptest! {
    /// More uncertainty never moves the target further; every target is finite and inside the region.
    #[test]
    fn doubt_never_moves_further(
        form in forms(), aim in aims(), elasticity in -8.0..-0.2_f64, error in 0.0..2.0_f64, more in 0.0..2.0_f64,
        current in 1.0..200.0_f64, at in 1.0..200.0_f64, within in 0.01..0.95_f64,
    ) {
        let region = Region::around(current, within).unwrap();
        let sure = Question { estimated_at: at, region, ..ask(form, elasticity, error, current, aim) };
        let doubting = Question { region, estimated_at: at, ..ask(form, elasticity, error + more, current, aim) };
        if let Ok(far) = cautious(&doubting) {
            prop_assert!(far.target.is_finite() && !region.excludes(far.target));
            // Where the doubtful one has a price, so has the sure one.
            let near = cautious(&sure).unwrap();
            prop_assert!((far.target - current).abs() <= (near.target - current).abs() * (1.0 + 1e-12) + 1e-12);
            prop_assert!(far.step == Step::Stay || far.step == near.step);
        }
    }

    /// |ε| ≤ 1 never yields an interior price.
    #[test]
    fn inelastic_never_yields_an_interior_price(
        form in forms(), aim in aims(), elasticity in -1.0..-1e-3_f64, error in 0.0..2.0_f64, current in 1.0..200.0_f64,
    ) {
        let question = ask(form, elasticity, error, current, aim);
        match cautious(&question) {
            Err(error) => prop_assert_eq!(error, NoPrice::NoInteriorOptimum),
            Ok(advice) => {
                prop_assert_eq!((form, aim), (Form::ConstantElasticity, Aim::Revenue));
                let edge = advice.trust_region && question.region.high() <= advice.target;
                prop_assert!(edge || advice.step == Step::Stay);
            }
        }
    }

    /// Pricing the result again changes nothing: the rule has arrived.
    #[test]
    fn it_arrives(form in forms(), elasticity in -8.0..-1.2_f64, error in 0.0..0.5_f64, current in 5.0..80.0_f64) {
        let mut question = ask(form, elasticity, error, current, Aim::Profit);
        question.region = Region::try_new(0.01, 1e6).unwrap();
        if let Ok(first) = cautious(&question) {
            question.current = first.target;
            let again = cautious(&question).unwrap();
            prop_assert!((again.target - first.target).abs() <= 1e-12 * first.target);
        }
    }

    /// Dearer goods are never priced lower, and a higher confidence never moves further.
    #[test]
    fn it_rises_with_cost_and_shrinks_with_confidence(
        form in forms(), elasticity in -8.0..-1.2_f64, error in 0.0..0.5_f64, current in 5.0..80.0_f64,
        extra in 0.0..20.0_f64, z in 0.0..3.0_f64,
    ) {
        let question = ask(form, elasticity, error, current, Aim::Profit);
        if let Ok(base) = cautious(&question) {
            let unit = Contribution::try_new(0.7, 11.2 + extra).unwrap();
            let dearer = cautious(&Question { unit, ..question }).unwrap();
            prop_assert!(base.target <= dearer.target * (1.0 + 1e-12));
            let careful = cautious(&Question { z: Z + z, ..question }).unwrap();
            prop_assert!((careful.target - current).abs() <= (base.target - current).abs() * (1.0 + 1e-12) + 1e-12);
        }
    }
}

#[test]
fn the_rule_by_hand() {
    // c′ = 16; h(−2.5) = 26.67, h(−2.2) = 29.33, h(−1.8) = 36.
    let sure =
        |current| cautious(&ask(Form::ConstantElasticity, -2.0, 0.2 / Z, current, Aim::Profit)).unwrap();
    let near = |ours: f64, wanted: f64| assert!((ours - wanted).abs() < 1e-9, "{ours} {wanted}");
    near(sure(25.0).target, 16.0 * 2.2 / 1.2);
    assert_eq!(sure(25.0).step, Step::Raise);
    near(sure(40.0).target, 16.0 * 1.8 / 0.8);
    assert_eq!(sure(40.0).step, Step::Lower);
    near(sure(30.0).target, 30.0);
    assert_eq!(sure(30.0).step, Step::Stay);

    let mut tight = ask(Form::ConstantElasticity, -2.0, 0.0, 20.0, Aim::Profit);
    tight.region = Region::around(20.0, 0.1).unwrap();
    let advice = cautious(&tight).unwrap();
    near(advice.target, 22.0);
    assert!(advice.trust_region);
}

#[test]
fn revenue_goes_to_the_edge_only_when_sure() {
    let target = |elasticity, error| {
        cautious(&ask(Form::ConstantElasticity, elasticity, error, 20.0, Aim::Revenue)).unwrap().step
    };
    assert_eq!(target(-1.5, 0.2), Step::Lower);
    assert_eq!(target(-0.5, 0.2), Step::Raise);
    assert_eq!(target(-1.1, 0.3), Step::Stay);
    assert_eq!(target(-1.0, 0.0), Step::Stay);
}

#[test]
fn refusals_have_names() {
    let base = ask(Form::Linear, -2.0, 0.1, 20.0, Aim::Profit);
    let loses = Contribution::try_new(-0.1, 1.0).unwrap();
    assert_eq!(cautious(&Question { unit: loses, ..base }), Err(NoPrice::LosesAlways));
    assert_eq!(cautious(&Question { current: f64::NAN, ..base }), Err(NoPrice::Current));
    assert_eq!(cautious(&Question { z: -1.0, ..base }), Err(NoPrice::Confidence));
    assert_eq!(cautious(&Question { estimated_at: 0.0, ..base }), Err(NoPrice::Curve(InvalidCurve::Price)));
    let weightless = Aim::Mix { profit: 0.0, revenue: 0.0 };
    assert_eq!(cautious(&Question { aim: weightless, ..base }), Err(NoPrice::Weights));
    let known = Elasticity::try_new(-2.0).unwrap();
    assert_eq!(Estimate::try_new(known, -0.1), Err(InvalidError::Negative));
    // −1 − ε = 0.128155…·10: just inside and outside ten percent.
    assert!(Estimate::try_new(known, 0.780_305).unwrap().is_doubtful());
    assert!(!Estimate::try_new(known, 0.780_303).unwrap().is_doubtful());
}
