//! What is wrong with a rulebook, for command line, API and editors alike.

/// How bad it is. Warnings never stop a release unless they are denied by code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A stretch of bytes of one file; line and column follow from the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: Box<str>,
    pub start: usize,
    pub end: usize,
}

/// A span with what is said under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One finding. The texts follow one grammar: lower case, no full stop, the analyst's words in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `E0201`, `W0310`.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, in the analyst's words, in one line.
    pub title: String,
    pub primary: Label,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// Why it is so and what follows from it, a line each: printed before the cure.
    pub notes: Vec<String>,
    /// The cures, the best first.
    pub fixes: Vec<Fix>,
}

/// A cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub applicability: Applicability,
    /// Replacements of text; none when only words can be given.
    pub edits: Vec<Edit>,
}

/// Whether a cure may be applied without a person choosing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    Safe,
    Maybe,
}

/// Replaces the text at `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Diagnostic {
    #[must_use]
    pub fn error(code: &'static str, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            title: title.into(),
            primary: Label { span, text: label.into() },
            related: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }

    #[must_use]
    pub fn warning(
        code: &'static str,
        title: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title, span, label) }
    }

    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, applicability: Applicability, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), applicability, edits });
        self
    }
}
