//! `pricer token`: a new bearer token for a principal.

use crate::service::access::Role;
use crate::service::access::principals::{Directory, is_name};
use crate::service::access::token::{TokenHash, generate};
use crate::service::config::problem::{Source, lines};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes a bearer token for a principal: prints it once, and keeps its hash in the file of principals.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "A running service sees the new token within two seconds. To revoke one, take its \
                        `[[NAME.token]]` out of the file; its hash begins as printed here.")]
pub struct Args {
    /// Who it is for: `a-z`, `0-9`, `-` and `_`. A new name needs `--role`.
    pub principal: String,
    /// What a new principal may do: quoter, batcher, author, approver, operator or auditor. May be repeated.
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<Role>,
    /// How long the token is good for, such as `90d`.
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = parse_lifetime)]
    pub expires: i64,
    /// The file of principals; it is made if it is not there.
    #[arg(long, value_name = "FILE", default_value = "principals.toml")]
    pub principals: PathBuf,
}

/// Ten years, in seconds.
const LIFETIME_MAX: i64 = 3_650 * 86_400;

fn parse_lifetime(text: &str) -> Result<i64, String> {
    let seconds = crate::facts::parse_duration(text)?;
    match (1..=LIFETIME_MAX).contains(&seconds) {
        true => Ok(seconds),
        false => Err("a token is good for 1s to 3650d".to_owned()),
    }
}

/// Runs the command: 0 the token is on standard output, 1 the file cannot be read or written, 2 wrong usage.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match add(args) {
        Ok((token, hash)) => {
            let file = args.principals.display();
            eprintln!(
                "`{}` has a new token; {file} keeps its hash {hash:.12}…, not the token",
                args.principal
            );
            match writeln!(std::io::stdout(), "{token}") {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
        Err((code, why)) => {
            eprintln!("error: {why}");
            ExitCode::from(code)
        }
    }
}

fn add(args: &Args) -> Result<(String, String), (u8, String)> {
    let (path, name) = (&args.principals, &args.principal);
    if !is_name(name) {
        return Err((2, format!("`{name}` is no name: it has 1 to 64 of `a-z`, `0-9`, `-` and `_`")));
    }
    let failed = |error: &dyn std::fmt::Display| (1, format!("{}: {error}", path.display()));
    let old = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(&error)),
    };
    let file = path.display().to_string();
    let parse = |text: &str| {
        Directory::parse(Source { name: &file, text }, None).map_err(|problems| (1, lines(&problems)))
    };
    let is_known = parse(&old)?.knows(name);
    let mut text = old;
    match (is_known, args.roles.as_slice()) {
        (true, []) => {}
        (true, _) => return Err((2, format!("`{name}` has its roles in {file}: change them there"))),
        (false, []) => {
            return Err((2, format!("`{name}` is new: say what it may do, such as `--role quoter`")));
        }
        (false, roles) => {
            let roles = roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("\", \"");
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let _ = write!(text, "{gap}\n[{name}]\nroles = [\"{roles}\"]\n");
        }
    }
    let token = generate().map_err(|error| (1, format!("no randomness: {error}")))?;
    let hash = TokenHash::of(token.as_bytes()).to_string();
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(
        text,
        "{gap}\n[[{name}.token]]\nsha256 = \"{hash}\"\nexpires = \"{}\"\n",
        expiry(args.expires)
    );
    // A file in which this is not possible, such as one with `token = []`, is left as it is.
    parse(&text)?;
    write_private(path, &text).map_err(|error| failed(&error))?;
    Ok((token, hash))
}

#[expect(clippy::disallowed_methods, reason = "an edge: a token expires by the clock")]
fn expiry(after: i64) -> jiff::Timestamp {
    let now = jiff::Timestamp::now().as_second();
    jiff::Timestamp::from_second(now.saturating_add(after)).unwrap_or(jiff::Timestamp::MAX)
}

/// Aside first, then renamed, readable by its owner alone.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let aside = path.with_extension(format!("toml.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&aside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| std::fs::rename(&aside, path));
    if renamed.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    renamed
}
