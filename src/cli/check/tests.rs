//! `pricer check` on copies of `models/orda`.

use super::*;
use crate::facts::parse_instant;
use std::path::Path;
use tempfile::TempDir;

const AT: &str = "2026-11-18T10:00:00+01:00";

fn orda() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A copy of the model with texts replaced: file, from, to.
fn broken(edits: &[(&str, &str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    copy(&orda(), folder.path());
    for (file, from, to) in edits {
        let text = read(&folder, file);
        assert!(text.contains(from), "{file}: {from}");
        std::fs::write(folder.path().join(file), text.replacen(from, to, 1)).unwrap();
    }
    folder
}

fn read(folder: &TempDir, file: &str) -> String {
    std::fs::read_to_string(folder.path().join(file)).unwrap()
}

fn args(folder: &TempDir) -> CheckArgs {
    CheckArgs {
        dir: folder.path().to_owned(),
        format: Format::Human,
        deny: Vec::new(),
        fix: false,
        choose: None,
        lock: false,
        catalog: CatalogArgs::default(),
    }
}

fn check(args: &CheckArgs) -> (bool, String) {
    let mut out = Vec::new();
    let code = run(args, Colour::Plain, &mut out).unwrap();
    (code == ExitCode::SUCCESS, String::from_utf8(out).unwrap())
}

/// Without the first and last lines, which name the folder and the time it took.
fn findings(text: &str) -> String {
    let is_finding = |line: &&str| {
        !["    Checking", "    Finished", "             slips"].iter().any(|word| line.starts_with(word))
    };
    text.lines().filter(is_finding).map(|line| format!("{line}\n")).collect()
}

fn with_catalog(folder: &TempDir) -> CheckArgs {
    let feed = |name: &str| Some(orda().join("feeds").join(name));
    let at = Some(parse_instant(AT).unwrap());
    let catalog = CatalogArgs { catalog: feed("items.csv"), offers: feed("offers.csv"), fx: None, at };
    CheckArgs { catalog, ..args(folder) }
}

const CLASH: (&str, &str, &str) = (
    "rules/strategy.toml",
    r#"brand = "Bose | Sennheiser", tags = "!kvi" }"#,
    r#"brand = "Bose | Sennheiser" }"#,
);

#[test]
fn a_conflict_names_real_items_and_prices() {
    let (clean, text) = check(&with_catalog(&broken(&[CLASH])));
    assert!(!clean);
    insta::assert_snapshot!(findings(&text));
}

#[test]
fn a_conflict_of_no_item_today_is_an_error_too() {
    let folder = broken(&[CLASH]);
    let items = folder.path().join("feeds/none.csv");
    std::fs::write(&items, "sku,category,brand,tags,cost\nX,grocery,Bose,,1 EUR\n").unwrap();
    let mut args = with_catalog(&folder);
    args.catalog.catalog = Some(items);
    let (clean, text) = check(&args);
    let note = "in catalog none.csv this is no item today, but nothing forbids such an item tomorrow";
    assert!(!clean && text.contains(note), "{text}");
}

#[test]
fn guards_that_cross_and_dead_rules_name_real_items() {
    let folder = broken(&[
        (
            "rules/guards.toml",
            "[guard.electronics-margin]",
            "[guard.staples-margin]\nclass = \"commercial\"\nwhere = { category = \"grocery/staples/**\" }\nmin_margin = \"14%\"\n[guard.electronics-margin]",
        ),
        (
            "rules/strategy.toml",
            "[rule.doorbusters]",
            "[rule.earbuds]\nlayer = \"position\"\nwhere = { category = \"electronics/audio/earbuds/**\", brand = \"Bose\", tags = \"!kvi\" }\nprice = { use = \"base\" }\n[rule.doorbusters]",
        ),
        ("rules/strategy.toml", "[rule.premium-audio]", "[rule.premium-audio]\nover = [\"earbuds\"]"),
    ]);
    let (clean, text) = check(&with_catalog(&folder));
    assert!(!clean);
    insta::assert_snapshot!(findings(&text));
}

const MISTAKES: &[(&str, &str, &str)] = &[
    ("rules/strategy.toml", "rank = \"lowest\"", "rnak = \"lowest\""),
    ("rules/strategy.toml", "layer = \"override\"", "layer = \"overide\""),
    ("rules/guards.toml", "min_margin = \"5%\"", "min_margin = 5"),
    ("rules/guards.toml", "class = \"contract\"", "class = \"contrcat\""),
    ("rules/adjust.toml", "stock_cover = \"> 8w\"", "stock_covr = \"> 8w\""),
    ("rulebook.toml", "only  = ", "olny  = "),
    ("tables/plan_margins.csv", "22%", "22"),
];

#[test]
fn safe_cures_leave_exactly_what_was_meant() {
    for mistakes in MISTAKES.chunks(1).chain([MISTAKES]) {
        let folder = broken(mistakes);
        let (clean, before) = check(&args(&folder));
        assert!(!clean, "{mistakes:?}");
        let (clean, text) = check(&CheckArgs { fix: true, ..args(&folder) });
        assert!(clean, "{mistakes:?}\n{before}\n{text}");
        assert_eq!(text.matches("       Fixed ").count(), mistakes.len(), "{text}");
        for (file, _, _) in mistakes {
            assert_eq!(read(&folder, file), std::fs::read_to_string(orda().join(file)).unwrap(), "{text}");
        }
        assert!(
            std::fs::read_dir(folder.path().join("rules")).unwrap().count() == 4,
            "nothing is left behind"
        );
    }
}

#[test]
fn what_is_not_safe_is_left_alone() {
    let folder = broken(&[
        ("rules/guards.toml", "min_margin = \"5%\"", "min_margin = 0.05"),
        ("rules/adjust.toml", "adjust = \"-3%\"", "adjust = \"3%\""),
        CLASH,
    ]);
    let before = read(&folder, "rules/strategy.toml");
    let (clean, text) = check(&CheckArgs { fix: true, ..args(&folder) });
    assert!(!clean && text.contains("Fixed nothing"), "{text}");
    assert_eq!(read(&folder, "rules/strategy.toml"), before);
}

#[test]
fn a_chosen_cure_is_applied() {
    let folder = broken(&[CLASH]);
    let choose = Some(("E0301".to_owned(), 1));
    let (clean, text) = check(&CheckArgs { choose, ..args(&folder) });
    assert!(clean, "{text}");
    assert_eq!(
        read(&folder, "rules/strategy.toml"),
        std::fs::read_to_string(orda().join("rules/strategy.toml")).unwrap()
    );
    for (code, number) in [("E0301", 1), ("E0401", 1)] {
        let (clean, text) = check(&CheckArgs { choose: Some((code.to_owned(), number)), ..args(&folder) });
        assert!(!clean && text.is_empty(), "{text}");
    }
    // Only the cure of the misspelled setting shows the conflict.
    let folder = broken(&[CLASH, MISTAKES[0]]);
    let choose = Some(("E0301".to_owned(), 1));
    let (clean, text) = check(&CheckArgs { fix: true, choose, ..args(&folder) });
    assert!(clean && text.matches("       Fixed ").count() == 2, "{text}");
    let folder = broken(&[CLASH]);
    assert!(!check(&CheckArgs { choose: Some(("E0301".to_owned(), 9)), ..args(&folder) }).0);
}

#[test]
fn the_lock_names_the_release_and_a_change_is_noted() {
    let folder = broken(&[]);
    let (clean, text) = check(&CheckArgs { lock: true, ..args(&folder) });
    assert!(clean && text.contains("Locked release "), "{text}");
    let release = crate::rulebook::load(Files::read_dir(folder.path()).unwrap()).release.unwrap();
    assert_eq!(read(&folder, "rulebook.lock"), crate::service::lock::Lock::for_release(&release).to_string());
    assert!(text.contains(&*release.hash), "{text}");
    let (clean, text) = check(&args(&folder));
    assert!(clean && !text.contains("N0001"), "{text}");
    let rules = read(&folder, "rules/guards.toml");
    std::fs::write(folder.path().join("rules/guards.toml"), rules.replacen("\"6%\"", "\"7%\"", 1)).unwrap();
    let (clean, text) = check(&args(&folder));
    assert!(clean && text.contains("note[N0001]: the rulebook is not the one that was locked"), "{text}");
    std::fs::write(folder.path().join("rulebook.lock"), "release = ").unwrap();
    let (clean, text) = check(&args(&folder));
    assert!(clean && text.contains("note[N0001]: the lock cannot be read"), "{text}");
}

#[test]
fn what_fails_is_not_locked() {
    for edit in [("tests/prices.toml", "379.99 EUR", "378.99 EUR"), MISTAKES[0]] {
        let folder = broken(&[edit]);
        let (clean, _) = check(&CheckArgs { lock: true, ..args(&folder) });
        assert!(!clean && !folder.path().join("rulebook.lock").exists());
    }
}

#[test]
fn arguments_name_codes_that_exist() {
    assert_eq!(code("w0310"), Ok("W0310".to_owned()));
    assert!(code("W9999").is_err() && code("dead").is_err());
    assert_eq!(choice("E0301:1"), Ok(("E0301".to_owned(), 1)));
    assert!(choice("E0301").is_err() && choice("E0301:0").is_err() && choice("E0301:x").is_err());
}

/// `--catalog`: what no item has, what holds for none, and what is over.
#[test]
fn a_catalog_shows_what_nobody_has() {
    let folder = broken(&[
        ("tables/doorbusters.csv", "TEL-A55,", "47,"),
        ("rules/strategy.toml", "\"Bose | Sennheiser\"", "\"Nobody Audio\""),
        (
            "rules/strategy.toml",
            "from  = 2026-11-23\nuntil = 2026-11-30",
            "from  = 2026-10-23\nuntil = 2026-10-30",
        ),
    ]);
    let feeds = orda().join("feeds");
    let catalog = CatalogArgs {
        catalog: Some(feeds.join("items.csv")),
        offers: Some(feeds.join("offers.csv")),
        fx: Some(feeds.join("fx.csv")),
        at: Some(parse_instant(AT).unwrap()),
    };
    let (clean, text) = check(&CheckArgs { catalog, ..args(&folder) });
    assert!(clean, "{text}");
    for said in [
        "warning[W0311]: rule `premium-audio` (dana.s) holds for no item today",
        "warning[W0312]: the dates of rule `doorbusters` (anna.k) are over",
        "warning[W0611]: `Nobody Audio` is not in catalog items.csv",
        "warning[W0611]: `47` is not in catalog items.csv",
        "`0047` is: a spreadsheet removes leading zeros",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}
