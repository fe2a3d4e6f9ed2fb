//! The summary of a run, for people and for programs.

use super::cells::show;
use super::summary::{CHANGE_BINS, Counts, Tally};
use super::{FeedKind, Ignored, Summary, Verdict};
use crate::facts::show_instant;
use serde_json::{Map, Value, json};
use std::fmt::{self, Display, Write};
use std::path::PathBuf;

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Partial => "partial",
            Self::TooMany => "too many bad rows",
            Self::TooManyRefused => "too many refused prices",
        }
    }
}

impl Summary {
    /// The stable form: `format_version` grows by additions only.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tally = &self.tally;
        let changes: Vec<Value> = CHANGE_BINS
            .iter()
            .zip(tally.changes)
            .map(|(bin, count)| json!({"bin": bin, "count": count}))
            .collect();
        let feeds: Vec<Value> = self
            .feeds
            .iter()
            .map(|(feed, rows, bad)| json!({"feed": feed.as_str(), "rows": rows, "quarantined": bad}))
            .collect();
        let ignored: Vec<Value> = self
            .ignored
            .iter()
            .map(
                |(feed, one)| json!({"feed": feed.as_str(), "column": one.header, "did_you_mean": one.meant}),
            )
            .collect();
        json!({
            "format_version": "1.0",
            "kind": "reprice",
            "release": &*self.release,
            "at": show_instant(self.at),
            "result": self.verdict.as_str(),
            "published": self.verdict.publishes(),
            "max_bad": self.max_bad.to_string(),
            "max_refused": self.max_refused.to_string(),
            "files": self.files,
            "passed_over": self.passed_over.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "rows": tally.rows,
            "elsewhere": tally.elsewhere,
            "read": tally.read,
            "priced": tally.priced,
            "held": tally.held,
            "refused": tally.refused,
            "quarantined": tally.quarantined,
            "new": tally.new,
            "current_price_in_another_currency": tally.foreign,
            "changes": changes,
            "rules": object(&tally.rules),
            "guards": object(&tally.guards),
            "fallbacks": object(&tally.fallbacks),
            "flags": object(&tally.flags),
            "held_reasons": object(&tally.held_reasons),
            "refused_reasons": object(&tally.refused_reasons),
            "quarantine_codes": object(&tally.quarantine_codes),
            "feeds": feeds,
            "ignored_columns": ignored,
            "digest": tally.digest.to_string(),
        })
    }
}

fn object(counts: &Counts) -> Value {
    let entries = counts.iter().map(|(name, count)| (name.to_string(), json!(count)));
    Value::Object(entries.collect::<Map<_, _>>())
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        writeln!(f, "Reprice      release {}, {}", self.release, show_instant(self.at))?;
        for (name, count, reasons) in [
            ("priced", tally.priced, None),
            ("held", tally.held, Some(&tally.held_reasons)),
            ("refused", tally.refused, Some(&tally.refused_reasons)),
            ("quarantined", tally.quarantined, Some(&tally.quarantine_codes)),
        ] {
            let reasons = reasons.map_or_else(String::new, listed);
            let line = format!("  {name:<12} {:>13}   {reasons}", grouped(count));
            writeln!(f, "{}", line.trim_end())?;
        }
        let rows = format!("from {} rows", grouped(tally.rows));
        writeln!(f, "  {:<12} {:>13}   {rows}", "asked for", grouped(tally.read))?;
        if 1 < self.files || !self.passed_over.is_empty() {
            writeln!(f, "  {:<12} {:>13}   {}", "files", self.files, passed_over(&self.passed_over))?;
        }
        if 0 < tally.elsewhere {
            writeln!(f, "  {} rows are for places that were not asked for", grouped(tally.elsewhere))?;
        }
        changes(f, tally)?;
        for (title, counts) in [
            ("Rules", &tally.rules),
            ("Guards", &tally.guards),
            ("Fallbacks", &tally.fallbacks),
            ("Flags", &tally.flags),
        ] {
            if !counts.is_empty() {
                writeln!(f, "\n{title:<12} {}", listed(counts))?;
            }
        }
        if 0 < tally.foreign {
            let count = grouped(tally.foreign);
            writeln!(
                f,
                "\nNo current price: that of {count} answers is in another currency than their market's, and not used"
            )?;
        }
        for (feed, rows, bad) in self.feeds.iter().filter(|(_, _, bad)| 0 < *bad) {
            writeln!(
                f,
                "\nFeed `{}`: {} of {} rows quarantined",
                feed.as_str(),
                grouped(*bad),
                grouped(*rows)
            )?;
        }
        if !self.ignored.is_empty() {
            writeln!(f, "\nNot read     {}", not_read(&self.ignored))?;
        }
        write!(f, "\nDigest       {}", tally.digest)
    }
}

