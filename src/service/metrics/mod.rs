//! What the service counts. No label value comes from a request: the number of series is bounded.
//!
//! A value, not global, so that several services can live in one process.

mod facts;
pub mod page;
mod registry;

pub use registry::{Counter, Gauge, Histogram, Labeled, Page};

use super::method::Method;
use super::proto;
use super::state::State;
use super::status::Failure;
use std::time::Duration;
use tonic::Code;

/// Names of the gRPC codes, by number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The name of a code as the metrics and the log write it.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    usize::try_from(i32::from(code)).ok().and_then(|at| CODES.get(at)).copied().unwrap_or("UNKNOWN")
}

/// The calls of one method, each counted once when it ends.
#[derive(Debug, Default)]
struct Calls {
    by_code: [Counter; CODES.len()],
    seconds: Histogram,
}

#[derive(Debug, Default)]
pub struct Metrics {
    /// 1 while the rulebook folder holds what is served, 0 while it holds something that was not accepted.
    pub reload_success: Gauge,
    pub reloads: Counter,
    pub reload_failures: Counter,
    /// 1 while the feed files hold what is served, 0 while they hold something that was not accepted.
    pub feeds_success: Gauge,
    pub feed_reloads: Counter,
    pub feed_failures: Counter,
    /// Seconds since 1970.
    pub loaded_at: Gauge,
    /// 1 while the files of credentials hold what is in force.
    pub credentials_success: Gauge,
    pub connections: Gauge,
    pub connections_refused: Labeled<4>,
    pub accept_errors: Counter,
    pub handshake_failures: Counter,
    pub in_flight: Gauge,
    /// Refused without being looked at, by reason.
    pub shed: Labeled<8>,
    /// Uploaded rows by what became of them.
    pub uploaded: Labeled<8>,
    /// Jobs that run or wait.
    pub jobs_open: Gauge,
    /// Jobs that ended, by how.
    pub jobs: Labeled<4>,
    pub job_rows: Counter,
    /// Rows that were priced although nobody waited for them any more.
    pub rows_after_deadline: Counter,
    quotes: Labeled<48>,
    quote_seconds: Histogram,
    /// By method; the last is for paths that are none.
    calls: ByMethod,
}

#[derive(Debug)]
struct ByMethod(Box<[Calls]>);

impl Default for ByMethod {
    fn default() -> Self {
        Self((0..=Method::ALL.len()).map(|_| Calls::default()).collect())
    }
}

impl Metrics {
    /// Counts one quote: `priced`, `held`, or the reason of its failure, all of closed lists.
    pub fn quoted(&self, answer: &Result<proto::Decision, Failure>, took: Duration) {
        let outcome = match answer {
            Ok(decision) if decision.status() == proto::DecisionStatus::Held => "held",
            Ok(_) => "priced",
            Err(failure) => failure.condition.row().1,
        };
        self.quotes.increment(outcome, 1);
        self.quote_seconds.record(took);
    }

    /// Counts one call when it ends.
    pub fn called(&self, method: Option<Method>, code: Code, took: Duration) {
        let at = method.map_or(Method::ALL.len(), |method| method as usize);
        let Some(calls) = self.calls.0.get(at) else { return };
        let code = usize::try_from(i32::from(code)).unwrap_or_default();
        if let Some(counter) = calls.by_code.get(code) {
            counter.increment(1);
        }
        calls.seconds.record(took);
    }

    /// The page as it is now, in the Prometheus text format, with how fresh the facts of `state` are.
    #[must_use]
    pub fn page(&self, state: &State) -> String {
        let mut page = Page::default();
        if let Some(serving) = state.pin() {
            facts::write(&mut page, &serving);
        }
        self.requests(&mut page);
        self.operation(&mut page);
        self.work(&mut page);
        page.family("pricer_quotes_total", "counter", "Quotes by outcome");
        for (outcome, count) in self.quotes.iter() {
            page.sample("pricer_quotes_total", &[("outcome", outcome)], count);
        }
        page.family(
            "pricer_quote_seconds",
            "histogram",
            "How long quotes took, from decoded request to answer",
        );
        page.histogram("pricer_quote_seconds", &[], &self.quote_seconds);
        page.text()
    }

