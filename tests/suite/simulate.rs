//! Worlds with hidden demand: the account holds by construction, and what the docs claim is what comes out.

use super::models::folder;
use pricer::simulate::{Plan, Profit, Report, Shop, WorldKind, simulate, svg, text};
use std::process::Command;

fn plan(worlds: &[WorldKind], periods: usize, seeds: u64) -> Plan {
    Plan { worlds: worlds.to_vec(), weeks: 104, periods, seeds, seed: 1 }
}

fn run(items: usize, plan: &Plan) -> Report {
    simulate(&Shop::built_in(items, plan.seed).unwrap(), plan, &|| ()).unwrap()
}

#[test]
fn headroom_is_one_for_who_knows_and_zero_for_who_keeps() {
    let of = |rules| Profit { incumbent: 100.0, rules, clairvoyant: 108.0 };
    let captured = [100.0, 108.0, 106.0, 98.0].map(|rules| of(rules).captured());
    assert_eq!(captured, [Some(0.0), Some(1.0), Some(0.75), Some(-0.25)]);
    assert_eq!([100.0, 98.0].map(|rules| of(rules).worse_off()), [false, true]);
    let nothing = Profit { incumbent: 100.0, rules: 99.0, clairvoyant: 100.0 };
    assert_eq!((nothing.captured(), nothing.worse_off()), (None, true));
}

/// Every world, on one thread and on four: the same account to the last bit. No price leaves its guards, and nobody beats
/// who knows the demand.
#[test]
fn worlds_are_the_same_on_any_number_of_threads() {
    let plan = plan(&WorldKind::ALL, 3, 2);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(30, &plan))
    };
    let report = on(1);
    assert_eq!(report, on(4));
    assert_ne!(report, run(30, &Plan { seed: 2, ..plan.clone() }), "another seed is another shop");
    assert_eq!(report.worlds.iter().map(|world| world.world).collect::<Vec<_>>(), WorldKind::ALL);
    for world in &report.worlds {
        let (name, profit) = (world.world.as_str(), world.profit);
        assert_eq!((world.outside, world.refused, world.groups), (0, 0, 6), "{name}");
        assert!(
            0.0 < world.largest_step && world.largest_step <= 0.1 + 1e-12,
            "{name}: {}",
            world.largest_step
        );
        assert!(0 < world.moved && world.moved < world.prices && world.prices == 30 * 3 * 2, "{name}");
        assert!(0.0 < profit.incumbent && profit.incumbent < profit.clairvoyant, "{name}: {profit:?}");
        assert!(profit.rules < profit.clairvoyant, "{name}: {profit:?}");
        assert!(0.9 < world.fitted, "{name}: only {} of the items are fitted", world.fitted);
    }
    let (text, picture) = (text(&report), svg(&report));
    for world in WorldKind::ALL {
        assert!(text.contains(world.as_str()) && picture.contains(world.as_str()));
    }
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n") && !picture.contains("NaN"));
}

/// The goal of docs/reference/simulate.md: demand as the fit believes.
#[test]
fn fitted_elasticities_capture_what_the_docs_claim() {
    let report = run(200, &plan(&[WorldKind::Constant], 13, 2));
    println!("{}", text(&report));
    let world = &report.worlds[0];
    let (captured, worst) = (world.captured().unwrap(), world.worst_decile().unwrap());
    assert!((0.7..1.0).contains(&captured), "captured {captured}");
    assert!(0.0 <= worst, "worst decile {worst}");
    // The clairvoyant leaves no group worse off, and the fit is near the truth.
    assert!(world.by_group.len() == world.groups && world.error < 0.4);
}

/// What the shop believes and what it knows of itself is written without a word of the hidden side.
#[test]
fn the_shop_does_not_see_the_truth() {
    for file in ["believed.rs", "shop.rs"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/simulate/");
        let text = std::fs::read_to_string(format!("{path}{file}")).unwrap();
        assert!(!text.contains("hidden") && !text.contains("Hidden") && !text.contains("Weather"), "{file}");
    }
}

fn pricer(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pricer")).arg("simulate").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_answers_people_and_programs() {
    let folder_out = tempfile::tempdir().unwrap();
    let picture = folder_out.path().join("captured.svg").display().to_string();
    let small = ["--items", "20", "--weeks", "30", "--periods", "1", "--seeds", "1", "--world", "rivals"];
    let (code, out, err) = pricer(&[&small[..], &["--svg", &picture]].concat());
    assert_eq!((code, &*err), (Some(0), ""));
    assert!(out.contains("20 items in 2 groups, 30 weeks of history") && out.contains("rivals"), "{out}");
    assert!(std::fs::read_to_string(picture).unwrap().contains("<title>"));
    let (code, out, _) = pricer(&[&small[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["kind"].as_str(), json["seeds"].as_u64()), (Some(0), Some("simulation"), Some(1)));
    assert_eq!(json["worlds"][0]["prices_outside_guards"], 0);
    let (code, _, err) = pricer(&["--world", "flat"]);
    assert!(code == Some(2) && err.contains("constant, logit, endogenous, stock-outs, rivals, all"), "{err}");
}

#[test]
fn a_rulebook_plays_with_its_own_catalog() {
    let [book, items] = ["", "feeds/items.csv"].map(|file| folder("fresh").join(file).display().to_string());
    let own = ["--rulebook", &book, "--catalog", &items, "--at", "2026-11-18T07:00:00+01:00"];
    let small = ["--world", "constant", "--seeds", "1", "--periods", "2", "--format", "json"];
    let (code, out, err) = pricer(&[&own[..], &small].concat());
    assert_eq!(code, Some(0), "{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((json["rulebook"].as_str(), json["items"].as_u64()), (Some("fresh-corner"), Some(22)));
    assert_eq!(json["left_out"].as_array().unwrap().len(), 1);
    assert_eq!(json["worlds"][0]["prices_outside_guards"], 0);
    let (code, _, err) = pricer(&[&own[..], &["--market", "XX"]].concat());
    assert!(code == Some(2) && err.contains("places are DE/store"), "{err}");
    let (code, _, err) = pricer(&["--rulebook", &book]);
    assert!(code == Some(2) && err.contains("--catalog"), "{err}");
}
