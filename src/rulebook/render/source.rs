//! One line of a file in columns: tabs become blanks, wide characters count twice, long lines are cut around what matters.

use crate::rulebook::{Edit, Files, Span};

/// Longer lines are shown in part.
const COLUMNS_MAX: usize = 140;
/// What is shown before the span of a line that is cut.
const LEAD: usize = 40;
const TAB: usize = 4;

/// A line of a file, and where in the file it starts.
pub(super) struct SourceLine {
    start: usize,
    text: String,
}

/// The part of a line that is shown: from column `from`, drawn `shift` columns to the right.
pub(super) struct View {
    pub text: String,
    from: usize,
    to: usize,
    shift: usize,
}

impl SourceLine {
    /// The line on which a span starts.
    pub fn of(files: &Files, span: &Span) -> Option<Self> {
        let text = files.get(&span.file)?;
        let before = text.get(..span.start.min(text.len()))?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(start..)?.lines().next().unwrap_or("");
        Some(Self { start, text: line.to_owned() })
    }

    /// The columns of a span, cut at the end of the line.
    pub fn columns(&self, span: &Span) -> (usize, usize) {
        (self.column(span.start), self.column(span.end))
    }

    fn column(&self, byte: usize) -> usize {
        let within = byte.saturating_sub(self.start);
        self.text
            .char_indices()
            .take_while(|(at, _)| *at < within)
            .fold(0, |column, (_, letter)| column + width(letter))
    }

    /// The line after edits, and the columns of what is new.
    pub fn edited(&self, edits: &[&Edit]) -> (Self, Vec<(usize, usize)>) {
        let mut sorted = edits.to_vec();
        sorted.sort_by_key(|edit| edit.span.start);
        let (mut text, mut kept, mut new) = (String::new(), 0, Vec::new());
        for edit in sorted {
            let from = edit.span.start.saturating_sub(self.start).min(self.text.len());
            let to = edit.span.end.saturating_sub(self.start).min(self.text.len());
            text.push_str(self.text.get(kept..from).unwrap_or(""));
            let at = text.len();
            text.push_str(edit.text.trim_end_matches('\n'));
            new.push((at, text.len()));
            kept = to.max(kept);
        }
        text.push_str(self.text.get(kept..).unwrap_or(""));
        let changed = Self { start: 0, text };
        let columns = new.into_iter().filter(|(from, to)| from < to);
        let columns = columns.map(|(from, to)| (changed.column(from), changed.column(to))).collect();
        (changed, columns)
    }

    /// The line as it is shown, cut around `focus` if it is long.
    pub fn view(&self, focus: (usize, usize)) -> View {
        let columns: usize = self.text.chars().map(width).sum();
        let (from, to) = match columns <= COLUMNS_MAX {
            true => (0, columns),
            false => {
                let latest = columns - COLUMNS_MAX;
                let from = match focus.1 <= COLUMNS_MAX {
                    true => 0,
                    false => focus.0.saturating_sub(LEAD).min(latest),
                };
                (from, from + COLUMNS_MAX)
            }
        };
        let shift = usize::from(0 < from);
        let mut text = if 0 < from { "…".to_owned() } else { String::new() };
        let mut column = 0;
        for letter in self.text.chars() {
            if from <= column && column < to {
                match letter {
                    '\t' => text.push_str(&" ".repeat(TAB)),
                    letter if letter.is_control() => text.push('\u{fffd}'),
                    letter => text.push(letter),
                }
            }
            column += width(letter);
        }
        if to < columns {
            text.push('…');
        }
        View { text, from, to, shift }
    }
}

impl View {
    /// Where columns of the line are drawn.
    pub fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let at = |column: usize| column.clamp(self.from, self.to) - self.from + self.shift;
        (at(start), at(end))
    }
}

/// Line and column, from 1, of what follows a span.
pub(super) fn end_of(files: &Files, span: &Span) -> (usize, usize) {
    files.line_column(&span.file, span.end.max(span.start))
}

/// A file of the rulebook as the repository names it.
pub(super) fn path_in(root: &str, file: &str) -> String {
    match root.trim_end_matches('/') {
        "" | "." if !root.starts_with('/') => file.to_owned(),
        root => format!("{}/{file}", root.strip_prefix("./").unwrap_or(root)),
    }
}

/// Columns of a terminal; good enough for markers, without a table of all of Unicode.
fn width(letter: char) -> usize {
    match letter {
        '\t' => TAB,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
