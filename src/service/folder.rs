//! A rulebook folder with feed files: what `pricer serve` serves.

use super::feeds::{Fed, FeedAccount, Looks};
use super::source::Source;
use crate::batch::{Feeds, load_facts, load_rates};
use crate::facts::Rates;
use crate::pricing::Release;
use crate::rulebook::{Diagnostic, ELASTICITIES, Files, Loaded, Verdict, load, run_tests};
use std::path::PathBuf;

/// A feed that is not given is the one the rulebook names, else empty.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub rulebook: PathBuf,
    pub items: Option<PathBuf>,
    pub offers: Option<PathBuf>,
    pub rates: Option<PathBuf>,
    pub history: Option<PathBuf>,
}

impl Folder {
    /// A file that the rulebook names, if it is there.
    fn own(&self, file: Option<&str>) -> Option<PathBuf> {
        file.map(|file| self.rulebook.join(file)).filter(|path| path.is_file())
    }

    fn items(&self, release: &Release) -> Option<PathBuf> {
        self.items.clone().or_else(|| self.own(release.items_feed.file.as_deref()))
    }

    fn rates(&self, release: &Release) -> Option<PathBuf> {
        self.rates.clone().or_else(|| self.own(release.rates_file.as_deref()))
    }
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
        // The rulebook's own rates come first: they are of the days its tests are about.
        let rates = match self.own(release.rates_file.as_deref()).or_else(|| self.rates.clone()) {
            Some(path) => load_rates(&path).map_err(|error| vec![error.to_string()])?.0,
            None => Rates::default(),
        };
        let failed = failed_tests(loaded, &rates);
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    fn looks(&self, release: &Release) -> Looks {
        let feeds = [self.items(release), self.rates(release), self.offers.clone(), self.history.clone()];
        Looks::of(feeds.into_iter().flatten())
    }

    fn facts(&self, release: &Release) -> Result<Fed, String> {
        let (items, rates) = (self.items(release), self.rates(release));
        let fitted = release.elasticities.as_ref().map(|_| self.rulebook.join(ELASTICITIES));
        let feeds = Feeds {
            items: items.as_deref(),
            offers: self.offers.as_deref(),
            rates: rates.as_deref(),
            history: self.history.as_deref(),
            fitted: fitted.as_deref(),
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
        let accounts = accounts.iter().map(|account| FeedAccount {
            feed: account.feed.as_str(),
            rows: account.rows,
            bad: u64::try_from(account.quarantined.len()).unwrap_or(u64::MAX),
        });
        Ok(Fed { accounts: accounts.collect(), facts })
    }
}

/// Runs the tests of a rulebook, and tells those that fail in a line each.
#[must_use]
pub fn failed_tests(loaded: &Loaded, rates: &Rates) -> Vec<String> {
    let Some(release) = &loaded.release else { return Vec::new() };
    let results = run_tests(release, &loaded.tests, rates);
    let failed = results.reports.iter().filter_map(|report| match &report.verdict {
        Verdict::Passed => None,
        Verdict::Failed(failure) => Some(match failure.mismatches.first() {
            Some(first) => {
                format!(
                    "test `{}`: `{}` is {}, expected {}",
                    report.name, first.key, first.got, first.expected
                )
            }
            None => format!("test `{}` failed", report.name),
        }),
        Verdict::Broken(findings) => Some(match findings.first() {
            Some(first) => format!("test `{}`: {}: {}", report.name, first.code, first.title),
            None => format!("test `{}` cannot be run", report.name),
        }),
    });
    failed.collect()
}
