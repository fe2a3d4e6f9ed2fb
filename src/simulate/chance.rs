//! How many groups end worse off by chance alone: the built-in shop with fits whose mean is the truth, and with rules that
//! ask for more certainty. `docs/reference/simulate.md` says what came out; `cargo test --release chance -- --nocapture` prints it.

use super::believed::Believed;
use super::draw::normal;
use super::hidden::Hidden;
use super::{Plan, Report, Shop, WorldKind, play};
use crate::batch::Dice;
use crate::facts::{Estimate, Estimates};
use crate::money::Ratio;
use rayon::prelude::*;

/// Prices like those of docs/reference/simulate.md where the build is optimized, else a few.
const SIZE: (usize, usize, u64) = if cfg!(debug_assertions) { (100, 3, 1) } else { (200, 13, 5) };

fn plan() -> Plan {
    Plan { worlds: vec![WorldKind::Constant], weeks: 104, periods: SIZE.1, seeds: SIZE.2, seed: 1 }
}

/// Plays the constant world with rules of that confidence, and with what `heard` makes of each fit.
fn run(confidence: &str, heard: &(dyn Fn(u64, Believed, &Shop, &Hidden) -> Believed + Sync)) -> Report {
    let plan = plan();
    let shop = Shop::built_in_with(SIZE.0, plan.seed, confidence).unwrap();
    let place = &shop.release.places[0];
    let play = |seed| {
        play::play(&shop, place, &plan, WorldKind::Constant, seed, &|found, hidden| {
            heard(seed, found, &shop, hidden)
        })
    };
    let played: Vec<_> = (1..=plan.seeds).into_par_iter().map(|seed| play(seed).unwrap()).collect();
    Report::new(&shop, &plan, &played)
}

/// The same errors as the fit says it has, about the truth: one luck for each item, as its sales stay the same.
fn unbiased(seed: u64, found: Believed, shop: &Shop, hidden: &Hidden) -> Believed {
    let mut estimates = Estimates::default();
    let mut elasticities = found.elasticities.clone();
    for (item, article) in shop.articles.iter().enumerate() {
        let Some(own) = found.estimates.get(&article.item.sku, "") else { continue };
        let error = own.error.map_or(0.0, crate::demand::door::from_ratio);
        let luck = normal(&mut Dice::new(seed, "unbiased", item as u64));
        let told = elasticities[item].map(|_| hidden.elasticity(item) + error * luck);
        elasticities[item] = told;
        let elasticity = told.and_then(|told| Ratio::parse(&format!("{told:.9}")).ok());
        estimates.put(&article.item.sku, "", Estimate { elasticity, ..*own });
    }
    Believed { estimates, elasticities }
}

#[test]
fn some_groups_end_worse_off_by_chance_and_certainty_has_a_price() {
    let show = |what: &str, report: &Report| {
        let world = &report.worlds[0];
        println!(
            "{what:<34} captured {:>5.1} %  worst decile {:>6.1} %  worse off {:>2} of {}  off {:+.3} ± {:.3}  worst {:?}",
            100.0 * world.captured().unwrap(),
            100.0 * world.worst_decile().unwrap(),
            world.worse_off,
            world.groups,
            world.bias,
            world.error,
            world.by_group.iter().take(6).map(|c| (100.0 * c).round()).collect::<Vec<_>>(),
        );
        (world.captured().unwrap(), world.worse_off)
    };
    let mut last = (f64::INFINITY, usize::MAX);
    for confidence in ["75%", "90%", "97.5%"] {
        let fitted =
            show(&format!("fitted, confidence {confidence}"), &run(confidence, &|_, found, _, _| found));
        // More certainty moves fewer prices: it gains less, and loses less.
        assert!(fitted.0 < last.0 && fitted.1 <= last.1, "{confidence}: {fitted:?} after {last:?}");
        last = fitted;
        show(&format!("unbiased, confidence {confidence}"), &run(confidence, &unbiased));
    }
}
