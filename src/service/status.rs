//! What went wrong, as a gRPC status: one table, in the order of precedence.
//!
//! Every status carries `google.rpc.ErrorInfo`; field problems carry `BadRequest` with all violations at once.

use super::convert::{Invalid, guard_id, rule_info};
use super::proto;
use crate::explain::refusal_text;
use crate::pricing::{Refusal, RefusalCode, World};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// Who defines the reasons.
const DOMAIN: &str = "pricer";
/// When to come back to a server that is starting, ending or has too much to do.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// An answer's metadata stays below 8 KB, which is all that clients must take. The details hold the message once more and
/// grow by a third in base64; the message itself may grow threefold. All in bytes.
const MESSAGE_MAX: usize = 500;
const METADATA_MAX: usize = 256;
const VIOLATION_MAX: usize = 200;
const VIOLATIONS_MAX: usize = 3_500;
const VIOLATIONS_SHOWN: usize = 32;

/// Everything that keeps an answer from being given, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    MethodUnknown,
    CredentialsRequired,
    RoleLacksMethod,
    RateLimited,
    Overloaded,
    Draining,
    DeadlineExceeded,
    MessageTooLarge,
    MalformedMessage,
    NotReady,
    RoleLacksDetail,
    InvalidField,
    BatchTooLarge,
    QuoteTokenInvalid,
    RequestIdReused,
    ReleaseNotFound,
    MarketNotFound,
    ChannelNotFound,
    SegmentNotFound,
    ItemNotFound,
    RuleNotFound,
    JobNotFound,
    QuoteMismatch,
    QuoteExpired,
    JobNotDone,
    Refused(RefusalCode),
    FactsFull,
    /// A bug of ours.
    Internal,
}

impl Condition {
    /// In the order of precedence.
    pub const ALL: [Self; 38] = [
        Self::MethodUnknown,
        Self::CredentialsRequired,
        Self::RoleLacksMethod,
        Self::RateLimited,
        Self::Overloaded,
        Self::Draining,
        Self::DeadlineExceeded,
        Self::MessageTooLarge,
        Self::MalformedMessage,
        Self::NotReady,
        Self::RoleLacksDetail,
        Self::InvalidField,
        Self::BatchTooLarge,
        Self::QuoteTokenInvalid,
        Self::RequestIdReused,
        Self::ReleaseNotFound,
        Self::MarketNotFound,
        Self::ChannelNotFound,
        Self::SegmentNotFound,
        Self::ItemNotFound,
        Self::RuleNotFound,
        Self::JobNotFound,
        Self::QuoteMismatch,
        Self::QuoteExpired,
        Self::JobNotDone,
        Self::Refused(RefusalCode::VatClass),
        Self::Refused(RefusalCode::ExchangeRateMissing),
        Self::Refused(RefusalCode::ExchangeRateStale),
        Self::Refused(RefusalCode::CostImplausible),
        Self::Refused(RefusalCode::RateImplausible),
        Self::Refused(RefusalCode::FactMissing),
        Self::Refused(RefusalCode::GuardsContradict),
        Self::Refused(RefusalCode::Infeasible),
        Self::Refused(RefusalCode::FeedStale),
        Self::Refused(RefusalCode::NoPrice),
        Self::Refused(RefusalCode::AmountOverflow),
        Self::FactsFull,
        Self::Internal,
    ];

    /// The table: code and reason of each condition.
    #[must_use]
    pub fn row(self) -> (Code, &'static str) {
        match self {
            Self::MethodUnknown => (Code::Unimplemented, "METHOD_UNKNOWN"),
            Self::CredentialsRequired => (Code::Unauthenticated, "CREDENTIALS_REQUIRED"),
            Self::RoleLacksMethod => (Code::PermissionDenied, "ROLE_LACKS_METHOD"),
            Self::RateLimited => (Code::ResourceExhausted, "RATE_LIMITED"),
            Self::Overloaded => (Code::ResourceExhausted, "OVERLOADED"),
            Self::Draining => (Code::Unavailable, "DRAINING"),
            Self::DeadlineExceeded => (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
            Self::MessageTooLarge => (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
            Self::MalformedMessage => (Code::InvalidArgument, "MALFORMED_MESSAGE"),
            Self::NotReady => (Code::Unavailable, "NOT_READY"),
            Self::RoleLacksDetail => (Code::PermissionDenied, "ROLE_LACKS_DETAIL"),
            Self::InvalidField => (Code::InvalidArgument, "INVALID_FIELD"),
            Self::BatchTooLarge => (Code::InvalidArgument, "BATCH_TOO_LARGE"),
            Self::QuoteTokenInvalid => (Code::InvalidArgument, "QUOTE_TOKEN_INVALID"),
            Self::RequestIdReused => (Code::InvalidArgument, "REQUEST_ID_REUSED"),
            Self::ReleaseNotFound => (Code::NotFound, "RELEASE_NOT_FOUND"),
            Self::MarketNotFound => (Code::NotFound, "MARKET_NOT_FOUND"),
            Self::ChannelNotFound => (Code::NotFound, "CHANNEL_NOT_FOUND"),
            Self::SegmentNotFound => (Code::NotFound, "SEGMENT_NOT_FOUND"),
            Self::ItemNotFound => (Code::NotFound, "ITEM_NOT_FOUND"),
            Self::RuleNotFound => (Code::NotFound, "RULE_NOT_FOUND"),
            Self::JobNotFound => (Code::NotFound, "JOB_NOT_FOUND"),
            Self::QuoteMismatch => (Code::FailedPrecondition, "QUOTE_MISMATCH"),
            Self::QuoteExpired => (Code::FailedPrecondition, "QUOTE_EXPIRED"),
            Self::JobNotDone => (Code::FailedPrecondition, "JOB_NOT_DONE"),
            Self::Refused(code @ RefusalCode::AmountOverflow) => (Code::OutOfRange, code.as_str()),
            Self::Refused(code) => (Code::FailedPrecondition, code.as_str()),
            Self::FactsFull => (Code::ResourceExhausted, "FACTS_FULL"),
            Self::Internal => (Code::Internal, "INTERNAL"),
        }
    }

    /// When the same call may succeed, if time alone can mend it.
    #[must_use]
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::NotReady | Self::Overloaded | Self::RateLimited | Self::Draining => Some(RETRY_AFTER),
            _ => None,
        }
    }
}

