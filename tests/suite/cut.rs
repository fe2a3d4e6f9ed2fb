//! Rulebooks that broke on the way: cut off, or with a wrong byte. Reading them never panics.

use super::models;
use super::reference::generate::Dice;
use pricer::batch::load_rates;
use pricer::rulebook::render::{Colour, human};
use pricer::rulebook::{Files, Loaded, load, run_tests};
use std::collections::BTreeMap;

/// Loads and renders every finding: a span beyond the text would panic there.
fn read(files: &Files, path: &str, text: &str) -> Loaded {
    let mut files = files.clone();
    files.0.insert(path.into(), text.into());
    let loaded = load(files);
    let shown = human(&loaded.files, &loaded.diagnostics, Colour::Plain);
    assert_eq!(loaded.diagnostics.is_empty(), shown.is_empty(), "{shown}");
    assert_eq!(loaded.release.is_none(), loaded.has_errors());
    loaded
}

/// Whether a cut took only blanks and comments.
fn takes_nothing(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or("");
    let tail = if line.contains('#') {
        text[at..].split_once('\n').map_or("", |(_, tail)| tail)
    } else {
        &text[at..]
    };
    tail.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

#[test]
fn a_truncated_rulebook_is_refused_or_visibly_less() {
    let whole = models::loaded("orda");
    let release = whole.release.as_ref().unwrap();
    let (mut refused, mut fewer_guards, mut nothing) = (0, 0, 0);
    let mut less: BTreeMap<&str, u64> = BTreeMap::new();
    let rates = load_rates(&models::folder("orda").join("feeds/fx.csv")).unwrap().0;
    let mut unseen = Vec::new();
    let files = models::files("orda");
    for (path, text) in &files.0 {
        for at in (0..text.len()).step_by(37).filter(|at| text.is_char_boundary(*at)) {
            let loaded = read(&files, path, &text[..at]);
            let Some(cut) = &loaded.release else {
                refused += 1;
                continue;
            };
            let tests = (loaded.tests.len(), loaded.always.len());
            if takes_nothing(text, at) {
                nothing += 1;
            } else if cut.guard_count < release.guard_count {
                fewer_guards += 1;
            } else {
                // Only a rule file with guards loses guards; the others change the release or the tests.
                assert_ne!(&**path, "rules/guards.toml", "byte {at}");
                let other = cut.hash != release.hash || tests != (whole.tests.len(), whole.always.len());
                assert!(other, "{path} lost `{}` without a trace", &text[at..]);
                *less.entry(path).or_default() += 1;
                unseen.extend(
                    (run_tests(cut, &loaded.tests, &rates).failed() == 0).then(|| format!("{path}:{at}")),
                );
            }
        }
    }
    println!(
        "{refused} refused, {fewer_guards} with fewer guards, {nothing} lost nothing, another release: {less:?}"
    );
    println!("of these the rulebook's own tests pass for {unseen:?}");
    assert!(0 < refused && 0 < fewer_guards);
}

#[test]
fn a_wrong_byte_never_panics() {
    let orda = models::files("orda");
    let files: Vec<(&Box<str>, &Box<str>)> = orda.0.iter().collect();
    let mut dice = Dice::new(37);
    let (mut refused, mut accepted) = (0, 0);
    for _ in 0..200 {
        let (path, text) = dice.pick(&files);
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len());
            bytes[at] = match dice.below(3) {
                0 => bytes[at] ^ 1 << dice.below(8),
                1 => dice.pick(b"[]{}\"'#=.,|\n\\!?*%-0 "),
                _ => u8::try_from(dice.below(256)).unwrap(),
            };
        }
        // What is not UTF-8 is refused before; here it becomes the replacement character.
        match read(&orda, path, &String::from_utf8_lossy(&bytes)).release {
            Some(_) => accepted += 1,
            None => refused += 1,
        }
    }
    println!("{refused} refused, {accepted} accepted (texts, numbers, comments)");
    assert!(0 < refused && 0 < accepted);
}
