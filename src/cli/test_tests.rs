//! `pricer test` on copies of `models/orda`.

use super::*;
use crate::facts::parse_instant;
use tempfile::TempDir;

const AT: &str = "2026-11-18T10:00:00+01:00";
const PRICE: &str = "price = \"379.99 EUR\"";

fn orda() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda")
}

/// A copy of the rulebook with other tests.
fn with_tests(change: impl Fn(&str) -> String) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in Files::read_dir(&orda()).unwrap().0 {
        let to = folder.path().join(&*path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let text = if &*path == "tests/prices.toml" { change(&text) } else { text.to_string() };
        std::fs::write(to, text).unwrap();
    }
    std::fs::create_dir_all(folder.path().join("feeds")).unwrap();
    std::fs::copy(orda().join("feeds/fx.csv"), folder.path().join("feeds/fx.csv")).unwrap();
    folder
}

fn test(folder: &TempDir, change: impl Fn(&mut TestArgs)) -> (bool, String) {
    let mut args = TestArgs {
        dir: folder.path().to_owned(),
        name: None,
        update: false,
        catalog: CatalogArgs::default(),
        format: TestFormat::Human,
    };
    change(&mut args);
    let mut out = Vec::new();
    let code = run(&args, Colour::Plain, &mut out).unwrap();
    (code == ExitCode::SUCCESS, String::from_utf8(out).unwrap())
}

fn written(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("tests/prices.toml")).unwrap()
}

#[test]
fn an_update_shows_the_difference_and_keeps_the_rest() {
    let right = written(&with_tests(str::to_owned));
    let wrong = |text: &str| {
        text.replacen(PRICE, "price = \"378.99 EUR\"", 1)
            .replacen("hit = [\"electronics-margin\"]", "hit = [\"sane\"]", 1)
            .replacen("\"> 30000 KZT\"", "\"> 900000 KZT\"", 1)
    };
    let folder = with_tests(wrong);
    let (passed, text) = test(&folder, |args| args.update = true);
    assert!(passed, "{text}");
    for said in [
        "Updated tests/prices.toml:7  price  \"378.99 EUR\" → \"379.99 EUR\"",
        "hit  [\"sane\"] → [",
        "contribution  \"> 900000 KZT\": got ",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    // What a person has to say stays, and so does every comment and blank.
    let kept = right.replacen("\"> 30000 KZT\"", "\"> 900000 KZT\"", 1);
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&written(&folder)), lines(&kept));
    assert!(written(&folder).contains(PRICE));
    assert!(written(&folder).contains("# of the items that have two fresh rivals"));
    let (passed, text) = test(&folder, |_| ());
    assert!(!passed && text.contains("FAIL  prestige-on-kaspi"), "{text}");
}

#[test]
fn build_servers_get_junit() {
    let folder = with_tests(|text| text.replacen(PRICE, "price = \"378.99 EUR\"", 1));
    let (passed, xml) = test(&folder, |args| args.format = TestFormat::Junit);
    assert!(!passed);
    for said in [
        "failures=\"1\">",
        "<testcase name=\"szpt-cap-beats-the-plan\" classname=\"tests/prices.toml\" file=\"tests/prices.toml\" line=\"",
        "<failure message=\"price: expected 378.99 EUR, got 379.99 EUR\">",
    ] {
        assert!(xml.contains(said), "{said}\n{xml}");
    }
}

#[test]
fn properties_are_counted_over_a_catalog() {
    let catalog = |args: &mut TestArgs| {
        let feeds = orda().join("feeds");
        args.catalog = CatalogArgs {
            catalog: Some(feeds.join("items.csv")),
            offers: Some(feeds.join("offers.csv")),
            fx: Some(feeds.join("fx.csv")),
            at: Some(parse_instant(AT).unwrap()),
        };
        args.name = Some("always-here".to_owned());
    };
    let of = |lines: &str| {
        let lines = lines.to_owned();
        let folder = with_tests(move |text| format!("{text}\n[always.always-here]\n{lines}\n"));
        test(&folder, catalog)
    };
    let (passed, text) = of("where = { market = \"DE\", channel = \"own\" }\nexpect = { priced = \"100%\" }");
    assert!(passed && text.contains("ok    always.always-here"), "{text}");
    // The dear and the cheap end of a margin cannot both be everybody's.
    for (expect, holds) in [("margin = \">= 50%\"", false), ("margin = \">= -90%\"", true)] {
        let (passed, text) = of(&format!("where = {{ tags = \"kvi\" }}\nexpect = {{ {expect} }}"));
        assert_eq!(passed, holds, "{text}");
        assert_eq!(text.contains(" in DE/own: "), !holds, "{text}");
    }
    let (passed, text) = of(
        "where = { tags = \"kvi\", market = \"DE\" }\nexpect = { price_index = \"<= 300%\", share = \">= 95%\" }",
    );
    assert!(passed && text.contains("have price_index <= 300%, 95% wanted"), "{text}");
    let (passed, text) = of("expect = { margin = \"5 EUR\" }");
    assert!(!passed && text.contains("E0803"), "{text}");
}

/// A test that expected a price and is refused would be rewritten by half.
#[test]
fn a_refused_price_is_left_to_a_person() {
    let added = "\n[test.no-cost]\nat = 2026-11-18T10:00:00\nmarket = \"DE\"\nchannel = \"own\"\n\
                 item = { sku = \"X\", category = \"electronics/phones\", brand = \"Nobody\", cost = \"0 EUR\", vat_class = \"standard\" }\n\
                 expect = { status = \"priced\", price = \"1.00 EUR\", reason = \"NO_RULE\" }\n";
    let folder = with_tests(|text| format!("{text}{added}"));
    // Without a current price nothing can be held while nobody has a price.
    std::fs::write(
        folder.path().join("rules/strategy.toml"),
        "[rule.only]\nlayer = \"base\"\nprice = { keep = {} }\n",
    )
    .unwrap();
    std::fs::remove_file(folder.path().join("rules/adjust.toml")).unwrap();
    let before = written(&folder);
    let only = |args: &mut TestArgs| args.name = Some("no-cost".to_owned());
    let (passed, text) = test(&folder, only);
    assert!(!passed && text.contains("nothing that --update could write"), "{text}");
    assert!(!text.contains("accept the new result"), "{text}");
    let (_, text) = test(&folder, |args| {
        only(args);
        args.update = true;
    });
    assert!(text.contains("no-cost  whole: got refused: "), "{text}");
    assert_eq!(written(&folder), before);
}
