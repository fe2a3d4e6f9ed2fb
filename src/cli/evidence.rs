//! The catalog that `pricer check` takes its witnesses from.

use super::opened::{now, own_fitted, own_rates};
use crate::batch::{Feeds, load_facts};
use crate::facts::parse_instant;
use crate::pricing::Release;
use crate::rulebook::Evidence;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, clap::Args)]
pub struct CatalogArgs {
    /// A catalog, CSV or Parquet: findings then name real items and prices
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Rivals' offers, CSV or Parquet
    #[arg(long, value_name = "FILE", requires = "catalog")]
    pub offers: Option<PathBuf>,
    /// Exchange rates [default: the feed that the rulebook's markets name]
    #[arg(long, value_name = "FILE", requires = "catalog")]
    pub fx: Option<PathBuf>,
    /// The moment, such as `2026-11-18T10:00:00+01:00` [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_instant, requires = "catalog")]
    pub at: Option<i64>,
}

impl CatalogArgs {
    /// Reads the feeds with the rulebook's names; `problem` says what could not be read.
    pub(super) fn read(
        &self,
        folder: &Path,
        vocabulary: &Release,
        problem: &mut Option<String>,
    ) -> Option<Evidence> {
        let catalog = self.catalog.as_deref()?;
        let own = own_rates(folder, vocabulary);
        let fitted = own_fitted(folder, vocabulary);
        let feeds = Feeds {
            items: Some(catalog),
            offers: self.offers.as_deref(),
            rates: self.fx.as_deref().or(own.as_deref()),
            history: None,
            fitted: fitted.as_deref(),
        };
        match load_facts(vocabulary, feeds) {
            Ok((facts, _)) => {
                let file = catalog.file_name().unwrap_or(catalog.as_os_str()).to_string_lossy();
                let name = format!("catalog {file}");
                Some(Evidence { name, facts, at: self.at.unwrap_or_else(now) })
            }
            Err(error) => {
                *problem = Some(error.to_string());
                None
            }
        }
    }
}
