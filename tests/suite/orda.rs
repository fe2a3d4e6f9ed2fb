//! The analysts' tests of `models/orda` pass, and every expectation in them is really looked at.

use super::models;
use pricer::facts::Rates;
use pricer::rulebook::{Expected, Failure, Loaded, RuleTest, Verdict, load, run_tests};

fn rates() -> Rates {
    pricer::batch::load_rates(&models::folder("orda").join("feeds/fx.csv")).unwrap().0
}

#[test]
fn the_tests_of_orda_pass() {
    let loaded = models::loaded("orda");
    let results = run_tests(&loaded.release.unwrap(), &loaded.tests, &rates());
    assert_eq!((results.reports.len(), results.failed()), (9, 0), "{:#?}", results.reports);
    let answers: Vec<&str> = results.reports.iter().map(|report| &*report.answer).collect();
    assert_eq!(
        answers,
        [
            "1009.99 EUR",
            "0.89 EUR",
            "17890 KZT",
            "134.99 EUR",
            "366.61 EUR",
            "379.99 EUR",
            "379.99 EUR",
            "1080 KZT",
            "210990 KZT"
        ]
    );
}

/// Values that are not the expected one.
fn others(value: &Expected) -> Vec<Expected> {
    match value {
        Expected::Integer(row) => vec![Expected::Integer(row + 1), Expected::Integer(row - 1)],
        Expected::Flag(flag) => vec![Expected::Flag(!flag)],
        Expected::List(list) => (0..list.len())
            .map(|at| {
                let mut list = list.clone();
                list[at] = format!("{}x", list[at]).into();
                Expected::List(list)
            })
            .collect(),
        Expected::Text(text) => match text.split_once(' ') {
            // "> 30000 KZT": the other way round.
            Some((">", rest)) => vec![Expected::Text(format!("< {rest}").into())],
            // "379.99 EUR": a minor unit more, a minor unit less, another currency.
            Some((number, currency)) => {
                let cents = (number.parse::<f64>().unwrap() * 100.0).round();
                let near = |cents: f64| Expected::Text(format!("{:.2} {currency}", cents / 100.0).into());
                vec![near(cents - 1.0), near(cents + 1.0), Expected::Text(format!("{number} USD").into())]
            }
            None => vec![Expected::Text(format!("{text}x").into())],
        },
    }
}

fn failure(loaded: &Loaded, test: RuleTest) -> Failure {
    let results = run_tests(loaded.release.as_ref().unwrap(), &[test], &rates());
    assert_eq!(results.failed(), 1);
    match results.reports.into_iter().next().unwrap().verdict {
        Verdict::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_other_expectation_fails_and_names_a_step() {
    let loaded = models::loaded("orda");
    let mut keys = Vec::new();
    for test in &loaded.tests {
        for (at, expectation) in test.expect.iter().enumerate() {
            keys.push(&*expectation.key);
            for value in others(&expectation.value) {
                let mut changed = test.clone();
                changed.expect[at].value = value;
                let failure = failure(&loaded, changed.clone());
                let missed: Vec<&str> = failure.mismatches.iter().map(|one| &*one.key).collect();
                assert_eq!(missed, [&*expectation.key]);
                assert_ne!(failure.mismatches[0].expected, failure.mismatches[0].got);
                let step = &failure.steps[failure.first.unwrap()];
                assert!(!step.name.is_empty(), "{:?}", changed.expect[at]);
                println!(
                    "{:30} {:12} {:?} → {}",
                    test.name, expectation.key, changed.expect[at].value, step.name
                );
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let all = [
        "contribution",
        "flags",
        "hit",
        "kind",
        "not_used",
        "price",
        "reference_price",
        "row",
        "strategy",
        "won",
    ];
    assert_eq!(keys, all);
}

#[test]
fn a_changed_file_fails_like_a_changed_value() {
    for (from, to, key) in [
        ("379.99 EUR", "389.99 EUR", "price"),
        ("1080 KZT", "1085 KZT", "price"),
        ("210990 KZT", "211990 KZT", "price"),
        ("\"> 30000 KZT\"", "\"> 900000 KZT\"", "contribution"),
        ("won = \"plan\"", "won = \"phones\"", "won"),
        ("row = 8", "row = 7", "row"),
        ("hit = [\"szpt-cap\"]", "hit = [\"sane\"]", "hit"),
        ("otto: stale", "otto: stock", "not_used"),
    ] {
        let mut files = models::files("orda");
        let text = files.get("tests/prices.toml").unwrap().to_owned();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        files.0.insert("tests/prices.toml".into(), text.replace(from, to).into());
        let loaded = load(files);
        let results = run_tests(loaded.release.as_ref().unwrap(), &loaded.tests, &rates());
        assert_eq!(results.failed(), 1, "{to}");
        let failed = results.reports.iter().find_map(|report| match &report.verdict {
            Verdict::Failed(failure) => Some(failure),
            _ => None,
        });
        assert_eq!(&*failed.unwrap().mismatches[0].key, key);
    }
}

/// Without the tags every guard that names one would be gone, and nobody would know.
#[test]
fn a_misspelled_set_column_is_an_error() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda");
    let release = load(pricer::rulebook::Files::read_dir(&root).unwrap()).release.unwrap();
    let items = std::fs::read_to_string(root.join("feeds/items.csv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.csv");
    let open = |text: &str| {
        std::fs::write(&path, text).unwrap();
        pricer::batch::Catalog::open(std::slice::from_ref(&path), &release).map(|_| ())
    };
    open(&items).unwrap();
    let error = open(&items.replacen(",tags,", ",tag,", 1)).unwrap_err().to_string();
    assert!(error.contains("`tags`"), "{error}");
}
