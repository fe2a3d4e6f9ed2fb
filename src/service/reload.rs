//! Follows the rulebook folder: a change is served only when it is whole.
//!
//! Whole is what matches `rulebook.lock`, or what nobody touched for a while, passes check and tests, says no less than
//! the release in force ([`Counts`]) and reads all that was uploaded: a file cut in half can still be valid TOML with
//! guards or rules missing. Anything else leaves the last good release where it is, and says so once: a warning and two metrics. Feeds are read with each
//! release, and again when their files change ([`super::feeds`]).
//!
//! Whatever blocks runs on a thread of its own for a limited time. One that is stuck, such as on a network folder, is
//! abandoned: the watcher goes on, and looks again less and less often.

use super::Clock;
use super::facts::Unread;
use super::feeds::{Fed, FeedLimits, Followed, Looks, Seen};
use super::findings;
use super::lock::{Counts, Lock};
use super::metrics::Metrics;
use super::proto;
use super::source::Source;
use super::state::{Serving, State, locked};
use crate::rulebook::{Diagnostic, Files, Loaded, Severity};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::{info, warn};

/// How often to look, how long nothing may have changed, and how long work may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub poll: Duration,
    pub quiet: Duration,
    /// Reading the folder.
    pub read: Duration,
    /// Check, tests and feeds.
    pub decide: Duration,
    pub feeds: FeedLimits,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            quiet: Duration::from_secs(2),
            read: Duration::from_secs(5),
            decide: Duration::from_secs(600),
            feeds: FeedLimits::default(),
        }
    }
}

/// How many findings one warning names.
const FINDINGS_SHOWN: usize = 3;

/// How many times as long as a change must be quiet it takes until a content that cannot read the uploads is tried again.
const AGAIN: u32 = 30;

/// How many stuck threads there may be; beyond, the folder is not looked at until one of them ends.
const STUCK_MAX: usize = 64;
/// The longest pause between looks at a folder that cannot be read in time.
const PAUSE_MAX: Duration = Duration::from_secs(600);

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
    /// One for each thread that may be at work.
    threads: Arc<Semaphore>,
    /// How long to wait after a look that was not answered in time.
    pause: Option<Duration>,
    feeds: Followed,
    /// Set while a content is not served because it cannot read what was uploaded.
    again: Option<Again>,
}

/// When to decide again on a content that cannot read what was uploaded.
#[derive(Debug)]
struct Again {
    when: Instant,
    /// Nothing has changed while these facts are in force.
    fact_set: Option<Arc<str>>,
    /// What was said of it.
    summary: String,
}

/// What may be served.
#[derive(Debug)]
pub struct Judged {
    serving: Serving,
    feeds: Followed,
    /// The folder's lock admits it: what it loses is meant to go.
    is_meant: bool,
}

/// Loads the first release. Somebody has just asked for it, so it need not be quiet; check and tests must pass.
///
/// # Errors
/// Why nothing can be served.
pub fn load<S: Source>(source: &S) -> Result<(Files, Judged), Rejected> {
    let files = source.read().map_err(|findings| Rejected::findings(&findings))?;
    let judged = judge(source, &files, None)?;
    Ok((files, judged))
}

/// Why a content is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// One line.
    pub summary: String,
    /// The first findings, a line each.
    pub findings: Vec<String>,
    /// All that `RulebookService` tells of it.
    pub diagnostics: Vec<proto::Diagnostic>,
    pub failed_tests: Vec<String>,
}

