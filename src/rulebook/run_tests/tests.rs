//! Tests of analysts, run on a small rulebook.

use super::*;
use crate::pricing::{GuardClass, Place, Scope};
use crate::rulebook::sample::{guard, min_margin, place, release, rule};
use crate::rulebook::{Expectation, Expected};

fn span() -> Span {
    Span { file: "tests/all.toml".into(), start: 0, end: 0 }
}

fn text(value: &str) -> Expected {
    Expected::Text(value.into())
}

fn list(values: &[&str]) -> Expected {
    Expected::List(values.iter().map(|value| (*value).into()).collect())
}

fn test(expect: &[(&str, Expected)]) -> RuleTest {
    let item = [("sku", "OIL-1L"), ("cost", "812 KZT"), ("tags", "kvi"), ("current_price", "1090 KZT")];
    RuleTest {
        name: "oil".into(),
        header: span(),
        at: 1_800_000_000,
        market: "KZ".into(),
        channel: "own".into(),
        segment: None,
        item: item.map(|(name, text)| (name.into(), text.into())).into(),
        rivals: Vec::new(),
        history: Vec::new(),
        twins: Vec::new(),
        fx: Vec::new(),
        expect: expect
            .iter()
            .map(|(key, value)| Expectation { key: (*key).into(), value: value.clone(), span: span() })
            .collect(),
        tolerance: None,
    }
}

/// Cost 812 → landed 824.18 → strategy 956.0488 → margin guard 1006.3672 → 1006.37.
fn shop() -> Release {
    let floor = guard("margin", GuardClass::Commercial, Scope::everything(), min_margin("5"));
    release(vec![Place {
        rules: [rule("plan", 0, Scope::everything())].into(),
        guards: [floor].into(),
        ..place("own")
    }])
}

fn run(test: RuleTest) -> Report {
    run_tests(&shop(), &[test], &Rates::default()).reports.remove(0)
}

fn failure(expect: &[(&str, Expected)]) -> Failure {
    match run(test(expect)).verdict {
        Verdict::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_expected_and_holds_passes() {
    let expect = [
        ("price", text("1006.37 KZT")),
        ("currency", text("KZT")),
        ("won", text("plan")),
        ("because", text("only candidate")),
        ("hit", list(&["margin"])),
        ("flags", list(&[])),
        ("not_used", list(&[])),
        ("status", text("priced")),
        ("strategy", text("956.05 KZT")),
        ("margin", text("5.0%")),
        ("contribution", text("> 43 KZT")),
    ];
    let report = run(test(&expect));
    assert!(matches!(report.verdict, Verdict::Passed), "{:?}", report.verdict);
    assert_eq!(report.answer, "1006.37 KZT");
    let near =
        RuleTest { tolerance: Some(("0.40 KZT".into(), span())), ..test(&[("price", text("1006 KZT"))]) };
    assert!(matches!(run(near).verdict, Verdict::Passed));
}

/// Decisions 7.9: first the current price, then the guard that moves it.
#[test]
fn a_held_price_that_moves_begins_with_the_current_one() {
    let floor = guard("margin", GuardClass::Safety, Scope::everything(), min_margin("5"));
    let shop = release(vec![Place { guards: [floor].into(), ..place("own") }]);
    let mut test = test(&[("price", text("1 KZT")), ("status", text("held"))]);
    for (name, value) in &mut test.item {
        if **name == *"current_price" {
            *value = "900 KZT".into();
        }
    }
    let report = run_tests(&shop, &[test], &Rates::default()).reports.remove(0);
    let Verdict::Failed(failure) = report.verdict else { panic!("{:?}", report.verdict) };
    let steps: Vec<(&str, String)> =
        failure.steps.iter().map(|step| (&*step.name, step.after.unwrap().to_string())).collect();
    assert_eq!(steps, [("held", "900.00".to_owned()), ("guard margin", "1006.37".to_owned())]);
}

#[test]
fn the_first_step_that_differs_is_named() {
    let step = |expect: &[(&str, Expected)]| {
        let failure = failure(expect);
        failure.steps[failure.first.unwrap()].name.clone()
    };
    assert_eq!(step(&[("price", text("956.0488 KZT"))]), "guard margin");
    assert_eq!(step(&[("price", text("1006 KZT"))]), "guard margin");
    assert_eq!(step(&[("price", text("100 KZT"))]), "strategy plan");
    assert_eq!(step(&[("won", text("other"))]), "strategy plan");
    assert_eq!(step(&[("hit", list(&["calm"]))]), "guard margin");
    assert_eq!(step(&[("contribution", text("> 99 KZT"))]), "round");
    let failure = failure(&[
        ("price", text("> 1006.37 KZT")),
        ("flags", list(&["moved"])),
        ("row", Expected::Integer(2)),
    ]);
    let said: Vec<(&str, &str)> =
        failure.mismatches.iter().map(|one| (&*one.key, one.got.as_str())).collect();
    assert_eq!(said, [("price", "1006.37 KZT"), ("flags", "[]"), ("row", "none")]);
}

#[test]
fn a_test_that_cannot_run_says_everything_that_is_wrong() {
    let broken = RuleTest {
        rivals: vec![("alza 399.00 EUR".into(), span()), ("alza -1 EUR 99% 6h".into(), span())],
        fx: vec![("598.20 KZT".into(), span())],
        ..test(&[("prize", text("1 KZT")), ("price", text("1080")), ("hit", Expected::Flag(true))])
    };
    let broken = RuleTest {
        item: vec![
            ("sku".into(), "A".into()),
            ("stok".into(), "1".into()),
            ("cost".into(), "1,2 KZT".into()),
        ],
        ..broken
    };
    let Verdict::Broken(findings) = run(broken).verdict else { panic!() };
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["E0802", "E0802", "E0803", "E0803", "E0803", "E0801", "E0803", "E0803"]);
}

#[test]
fn a_refused_price_can_be_expected() {
    let mut foreign = test(&[("status", text("refused")), ("reason", text("EXCHANGE_RATE_MISSING"))]);
    foreign.item[1].1 = "2 EUR".into();
    assert!(matches!(run(foreign.clone()).verdict, Verdict::Passed));
    foreign.fx.push(("598.20 KZT/EUR".into(), span()));
    foreign.expect = test(&[("status", text("priced"))]).expect;
    assert!(matches!(run(foreign).verdict, Verdict::Passed));
}

#[test]
fn untested_rules_are_named() {
    let results = run_tests(&shop(), &[test(&[])], &Rates::default());
    assert_eq!((results.coverage.rules.exercised, results.coverage.guards.total()), (1, 1));
    let none = run_tests(&shop(), &[], &Rates::default());
    assert_eq!(none.coverage.rules.never, ["plan".into()]);
}
