//! E0102: letters that look like others, quotes that a text program has bent, and what nobody can see.

use crate::rulebook::{Applicability, Diagnostic, Edit, Files, Span};
use std::collections::BTreeSet;

/// Cyrillic and Greek letters with a Latin twin.
const TWINS: &[(char, char)] = &[
    ('а', 'a'),
    ('А', 'A'),
    ('в', 'b'),
    ('В', 'B'),
    ('с', 'c'),
    ('С', 'C'),
    ('е', 'e'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('һ', 'h'),
    ('і', 'i'),
    ('І', 'I'),
    ('ј', 'j'),
    ('Ј', 'J'),
    ('к', 'k'),
    ('К', 'K'),
    ('М', 'M'),
    ('о', 'o'),
    ('О', 'O'),
    ('р', 'p'),
    ('Р', 'P'),
    ('ѕ', 's'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('у', 'y'),
    ('У', 'Y'),
    ('х', 'x'),
    ('Х', 'X'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('ο', 'o'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('ν', 'v'),
    ('ι', 'i'),
    ('α', 'a'),
];

/// What should be something else wherever a machine reads it, and how it is called.
const BENT: &[(char, &str, &str)] = &[
    ('“', "\"", "a curly quote"),
    ('”', "\"", "a curly quote"),
    ('„', "\"", "a curly quote"),
    ('‟', "\"", "a curly quote"),
    ('«', "\"", "an angled quote"),
    ('»', "\"", "an angled quote"),
    ('−', "-", "a minus sign that is no hyphen"),
    ('–', "-", "a dash"),
    ('—', "-", "a dash"),
    ('‑', "-", "a hyphen that does not break"),
    ('…', "..", "an ellipsis in one letter"),
    ('％', "%", "a wide percent sign"),
    ('∕', "/", "a slash of mathematics"),
    ('｜', "|", "a wide bar"),
    ('\u{a0}', " ", "a blank that does not break"),
    ('\u{202f}', " ", "a narrow blank"),
    ('\u{2009}', " ", "a thin blank"),
    ('\u{2007}', " ", "a blank as wide as a digit"),
    ('\u{200b}', "", "a blank without width"),
    ('\u{200c}', "", "an invisible letter"),
    ('\u{200d}', "", "an invisible letter"),
    ('\u{200e}', "", "an invisible mark"),
    ('\u{200f}', "", "an invisible mark"),
    ('\u{2060}', "", "an invisible letter"),
    ('\u{ad}', "", "an invisible hyphen"),
    ('\u{feff}', "", "an invisible mark"),
];

/// Every such letter outside comments and texts for people; with it what it makes of the file is not worth a finding.
pub fn find(files: &Files) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = files.0.values().flat_map(|text| words(text)).map(|(_, word)| word).collect();
    let mut found = Vec::new();
    for (path, text) in &files.0 {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if !line.is_ascii() {
                in_line(path, start, line, start == 0, &known, &mut found);
            }
            start += line.len();
        }
    }
    found
}

/// `--fix` may touch every one; a screen shows some.
const SHOWN_MAX: usize = 40;

fn in_line(
    path: &str,
    start: usize,
    line: &str,
    first: bool,
    known: &BTreeSet<&str>,
    found: &mut Vec<Diagnostic>,
) {
    let code = code_part(path, line);
    let span =
        |at: usize, length: usize| Span { file: path.into(), start: start + at, end: start + at + length };
    for (at, letter) in code.char_indices() {
        // A byte order mark at the very start is read over.
        let Some((_, cure, what)) = BENT.iter().find(|(bent, ..)| *bent == letter && !(first && at == 0))
        else {
            continue;
        };
        if SHOWN_MAX <= found.len() {
            return;
        }
        let title = format!("{what} (U+{:04X}) stands where a plain letter is due", u32::from(letter));
        let label = match *cure {
            "" => "remove it".to_owned(),
            " " => "write a plain blank".to_owned(),
            cure => format!("write `{cure}`"),
        };
        let edits = vec![Edit { span: span(at, letter.len_utf8()), text: (*cure).to_owned() }];
        found.push(
            Diagnostic::error("E0102", title, span(at, letter.len_utf8()), label.clone())
                .note("text programs and chats put it there; to a machine it is another letter")
                .fix(Applicability::Safe, label, edits),
        );
    }
    for (at, word) in words(code) {
        let Some(plain) = plain(word).filter(|_| found.len() < SHOWN_MAX) else { continue };
        let mixed = word.chars().any(|c| c.is_ascii_alphabetic());
        if !mixed && !known.contains(plain.as_str()) {
            continue;
        }
        let foreign: String = word.chars().filter(|c| !c.is_ascii()).collect();
        let span = span(at, word.len());
        found.push(
            Diagnostic::error(
                "E0102",
                format!("`{word}` has letters of another alphabet that look like Latin ones: {foreign}"),
                span.clone(),
                format!("`{plain}` in Latin letters is another word"),
            )
            .note("no item, column or name would ever match it")
            .fix(
                Applicability::Safe,
                format!("write `{plain}` in Latin letters"),
                vec![Edit { span, text: plain }],
            ),
        );
    }
}

/// The Latin word that a word with twins looks like; `None` when a letter has no twin, or all are Latin.
fn plain(word: &str) -> Option<String> {
    let twin = |letter: char| match letter.is_ascii() {
        true => Some(letter),
        false => TWINS.iter().find(|(foreign, _)| *foreign == letter).map(|(_, latin)| *latin),
    };
    let plain: String = word.chars().map(twin).collect::<Option<_>>()?;
    (plain != word).then_some(plain)
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !c.is_alphanumeric()).filter_map(move |word| {
        let start = at;
        let after = text.get(start + word.len()..).and_then(|rest| rest.chars().next());
        at = start + word.len() + after.map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

/// A line of TOML without its comment; nothing of a line that is for people.
fn code_part<'a>(path: &str, line: &'a str) -> &'a str {
    if !path.ends_with(".toml") {
        return line;
    }
    let key = line.split('=').next().unwrap_or("").trim();
    if super::FREE_TEXT.contains(&key) {
        return "";
    }
    let (mut quoted, mut end) = (false, line.len());
    for (at, letter) in line.char_indices() {
        match letter {
            '"' | '“' | '”' | '„' => quoted = !quoted,
            '#' if !quoted => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    line.get(..end).unwrap_or(line)
}
