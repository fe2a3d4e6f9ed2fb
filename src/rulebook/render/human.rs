//! Text for a terminal: what, where, why, then the cure.

use super::source::SourceLine;
use crate::rulebook::{Applicability, Diagnostic, Edit, Files, Fix, Label, Severity, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Whether the text is for a terminal that shows colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Ansi,
}

/// Where a cure's mark `[safe]` stands.
const MARK_COLUMN: usize = 66;

/// All findings, each followed by an empty line.
#[must_use]
pub fn human(files: &Files, diagnostics: &[Diagnostic], colour: Colour) -> String {
    let mut text = String::new();
    for finding in diagnostics {
        let page = Page::new(files, finding, colour);
        text.push_str(&page.write());
        text.push('\n');
    }
    text
}

/// One finding on its way to text.
struct Page<'a> {
    files: &'a Files,
    finding: &'a Diagnostic,
    colour: Colour,
    /// Digits of the largest line number.
    gutter: usize,
    out: String,
}

/// A label on its line, in columns.
struct Mark {
    start: usize,
    end: usize,
    primary: bool,
    text: String,
}

impl<'a> Page<'a> {
    fn new(files: &'a Files, finding: &'a Diagnostic, colour: Colour) -> Self {
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        let edits = finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| &edit.span);
        let spans = labels.map(|label| &label.span).chain(edits);
        let last = spans.map(|span| files.line_column(&span.file, span.start).0).max();
        Self { files, finding, colour, gutter: last.unwrap_or(1).to_string().len(), out: String::new() }
    }

    fn write(mut self) -> String {
        let finding = self.finding;
        let (word, paint) = match finding.severity {
            Severity::Error => ("error", RED),
            Severity::Warning => ("warning", YELLOW),
            Severity::Note => ("note", GREEN),
        };
        let head = self.paint(paint, &format!("{word}[{}]", finding.code));
        let title = self.paint(BOLD, &format!(": {}", clean(&finding.title)));
        self.line(&format!("{head}{title}"));
        let mut others: BTreeMap<&str, Vec<&Label>> = BTreeMap::new();
        let mut here = vec![&finding.primary];
        for label in &finding.related {
            if label.span.file == finding.primary.span.file {
                here.push(label);
            } else {
                others.entry(&label.span.file).or_default().push(label);
            }
        }
        self.block("-->", &finding.primary.span, &here);
        for labels in others.values() {
            if let Some(first) = labels.first() {
                self.block(":::", &first.span, labels);
            }
        }
        for note in &finding.notes {
            self.note(note);
        }
        self.cures();
        self.out
    }

    /// A file's name and the marked lines of it.
    fn block(&mut self, arrow: &str, span: &Span, labels: &[&Label]) {
        let pad = " ".repeat(self.gutter);
        let arrow = self.paint(BLUE, arrow);
        if self.files.get(&span.file).is_none_or(str::is_empty) {
            self.line(&format!("{pad}{arrow} {}", span.file));
            return;
        }
        let (line, column) = self.files.line_column(&span.file, span.start);
        self.line(&format!("{pad}{arrow} {}:{line}:{column}", span.file));
        self.line(&self.bare());
        let mut by_line: BTreeMap<usize, Vec<&Label>> = BTreeMap::new();
        for label in labels {
            let (line, _) = self.files.line_column(&label.span.file, label.span.start);
            by_line.entry(line).or_default().push(label);
        }
        let mut before = None;
        for (number, labels) in &by_line {
            if before.is_some_and(|before| before + 1 < *number) {
                self.line("...");
            }
            before = Some(*number);
            self.marked_line(*number, labels);
        }
    }

    /// A source line, its markers, and what is said under them: the last label beside its marker, the others hanging.
    fn marked_line(&mut self, number: usize, labels: &[&Label]) {
        let Some(source) = labels.first().and_then(|label| SourceLine::of(self.files, &label.span)) else {
            return;
        };
        let primary = &self.finding.primary;
        let mut marks: Vec<Mark> = labels
            .iter()
            .map(|label| {
                let (start, end) = source.columns(&label.span);
                Mark { start, end, primary: std::ptr::eq(*label, primary), text: clean(&label.text) }
            })
            .collect();
        marks.sort_by_key(|mark| (mark.start, mark.primary));
        let focus = marks.iter().find(|mark| mark.primary).or(marks.first());
        let view = source.view(focus.map_or((0, 0), |mark| (mark.start, mark.end)));
        for mark in &mut marks {
            (mark.start, mark.end) = view.place(mark.start, mark.end);
        }
        self.numbered(number, '|', &view.text);
        let mut row = Vec::new();
        for mark in marks.iter().filter(|mark| !mark.primary).chain(marks.iter().filter(|mark| mark.primary))
        {
            draw(&mut row, mark.start, mark.end, if mark.primary { '^' } else { '-' });
        }
        let beside = marks.pop();
        let mut markers: String = row.into_iter().collect();
        if let Some(mark) = beside.as_ref().filter(|mark| !mark.text.is_empty()) {
            let _ = write!(markers, " {}", mark.text);
        }
        self.under(&markers);
        let mut hanging: Vec<Mark> = marks.into_iter().filter(|mark| !mark.text.is_empty()).collect();
        if !hanging.is_empty() {
            self.under(&bars(&hanging));
        }
        while let Some(mark) = hanging.pop() {
            let mut text = bars(&hanging);
            let width = text.chars().count();
            text.push_str(&" ".repeat(mark.start.saturating_sub(width)));
            text.push_str(&mark.text);
            self.under(&text);
        }
    }

    fn note(&mut self, note: &str) {
        let pad = " ".repeat(self.gutter + 1);
        let sign = self.paint(BLUE, "=");
        for (at, line) in note.lines().enumerate() {
            let line = clean(line);
            match at {
                0 => self.line(&format!("{pad}{sign} {line}")),
                _ => self.line(&format!("{pad}  {line}")),
            }
        }
    }

    fn cures(&mut self) {
        let help = self.paint(CYAN, "help");
        match self.finding.fixes.as_slice() {
            [] => {}
            [fix] => {
                let title = clean(&fix.title);
                let width = "help: ".len() + title.chars().count();
                let line = match fix.edits.is_empty() {
                    true => format!("{help}: {title}"),
                    false => format!("{help}: {title}{}{}", gap(width), mark(fix)),
                };
                self.line(&line);
                self.edited(fix);
            }
            several => {
                self.line(&format!("{help}: choose one:"));
                for (number, fix) in (1..).zip(several) {
                    let line = format!("   {number}  {}", clean(&fix.title));
                    match fix.edits.is_empty() {
                        true => self.line(&line),
                        false => self.line(&format!("{line}{}{}", gap(line.chars().count()), mark(fix))),
                    }
                }
            }
        }
    }

    /// The lines as a cure leaves them, with what is new underlined.
    fn edited(&mut self, fix: &Fix) {
        let mut by_line: BTreeMap<(&str, usize), Vec<&Edit>> = BTreeMap::new();
        for edit in &fix.edits {
            let (line, _) = self.files.line_column(&edit.span.file, edit.span.start);
            by_line.entry((&edit.span.file, line)).or_default().push(edit);
        }
        for ((_, number), edits) in by_line {
            self.line(&self.bare());
            match edits.as_slice() {
                [edit] if edit.span.start == edit.span.end && edit.text.ends_with('\n') => {
                    for (at, line) in edit.text.lines().enumerate() {
                        self.numbered(number + at, '+', &clean(line));
                    }
                }
                [first, ..] => {
                    let Some(source) = SourceLine::of(self.files, &first.span) else {
                        continue;
                    };
                    let (changed, new) = source.edited(&edits);
                    let view = changed.view(new.first().copied().unwrap_or((0, 0)));
                    self.numbered(number, '|', &view.text);
                    let mut row = Vec::new();
                    for (start, end) in new {
                        let (start, end) = view.place(start, end);
                        draw(&mut row, start, end, '~');
                    }
                    self.under(&row.into_iter().collect::<String>());
                }
                [] => {}
            }
        }
    }

    fn numbered(&mut self, number: usize, bar: char, text: &str) {
        let margin = self.paint(BLUE, &format!("{number:>width$} {bar}", width = self.gutter));
        self.line(&format!("{margin} {text}"));
    }

    fn under(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.line(&format!("{} {text}", self.bare()));
        }
    }

    fn bare(&self) -> String {
        self.paint(BLUE, &format!("{} |", " ".repeat(self.gutter)))
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn paint(&self, paint: &str, text: &str) -> String {
        match self.colour {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("\u{1b}[{paint}m{text}\u{1b}[0m"),
        }
    }
}

const BOLD: &str = "1";
const RED: &str = "1;31";
const GREEN: &str = "1;32";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const CYAN: &str = "1;36";

fn gap(width: usize) -> String {
    " ".repeat(MARK_COLUMN.saturating_sub(width).max(2))
}

fn mark(fix: &Fix) -> &'static str {
    match fix.applicability {
        Applicability::Safe => "[safe: pricer check --fix]",
        Applicability::Maybe => "[maybe]",
    }
}

/// Text from files may hold anything; a terminal must not obey it.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

fn draw(row: &mut Vec<char>, start: usize, end: usize, sign: char) {
    let end = end.max(start + 1);
    if row.len() < end {
        row.resize(end, ' ');
    }
    for cell in row.iter_mut().take(end).skip(start) {
        *cell = sign;
    }
}

fn bars(marks: &[Mark]) -> String {
    let mut row = Vec::new();
    for mark in marks {
        draw(&mut row, mark.start, mark.start + 1, '|');
    }
    row.into_iter().collect()
}
