//! Mutation operators over the texts of a rulebook: each changes one number, operator, name or cell.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One change of one file.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub operator: &'static str,
    pub path: String,
    pub range: Range<usize>,
    pub text: String,
}

impl Mutant {
    pub fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.text, &text[self.range.end..])
    }

    /// `rules/a.toml:12  "-1%"  number`, for the report.
    pub fn describe(&self, text: &str) -> String {
        let line = text[..self.range.start].matches('\n').count() + 1;
        let whole = self.apply(text);
        let start = whole[..self.range.start].rfind('\n').map_or(0, |at| at + 1);
        let shown = whole[start..].lines().next().unwrap_or("");
        format!("{:<14} {}:{line}  {}", self.operator, self.path, shown.trim())
    }
}

/// The operators and what they do, for the documentation.
pub const OPERATORS: &[(&str, &str)] = &[
    ("number+1", "the last digit of a number or date is one more, or one less after 9"),
    ("number*10", "a number has a zero more: ten times or a tenth of it"),
    ("unit", "a percent sign is lost, or a duration has the next unit"),
    ("comparison", "`>` is `>=` or `<`; `<=` is `<` or `>=`, and so on"),
    ("range", "`..` is `..=` and the other way round"),
    ("sign", "`+3%` is `-3%` and the other way round"),
    ("exclusion", "`!kvi` is `kvi`, and `kvi` is `!kvi`"),
    ("branch", "`audio/**` is `audio`"),
    ("alternative", "one of `a | b` or of a list is missing"),
    ("switch", "`true` is `false` and the other way round"),
    ("typing slip", "a key, name or word has lost its last letter"),
    ("other word", "a value is another one that stands at the same key elsewhere"),
    ("empty cell", "a cell of a table is empty"),
    ("cell below", "a cell of a table is that of the row below"),
];

/// Texts for people only: they move no price.
const FREE_TEXT: [&str; 3] = ["why", "owner", "name"];

/// All mutants of the files.
pub fn mutants<'a>(files: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<Mutant> {
    let words = words(files.clone());
    let mut found = Vec::new();
    for (path, text) in files {
        let mut made = Made { path, text, found: &mut found };
        if path.ends_with(".csv") { made.table() } else { made.toml(&words) }
    }
    found.retain(|mutant| !mutant.text.is_empty() || !mutant.range.is_empty());
    found
}

/// The words that stand at each key anywhere.
fn words<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut words: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, text) in files.filter(|(path, _)| path.ends_with(".toml")) {
        for token in tokens(text) {
            if token.quoted && !FREE_TEXT.contains(&token.key) {
                for range in alternatives(text, &token.range) {
                    words.entry(token.key).or_default().insert(&text[range]);
                }
            }
        }
    }
    words
}

/// A piece of TOML: what stands between quotes, or a bare word, number or date.
struct Token<'a> {
    range: Range<usize>,
    quoted: bool,
    /// Stands before `=` or in `[ ]` of a header.
    is_key: bool,
    /// The nearest key before it.
    key: &'a str,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let (mut at, mut key, mut found) = (0, "", Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'"' => {
                let end = at + 1 + text[at + 1..].find('"').unwrap();
                found.push(Token { range: at + 1..end, quoted: true, is_key: false, key });
                at = end + 1;
            }
            byte if is_bare(byte) => {
                let end =
                    at + bytes[at..].iter().position(|byte| !is_bare(*byte)).unwrap_or(bytes.len() - at);
                let rest = text[end..].trim_start_matches([' ', '\t']);
                let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
                let is_header = text[line..at].starts_with('[');
                let is_key = rest.starts_with('=') || is_header;
                if rest.starts_with('=') {
                    key = text[at..end].rsplit('.').next().unwrap();
                }
                found.push(Token { range: at..end, quoted: false, is_key, key });
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// The parts of `a | !b` without blanks and exclusion.
fn alternatives(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut start = range.start;
    let mut parts = Vec::new();
    for part in text[range.clone()].split('|') {
        let inner = part.trim().trim_start_matches('!');
        let skipped = part.find(inner).unwrap_or(0);
        parts.push(start + skipped..start + skipped + inner.len());
        start += part.len() + 1;
    }
    parts
}

struct Made<'a> {
    path: &'a str,
    text: &'a str,
    found: &'a mut Vec<Mutant>,
}

