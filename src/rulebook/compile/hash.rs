//! The name of a release: a hash of everything that can change a price.

use crate::rulebook::Files;
use sha2::{Digest, Sha256};

/// Changes whenever the engine gives another price for the same rulebook and facts.
const ENGINE_EDITION: &str = "pricer 2026.1";

/// SHA-256 of the engine's edition, the rules, the tables and what was fitted, in hexadecimal; tests do not count.
pub fn release_hash(files: &Files) -> Box<str> {
    let mut hasher = Sha256::new();
    hasher.update(ENGINE_EDITION);
    for (path, text) in &files.0 {
        let counts = matches!(&**path, "rulebook.toml" | "schema.toml")
            || path.starts_with("rules/")
            || path.starts_with("tables/")
            || path.starts_with("fitted/");
        if counts {
            // Lengths first, so that no two different folders give the same bytes.
            hasher.update((path.len() as u64).to_le_bytes());
            hasher.update(path.as_bytes());
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
