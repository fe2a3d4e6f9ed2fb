//! "Did you mean": the nearest known name, and lists of what is allowed.

/// The known name that a mistyped one most likely meant, if one is near enough.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match given.chars().count() {
        0..=2 => 1,
        3..=7 => 2,
        _ => 3,
    };
    known
        .into_iter()
        .map(|name| (distance(given, name), name))
        .filter(|(far, name)| *far <= allowed && *far < name.chars().count())
        .min()
        .map(|(_, name)| name)
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
}
