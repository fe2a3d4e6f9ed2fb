//! Quote tokens: what a page showed, signed, so that a cart can charge it.
//!
//! `v1.KEY.CLAIMS.SIGNATURE`: the key's id, the claims as a protobuf message, and HMAC-SHA-256 over all that comes before,
//! the last two in base64url. The first key of the file signs, all verify: a new one is put first, and the old one is taken
//! out when its last token has expired.
//!
//! ```text
//! # id   secret: 64 hexadecimal digits or more, such as `openssl rand -hex 32` prints
//! 2026-11 8f0c…
//! 2026-10 77aa…
//! ```

use super::proto::{QuoteClaims, VerifyQuoteRequest};
use super::status::{Condition, Failure};
use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use prost::Message as _;
use sha2::Sha256;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The shortest secret, in bytes: as long as the signature.
const SECRET_MIN: usize = 32;
const ID_MAX: usize = 32;
/// Longer than any token with names of reasonable length.
const TOKEN_MAX: usize = 2_048;
const VERSION: &str = "v1";
/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The keys in force; they can be replaced while quotes run.
#[derive(Debug)]
pub struct Keys(ArcSwap<Vec<Key>>);

#[derive(Clone)]
struct Key {
    id: Box<str>,
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Key {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Keys {
    /// One key that nobody else knows: its tokens are worth nothing to another process.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn random() -> std::io::Result<Self> {
        use std::io::Read as _;
        let mut secret = [0; SECRET_MIN];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut secret)?;
        let key = Key::new("random", &secret).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(Self(ArcSwap::from_pointee(vec![key])))
    }

    /// The keys of a file's text.
    ///
    /// # Errors
    /// What is wrong with which line; never with a secret in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(ArcSwap::from_pointee(parse(text)?)))
    }

    /// Takes other keys from now on.
    ///
    /// # Errors
    /// As [`Self::parse`]; then the keys stay.
    pub fn replace(&self, text: &str) -> Result<(), String> {
        self.0.store(Arc::new(parse(text)?));
        Ok(())
    }

    /// A token for `claims`; none if names in it are beyond all reason.
    #[must_use]
    pub fn sign(&self, claims: &QuoteClaims) -> Option<String> {
        let keys = self.0.load();
        let key = keys.first()?;
        let mut token = format!("{VERSION}.{}.{}", key.id, BASE64.encode(claims.encode_to_vec()));
        let signature = key.mac.clone().chain_update(&token).finalize().into_bytes();
        token.push('.');
        BASE64.encode_string(signature, &mut token);
        (token.len() <= TOKEN_MAX).then_some(token)
    }

    /// What a token of ours claims, whether or not it has expired.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<QuoteClaims> {
        let (signed, signature) = token.get(..).filter(|token| token.len() <= TOKEN_MAX)?.rsplit_once('.')?;
        let [version, id, claims] = signed.split('.').collect::<Vec<_>>().try_into().ok()?;
        let keys = self.0.load();
        let key = keys.iter().find(|key| version == VERSION && *key.id == *id)?;
        let signature = BASE64.decode(signature).ok()?;
        // In constant time.
        key.mac.clone().chain_update(signed).verify_slice(&signature).ok()?;
        QuoteClaims::decode(BASE64.decode(claims).ok()?.as_slice()).ok()
    }

    /// What the token of a request promises at `now`.
    ///
    /// # Errors
    /// It is not ours, for something else, or expired.
    pub fn verify(&self, request: &VerifyQuoteRequest, now: i64) -> Result<QuoteClaims, Failure> {
        let claims = self.open(&request.quote_token).ok_or_else(|| {
            let message =
                "this service did not sign the token, or with a key that is retired: ask for a new quote";
            Failure::new(Condition::QuoteTokenInvalid, message)
        })?;
        let expected = [
            ("sku", &request.sku, &claims.sku),
            ("market", &request.market, &claims.market),
            ("channel", &request.channel, &claims.channel),
            ("customer_segment", &request.customer_segment, &claims.customer_segment),
        ];
        for (field, wanted, claimed) in expected {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != claimed) {
                let message = format!("the token is for {field} {claimed:?}, not {wanted:?}");
                return Err(Failure::new(Condition::QuoteMismatch, message).with("field", field));
            }
        }
        let until = claims.valid_until.map_or(0, |until| until.seconds);
        if until <= now {
            let until = crate::facts::show_instant(until);
            let message = format!("the quote held until {until}: ask for a new one");
            return Err(Failure::new(Condition::QuoteExpired, message).with("valid_until", until));
        }
        Ok(claims)
    }
}