/// `passed over: notes.txt, .items.csv`: a file that was meant would be missed in silence.
fn passed_over(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 10;
    let name = |path: &PathBuf| show(&path.file_name().unwrap_or_default().to_string_lossy());
    let mut text = paths.iter().take(SHOWN).map(name).collect::<Vec<_>>().join(", ");
    if SHOWN < paths.len() {
        let _ = write!(text, " and {} more", paths.len() - SHOWN);
    }
    if text.is_empty() { text } else { format!("passed over: {text}") }
}

/// Columns that nobody reads, first those that are nearly a name: `tgas of items (did you mean `tags`?)`.
fn not_read(ignored: &[(FeedKind, Ignored)]) -> String {
    const SHOWN: usize = 10;
    let mut sorted: Vec<&(FeedKind, Ignored)> = ignored.iter().collect();
    sorted.sort_by_key(|(_, one)| one.meant.is_none());
    let shown = sorted.iter().take(SHOWN).map(|(feed, one)| {
        let cure = one.meant.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
        format!("`{}` of {}{cure}", one.header, feed.as_str())
    });
    let mut text = shown.collect::<Vec<_>>().join(" · ");
    if SHOWN < sorted.len() {
        let _ = write!(text, " · {} more", sorted.len() - SHOWN);
    }
    text
}

/// A bar for each bin, as wide as its share of the fullest.
fn changes(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    const WIDTH: u64 = 32;
    let most = tally.changes.iter().copied().max().unwrap_or(0).max(1);
    writeln!(f, "\nChanges")?;
    for (bin, count) in CHANGE_BINS.iter().zip(tally.changes) {
        let filled = u128::from(count) * u128::from(WIDTH) / u128::from(most);
        let mut bar = "▇".repeat(usize::try_from(filled).unwrap_or(0));
        if bar.is_empty() && 0 < count {
            bar.push('▏');
        }
        let line = format!("  {bin:<12} {:>13}   {bar}", grouped(count));
        writeln!(f, "{}", line.trim_end())?;
    }
    if 0 < tally.new {
        writeln!(f, "  {:<12} {:>13}", "new", grouped(tally.new))?;
    }
    Ok(())
}

/// The ten largest first.
fn listed(counts: &Counts) -> String {
    const SHOWN: usize = 10;
    let mut sorted: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (&**name, *count)).collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut text = String::new();
    for (at, (name, count)) in sorted.iter().take(SHOWN).enumerate() {
        let separator = if at == 0 { "" } else { " · " };
        let _ = write!(text, "{separator}{name} {}", grouped(*count));
    }
    if SHOWN < sorted.len() {
        let _ = write!(text, " · {} more", sorted.len() - SHOWN);
    }
    text
}

/// `31 204`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_lists_cut() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1 234 567");
        let counts: Counts = (0..12_u64).map(|at| (format!("g{at:02}").into(), at)).collect();
        assert!(listed(&counts).starts_with("g11 11 · g10 10 · "));
        assert!(listed(&counts).ends_with(" · 2 more"));
    }
}