/// One condition with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub condition: Condition,
    pub message: String,
    /// For programs: which item, guard, fact.
    pub metadata: Vec<(&'static str, String)>,
    pub invalid: Vec<Invalid>,
}

impl Failure {
    #[must_use]
    pub fn new(condition: Condition, message: impl Into<String>) -> Self {
        Self { condition, message: message.into(), metadata: Vec::new(), invalid: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// All violations of a request.
    #[must_use]
    pub fn invalid(invalid: Vec<Invalid>) -> Self {
        let message = match invalid.as_slice() {
            [only] => format!("`{}` {}", only.field, only.why),
            [first, rest @ ..] => {
                format!("`{}` {} (and {} more violations)", first.field, first.why, rest.len())
            }
            [] => "the request is not valid".to_owned(),
        };
        Self { invalid, ..Self::new(Condition::InvalidField, message) }
    }

    /// There is no release yet.
    #[must_use]
    pub fn not_ready() -> Self {
        Self::new(Condition::NotReady, "no release is loaded yet")
    }

    /// More rows than one message may hold.
    #[must_use]
    pub fn batch_too_large(field: &'static str, rows: usize, most: usize) -> Self {
        Self::new(
            Condition::BatchTooLarge,
            format!("`{field}` has {rows} rows, at most {most} are read at once"),
        )
        .with("rows", rows.to_string())
        .with("most", most.to_string())
    }

    /// A refusal of the engine, made in `world` for `sku`.
    #[must_use]
    pub fn refused(refusal: &Refusal, world: &World<'_>, sku: &str) -> Self {
        let place = world.place;
        let mut failure = Self::new(Condition::Refused(refusal.code), refusal_text(refusal, world))
            .with("sku", sku)
            .with("market", &*place.market)
            .with("channel", &*place.channel)
            .with("release", &*world.release.hash);
        for (key, guard) in ["guard", "other_guard"].into_iter().zip(&refusal.guards) {
            failure = failure.with(key, guard_id(*guard, place));
        }
        if let Some(fact) = &refusal.fact {
            failure = failure.with("fact", &**fact);
        }
        match refusal.winner.and_then(|winner| rule_info(winner.rule, place)) {
            Some(info) => failure.with("rule", &*info.label),
            None => failure,
        }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let (code, reason) = failure.condition.row();
        let metadata: HashMap<String, String> = failure
            .metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), clip(value, METADATA_MAX)))
            .collect();
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
        if !failure.invalid.is_empty() {
            details.set_bad_request(violations(failure.invalid));
        }
        if let Some(after) = failure.condition.retry_after() {
            details.set_retry_info(Some(after));
        }
        Self::with_error_details(code, clip(failure.message, MESSAGE_MAX), details)
    }
}

impl From<Failure> for proto::ItemError {
    /// The same in a batch or stream.
    fn from(failure: Failure) -> Self {
        let (code, reason) = failure.condition.row();
        let metadata = failure.metadata.into_iter();
        let violations = violations(failure.invalid).into_iter();
        Self {
            code: code.into(),
            reason: reason.to_owned(),
            message: clip(failure.message, MESSAGE_MAX),
            metadata: metadata.map(|(key, value)| (key.to_owned(), clip(value, METADATA_MAX))).collect(),
            field_violations: violations
                .map(|FieldViolation { field, description, .. }| proto::FieldViolation { field, description })
                .collect(),
        }
    }
}

/// The first violations, and how many more there are.
fn violations(invalid: Vec<Invalid>) -> Vec<FieldViolation> {
    let all = invalid.len();
    let mut shown: Vec<FieldViolation> = Vec::new();
    let mut bytes = 0;
    for Invalid { field, why } in invalid.into_iter().take(VIOLATIONS_SHOWN) {
        let (field, why) = (clip(field, VIOLATION_MAX), clip(why, VIOLATION_MAX));
        bytes += field.len() + why.len();
        if VIOLATIONS_MAX < bytes {
            break;
        }
        shown.push(FieldViolation::new(field, why));
    }
    let more = all - shown.len();
    if 0 < more {
        shown.push(FieldViolation::new("request", format!("has {more} more violations")));
    }
    shown
}

/// At most `max` bytes, with a mark where the rest is left out.
fn clip(text: String, max: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= max {
        return text;
    }
    let end = text.floor_char_boundary(max.saturating_sub(MARK.len()));
    text.get(..end).unwrap_or_default().to_owned() + MARK
}
