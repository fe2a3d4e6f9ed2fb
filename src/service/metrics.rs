//! What the service counts. No label value comes from a request: the number of series is bounded.
//!
//! The recorder is a value, not the process's global one, so that several services can live in one process.

use super::proto;
use super::status::Failure;
use metrics::{Counter, Gauge, Key, KeyName, Label, Level, Metadata, Recorder as _, SharedString, Unit};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use std::time::Duration;

/// Seconds; quotes take microseconds, so the buckets start there.
const SECONDS: &[f64] = &[0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0];

const QUOTES: &str = "pricer_quotes_total";
const QUOTE_SECONDS: &str = "pricer_quote_seconds";
const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

pub struct Metrics {
    recorder: PrometheusRecorder,
    /// 1 while the rulebook folder holds what is served, 0 while it holds something that was not accepted.
    pub reload_success: Gauge,
    pub reload_failures: Counter,
    /// Seconds since 1970.
    pub loaded_at: Gauge,
    pub connections: Gauge,
    pub accept_errors: Counter,
}

impl Metrics {
    /// # Errors
    /// Never with the buckets above.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(QUOTE_SECONDS.to_owned()), SECONDS)?
            .build_recorder();
        let text = SharedString::const_str;
        let counter = |name: &'static str, about| {
            recorder.describe_counter(KeyName::from_const_str(name), None, text(about));
            recorder.register_counter(&Key::from_static_name(name), &METADATA)
        };
        let gauge = |name: &'static str, unit, about| {
            recorder.describe_gauge(KeyName::from_const_str(name), unit, text(about));
            recorder.register_gauge(&Key::from_static_name(name), &METADATA)
        };
        let metrics = Self {
            reload_success: gauge(
                "pricer_rulebook_reload_success",
                None,
                "1 while the rulebook folder holds what is served, 0 while it holds something that was not accepted",
            ),
            reload_failures: counter(
                "pricer_rulebook_reload_failures_total",
                "Contents of the rulebook folder that were not accepted",
            ),
            loaded_at: gauge(
                "pricer_rulebook_loaded_timestamp_seconds",
                Some(Unit::Seconds),
                "When the served release was loaded, in seconds since 1970",
            ),
            connections: gauge("pricer_connections", None, "Open connections"),
            accept_errors: counter(
                "pricer_accept_errors_total",
                "Connections that could not be accepted, for want of file descriptors or memory",
            ),
            recorder,
        };
        let recorder = &metrics.recorder;
        recorder.describe_counter(KeyName::from_const_str(QUOTES), None, text("Quotes by outcome"));
        recorder.describe_histogram(
            KeyName::from_const_str(QUOTE_SECONDS),
            Some(Unit::Seconds),
            text("How long quotes took, from request to answer"),
        );
        Ok(metrics)
    }

    /// Counts one quote: `priced`, `held`, or the reason of its failure, all of closed lists.
    pub fn quoted(&self, answer: &Result<proto::Decision, Failure>, took: Duration) {
        let outcome = match answer {
            Ok(decision) if decision.status() == proto::DecisionStatus::Held => "held",
            Ok(_) => "priced",
            Err(failure) => failure.condition.row().1,
        };
        let label = Label::from_static_parts("outcome", outcome);
        let key = Key::from_parts(QUOTES, vec![label]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
        let key = Key::from_static_name(QUOTE_SECONDS);
        self.recorder.register_histogram(&key, &METADATA).record(took.as_secs_f64());
    }

    /// Renders the Prometheus text format.
    #[must_use]
    pub fn handle(&self) -> PrometheusHandle {
        self.recorder.handle()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
