//! Who is known: `principals.toml`, with tokens as hashes.
//!
//! ```toml
//! [shop-de]
//! roles = ["quoter"]
//! requests_per_second = 500                    # optional; beyond, calls are refused
//! certificate = "spiffe://orda/shop-de"        # optional: a URI or DNS name in its client certificate
//! [[shop-de.token]]                            # any number, so that tokens can be changed without a gap
//! sha256 = "…"                                 # `pricer token` makes it
//! expires = "2027-02-20T00:00:00Z"
//! ```

use super::super::config::problem::{Problem, Source, plain, suggest};
use super::super::gate::Bucket;
use super::Role;
use super::token::TokenHash;
use crate::facts::parse_instant;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// One that may call.
#[derive(Debug)]
pub struct Principal {
    pub name: Box<str>,
    pub roles: Box<[Role]>,
    /// What it may still ask for now.
    pub bucket: Option<Bucket>,
}

#[derive(Debug)]
struct Grant {
    principal: Arc<Principal>,
    /// Seconds since 1970.
    expires: i64,
}

/// All principals, found by what they show.
#[derive(Debug, Default)]
pub struct Directory {
    names: HashSet<String>,
    by_token: HashMap<TokenHash, Grant>,
    by_certificate: HashMap<String, Arc<Principal>>,
}

impl Directory {
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Who shows a token that is in force at `now`, in seconds since 1970.
    #[must_use]
    pub fn by_token(&self, token: &[u8], now: i64) -> Option<&Arc<Principal>> {
        let grant = self.by_token.get(&TokenHash::of(token))?;
        (now < grant.expires).then_some(&grant.principal)
    }

    /// Who shows a certificate with one of these names.
    #[must_use]
    pub fn by_certificate(&self, names: &[String]) -> Option<&Arc<Principal>> {
        names.iter().find_map(|name| self.by_certificate.get(name))
    }

    /// Reads the file. `earlier` lends its buckets, so that a reload refills nobody's.
    ///
    /// # Errors
    /// All mistakes.
    pub fn parse(source: Source<'_>, earlier: Option<&Self>) -> Result<Self, Vec<Problem>> {
        let table = source.parse().map_err(|problem| vec![problem])?;
        let mut reader = Reader { source, problems: Vec::new(), directory: Self::default(), earlier };
        for (name, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Table(table) => reader.principal(name.get_ref(), name.span(), table),
                _ => reader.problem(value.span(), "a principal is a table such as `[shop-de]`"),
            }
        }
        if reader.problems.is_empty() { Ok(reader.directory) } else { Err(reader.problems) }
    }

    fn bucket_of(&self, name: &str, per_second: u32) -> Option<Bucket> {
        let known = self.by_token.values().map(|grant| &grant.principal).chain(self.by_certificate.values());
        let bucket = known.into_iter().find(|principal| &*principal.name == name)?.bucket.clone()?;
        (bucket.per_second() == per_second).then_some(bucket)
    }
}

struct Reader<'a> {
    source: Source<'a>,
    problems: Vec<Problem>,
    directory: Directory,
    earlier: Option<&'a Directory>,
}

type Span = std::ops::Range<usize>;
const KEYS: [&str; 4] = ["roles", "requests_per_second", "certificate", "token"];
const TOKEN_KEYS: [&str; 2] = ["sha256", "expires"];

