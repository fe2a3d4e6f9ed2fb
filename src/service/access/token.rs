//! Bearer tokens: 256 random bits, kept as a hash.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read as _};

/// What a token starts with, so that scanners of leaked secrets can find it.
const PREFIX: &str = "pricer_";

/// A token's SHA-256. The tokens are random and long, so a plain hash cannot be turned back, and looking it up by the hash
/// tells nobody anything by how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl std::fmt::Display for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A new token, from the system's randomness.
///
/// # Errors
/// The system has none.
pub fn generate() -> io::Result<String> {
    let mut random = [0_u8; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().fold(PREFIX.to_owned(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_alone() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert!(one != other && one.len() == PREFIX.len() + 64);
        let hash = TokenHash::of(one.as_bytes());
        assert_eq!(TokenHash::parse(&hash.to_string()), Some(hash));
        assert!(!hash.to_string().contains(one.trim_start_matches(PREFIX)));
        for bad in ["", "ab", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(TokenHash::parse(bad), None, "{bad}");
        }
    }
}
