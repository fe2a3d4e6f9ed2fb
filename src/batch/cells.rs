//! Texts made safe for other eyes and programs.

use std::borrow::Cow;

/// The longest text that is shown; the rest becomes `…`.
const SHOWN_CHARS_MAX: usize = 200;

/// A text as it can be shown: control characters as `\n`, `\t`, `\u{7f}`, a backslash doubled, at most 200 characters.
#[must_use]
pub fn show(text: &str) -> String {
    show_bytes(text.as_bytes())
}

/// The same for bytes that may not be UTF-8: a byte that does not belong becomes `\xff`.
#[must_use]
pub fn show_bytes(bytes: &[u8]) -> String {
    let mut shown = String::new();
    let mut left = SHOWN_CHARS_MAX;
    for chunk in bytes.utf8_chunks() {
        for symbol in chunk.valid().chars() {
            if left == 0 {
                shown.push('…');
                return shown;
            }
            left -= 1;
            match symbol {
                '\\' => shown.push_str("\\\\"),
                _ if symbol.is_control() => shown.extend(symbol.escape_default()),
                _ => shown.push(symbol),
            }
        }
        for byte in chunk.invalid().iter().take(left) {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
        left = left.saturating_sub(chunk.invalid().len());
    }
    shown
}

/// A text cell of a CSV export. A spreadsheet takes one that starts with `=`, `+`, `-`, `@`, a tab or a line end
/// for a formula: such a cell gets a leading apostrophe. Numbers are never touched.
#[must_use]
pub fn safe_cell(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_escaped_and_short() {
        assert_eq!(show("a\r\n\"b\"\\"), "a\\r\\n\"b\"\\\\");
        assert_eq!(show_bytes(b"M\xfcller"), "M\\xfcller");
        assert_eq!(show(&"x".repeat(65_536)).chars().count(), 201);
        assert_eq!(show("١٢"), "١٢");
    }

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"] {
            assert_eq!(safe_cell(text), format!("'{text}"));
        }
        assert_eq!(safe_cell("a=1"), "a=1");
        assert_eq!(safe_cell(""), "");
    }
}
