//! Where releases and facts come from. A seam: what the watcher decides is tested without files and a compiler.

use super::feeds::{Fed, Looks};
use crate::pricing::Release;
use crate::rulebook::{Diagnostic, Files, Loaded};

/// A rulebook and its feeds. All calls may block.
pub trait Source: Send + Sync + 'static {
    /// The files of the rulebook as they are now.
    ///
    /// # Errors
    /// What could not be read.
    fn read(&self) -> Result<Files, Vec<Diagnostic>>;

    /// Checks and compiles.
    fn compile(&self, files: Files) -> Loaded;

    /// Runs the rulebook's own tests.
    ///
    /// # Errors
    /// Each failed test, in a line.
    fn test(&self, loaded: &Loaded) -> Result<(), Vec<String>>;

    /// Reads the feeds against the vocabulary of a release.
    ///
    /// # Errors
    /// Why there are no facts, in a line. Bad rows are not a reason.
    fn facts(&self, release: &Release) -> Result<Fed, String>;

    /// The feed files of a release from outside.
    fn looks(&self, release: &Release) -> Looks;
}