/// The keys of a file.
///
/// # Errors
/// What is wrong with it, without a secret.
pub fn read(path: &Path) -> Result<Keys, String> {
    let wrong = |why: String| format!("quote keys `{}`: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Keys::parse(&text).map_err(wrong)
}

/// Takes the file's keys again whenever it changes; never returns.
pub async fn follow(path: Option<PathBuf>, keys: Arc<Keys>) {
    let Some(path) = path else { return std::future::pending().await };
    let mut seen = None;
    loop {
        let reading = path.clone();
        let text = tokio::task::spawn_blocking(move || std::fs::read_to_string(reading)).await;
        let text = text.ok().and_then(Result::ok);
        if seen.as_ref().is_some_and(|seen| *seen != text) {
            let taken =
                text.as_deref().map_or(Err("it cannot be read".to_owned()), |text| keys.replace(text));
            match taken {
                Ok(()) => tracing::info!("quote keys are taken from their file again"),
                Err(why) => tracing::warn!("quote keys stay as they are: {why}"),
            }
        }
        seen = Some(text);
        tokio::time::sleep(LOOK).await;
    }
}

impl Key {
    fn new(id: &str, secret: &[u8]) -> Option<Self> {
        Some(Self { id: id.into(), mac: Hmac::new_from_slice(secret).ok()? })
    }
}

fn parse(text: &str) -> Result<Vec<Key>, String> {
    let mut keys: Vec<Key> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| format!("line {}: {why}", at + 1);
        let [id, secret] = line
            .split_whitespace()
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| wrong("a key is its id, a blank and its secret in hexadecimal"))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if ID_MAX < id.len() || !id.bytes().all(is_plain) {
            return Err(wrong("an id is 1 to 32 letters, digits, `_` and `-`"));
        }
        if keys.iter().any(|key| *key.id == *id) {
            return Err(wrong("the id is there twice"));
        }
        let secret = read_hex(secret).filter(|secret| SECRET_MIN <= secret.len());
        let secret = secret.ok_or_else(|| wrong("a secret is 64 hexadecimal digits or more"))?;
        keys.extend(Key::new(id, &secret));
    }
    if keys.is_empty() { Err("there is no key in it".to_owned()) } else { Ok(keys) }
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::convert::write_instant;

    fn claims() -> QuoteClaims {
        QuoteClaims { sku: "A".to_owned(), valid_until: Some(write_instant(1_000)), ..QuoteClaims::default() }
    }

    fn line(id: &str, digit: char) -> String {
        format!("{id} {}\n", digit.to_string().repeat(64))
    }

    #[test]
    fn a_token_holds_until_it_expires_and_only_as_it_was_signed() {
        let keys = Keys::random().unwrap();
        let token = keys.sign(&claims()).unwrap();
        let request = VerifyQuoteRequest { quote_token: token.clone(), ..VerifyQuoteRequest::default() };
        assert_eq!(keys.verify(&request, 999), Ok(claims()));
        assert_eq!(keys.verify(&request, 1_000).unwrap_err().condition, Condition::QuoteExpired);
        let other = VerifyQuoteRequest { sku: Some("B".to_owned()), ..request };
        assert_eq!(keys.verify(&other, 999).unwrap_err().condition, Condition::QuoteMismatch);
        // Whichever character is changed, or cut off, it is no longer ours.
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.open(std::str::from_utf8(&forged).unwrap()), None, "character {at}");
            assert_eq!(keys.open(token.split_at(at).0), None);
        }
        assert_eq!(Keys::random().unwrap().open(&token), None);
    }

    #[test]
    fn the_first_key_signs_and_all_verify() {
        let keys = Keys::parse(&line("old", 'a')).unwrap();
        let old = keys.sign(&claims()).unwrap();
        keys.replace(&(line("new", 'b') + &line("old", 'a'))).unwrap();
        let new = keys.sign(&claims()).unwrap();
        assert!(new.starts_with("v1.new.") && keys.open(&old).is_some());
        keys.replace(&line("new", 'b')).unwrap();
        assert!(keys.open(&old).is_none() && keys.open(&new).is_some());
        // What is wrong leaves the keys as they are, and is said without the secret.
        for bad in ["", "x", "x y z", "x abcd", &line("a.b", 'c'), &(line("x", 'c') + &line("x", 'd'))] {
            let why = keys.replace(bad).unwrap_err();
            assert!(!why.contains("abcd") && !why.contains("cccc"), "{why}");
        }
        assert!(keys.open(&new).is_some());
        assert!(!format!("{keys:?}").contains("bbbb"));
    }
}