    fn requests(&self, page: &mut Page) {
        let methods = || Method::ALL.iter().map(|method| method.path()).chain(["other"]).zip(&self.calls.0);
        page.family("pricer_requests_total", "counter", "Calls that ended, by method and gRPC code");
        for (method, calls) in methods() {
            for (code, counter) in CODES.iter().zip(&calls.by_code).filter(|(_, counter)| counter.get() != 0)
            {
                page.sample("pricer_requests_total", &[("method", method), ("code", code)], counter.get());
            }
        }
        page.family(
            "pricer_request_seconds",
            "histogram",
            "How long calls took, from headers to the last byte",
        );
        for (method, calls) in methods().filter(|(_, calls)| calls.seconds.count() != 0) {
            page.histogram("pricer_request_seconds", &[("method", method)], &calls.seconds);
        }
        page.gauge("pricer_requests_in_flight", "Calls that have not ended", self.in_flight.get());
        page.family("pricer_requests_shed_total", "counter", "Calls refused under load, by reason");
        for (reason, count) in self.shed.iter() {
            page.sample("pricer_requests_shed_total", &[("reason", reason)], count);
        }
        page.counter(
            "pricer_rows_after_deadline_total",
            "Rows priced although their caller's deadline had passed",
            &self.rows_after_deadline,
        );
    }

    fn operation(&self, page: &mut Page) {
        page.gauge("pricer_connections", "Open connections", self.connections.get());
        page.family("pricer_connections_refused_total", "counter", "Connections closed at once, by reason");
        for (reason, count) in self.connections_refused.iter() {
            page.sample("pricer_connections_refused_total", &[("reason", reason)], count);
        }
        page.counter(
            "pricer_accept_errors_total",
            "Connections that could not be accepted, for want of file descriptors or memory",
            &self.accept_errors,
        );
        page.counter(
            "pricer_handshake_failures_total",
            "TLS handshakes that failed or took too long",
            &self.handshake_failures,
        );
        page.gauge(
            "pricer_rulebook_reload_success",
            "1 while the rulebook folder holds what is served, 0 while it holds something that was not accepted",
            self.reload_success.get(),
        );
        page.counter("pricer_rulebook_reloads_total", "Releases taken into service", &self.reloads);
        page.counter(
            "pricer_rulebook_reload_failures_total",
            "Contents of the rulebook folder that were not accepted",
            &self.reload_failures,
        );
        page.gauge(
            "pricer_rulebook_loaded_timestamp_seconds",
            "When the served release was loaded, in seconds since 1970",
            self.loaded_at.get(),
        );
        page.gauge(
            "pricer_feeds_reload_success",
            "1 while the feed files hold what is served, 0 while they hold something that was not accepted",
            self.feeds_success.get(),
        );
        page.counter(
            "pricer_feeds_reloads_total",
            "Changed feed files taken into service",
            &self.feed_reloads,
        );
        page.counter(
            "pricer_feeds_reload_failures_total",
            "Changed feed files that were not accepted",
            &self.feed_failures,
        );
        page.gauge(
            "pricer_credentials_reload_success",
            "1 while the files of principals, certificate and key hold what is in force",
            self.credentials_success.get(),
        );
    }

    /// Uploads and jobs.
    fn work(&self, page: &mut Page) {
        page.family("pricer_uploaded_rows_total", "counter", "Uploaded rows by what became of them");
        for (outcome, count) in self.uploaded.iter() {
            page.sample("pricer_uploaded_rows_total", &[("outcome", outcome)], count);
        }
        page.gauge("pricer_jobs_open", "Jobs that run or wait", self.jobs_open.get());
        page.family("pricer_jobs_total", "counter", "Jobs that ended, by how");
        for (state, count) in self.jobs.iter() {
            page.sample("pricer_jobs_total", &[("state", state)], count);
        }
        page.counter("pricer_job_rows_total", "Rows that jobs have priced, held or refused", &self.job_rows);
    }
}
