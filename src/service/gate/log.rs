//! One line for a call that ended: how much is said is configured, and never what was asked.

use super::super::metrics::code_name;
use super::{Bucket, Ticket};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tonic::Code;
use tonic::codegen::http::{HeaderMap, HeaderValue};

pub const REQUEST_ID: &str = "x-request-id";
/// Lines a second about failures; more of them say nothing new.
const FAILURES_PER_SECOND: u32 = 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogRequests {
    Off,
    /// What an operator should look at, at most 20 a second.
    #[default]
    Failures,
    All,
}

#[derive(Debug)]
pub struct Logger {
    what: LogRequests,
    failures: Bucket,
    left_out: AtomicU64,
    /// Tells this run of the service from others in the log.
    run: u64,
    next_id: AtomicU64,
}

impl Logger {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "an edge: names a run, prices nothing")]
    pub fn new(what: LogRequests) -> Self {
        let run = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        let failures = Bucket::new(FAILURES_PER_SECOND);
        Self { what, failures, left_out: AtomicU64::new(0), run, next_id: AtomicU64::new(1) }
    }

    /// An id for a call that has none.
    #[must_use]
    pub fn new_id(&self) -> Option<HeaderValue> {
        let id = format!("{:x}-{}", self.run, self.next_id.fetch_add(1, Relaxed));
        HeaderValue::try_from(id).ok()
    }

    #[must_use]
    pub fn wants(&self, code: Code) -> bool {
        match self.what {
            LogRequests::Off => false,
            LogRequests::All => true,
            LogRequests::Failures => is_failure(code),
        }
    }

    pub fn log(&self, ticket: &Ticket, code: Code, took: Duration) {
        if self.what == LogRequests::Failures && self.failures.take().is_err() {
            self.left_out.fetch_add(1, Relaxed);
            return;
        }
        let id = ticket.request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        let method = ticket.method.map_or("other", |method| method.path());
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let (code, caller, peer) = (code_name(code), ticket.caller.to_string(), ticket.peer.address);
        let left_out = self.left_out.swap(0, Relaxed);
        tracing::info!(request_id = id, method, code, caller, %peer, micros, left_out, "call");
    }
}

/// Ours, or somebody at the door: not a caller's ordinary mistake, and not load, which the metrics tell.
fn is_failure(code: Code) -> bool {
    use Code::{DataLoss, DeadlineExceeded, Internal, PermissionDenied, Unauthenticated, Unknown};
    matches!(code, Unknown | DeadlineExceeded | PermissionDenied | Internal | DataLoss | Unauthenticated)
}

/// The caller's id for the call, if it is one.
pub fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(REQUEST_ID)?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let bytes = value.as_bytes();
    ((1..=64).contains(&bytes.len()) && bytes.iter().all(is_plain)).then(|| value.clone())
}
