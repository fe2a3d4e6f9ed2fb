//! JSON Schemas (draft 2020-12) of the four kinds of TOML files, for editors: completion, hovering texts, unknown keys.
//!
//! The readers in `book/` stay the judges: a schema knows no names of other files. That both know the same keys is tested.

mod parts;
pub mod reference;
mod rulebook;
mod rules;
mod strategies;
mod tests_file;
mod vocabulary;

use serde_json::{Value, json};

/// A kind of file with a schema of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// `rulebook.toml`
    Rulebook,
    /// `schema.toml`
    Vocabulary,
    /// `rules/*.toml`
    Rules,
    /// `tests/*.toml`
    Tests,
}

impl SchemaOf {
    pub const ALL: [Self; 4] = [Self::Rulebook, Self::Vocabulary, Self::Rules, Self::Tests];

    /// The name of the schema and of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rulebook => "rulebook",
            Self::Vocabulary => "schema",
            Self::Rules => "rules",
            Self::Tests => "tests",
        }
    }

    /// The files that it describes.
    #[must_use]
    pub fn files(self) -> &'static str {
        match self {
            Self::Rulebook => "rulebook.toml",
            Self::Vocabulary => "schema.toml",
            Self::Rules => "rules/*.toml",
            Self::Tests => "tests/*.toml",
        }
    }
}

/// The schema of a kind of file.
#[must_use]
pub fn json_schema(of: SchemaOf) -> Value {
    let mut schema = match of {
        SchemaOf::Rulebook => rulebook::schema(),
        SchemaOf::Vocabulary => vocabulary::schema(),
        SchemaOf::Rules => rules::schema(),
        SchemaOf::Tests => tests_file::schema(),
    };
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".to_owned(), json!(format!("pricer {}", of.files())));
    }
    schema
}

#[cfg(test)]
mod tests;