impl Reader<'_> {
    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(self.source.problem(span, message));
    }

    fn principal(&mut self, name: &str, span: Span, table: &DeTable<'_>) {
        if !is_name(name) {
            self.problem(span.clone(), "a principal's name has 1 to 64 of `a-z`, `0-9`, `-` and `_`");
        }
        let mut roles = None;
        let mut per_second = None;
        let mut certificate = None;
        let mut tokens = Vec::new();
        for (key, value) in table {
            let (text, at) = (plain(value.get_ref()), value.span());
            match key.get_ref().as_ref() {
                "roles" => roles = self.roles(value.get_ref(), at),
                "requests_per_second" => match text.and_then(|text| text.parse::<u32>().ok()) {
                    Some(rate @ 1..=1_000_000) => per_second = Some(rate),
                    _ => self.problem(at, "a rate is a whole number from 1 to 1000000"),
                },
                "certificate" => match text {
                    Some(name) if !name.is_empty() => certificate = Some((name, at)),
                    _ => self.problem(at, "a certificate is the URI or DNS name in it, as text"),
                },
                "token" => tokens = self.tokens(value.get_ref(), at),
                other => {
                    let why = format!("unknown key `{other}`: {}", suggest(other, KEYS.into_iter()));
                    self.problem(key.span(), why);
                }
            }
        }
        let Some(roles) = roles else {
            return self.problem(span, format!("`{name}` needs `roles = [\"quoter\"]`"));
        };
        let bucket = per_second.map(|rate| {
            let earlier = self.earlier.and_then(|earlier| earlier.bucket_of(name, rate));
            earlier.unwrap_or_else(|| Bucket::new(rate))
        });
        self.directory.names.insert(name.to_owned());
        let principal = Arc::new(Principal { name: name.into(), roles, bucket });
        if let Some((name, at)) = certificate
            && self.directory.by_certificate.insert(name, principal.clone()).is_some()
        {
            self.problem(at, "this certificate belongs to two principals");
        }
        for (hash, expires, at) in tokens {
            let grant = Grant { principal: principal.clone(), expires };
            if self.directory.by_token.insert(hash, grant).is_some() {
                self.problem(at, "this token is there twice");
            }
        }
    }

    fn roles(&mut self, value: &DeValue<'_>, span: Span) -> Option<Box<[Role]>> {
        let DeValue::Array(entries) = value else {
            self.problem(span, "roles are a list such as `[\"quoter\"]`");
            return None;
        };
        let mut roles = Vec::new();
        for entry in entries {
            match plain(entry.get_ref()).unwrap_or_default().parse() {
                Ok(role) => roles.push(role),
                Err(why) => self.problem(entry.span(), why),
            }
        }
        if entries.is_empty() {
            self.problem(span, "a principal needs at least one role");
        }
        Some(roles.into())
    }

    fn tokens(&mut self, value: &DeValue<'_>, span: Span) -> Vec<(TokenHash, i64, Span)> {
        let DeValue::Array(entries) = value else {
            self.problem(span, "tokens are written `[[NAME.token]]`");
            return Vec::new();
        };
        let mut tokens = Vec::new();
        for entry in entries {
            let DeValue::Table(table) = entry.get_ref() else {
                self.problem(entry.span(), "a token has `sha256` and `expires`");
                continue;
            };
            let mut hash = None;
            let mut expires = None;
            for (key, value) in table {
                let text = plain(value.get_ref()).unwrap_or_default();
                match key.get_ref().as_ref() {
                    "sha256" => match TokenHash::parse(&text) {
                        Some(read) => hash = Some(read),
                        // The text is not repeated: it could be the token itself.
                        None => self.problem(
                            value.span(),
                            "`sha256` has 64 hexadecimal digits, as `pricer token` writes them",
                        ),
                    },
                    "expires" => match parse_instant(&text) {
                        Ok(instant) => expires = Some(instant),
                        Err(why) => self.problem(value.span(), why),
                    },
                    other => {
                        let why =
                            format!("unknown key `{other}`: {}", suggest(other, TOKEN_KEYS.into_iter()));
                        self.problem(key.span(), why);
                    }
                }
            }
            for (key, is_there) in
                [("sha256", table.contains_key("sha256")), ("expires", table.contains_key("expires"))]
            {
                if !is_there {
                    self.problem(entry.span(), format!("the token has no `{key}`"));
                }
            }
            tokens.extend(hash.zip(expires).map(|(hash, expires)| (hash, expires, entry.span())));
        }
        tokens
    }
}

/// Names are written to logs, so they are plain.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Directory, Vec<String>> {
        let parsed = Directory::parse(Source { name: "principals.toml", text }, None);
        parsed.map_err(|problems| problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn a_principal_is_found_until_its_token_expires() {
        let hash = TokenHash::of(b"pricer_secret");
        let text = format!(
            "[shop]\nroles = [\"quoter\", \"author\"]\nrequests_per_second = 5\ncertificate = \"spiffe://x/shop\"\n\
             [[shop.token]]\nsha256 = \"{hash}\"\nexpires = \"1970-01-01T00:01:00Z\"\n"
        );
        let directory = parse(&text).unwrap();
        let found = directory.by_token(b"pricer_secret", 59).unwrap();
        assert_eq!((&*found.name, &*found.roles), ("shop", [Role::Quoter, Role::Author].as_slice()));
        assert!(directory.by_token(b"pricer_secret", 60).is_none(), "expired");
        assert!(directory.by_token(b"pricer_secreT", 59).is_none());
        assert!(directory.by_token(hash.to_string().as_bytes(), 59).is_none(), "the hash is no token");
        assert!(directory.by_certificate(&["spiffe://x/shop".to_owned()]).is_some());
        assert!(directory.by_certificate(&["spiffe://x/".to_owned()]).is_none());

        // A reload keeps what was used up.
        while found.bucket.as_ref().unwrap().take().is_ok() {}
        let again = Directory::parse(Source { name: "p", text: &text }, Some(&directory)).unwrap();
        let bucket = again.by_token(b"pricer_secret", 0).unwrap().bucket.clone().unwrap();
        assert!(bucket.take().is_err());
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_no_secret() {
        let text = "x = 1\n[Shop]\nroles = [\"quoterr\"]\n[a]\nrolls = []\n[[a.token]]\nsha256 = \"pricer_secret\"\n";
        let problems = parse(text).unwrap_err();
        for expected in [
            "principals.toml:1:5: a principal is a table",
            "principals.toml:2:2: a principal's name",
            "principals.toml:3:10: `quoterr` is no role",
            "principals.toml:5:1: unknown key `rolls`: did you mean `roles`?",
            "principals.toml:7:10: `sha256` has 64",
            "the token has no `expires`",
            "`a` needs `roles",
        ] {
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}\n{problems:#?}");
        }
        assert!(!problems.concat().contains("pricer_secret"));
        assert!(parse("[a\n").unwrap_err()[0].starts_with("principals.toml:1:3: this is not TOML"));
    }
}