impl<S: Source> Watcher<S> {
    /// Starts from what `load` gave.
    #[must_use]
    pub async fn new(
        source: Arc<S>,
        (files, judged): (Files, Judged),
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
            threads: Arc::new(Semaphore::new(STUCK_MAX)),
            pause: None,
            feeds: Followed::new(Looks::default(), Vec::new()),
            again: None,
        };
        watcher.serve(judged).await;
        watcher
    }

    /// Looks until dropped.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(self.pause.unwrap_or(self.timing.poll)).await;
            self.look().await;
        }
    }

    /// One look at the folder.
    async fn look(&mut self) {
        let content = match self.limited(self.timing.read, |source| source.read()).await {
            Ok(content) => content,
            Err(stopped) => return self.unread(stopped),
        };
        let was_unread = self.pause.take().is_some();
        if content != self.seen || was_unread {
            self.seen = content;
            self.since = Instant::now();
            self.is_decided = false;
            self.again = None;
            if self.seen == self.served {
                self.is_decided = true;
                self.metrics.reload_success.set(1.0);
                locked(&self.state.releases).accept();
                info!("the rulebook folder holds the served release again");
            } else if self.is_locked().await {
                self.decide().await;
            }
        } else if !self.is_decided && self.timing.quiet <= self.since.elapsed() || self.is_due_again() {
            self.decide().await;
        } else {
            self.look_at_feeds().await;
        }
    }

    async fn look_at_feeds(&mut self) {
        let Some(in_force) = self.state.pin() else { return };
        let release = in_force.release.clone();
        let looking = self.limited(self.timing.read, move |source| source.looks(&release)).await;
        let Ok(looks) = looking else { return };
        match self.feeds.look(looks.clone(), Instant::now(), self.timing.quiet) {
            Seen::Nothing => {}
            Seen::Back => self.metrics.feeds_success.set(1.0),
            Seen::Due => match self.feed(&in_force, looks).await {
                Ok(()) => {
                    self.metrics.feeds_success.set(1.0);
                    self.metrics.feed_reloads.increment(1);
                }
                Err(why) => {
                    self.metrics.feeds_success.set(0.0);
                    self.metrics.feed_failures.increment(1);
                    warn!("feeds that have changed are not served, the last good ones stay: {why}");
                }
            },
        }
    }

    /// Reads the feeds again and serves them with the release in force.
    async fn feed(&mut self, in_force: &Serving, looks: Looks) -> Result<(), String> {
        let release = in_force.release.clone();
        let reading = self.limited(self.timing.decide, move |source| source.facts(&release)).await;
        let stopped = |stopped: Stopped| stopped.summary("reading them", self.timing.decide);
        let Fed { facts, accounts } = reading.map_err(stopped)??;
        if let Some(why) = self.feeds.worse(&accounts, self.timing.feeds) {
            return Err(format!("{why}; if that is meant, start the service anew"));
        }
        let items = facts.items.len();
        let serving = Serving::new(in_force.release.clone(), facts, in_force.counts);
        let (state, last) = (self.state.clone(), self.state.pin());
        let swapped = tokio::task::spawn_blocking(move || {
            // The release can read as much as it could.
            let swapped = state.swap(serving, true);
            drop(last);
            swapped.is_ok()
        });
        if !swapped.await.unwrap_or(false) {
            return Err(Stopped::Panicked.summary("laying the uploads over them", self.timing.decide));
        }
        self.feeds = Followed::new(looks, accounts);
        info!(items, "serving feeds that have changed");
        Ok(())
    }

    /// Whether it is time to see if a content can read what was uploaded since.
    fn is_due_again(&mut self) -> bool {
        let (now, fact_set, pause) = (Instant::now(), self.fact_set(), self.timing.quiet * AGAIN);
        let Some(again) = self.again.as_mut().filter(|again| again.when <= now) else { return false };
        again.when = now + pause;
        std::mem::replace(&mut again.fact_set, fact_set.clone()) != fact_set
    }

    fn fact_set(&self) -> Option<Arc<str>> {
        self.state.pin().map(|serving| serving.fact_set.clone())
    }

    /// The folder does not answer. Said once, then asked again after longer and longer.
    fn unread(&mut self, stopped: Stopped) {
        match self.pause {
            None => {
                self.reject(&stopped.rejected("reading it", self.timing.read));
                self.pause = Some(self.timing.read.max(self.timing.poll));
            }
            Some(pause) => self.pause = Some(pause.saturating_mul(2).min(PAUSE_MAX)),
        }
    }

    /// Runs what may block on a thread of its own; one that is not done in time is abandoned.
    async fn limited<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&S) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let Ok(permit) = self.threads.clone().try_acquire_owned() else { return Err(Stopped::Stuck) };
        let source = self.source.clone();
        let working = tokio::task::spawn_blocking(move || {
            let done = work(&source);
            drop(permit);
            done
        });
        match tokio::time::timeout(limit, working).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Stopped::Panicked),
            Err(_) => Err(Stopped::Stuck),
        }
    }

    /// Whether the folder's lock admits exactly what it holds.
    async fn is_locked(&self) -> bool {
        let Some((files, lock)) = self.seen.as_ref().ok().and_then(|files| Some((files, Lock::of(files)?)))
        else {
            return false;
        };
        let files = files.clone();
        let admits =
            move |source: &S| source.compile(files).release.is_some_and(|release| lock.admits(&release));
        self.limited(self.timing.decide, admits).await.unwrap_or(false)
    }

    async fn decide(&mut self) {
        self.is_decided = true;
        let serving = match &self.seen {
            Ok(files) => {
                let (files, in_force) = (files.clone(), self.state.pin());
                let judged = move |source: &S| judge(source, &files, in_force.as_deref());
                let limit = self.timing.decide;
                let judged = self.limited(limit, judged).await;
                judged.unwrap_or_else(|stopped| Err(stopped.rejected("check, tests and feeds", limit)))
            }
            Err(findings) => Err(Rejected::findings(findings)),
        };
        match serving {
            Ok(judged) => self.serve(judged).await,
            Err(rejected) => self.reject(&rejected),
        }
    }

    fn reject(&self, rejected: &Rejected) {
        self.metrics.reload_success.set(0.0);
        self.metrics.reload_failures.increment(1);
        locked(&self.state.releases).reject(rejected.clone(), Clock { fixed: None }.now());
        warn!(
            findings = rejected.findings.join("\n"),
            "the rulebook folder is not served, the last good release stays: {}", rejected.summary
        );
    }

    async fn serve(&mut self, Judged { serving, feeds, is_meant }: Judged) {
        let (state, last) = (self.state.clone(), self.state.pin());
        // To lay many uploads over the feeds, and to free a large catalog, takes a while.
        let swapped = tokio::task::spawn_blocking(move || {
            let swapped = state.swap(serving, is_meant);
            drop(last);
            swapped
        });
        let serving = match swapped.await {
            Ok(Ok(serving)) => serving,
            Ok(Err(unread)) => {
                let (when, summary) = (Instant::now() + self.timing.quiet * AGAIN, unread.summary());
                let again = Again { when, fact_set: self.fact_set(), summary: summary.clone() };
                if self.again.replace(again).is_none_or(|said| said.summary != summary) {
                    self.reject(&Rejected::unread(&unread));
                }
                return;
            }
            Err(_) => {
                let work = "laying the uploads over it";
                return self.reject(&Stopped::Panicked.rejected(work, self.timing.decide));
            }
        };
        self.served.clone_from(&self.seen);
        (self.feeds, self.again) = (feeds, None);
        self.metrics.feeds_success.set(1.0);
        info!(
            release = serving.release.id(),
            rulebook = &*serving.release.name,
            guards = serving.release.guard_count,
            items = serving.facts.items.len(),
            "serving"
        );
        let now = Clock { fixed: None }.now();
        let files = self.served.as_ref().map(|files| files.0.keys().cloned().collect()).unwrap_or_default();
        locked(&self.state.releases).serve(serving.release.clone(), files, now);
        self.metrics.reloads.increment(1);
        self.metrics.reload_success.set(1.0);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in an f64")]
        self.metrics.loaded_at.set(now as f64);
    }
}

