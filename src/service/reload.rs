//! Follows the rulebook folder: a change is served only when it is whole.
//!
//! Whole is what matches `rulebook.lock`, or what nobody touched for a while, passes check and tests and has no fewer
//! guards than the release in force: a file cut in half can still be valid TOML with guards missing. Anything else leaves
//! the last good release where it is, and says so once: a warning and two metrics. Feeds are not followed; they are read
//! again with each release.

use super::Clock;
use super::lock::{self, Lock};
use super::metrics::Metrics;
use super::source::Source;
use super::state::{Serving, State};
use crate::pricing::Release;
use crate::rulebook::{Diagnostic, Files, Loaded, Severity};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// How often to look, and how long nothing may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub poll: Duration,
    pub quiet: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { poll: Duration::from_millis(500), quiet: Duration::from_secs(2) }
    }
}

/// How many findings one warning names.
const FINDINGS_SHOWN: usize = 3;

/// What the folder held at one look.
type Content = Result<Files, Vec<Diagnostic>>;

/// Follows one folder into one [`State`].
#[derive(Debug)]
pub struct Watcher<S> {
    source: Arc<S>,
    state: Arc<State>,
    metrics: Arc<Metrics>,
    timing: Timing,
    /// The content of the release in force.
    served: Content,
    /// The content of the last look, since when it has been so, and whether it has been decided on.
    seen: Content,
    since: Instant,
    is_decided: bool,
}

/// Loads the first release. Somebody has just asked for it, so it need not be quiet; check and tests must pass.
///
/// # Errors
/// Why nothing can be served.
pub fn load<S: Source>(source: &S) -> Result<(Files, Arc<Serving>), Rejected> {
    let files = source.read().map_err(|findings| Rejected::findings(&findings))?;
    let serving = judge(source, &files, None)?;
    Ok((files, Arc::new(serving)))
}

/// Why a content is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// One line.
    pub summary: String,
    /// The first findings, a line each.
    pub findings: Vec<String>,
}

impl<S: Source> Watcher<S> {
    /// Starts from what `load` gave.
    #[must_use]
    pub fn new(
        source: Arc<S>,
        (files, serving): (Files, Arc<Serving>),
        state: Arc<State>,
        metrics: Arc<Metrics>,
        timing: Timing,
    ) -> Self {
        let mut watcher = Self {
            source,
            state,
            metrics,
            timing,
            served: Ok(Files::default()),
            seen: Ok(files),
            since: Instant::now(),
            is_decided: true,
        };
        watcher.serve(serving);
        watcher
    }

    /// Looks until dropped.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(self.timing.poll).await;
            self = match tokio::task::spawn_blocking(move || self.look()).await {
                Ok(watcher) => watcher,
                Err(error) => {
                    // A panic is our bug; the release in force stays, and the gauge must not claim otherwise.
                    tracing::error!(%error, "the rulebook folder is no longer followed");
                    return;
                }
            };
        }
    }

    /// One look at the folder.
    fn look(mut self) -> Self {
        let content = self.source.read();
        if content != self.seen {
            self.seen = content;
            self.since = Instant::now();
            self.is_decided = false;
            if self.seen == self.served {
                self.is_decided = true;
                self.metrics.reload_success.set(1.0);
                info!("the rulebook folder holds the served release again");
            } else if self.is_locked() {
                self.decide();
            }
        } else if !self.is_decided && self.timing.quiet <= self.since.elapsed() {
            self.decide();
        }
        self
    }

    /// Whether the folder's lock admits exactly what it holds.
    fn is_locked(&self) -> bool {
        let Ok(files) = &self.seen else { return false };
        Lock::of(files).is_some_and(|lock| {
            let release = self.source.compile(files.clone()).release;
            release.is_some_and(|release| lock.admits(&release))
        })
    }

    fn decide(&mut self) {
        self.is_decided = true;
        let serving = match &self.seen {
            Ok(files) => judge(&*self.source, files, self.state.pin().as_deref()),
            Err(findings) => Err(Rejected::findings(findings)),
        };
        match serving {
            Ok(serving) => self.serve(Arc::new(serving)),
            Err(rejected) => {
                self.metrics.reload_success.set(0.0);
                self.metrics.reload_failures.increment(1);
                warn!(
                    findings = rejected.findings.join("\n"),
                    "the rulebook folder is not served, the last good release stays: {}", rejected.summary
                );
            }
        }
    }

    fn serve(&mut self, serving: Arc<Serving>) {
        self.served.clone_from(&self.seen);
        info!(
            release = serving.release.id(),
            rulebook = &*serving.release.name,
            guards = serving.release.guard_count,
            items = serving.facts.items.len(),
            "serving"
        );
        self.state.swap(serving);
        self.metrics.reload_success.set(1.0);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in an f64")]
        self.metrics.loaded_at.set(Clock { fixed: None }.now() as f64);
    }
}

/// What serving `files` would mean, when they are whole.
fn judge<S: Source>(source: &S, files: &Files, in_force: Option<&Serving>) -> Result<Serving, Rejected> {
    let loaded = source.compile(files.clone());
    let Some(release) = loaded.release.clone() else {
        return Err(Rejected::check(&loaded));
    };
    if !Lock::of(files).is_some_and(|lock| lock.admits(&release)) {
        if let Some(serving) = in_force {
            guards_do_not_fall(&release, &serving.release)?;
        }
        source.test(&loaded).map_err(|failed| Rejected::tests(&failed))?;
    }
    let facts = source.facts(&release).map_err(|why| Rejected {
        summary: format!("its facts cannot be read: {why}"),
        findings: Vec::new(),
    })?;
    Ok(Serving { release, facts })
}

fn guards_do_not_fall(release: &Release, in_force: &Release) -> Result<(), Rejected> {
    let (now, then) = (release.guard_count, in_force.guard_count);
    if then <= now {
        return Ok(());
    }
    let lock = Lock::for_release(release);
    Err(Rejected {
        summary: format!(
            "it has {}, the release in force has {then}; if that is meant, write `{}`",
            count(now, "guard"),
            lock::NAME
        ),
        findings: lock.to_string().lines().map(ToOwned::to_owned).collect(),
    })
}

impl Rejected {
    fn check(loaded: &Loaded) -> Self {
        let errors = loaded.diagnostics.iter();
        let errors: Vec<&Diagnostic> = errors.filter(|finding| finding.severity == Severity::Error).collect();
        let place = |finding: &Diagnostic| {
            let span = &finding.primary.span;
            let (line, column) = loaded.files.line_column(&span.file, span.start);
            format!("{}:{line}:{column}: {}: {}", span.file, finding.code, finding.title)
        };
        Self {
            summary: format!("it has {}", count(errors.len(), "error")),
            findings: errors.into_iter().take(FINDINGS_SHOWN).map(place).collect(),
        }
    }

    fn findings(findings: &[Diagnostic]) -> Self {
        let shown = findings.iter().take(FINDINGS_SHOWN);
        Self {
            summary: format!("it has {}", count(findings.len(), "error")),
            findings: shown.map(|finding| format!("{}: {}", finding.code, finding.title)).collect(),
        }
    }

    fn tests(failed: &[String]) -> Self {
        Self {
            summary: format!("it has {}", count(failed.len(), "failed test")),
            findings: failed.iter().take(FINDINGS_SHOWN).cloned().collect(),
        }
    }
}

fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("the rulebook cannot be served: {}", self.summary);
        for finding in &self.findings {
            let _ = write!(text, "\n  {finding}");
        }
        f.write_str(&text)
    }
}

impl std::error::Error for Rejected {}
