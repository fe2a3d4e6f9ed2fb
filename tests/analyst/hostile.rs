//! Five hundred broken rulebooks: an answer each time, no panic, in bounded time and memory.

use super::boundaries::Dice;
use super::root;
use pricer::rulebook::render::{Colour, human, json, sarif};
use pricer::rulebook::{Cures, Files, Loaded, cure, load};
use std::path::Path;

/// Loads, renders in every format and tries every safe cure.
fn survive(files: Files) -> Loaded {
    let loaded = load(files);
    let shown = human(&loaded.files, &loaded.diagnostics, Colour::Plain);
    assert_eq!(loaded.diagnostics.is_empty(), shown.is_empty());
    assert_eq!(loaded.release.is_none(), loaded.has_errors());
    serde_json::from_str::<serde_json::Value>(&json(&loaded.files, &loaded.diagnostics)).unwrap();
    serde_json::from_str::<serde_json::Value>(&sarif(&loaded.files, &loaded.diagnostics, "x")).unwrap();
    loaded
}

fn orda() -> Files {
    Files::read_dir(&root().join("models/orda")).unwrap()
}

fn with(path: &str, text: impl Into<Box<str>>) -> Files {
    let mut files = orda();
    files.0.insert(path.into(), text.into());
    files
}

/// At every byte of one rule file, or of the whole rulebook with `PRICER_MUTANTS=all`.
#[test]
fn cut_off_at_every_byte() {
    let all = std::env::var("PRICER_MUTANTS").is_ok_and(|value| value == "all");
    let files = orda();
    for (path, text) in &files.0 {
        let step = if all {
            1
        } else if &**path == "rules/shelf.toml" {
            3
        } else {
            97
        };
        for at in (0..text.len()).step_by(step).filter(|at| text.is_char_boundary(*at)) {
            survive(with(path, &text[..at]));
        }
    }
}

#[test]
fn random_bytes() {
    let mut dice = Dice(5);
    let signs: Vec<char> =
        "[]{}=\"'#.,|!<>%*/\\\n\r\t 019aеKZ€\u{feff}\u{0}\u{202e}😀-+?@:".chars().collect();
    for round in 0..150 {
        let length = dice.below(400);
        let text: String = (0..length).map(|_| *dice.pick(&signs)).collect();
        let path =
            ["rules/x.toml", "rulebook.toml", "schema.toml", "tables/plan_margins.csv", "tests/x.toml"]
                [round % 5];
        let loaded = survive(with(path, text));
        if round % 30 == 0 {
            let _ = cure(loaded.files, Cures { safe: true, chosen: None });
        }
    }
}

#[test]
fn deep_and_long() {
    let deep =
        |open: &str, close: &str, depth: usize| format!("x = {}{}", open.repeat(depth), close.repeat(depth));
    let header = format!("[{}]", vec!["a"; 50_000].join("."));
    let any = format!(
        "[guard.x]\nclass = \"safety\"\nmin_margin = \"3%\"\nwhere = {}{}",
        "{ any = [ ".repeat(500),
        "] }".repeat(500)
    );
    let entries: String = (0..1_500).map(|n| format!("[guard.g{n}]\nclas = \"safety\"\n")).collect();
    let cell = format!(
        "[guard.x]\nclass = \"safety\"\nmin_margin = \"3%\"\nwhere = {{ brand = \"{}\" }}",
        vec!["a"; 5_000].join(" || ")
    );
    let rows: String = std::iter::once("category,set price.cost-plus.margin\n".to_owned())
        .chain((0..3_000).map(|n| format!("c{n}/**,{n}x\n")))
        .collect();
    for (path, text) in [
        ("rules/x.toml", deep("[", "]", 100_000)),
        ("rules/x.toml", deep("{ a = ", " }", 50_000)),
        ("rules/x.toml", header),
        ("rules/x.toml", any),
        ("rules/x.toml", entries),
        ("rules/x.toml", cell),
        ("rules/x.toml", "\"".repeat(200_000)),
        ("rules/x.toml", "a".repeat(1 << 20)),
        ("tables/plan_margins.csv", rows),
        ("tables/plan_margins.csv", ",".repeat(200_000)),
        ("tables/holidays.csv", "calendar,holiday,first,last\n".repeat(5_000)),
        (
            "schema.toml",
            format!(
                "[attr]\n{}",
                (0..1_500).map(|n| format!("a{n} = {{ type = \"text\" }}\n")).collect::<String>()
            ),
        ),
    ] {
        let start: String = text.chars().take(400).collect();
        let loaded = survive(with(path, text));
        assert!(loaded.has_errors(), "{path}: {start}");
        assert!(loaded.diagnostics.len() <= 1_001, "{path}: {} findings", loaded.diagnostics.len());
    }
}

/// What is no text is refused by name, whatever its size.
#[test]
fn folders_that_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, write: &dyn Fn(&Path)| {
        let _ = std::fs::remove_dir_all(folder.path());
        std::fs::create_dir_all(folder.path().join("rules")).unwrap();
        for (path, text) in orda().0.iter().filter(|(path, _)| !path.contains('/')) {
            std::fs::write(folder.path().join(&**path), text.as_bytes()).unwrap();
        }
        write(&folder.path().join("rules/x.toml"));
        let bad = Files::read_dir(folder.path()).unwrap_err();
        assert!(bad.iter().all(|finding| finding.code == "E0001"), "{name}: {bad:?}");
    };
    refused("100 MB", &|path| std::fs::File::create(path).unwrap().set_len(100 << 20).unwrap());
    let mut dice = Dice(9);
    for _ in 0..50 {
        let bytes: Vec<u8> = (0..200).map(|_| u8::try_from(128 + dice.below(128)).unwrap()).collect();
        refused("not UTF-8", &|path| std::fs::write(path, &bytes).unwrap());
    }
    refused("UTF-16", &|path| std::fs::write(path, [0xff, 0xfe, 0x5b, 0x00]).unwrap());
}
