//! A rulebook folder opened for a command, its findings said on the way.

use super::output::load_dir;
use crate::pricing::Release;
use crate::rulebook::{Diagnostic, ELASTICITIES, Severity, render};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads and checks the folder; errors are printed to stderr, and then there is no release to go on with.
pub(super) fn open(folder: &Path) -> Option<Arc<Release>> {
    let loaded = load_dir(folder);
    if loaded.release.is_none() {
        let is_error = |finding: &&Diagnostic| finding.severity == Severity::Error;
        let errors: Vec<Diagnostic> = loaded.diagnostics.iter().filter(is_error).cloned().collect();
        eprint!("{}", render::human(&loaded.files, &errors, colour()));
        let count = errors.len();
        eprintln!("error: the rulebook `{}` has {count} errors, so nothing is priced", folder.display());
    }
    loaded.release
}

/// Colors on a terminal that wants them.
pub(super) fn colour() -> render::Colour {
    let wanted = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted { render::Colour::Ansi } else { render::Colour::Plain }
}

/// The rates file that the rulebook's markets name, if it is there.
pub(super) fn own_rates(folder: &Path, release: &Release) -> Option<PathBuf> {
    let named = release.rates_file.as_deref()?;
    Some(folder.join(named)).filter(|path| path.is_file())
}

/// The fitted elasticities that belong to the release, if there are some.
pub(super) fn own_fitted(folder: &Path, release: &Release) -> Option<PathBuf> {
    release.elasticities.as_ref().map(|_| folder.join(ELASTICITIES))
}

/// Now, read once at the edge.
#[expect(clippy::disallowed_methods, reason = "an edge: read once per command, then an argument")]
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
