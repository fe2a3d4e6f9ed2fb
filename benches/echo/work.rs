//! What each subject is asked in its turn: quotes one by one at a fixed rate, batches, or a stream.

use super::{Subject, request};
use pricer::service::load::{Plan, run};
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::{BatchQuotePricesRequest, StreamQuotePricesRequest};
use std::time::Duration;
use tokio::runtime::Handle;

/// Quotes of one batch.
const BATCH: usize = 1_000;
/// Quotes of one message of a stream.
const CHUNK: usize = 100;
const ANSWER_BYTES: usize = 16 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Single { rate: u32, seconds: u64 },
    Batch { calls: usize },
    Stream { chunks: usize },
}

impl Work {
    /// Has it done by `subject`: how many quotes were answered, and p50, p99 and p99.9 of single ones in milliseconds.
    pub fn done_by(self, subject: &Subject, handle: &Handle) -> (u64, [f64; 3]) {
        let quotes = match self {
            Self::Single { rate, seconds } => return single(subject, rate, seconds, handle),
            Self::Batch { calls } => handle.block_on(batches(subject, calls)),
            Self::Stream { chunks } => handle.block_on(stream(subject, chunks)),
        };
        (quotes as u64, [0.0; 3])
    }
}

fn single(subject: &Subject, rate: u32, seconds: u64, handle: &Handle) -> (u64, [f64; 3]) {
    let plan = Plan {
        dial: subject.dial.clone(),
        requests: vec![request()],
        rate,
        duration: Duration::from_secs(seconds),
        warm_up: Duration::ZERO,
        connections: 4,
        deadline: Duration::from_secs(1),
    };
    let outcome = run(&plan, handle).unwrap();
    let answered = outcome.answered.count();
    // A busy machine sheds some; what was refused was not worked on and must stay rare.
    assert!(outcome.sent * 99 <= answered * 100, "{}: {:?}", subject.name, outcome.codes);
    let at = |permille| outcome.answered.quantile(permille).as_secs_f64() * 1e3;
    (answered, [at(500), at(990), at(999)])
}

async fn batches(subject: &Subject, calls: usize) -> usize {
    let channel = subject.dial.connect().await.unwrap();
    let mut client = PricingServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES);
    let mut answered = 0;
    for _ in 0..calls {
        let message = BatchQuotePricesRequest { requests: vec![request(); BATCH] };
        let answer = client.batch_quote_prices(subject.dial.request(message).unwrap()).await.unwrap();
        answered += answer.into_inner().results.len();
    }
    assert_eq!(answered, calls * BATCH, "{}", subject.name);
    answered
}

async fn stream(subject: &Subject, chunks: usize) -> usize {
    let channel = subject.dial.connect().await.unwrap();
    let mut client = PricingServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES);
    let message = StreamQuotePricesRequest { requests: vec![request(); CHUNK] };
    let asked = tokio_stream::iter(std::iter::repeat_n(message, chunks));
    let answers = client.stream_quote_prices(subject.dial.request(asked).unwrap()).await.unwrap();
    let (mut answers, mut answered) = (answers.into_inner(), 0);
    while let Some(answer) = answers.message().await.unwrap() {
        answered += answer.results.len();
    }
    assert_eq!(answered, chunks * CHUNK, "{}", subject.name);
    answered
}
