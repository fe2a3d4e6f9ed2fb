//! What went wrong, as a gRPC status: one table, in the order of precedence.
//!
//! Every status carries `google.rpc.ErrorInfo`; field problems carry `BadRequest` with all violations at once.

use super::convert::{Invalid, guard_id, rule_info};
use crate::pricing::{Place, Refusal, RefusalCode};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// Who defines the reasons.
const DOMAIN: &str = "pricer";
/// When to come back to a server that is starting.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Everything that keeps an answer from being given, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    NotReady,
    InvalidField,
    ReleaseNotFound,
    MarketNotFound,
    ChannelNotFound,
    SegmentNotFound,
    ItemNotFound,
    Refused(RefusalCode),
}

impl Condition {
    /// The table: code and reason of each condition.
    #[must_use]
    pub fn row(self) -> (Code, &'static str) {
        match self {
            Self::NotReady => (Code::Unavailable, "NOT_READY"),
            Self::InvalidField => (Code::InvalidArgument, "INVALID_FIELD"),
            Self::ReleaseNotFound => (Code::NotFound, "RELEASE_NOT_FOUND"),
            Self::MarketNotFound => (Code::NotFound, "MARKET_NOT_FOUND"),
            Self::ChannelNotFound => (Code::NotFound, "CHANNEL_NOT_FOUND"),
            Self::SegmentNotFound => (Code::NotFound, "SEGMENT_NOT_FOUND"),
            Self::ItemNotFound => (Code::NotFound, "ITEM_NOT_FOUND"),
            Self::Refused(code @ RefusalCode::AmountOverflow) => (Code::OutOfRange, code.as_str()),
            Self::Refused(code) => (Code::FailedPrecondition, code.as_str()),
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
        Self {
            condition,
            message: message.into(),
            metadata: Vec::new(),
            invalid: Vec::new(),
        }
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
        Self {
            invalid,
            ..Self::new(Condition::InvalidField, message)
        }
    }

    /// A refusal of the engine, made in `place` for `sku`.
    #[must_use]
    pub fn refused(refusal: &Refusal, place: &Place, sku: &str) -> Self {
        let guards: Vec<&str> = refusal.guards.iter().map(|guard| guard_id(*guard, place)).collect();
        let fact = refusal.fact.as_deref();
        let mut failure = Self::new(
            Condition::Refused(refusal.code),
            refusal_text(refusal.code, &guards, fact),
        )
        .with("sku", sku)
        .with("market", &*place.market)
        .with("channel", &*place.channel);
        for (key, guard) in ["guard", "other_guard"].into_iter().zip(guards) {
            failure = failure.with(key, guard);
        }
        if let Some(fact) = fact {
            failure = failure.with("fact", fact);
        }
        match refusal.winner.and_then(|winner| rule_info(winner.rule, place)) {
            Some(info) => failure.with("rule", &*info.label),
            None => failure,
        }
    }
}

fn refusal_text(code: RefusalCode, guards: &[&str], fact: Option<&str>) -> String {
    let fact = fact.unwrap_or("?");
    let guards = match guards {
        [] => "the guards".to_owned(),
        [one] => format!("guard `{one}`"),
        [one, other, ..] => format!("guards `{one}` and `{other}`"),
    };
    match code {
        RefusalCode::VatClass => format!("the market has no VAT rate for the class `{fact}`"),
        RefusalCode::ExchangeRateMissing => format!("there is no exchange rate for {fact}"),
        RefusalCode::ExchangeRateStale => format!("the exchange rate for {fact} is older than the market allows"),
        RefusalCode::FactMissing => format!("`{fact}` is missing, and {guards} needs it"),
        RefusalCode::GuardsContradict => format!("{guards} leave no price"),
        RefusalCode::Infeasible => format!("{guards}: no price at all satisfies it"),
        RefusalCode::FeedStale => format!("{guards}: the feed is stale, and there is no current price to keep"),
        RefusalCode::CostImplausible => "the cost is implausible, and there is no current price to hold".to_owned(),
        RefusalCode::RateImplausible => {
            "the exchange rate is implausible, and there is no current price to hold".to_owned()
        }
        RefusalCode::NoPrice => "no rule gives a price, and there is no current price to hold".to_owned(),
        RefusalCode::AmountOverflow => "an amount leaves the range that can be represented".to_owned(),
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let (code, reason) = failure.condition.row();
        let metadata: HashMap<String, String> = failure
            .metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
        if !failure.invalid.is_empty() {
            let violations = failure.invalid.into_iter();
            let violations: Vec<_> = violations
                .map(|invalid| FieldViolation::new(invalid.field, invalid.why))
                .collect();
            details.set_bad_request(violations);
        }
        if failure.condition == Condition::NotReady {
            details.set_retry_info(Some(RETRY_AFTER));
        }
        Self::with_error_details(code, failure.message, details)
    }
}