/// Why blocking work gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Stuck,
    /// Our bug.
    Panicked,
}

impl Stopped {
    fn rejected(self, work: &str, limit: Duration) -> Rejected {
        Rejected::for_one_reason(self.summary(work, limit))
    }

    fn summary(self, work: &str, limit: Duration) -> String {
        match self {
            Self::Stuck => format!("{work} takes longer than {limit:?}"),
            Self::Panicked => format!("{work} failed for a reason of our own; please report it"),
        }
    }
}

/// What serving `files` would mean, when they are whole.
fn judge<S: Source>(source: &S, files: &Files, in_force: Option<&Serving>) -> Result<Judged, Rejected> {
    let loaded = source.compile(files.clone());
    let Some(release) = loaded.release.clone() else {
        return Err(Rejected::check(&loaded));
    };
    let counts = Counts::of(&loaded, &release);
    let is_meant = Lock::of(files).is_some_and(|lock| lock.admits(&release));
    if !is_meant {
        if let Some(serving) = in_force {
            nothing_falls(&counts, &serving.counts)?;
        }
        source.test(&loaded).map_err(|failed| Rejected::tests(&failed))?;
    }
    // First, so that a change while they are read is seen.
    let looks = source.looks(&release);
    let Fed { facts, accounts } = source
        .facts(&release)
        .map_err(|why| Rejected::for_one_reason(format!("its facts cannot be read: {why}")))?;
    let feeds = Followed::new(looks, accounts);
    Ok(Judged { serving: Serving::new(release, facts, counts), feeds, is_meant })
}

fn nothing_falls(now: &Counts, in_force: &Counts) -> Result<(), Rejected> {
    let fell = now.fell(in_force);
    if fell.is_empty() {
        return Ok(());
    }
    let summary = format!(
        "it has only {} of the release in force; if that is meant, run `pricer check DIR --lock`",
        fell.join(", ")
    );
    Err(Rejected::for_one_reason(summary))
}

impl Rejected {
    fn for_one_reason(summary: String) -> Self {
        Self { summary, findings: Vec::new(), diagnostics: Vec::new(), failed_tests: Vec::new() }
    }

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
            diagnostics: findings::all(&loaded.diagnostics, &loaded.files),
            failed_tests: Vec::new(),
        }
    }

    fn unread(unread: &Unread) -> Self {
        Self {
            summary: unread.summary(),
            findings: unread.lines(FINDINGS_SHOWN),
            diagnostics: unread.diagnostics(),
            failed_tests: Vec::new(),
        }
    }

    fn findings(found: &[Diagnostic]) -> Self {
        let shown = found.iter().take(FINDINGS_SHOWN);
        Self {
            summary: format!("it has {}", count(found.len(), "error")),
            findings: shown.map(|finding| format!("{}: {}", finding.code, finding.title)).collect(),
            diagnostics: findings::all(found, &Files::default()),
            failed_tests: Vec::new(),
        }
    }

    fn tests(failed: &[String]) -> Self {
        Self {
            summary: format!("it has {}", count(failed.len(), "failed test")),
            findings: failed.iter().take(FINDINGS_SHOWN).cloned().collect(),
            diagnostics: Vec::new(),
            failed_tests: failed.iter().take(findings::SHOWN_MAX).cloned().collect(),
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
