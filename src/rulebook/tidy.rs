//! `pricer fmt`: the layout of rule files, line by line, without touching what they say.
//!
//! Only blanks between things change: line ends, the mark at the file's start, blanks at a line's end, blank lines, and the
//! blanks before `=` within a run of keys. Values over several lines are left alone.

use super::syntax::{Findings, Table, Value, parse_toml};

/// The file in its layout; as it is where that would change what it says.
#[must_use]
pub fn tidy(path: &str, text: &str) -> String {
    let unmarked = text.trim_start_matches('\u{feff}');
    let plain = unmarked.replace("\r\n", "\n");
    if path.ends_with(".csv") {
        // A cell over several lines keeps its line ends.
        let whole = plain.lines().all(|line| line.matches('"').count() % 2 == 0);
        return if whole { ended(&plain) } else { text.to_owned() };
    }
    let (before, broken) = parse(path, unmarked);
    let tidied = ended(&toml(&plain));
    let (after, _) = parse(path, &tidied);
    if broken || !same(&before, &after) { text.to_owned() } else { tidied }
}

/// A file that is not TOML is not laid out.
fn parse(path: &str, text: &str) -> (Table, bool) {
    let mut out = Findings::default();
    let table = parse_toml(path, text, &mut out);
    (table, !out.is_empty())
}

/// Whether two files say the same: keys and values, whatever their place.
fn same(a: &Table, b: &Table) -> bool {
    fn value(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Text(a), Value::Text(b))
            | (Value::Number(a), Value::Number(b))
            | (Value::Date(a), Value::Date(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| value(&a.value, &b.value))
            }
            (Value::Table(a), Value::Table(b)) => same(a, b),
            _ => false,
        }
    }
    a.in_order().len() == b.in_order().len()
        && a.in_order()
            .iter()
            .zip(b.in_order())
            .all(|((key, entry), (other, its))| *key == other && value(&entry.node.value, &its.node.value))
}

/// One line end after the last line that says something.
fn ended(text: &str) -> String {
    match text.trim_end_matches('\n') {
        "" => String::new(),
        body => format!("{body}\n"),
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Blank,
    Comment(&'a str),
    Header(&'a str),
    /// The key, and the rest after `=`.
    Pair(&'a str, &'a str),
    /// Inside a value over several lines: as it is.
    Inside(&'a str),
}

fn toml(text: &str) -> String {
    let lines = classify(text);
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        match line {
            Line::Blank => {
                // One blank line at most, none at the start.
                if out.last().is_some_and(|last| !last.is_empty()) {
                    out.push(String::new());
                }
            }
            Line::Comment(text) => out.push((*text).to_owned()),
            Line::Header(text) => {
                parted(&mut out);
                out.push((*text).to_owned());
            }
            Line::Inside(text) => out.push((*text).to_owned()),
            Line::Pair(..) => {
                let run: Vec<(&str, &str)> = lines.iter().skip(at).map_while(|line| line.pair()).collect();
                out.extend(aligned(&run));
                at += run.len().max(1);
                continue;
            }
        }
        at += 1;
    }
    out.join("\n")
}

/// A blank line before a header and the comments right above it, unless the header belongs to the table before.
fn parted(out: &mut Vec<String>) {
    let comments = out.iter().rev().take_while(|line| line.starts_with('#')).count();
    let at = out.len() - comments;
    if 0 < at && out.get(at - 1).is_some_and(|line| !line.is_empty()) {
        out.insert(at, String::new());
    }
}

impl<'a> Line<'a> {
    fn pair(&self) -> Option<(&'a str, &'a str)> {
        match self {
            Line::Pair(key, rest) => Some((key, rest)),
            _ => None,
        }
    }
}

/// Keys of a run with their `=` in one column. A key far longer than the others stands alone.
fn aligned(run: &[(&str, &str)]) -> Vec<String> {
    const LONGEST: usize = 24;
    let length = |key: &str| key.chars().count();
    let width = run.iter().map(|(key, _)| length(key)).filter(|length| *length <= LONGEST).max().unwrap_or(0);
    run.iter()
        .map(|(key, rest)| format!("{key}{} = {rest}", " ".repeat(width.saturating_sub(length(key)))))
        .collect()
}

/// Lines by what they are; a value that goes on over several lines hides all lines up to its end.
fn classify(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut state = State::default();
    for line in text.split('\n') {
        if state.open() {
            // Blanks at the end of a line of a text are part of the text.
            let inside = if state.text.is_some() { None } else { Some(()) };
            state.read(line);
            lines.push(Line::Inside(if inside.is_some() && state.text.is_none() {
                line.trim_end()
            } else {
                line
            }));
            continue;
        }
        let trimmed = line.trim();
        if trimmed.is_empty() {
            lines.push(Line::Blank);
        } else if trimmed.starts_with('#') {
            lines.push(Line::Comment(trimmed));
        } else if trimmed.starts_with('[') {
            lines.push(Line::Header(trimmed));
        } else {
            state.read(line);
            let whole = if state.text.is_some() { line.trim_start() } else { trimmed };
            match equals(whole) {
                Some(at) => {
                    let (key, rest) = (whole.get(..at).unwrap_or(""), whole.get(at + 1..).unwrap_or(""));
                    lines.push(Line::Pair(key.trim_end(), rest.trim_start()));
                }
                None => lines.push(Line::Inside(whole)),
            }
        }
    }
    lines
}

/// The `=` after the key, which may be quoted.
fn equals(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, next) in line.char_indices() {
        match (quote, next) {
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), next) if open == next && !escaped => quote = None,
            (None, '"' | '\'') => quote = Some(next),
            (None, '=') => return Some(at),
            _ => {}
        }
        escaped = false;
    }
    None
}

/// How deep the value of the lines so far is open.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    brackets: usize,
    /// Inside `"""` or `'''`.
    text: Option<char>,
}

impl State {
    fn open(self) -> bool {
        0 < self.brackets || self.text.is_some()
    }

    fn read(&mut self, line: &str) {
        let mut rest = line;
        while let Some(next) = rest.chars().next() {
            let tail = rest.get(next.len_utf8()..).unwrap_or("");
            rest = match (self.text, next) {
                (Some('"'), '\\') => tail.get(tail.chars().next().map_or(0, char::len_utf8)..).unwrap_or(""),
                (Some(quote), _) if rest.starts_with(&String::from(quote).repeat(3)) => {
                    self.text = None;
                    // Up to two quotes more belong to the text.
                    tail.trim_start_matches(quote)
                }
                (Some(_), _) => tail,
                (None, '#') => return,
                (None, '"' | '\'') => self.quoted(rest, next),
                (None, '[' | '{') => {
                    self.brackets += 1;
                    tail
                }
                (None, ']' | '}') => {
                    self.brackets = self.brackets.saturating_sub(1);
                    tail
                }
                _ => tail,
            };
        }
    }

    /// What follows a text that starts here.
    fn quoted<'a>(&mut self, text: &'a str, quote: char) -> &'a str {
        let three = String::from(quote).repeat(3);
        if let Some(rest) = text.strip_prefix(three.as_str()) {
            self.text = Some(quote);
            return rest;
        }
        let mut escaped = false;
        for (at, next) in text.char_indices().skip(1) {
            match next {
                '\\' if quote == '"' && !escaped => {
                    escaped = true;
                    continue;
                }
                next if next == quote && !escaped => return text.get(at + 1..).unwrap_or(""),
                _ => {}
            }
            escaped = false;
        }
        ""
    }
}

#[cfg(test)]
#[path = "tidy_tests.rs"]
mod tests;
