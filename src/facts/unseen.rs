//! Characters that nobody sees: `A7` and `A7` with a no-break blank behind it would be two items.

/// What is wrong with a text that names an item, as the end of a sentence: a blank at an end, and anywhere a character that
/// cannot be seen. Taking it away silently would make one item of two.
#[must_use]
pub fn unseen_in_name(text: &str) -> Option<String> {
    if is_plain(text.as_bytes()) {
        return None;
    }
    let strange = |c: char| c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ');
    told(text, strange).or_else(|| edge_blank(text).map(str::to_owned))
}

/// The same for other texts that rules look at: control characters, and blanks without a width.
#[must_use]
pub(super) fn unseen_in_text(text: &str) -> Option<String> {
    if is_plain(text.as_bytes()) {
        return None;
    }
    told(text, |c| c.is_control() || matches!(c, '\u{200b}' | '\u{feff}'))
}

/// A blank at an end, as the end of a sentence.
#[must_use]
pub(super) fn edge_blank(text: &str) -> Option<&'static str> {
    match (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace)) {
        (true, true) => Some("has blanks at its start and end: remove them"),
        (true, false) => Some("has a blank at its start: remove it"),
        (false, true) => Some("has a blank at its end: remove it"),
        (false, false) => None,
    }
}

/// Whether bytes are all visible ASCII characters: then nothing is strange about their text, however it is cut.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    // Without a way out in between: many bytes at once.
    bytes.iter().fold(true, |plain, byte| plain & (0x21..=0x7e).contains(byte))
}

fn told(text: &str, strange: impl Fn(char) -> bool) -> Option<String> {
    let found = text.chars().find(|c| strange(*c))?;
    let what = match found {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => "a line end",
        _ if found.is_control() => "a control character",
        _ if found.is_whitespace() => "a blank that is no plain one",
        _ => "an invisible character",
    };
    Some(format!("has {what} (U+{:04X}): remove it", u32::from(found)))
}

/// Soft hyphens, joiners, marks of direction, blanks without a width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_characters_that_nobody_sees() {
        for good in ["A7", "0047", "5\" pipe", "Käse 12", "=1", "ق", "a|b"] {
            assert_eq!(unseen_in_name(good), None, "{good:?}");
        }
        for (bad, part) in [
            ("A ", "at its end"),
            (" A", "at its start"),
            (" A ", "start and end"),
            ("A\u{a0}", "U+00A0"),
            ("A\u{a0}B", "no plain one"),
            ("A\u{200b}", "U+200B"),
            ("\u{feff}A", "U+FEFF"),
            ("A\0", "control character (U+0000)"),
            ("A\tB", "U+0009"),
            ("A\nB", "line end"),
            ("A\r", "line end"),
            ("A\u{2028}", "line end"),
            ("A\u{ad}B", "invisible"),
        ] {
            let why = unseen_in_name(bad).unwrap();
            assert!(why.contains(part) && why.contains("remove"), "{bad:?}: {why}");
        }
        assert_eq!(unseen_in_text("a b "), None);
        assert!(unseen_in_text("a\u{200b}").is_some() && unseen_in_text("a\u{7}").is_some());
    }
}
