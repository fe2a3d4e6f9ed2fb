//! A rulebook folder with feed files: what `pricer serve` serves.

use super::source::Source;
use crate::batch::{Feeds, load_facts};
use crate::facts::FactSet;
use crate::pricing::Release;
use crate::rulebook::{Diagnostic, Files, Loaded, Verdict, load, run_tests};
use std::path::PathBuf;

/// Feeds that are not given are empty, except that the rulebook may name its own items file.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub rulebook: PathBuf,
    pub items: Option<PathBuf>,
    pub offers: Option<PathBuf>,
    pub rates: Option<PathBuf>,
}

impl Source for Folder {
    fn read(&self) -> Result<Files, Vec<Diagnostic>> {
        Files::read_dir(&self.rulebook)
    }

    fn compile(&self, files: Files) -> Loaded {
        load(files)
    }

    fn test(&self, loaded: &Loaded) -> Result<(), Vec<String>> {
        let Some(release) = &loaded.release else {
            return Err(vec!["there is no release to test".to_owned()]);
        };
        let results = run_tests(release, &loaded.tests, &crate::facts::Rates::default());
        let failed = results.reports.iter().filter_map(|report| match &report.verdict {
            Verdict::Passed => None,
            Verdict::Failed(failure) => Some(match failure.mismatches.first() {
                Some(first) => format!(
                    "test `{}`: `{}` is {}, expected {}",
                    report.name, first.key, first.got, first.expected
                ),
                None => format!("test `{}` failed", report.name),
            }),
            Verdict::Broken(findings) => Some(match findings.first() {
                Some(first) => format!("test `{}`: {}: {}", report.name, first.code, first.title),
                None => format!("test `{}` cannot be run", report.name),
            }),
        });
        let failed: Vec<String> = failed.collect();
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    fn facts(&self, release: &Release) -> Result<FactSet, String> {
        let own = release
            .items_feed
            .file
            .as_deref()
            .map(|file| self.rulebook.join(file));
        let feeds = Feeds {
            items: self.items.as_deref().or(own.as_deref()),
            offers: self.offers.as_deref(),
            rates: self.rates.as_deref(),
        };
        let (facts, accounts) = load_facts(release, feeds).map_err(|error| error.to_string())?;
        for account in accounts.iter().filter(|account| !account.quarantined.is_empty()) {
            tracing::warn!(
                feed = account.feed.as_str(),
                rows = account.rows,
                quarantined = account.quarantined.len(),
                "rows of a feed are left out: `pricer reprice --quarantine FILE` names them"
            );
        }
        Ok(facts)
    }
}
