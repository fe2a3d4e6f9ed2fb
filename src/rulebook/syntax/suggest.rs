//! "Did you mean": the nearest known name, and lists of what is allowed.

use crate::rulebook::{Applicability, Diagnostic, Edit, Span};

/// The known name that a mistyped one most likely meant, if one is near enough.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(given, known).1.first().copied()
}

/// Adds what a mistyped name may have meant. `free` are the names it may become, `known` all that have a meaning here;
/// the names that were offered come back.
///
/// A cure is safe where one name alone is nearest, clearly so, and is no opposite (`min_markup` is not `max_markup`) and
/// no other number (`floor-3` is not `floor-1`).
pub fn offer<'a>(
    finding: Diagnostic,
    given: &str,
    span: &Span,
    free: impl IntoIterator<Item = &'a str>,
    known: impl IntoIterator<Item = &'a str>,
) -> (Diagnostic, Vec<&'a str>) {
    let (far, meant) = near(given, free);
    let (nearest_of_all, rivals) = near(given, known);
    let clear =
        far.saturating_mul(3) <= given.chars().count().max(3) && far <= nearest_of_all && rivals.len() < 2;
    let sure = clear && meant.iter().all(|name| !opposite(given, name) && digits(given) == digits(name));
    let applicability = if sure && meant.len() == 1 { Applicability::Safe } else { Applicability::Maybe };
    let finding = meant.iter().fold(finding, |finding, name| {
        let edit = Edit { span: span.clone(), text: (*name).to_owned() };
        finding.fix(applicability, format!("did you mean `{name}`?"), vec![edit])
    });
    (finding, meant)
}

/// The known names that are nearest, and how far that is.
fn near<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> (usize, Vec<&'a str>) {
    let allowed = match given.chars().count() {
        0..=2 => 1,
        3..=7 => 2,
        _ => 3,
    };
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .map(|name| (distance(given, name), name))
        .filter(|(far, name)| *far <= allowed && *far < name.chars().count())
        .collect();
    found.sort_unstable();
    found.dedup();
    let least = found.first().map_or(usize::MAX, |(far, _)| *far);
    (least, found.into_iter().take_while(|(far, _)| *far == least).map(|(_, name)| name).collect())
}

/// Whether one says the opposite of the other.
fn opposite(given: &str, name: &str) -> bool {
    const PAIRS: [(&str, &str); 9] = [
        ("min", "max"),
        ("floor", "ceiling"),
        ("from", "until"),
        ("up", "down"),
        ("low", "high"),
        ("lowest", "highest"),
        ("net", "gross"),
        ("start", "end"),
        ("included", "excluded"),
    ];
    let has = |text: &str, word: &str| text.to_lowercase().split(['_', '-', ' ']).any(|part| part == word);
    PAIRS.iter().any(|(a, b)| {
        has(given, a) && !has(given, b) && has(name, b) || has(given, b) && !has(given, a) && has(name, a)
    })
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether one of two names is most likely a typing mistake for the other: one edit apart, or another case.
pub fn near_miss(a: &str, b: &str) -> bool {
    const LETTERS_MIN: usize = 4;
    let numbered = |name: &str| name.contains(|c: char| c.is_ascii_digit());
    let short = a.chars().count().min(b.chars().count()) < LETTERS_MIN;
    // `A55` and `A35` are two things.
    a != b && !(numbered(a) && numbered(b)) && distance(a, b) <= usize::from(!short)
}

/// `a`, `b` and `c`; long lists are cut.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN_MAX: usize = 24;
    let all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let rest = all.len().saturating_sub(SHOWN_MAX);
    let shown = all.get(..all.len() - rest).unwrap_or(&all).join(", ");
    match rest {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Edits to turn one into the other: insert, delete, replace, or swap two neighbors. Case costs nothing.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&last, j) + usize::from(from != to);
            let mut best = replace.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = 0 < i && 0 < j && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_near() {
        let keys = ["set", "rank", "by", "min_margin", "max_markup"];
        assert_eq!(nearest("rnak", keys), Some("rank"));
        assert_eq!(nearest("min_margn", keys), Some("min_margin"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("x", keys), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert!(
            near_miss("phonse", "phones") && near_miss("kvi", "KVI") && near_miss("Sennheisr", "Sennheiser")
        );
        assert!(!near_miss("kvi", "kvy") && !near_miss("TEL-A55", "TEL-A35") && !near_miss("Bose", "Bose"));
        assert_eq!(list(["a", "b"]), "`a`, `b`");
    }

    fn offered(given: &str, free: &[&'static str]) -> (Vec<&'static str>, bool) {
        let span = Span { file: "x".into(), start: 0, end: 0 };
        let finding = Diagnostic::error("E0201", "x", span.clone(), "x");
        let names = || free.iter().copied();
        let (finding, meant) = offer(finding, given, &span, names(), names());
        (meant, finding.fixes.iter().any(|fix| fix.applicability == Applicability::Safe))
    }

    #[test]
    fn a_doubtful_guess_is_never_safe() {
        let keys = ["where", "when", "why", "owner", "min_price", "max_price", "min_margin", "max_markup"];
        assert_eq!(offered("min_margn", &keys), (vec!["min_margin"], true));
        assert_eq!(offered("whre", &keys), (vec!["where"], true));
        assert_eq!(offered("wher", &keys), (vec!["when", "where"], false), "a tie");
        assert_eq!(offered("mix_price", &keys), (vec!["max_price", "min_price"], false), "a tie");
        assert_eq!(offered("min_markup", &keys), (vec!["max_markup"], false), "the opposite");
        assert_eq!(offered("max_margin", &keys), (vec!["min_margin"], false), "the opposite");
        assert_eq!(offered("floor-3", &["floor-1", "floor-2"]), (vec!["floor-1", "floor-2"], false));
        assert_eq!(offered("pos3", &["pos1"]), (vec!["pos1"], false), "another number");
        assert_eq!(offered("DP", &["DE", "JP"]), (vec!["DE", "JP"], false));
        assert_eq!(offered("tags", &["age", "feed"]), (vec!["age"], false), "half of it would change");
    }
}
