//! Principals, certificate and key as their files hold them now: they change without a restart, and a broken file
//! changes nothing.

use super::access::Directory;
use super::config::problem::{self, Source};
use super::metrics::Metrics;
use super::tls::TlsFiles;
use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::ServerConfig;
use tracing::{info, warn};

/// Where credentials come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialFiles {
    pub principals: Option<PathBuf>,
    pub tls: Option<TlsFiles>,
}

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Credentials {
    files: CredentialFiles,
    directory: ArcSwap<Directory>,
    tls: ArcSwapOption<ServerConfig>,
}

impl Credentials {
    /// # Errors
    /// All that is wrong with the files.
    pub fn load(files: CredentialFiles) -> Result<Self, Vec<String>> {
        let (directory, tls) = (read_directory(&files, None), read_tls(&files));
        match (directory, tls) {
            (Ok(directory), Ok(tls)) => {
                Ok(Self { files, directory: ArcSwap::from_pointee(directory), tls: ArcSwapOption::new(tls) })
            }
            (directory, tls) => Err([directory.err(), tls.err()].into_iter().flatten().collect()),
        }
    }

    /// Whether callers must say who they are.
    #[must_use]
    pub fn has_principals(&self) -> bool {
        self.files.principals.is_some()
    }

    #[must_use]
    pub fn directory(&self) -> Guard<Arc<Directory>> {
        self.directory.load()
    }

    #[must_use]
    pub fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls.load_full()
    }

    /// Looks at the files until dropped. What is broken is said once.
    pub async fn follow(self: Arc<Self>, metrics: Arc<Metrics>) {
        metrics.credentials_success.set(1.0);
        let mut seen = self.contents().await;
        loop {
            tokio::time::sleep(POLL).await;
            let now = self.contents().await;
            if now == seen {
                continue;
            }
            seen = now;
            let reader = self.clone();
            let read = tokio::task::spawn_blocking(move || {
                let earlier = reader.directory.load();
                read_directory(&reader.files, Some(&earlier))
                    .and_then(|new| Ok((new, read_tls(&reader.files)?)))
            });
            match read.await {
                Ok(Ok((directory, tls))) => {
                    self.directory.store(Arc::new(directory));
                    self.tls.store(tls);
                    metrics.credentials_success.set(1.0);
                    info!("new credentials are in force");
                }
                Ok(Err(why)) => {
                    metrics.credentials_success.set(0.0);
                    warn!(findings = why, "credentials are not taken, the last good ones stay");
                }
                Err(_) => warn!("credentials could not be read for a reason of our own; please report it"),
            }
        }
    }

    async fn contents(&self) -> Vec<Option<Vec<u8>>> {
        let tls = self.files.tls.iter().flat_map(TlsFiles::paths);
        let paths: Vec<PathBuf> = tls.map(Into::into).chain(self.files.principals.clone()).collect();
        let read =
            tokio::task::spawn_blocking(move || paths.iter().map(|path| std::fs::read(path).ok()).collect());
        read.await.unwrap_or_default()
    }
}

fn read_directory(files: &CredentialFiles, earlier: Option<&Directory>) -> Result<Directory, String> {
    let Some(path) = &files.principals else { return Ok(Directory::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    let name = path.display().to_string();
    Directory::parse(Source { name: &name, text: &text }, earlier)
        .map_err(|problems| problem::lines(&problems))
}

fn read_tls(files: &CredentialFiles) -> Result<Option<Arc<ServerConfig>>, String> {
    files.tls.as_ref().map(TlsFiles::load).transpose()
}