impl Made<'_> {
    fn push(&mut self, operator: &'static str, range: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if self.text[range.clone()] != text {
            self.found.push(Mutant { operator, path: self.path.to_owned(), range, text });
        }
    }

    fn toml(&mut self, words: &BTreeMap<&str, BTreeSet<&str>>) {
        for token in tokens(self.text) {
            let (start, raw) = (token.range.start, &self.text[token.range.clone()]);
            if token.quoted {
                if FREE_TEXT.contains(&token.key) {
                    continue;
                }
                self.value(token.range.clone());
                let known = words.get(token.key);
                for part in alternatives(self.text, &token.range) {
                    let word = &self.text[part.clone()];
                    let other = known.and_then(|known| {
                        known.iter().find(|other| *other > &word).or_else(|| known.first())
                    });
                    if let Some(other) = other {
                        self.push("other word", part, *other);
                    }
                }
            } else if token.is_key {
                for part in parts(raw, '.') {
                    self.slip(start + part.start..start + part.end);
                }
            } else if matches!(raw, "true" | "false") {
                self.push("switch", token.range.clone(), if raw == "true" { "false" } else { "true" });
            } else {
                self.numbers(token.range.clone());
            }
        }
    }

    fn table(&mut self) {
        let lines: Vec<Range<usize>> = parts(self.text, '\n').collect();
        let columns: Vec<&str> = self.text[lines[0].clone()].split(',').collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
            let cells: Vec<Range<usize>> = parts(&self.text[line.clone()], ',').collect();
            for (column, cell) in cells.iter().enumerate() {
                let range = line.start + cell.start..line.start + cell.end;
                if FREE_TEXT.contains(columns.get(column).unwrap_or(&"")) && 0 < at {
                    continue;
                }
                if at == 0 {
                    self.slip(range);
                    continue;
                }
                self.value(range.clone());
                self.push("empty cell", range.clone(), "");
                let below = lines.get(at + 1).filter(|below| !below.is_empty());
                let below = below.and_then(|below| self.text[below.clone()].split(',').nth(column));
                if let Some(below) = below.map(str::to_owned) {
                    self.push("cell below", range, below);
                }
            }
        }
    }

    /// Everything that can go wrong inside a text.
    fn value(&mut self, range: Range<usize>) {
        let raw = &self.text[range.clone()];
        let at = |offset: usize| range.start + offset;
        for (offset, from, to) in operators(raw) {
            let operator = match from {
                ".." | "..=" => "range",
                "+" | "-" => "sign",
                "!" => "exclusion",
                "/**" => "branch",
                _ => "comparison",
            };
            self.push(operator, at(offset)..at(offset + from.len()), to);
        }
        self.numbers(range.clone());
        let parts = alternatives(self.text, &range);
        for part in &parts {
            let word = &self.text[part.clone()];
            let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.contains([':', '.']);
            if is_word {
                self.push("exclusion", part.start..part.start, "!");
                self.slip(part.clone());
            }
        }
        if 1 < parts.len() {
            let whole = self.text[range.clone()].split('|').map(str::trim).collect::<Vec<_>>();
            for missing in 0..whole.len() {
                let mut rest = whole.clone();
                rest.remove(missing);
                self.push("alternative", range.clone(), rest.join(" | "));
            }
        }
    }

    /// Numbers, dates and units.
    fn numbers(&mut self, range: Range<usize>) {
        let raw = &self.text[range.clone()];
        let bytes = raw.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let begins = bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_alphabetic());
            if !begins {
                at += 1;
                continue;
            }
            let end =
                at + bytes[at..].iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len() - at);
            let point = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            let stop = match point {
                true => {
                    let rest = &bytes[end + 1..];
                    end + 1 + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
                }
                false => end,
            };
            let last = bytes[stop - 1] - b'0';
            let next = if last == 9 { 8 } else { last + 1 };
            self.push("number+1", range.start + stop - 1..range.start + stop, next.to_string());
            // 0.6 with a zero more is 0.06.
            let zero = if &raw[at..end] == "0" && point { end + 1 } else { end };
            match &raw[at..stop] {
                "0" => self.push("number*10", range.start + at..range.start + at, "1"),
                _ => self.push("number*10", range.start + zero..range.start + zero, "0"),
            }
            if let Some((unit, to)) = [("%", ""), ("w", "d"), ("d", "w"), ("h", "d")]
                .into_iter()
                .find(|(unit, _)| raw[stop..].starts_with(unit) && !is_word_at(&bytes[stop..], unit.len()))
            {
                self.push("unit", range.start + stop..range.start + stop + unit.len(), to);
            }
            at = stop;
        }
    }

    /// The last letter is lost; a short name gets one.
    fn slip(&mut self, range: Range<usize>) {
        let word = &self.text[range.clone()];
        match word.char_indices().nth_back(0) {
            Some((last, _)) if 1 < word.len() && word.ends_with(char::is_alphabetic) => {
                self.push("typing slip", range.start + last..range.end, "");
            }
            Some(_) => self.push("typing slip", range.end..range.end, "x"),
            None => {}
        }
    }
}

fn is_word_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

/// Where the parts between separators are.
fn parts(text: &str, separator: char) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split(separator).map(move |part| {
        let range = start..start + part.len();
        start = range.end + 1;
        range
    })
}

/// Operators in a text: where, which, and what else it could be.
fn operators(raw: &str) -> Vec<(usize, &'static str, &'static str)> {
    const KNOWN: [(&str, &[&str]); 10] = [
        ("..=", &[".."]),
        ("..", &["..="]),
        (">=", &[">", "<="]),
        ("<=", &["<", ">="]),
        (">", &[">=", "<"]),
        ("<", &["<=", ">"]),
        ("/**", &[""]),
        ("!", &[""]),
        ("+", &["-"]),
        ("-", &["+"]),
    ];
    let mut found = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let rest = raw.get(at..).unwrap_or("");
        let before = raw.as_bytes().get(at.wrapping_sub(1)).copied();
        let known = KNOWN.iter().find(|(from, _)| rest.starts_with(from));
        let Some((from, all)) = known else {
            at += 1;
            continue;
        };
        // A hyphen inside a name or date is none.
        let is_sign = !matches!(*from, "-" | "+")
            || before.is_none_or(|byte| byte == b' ') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if is_sign {
            found.extend(all.iter().map(|to| (at, *from, *to)));
        }
        at += from.len();
    }
    found
}
