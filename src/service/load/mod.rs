//! An open-loop load generator: calls are sent when they are due, whether or not earlier ones are answered, and latency
//! counts from the moment a call was due. A closed loop would wait with the service, and miss what it hides
//! (coordinated omission).

pub mod latency;

use self::latency::Latencies;
use super::client::{Dial, QuoteError};
use super::metrics::code_name;
use super::proto::QuotePriceRequest;
use super::proto::pricing_service_client::PricingServiceClient;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tonic::Code;

/// What to send.
#[derive(Clone, Debug)]
pub struct Plan {
    pub dial: Dial,
    /// Sent in turn.
    pub requests: Vec<QuotePriceRequest>,
    /// Calls a second, evenly spaced.
    pub rate: u32,
    pub duration: Duration,
    /// Sent before, and not counted.
    pub warm_up: Duration,
    pub connections: usize,
    /// An answer after it is no good.
    pub deadline: Duration,
}

/// Calls under way, at most; more are not sent, and counted as such.
const UNDER_WAY: usize = 100_000;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub sent: u64,
    /// The generator could not: it measures itself.
    pub not_sent: u64,
    /// By gRPC code.
    pub codes: BTreeMap<&'static str, u64>,
    /// Of answers, from when they were due.
    pub answered: Latencies,
    /// Of refusals by the service, likewise.
    pub refused: Latencies,
    /// From when a call was due to when it was sent.
    pub late: Latencies,
    /// From the first call that was due to the last answer.
    pub took: Duration,
}

impl Outcome {
    /// Answers a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact in an f64")]
    pub fn goodput(&self, plan: &Plan) -> f64 {
        self.answered.count() as f64 / plan.duration.as_secs_f64()
    }
}

/// Runs the plan on the runtime of `handle`, paced by the calling thread. Ends `deadline` after the last call at the latest.
///
/// # Errors
/// No connection.
pub fn run(plan: &Plan, handle: &Handle) -> Result<Outcome, QuoteError> {
    let mut clients = Vec::new();
    for _ in 0..plan.connections.max(1) {
        let channel = handle.block_on(plan.dial.connect())?;
        clients.push(PricingServiceClient::new(channel));
    }
    let tally = Arc::new(Tally::default());
    let spacing = Duration::from_secs(1) / plan.rate.max(1);
    let begin = Instant::now() + Duration::from_millis(20);
    let (counted_from, end) = (begin + plan.warm_up, begin + plan.warm_up + plan.duration);
    let mut due = begin;
    for at in 0_usize.. {
        if end <= due {
            break;
        }
        // The thread sleeps to within some 50 µs; tokio's timer only knows milliseconds.
        let now = Instant::now();
        if now < due {
            std::thread::sleep(due - now);
        }
        let client = clients.get(at % clients.len()).cloned();
        let request = plan.requests.get(at % plan.requests.len().max(1)).cloned();
        if let (Some(client), Some(message)) = (client, request) {
            let call = Call { tally: tally.clone(), due, is_counted: counted_from <= due };
            if tally.under_way.fetch_add(1, Relaxed) < UNDER_WAY {
                let mut request = plan.dial.request(message)?;
                request.set_timeout(plan.deadline);
                handle.spawn(call.send(client, request, plan.deadline));
            } else {
                call.not_sent();
            }
        }
        due += spacing;
    }
    let patience = Instant::now() + plan.deadline + Duration::from_secs(1);
    while tally.under_way.load(Relaxed) != 0 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut outcome = tally.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone();
    outcome.sent = tally.sent.load(Relaxed);
    outcome.not_sent = tally.not_sent.load(Relaxed);
    outcome.took = counted_from.elapsed();
    Ok(outcome)
}

#[derive(Debug, Default)]
struct Tally {
    under_way: AtomicUsize,
    sent: AtomicU64,
    not_sent: AtomicU64,
    outcome: Mutex<Outcome>,
}

struct Call {
    tally: Arc<Tally>,
    due: Instant,
    is_counted: bool,
}

impl Call {
    fn not_sent(self) {
        self.tally.under_way.fetch_sub(1, Relaxed);
        if self.is_counted {
            self.tally.not_sent.fetch_add(1, Relaxed);
        }
    }

    async fn send(
        self,
        mut client: PricingServiceClient<tonic::transport::Channel>,
        request: tonic::Request<QuotePriceRequest>,
        deadline: Duration,
    ) {
        let late = self.due.elapsed();
        let answer = tokio::time::timeout_at(self.due + deadline, client.quote_price(request)).await;
        let took = self.due.elapsed();
        let code = match answer {
            Ok(Ok(_)) if took <= deadline => Code::Ok,
            Ok(Err(status)) => status.code(),
            Ok(Ok(_)) | Err(_) => Code::DeadlineExceeded,
        };
        self.tally.under_way.fetch_sub(1, Relaxed);
        if !self.is_counted {
            return;
        }
        self.tally.sent.fetch_add(1, Relaxed);
        let mut outcome = self.tally.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        *outcome.codes.entry(code_name(code)).or_default() += 1;
        outcome.late.record(late);
        match code {
            Code::Ok => outcome.answered.record(took),
            Code::ResourceExhausted | Code::Unavailable => outcome.refused.record(took),
            _ => {}
        }
    }
}
