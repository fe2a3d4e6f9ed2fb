//! The manual of every code: one text for `pricer help CODE` and for `docs/reference/diagnostics.md`.

mod facts;
mod files;
mod guards;
mod names;
mod precedence;
mod tables;
mod tests_and_editions;
mod units;

#[cfg(test)]
mod tests;

/// What a code means, whatever it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `E0301`: E stops a release, W does not, N is said and no more.
    pub code: &'static str,
    /// In the analyst's words.
    pub title: &'static str,
    /// Why it is a mistake, and what would follow.
    pub why: &'static str,
    /// An example; empty where none fits in a few lines.
    pub wrong: &'static str,
    /// The example without the mistake; empty where the lines are to be deleted.
    pub right: &'static str,
    pub cure: &'static str,
}

/// All codes, by group and number.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let groups = [
        files::ENTRIES,
        names::ENTRIES,
        precedence::ENTRIES,
        units::ENTRIES,
        guards::ENTRIES,
        tables::ENTRIES,
        facts::ENTRIES,
        tests_and_editions::ENTRIES,
    ];
    groups.into_iter().flatten()
}

/// The entry of a code; the letter may be small.
#[must_use]
pub fn find(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

impl Entry {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn severity(&self) -> &'static str {
        match self.code.as_bytes().first() {
            Some(b'E') => "error",
            Some(b'W') => "warning",
            _ => "note",
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text =
            format!("{}[{}]: {}\n\n{}\n", self.severity(), self.code, self.title, wrapped(self.why));
        let indented = |lines: &str| lines.lines().map(|line| format!("    {line}\n")).collect::<String>();
        if !self.wrong.is_empty() {
            text.push_str(&format!("\nwrong:\n{}", indented(self.wrong)));
            match self.right {
                "" => text.push_str("right: without it\n"),
                right => text.push_str(&format!("right:\n{}", indented(right))),
            }
        }
        text.push_str(&format!("\nhelp: {}\n", wrapped(self.cure)));
        text
    }

    /// For the reference.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("## {}: {}\n\n{}\n", self.code, self.title, self.why);
        if !self.wrong.is_empty() {
            let right = if self.right.is_empty() { "(without it)" } else { self.right.trim_end() };
            let wrong = self.wrong.trim_end();
            text.push_str(&format!("\n```text\n{wrong}\n```\n\nRight:\n\n```text\n{right}\n```\n"));
        }
        text.push_str(&format!("\n**Cure.** {}\n", self.cure));
        text
    }
}

/// The page of all codes.
#[must_use]
pub fn reference() -> String {
    let mut page = "# Every message of `pricer check`\n\nGenerated from `src/rulebook/codes`; `pricer help CODE` says the \
                    same. Errors (E) stop a release, warnings (W) do\nnot unless `--deny CODE` says so, notes (N) only inform.\n"
        .to_owned();
    for entry in entries() {
        page.push('\n');
        page.push_str(&entry.markdown());
    }
    page
}

/// Lines of at most 100 letters, broken at blanks.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
