//! Questions to a running service: what `pricer quote`, `pricer watch` and `pricer demo` ask with.

use super::proto::pricing_service_client::PricingServiceClient;
use super::proto::{
    BatchQuotePricesRequest, BatchQuotePricesResponse, Decision, QuoteClaims, QuotePriceRequest, QuoteResult,
    StreamQuotePricesRequest, VerifyQuoteRequest,
};
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// Why there is no answer.
#[derive(Debug)]
pub enum QuoteError {
    /// Nobody listens at the address.
    Unreachable { addr: String, why: String },
    /// The address is not one.
    Address { addr: String, why: String },
    /// The service's answer.
    Status(Box<Status>),
}

const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(5);
/// Quotes of one chunk of a stream.
const CHUNK: usize = 500;
/// As the service limits its answers.
const ANSWER_BYTES: usize = 16 << 20;

/// A connection to the service at `addr`.
///
/// # Errors
/// Nobody answers there, or it is no address.
pub async fn connect(addr: &str) -> Result<Channel, QuoteError> {
    let endpoint = endpoint(addr).map_err(|why| QuoteError::Address { addr: addr.to_owned(), why })?;
    let endpoint = endpoint.connect_timeout(CONNECT).timeout(ANSWER);
    let connected = endpoint.connect().await;
    connected.map_err(|error| QuoteError::Unreachable { addr: addr.to_owned(), why: innermost(&error) })
}

/// One quote from the service at `addr`.
///
/// # Errors
/// Nobody answers, or the answer is not a price.
pub async fn ask(addr: &str, request: QuotePriceRequest) -> Result<Decision, QuoteError> {
    let answer = PricingServiceClient::new(connect(addr).await?).quote_price(request).await?;
    answer.into_inner().decision.ok_or_else(empty)
}

/// Any number of quotes in chunks, each with its own outcome, in the order of the requests; `take` hears of each.
///
/// # Errors
/// Nobody answers, or the stream breaks.
pub async fn ask_all(
    addr: &str,
    requests: Vec<QuotePriceRequest>,
    mut take: impl FnMut(QuoteResult),
) -> Result<(), QuoteError> {
    let chunks: Vec<StreamQuotePricesRequest> = requests
        .chunks(CHUNK)
        .map(|requests| StreamQuotePricesRequest { requests: requests.to_vec() })
        .collect();
    let mut client = PricingServiceClient::new(connect(addr).await?).max_decoding_message_size(ANSWER_BYTES);
    let mut answers = client.stream_quote_prices(tokio_stream::iter(chunks)).await?.into_inner();
    let mut answered = 0;
    while let Some(answer) = answers.message().await? {
        answered += answer.results.len();
        answer.results.into_iter().for_each(&mut take);
    }
    if answered == requests.len() { Ok(()) } else { Err(empty()) }
}

/// Up to 1,000 quotes from one release and fact set.
///
/// # Errors
/// The answer is not one.
pub async fn ask_batch(
    channel: &Channel,
    requests: Vec<QuotePriceRequest>,
) -> Result<BatchQuotePricesResponse, QuoteError> {
    let mut client = PricingServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES);
    Ok(client.batch_quote_prices(BatchQuotePricesRequest { requests }).await?.into_inner())
}

/// What a quote token promises.
///
/// # Errors
/// Nobody answers, or the token does not hold.
pub async fn verify(addr: &str, request: VerifyQuoteRequest) -> Result<QuoteClaims, QuoteError> {
    let answer = PricingServiceClient::new(connect(addr).await?).verify_quote(request).await?;
    answer.into_inner().claims.ok_or_else(empty)
}

fn empty() -> QuoteError {
    QuoteError::Status(Box::new(Status::internal("the service sent an empty answer")))
}

impl From<Status> for QuoteError {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// `http://host:port`, or `host:port` alone.
fn endpoint(addr: &str) -> Result<Endpoint, String> {
    let url = match addr.contains("://") {
        true => addr.to_owned(),
        false => format!("http://{addr}"),
    };
    let endpoint = Endpoint::from_shared(url).map_err(|error| innermost(&error))?;
    let uri = endpoint.uri();
    if uri.scheme_str() != Some("http") {
        return Err("only `http` is supported, without TLS".to_owned());
    }
    match uri.port_u16() {
        Some(_) => Ok(endpoint),
        None => Err("it has no port".to_owned()),
    }
}

/// What the system said, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => innermost(source),
        None => error.to_string(),
    }
}

impl QuoteError {
    /// The request is wrong, or names what is unknown; not the service or the item's facts.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Address { .. } => true,
            Self::Unreachable { .. } => false,
            Self::Status(status) => matches!(status.code(), Code::InvalidArgument | Code::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_and_no_tls() {
        assert!(endpoint("127.0.0.1:50051").is_ok() && endpoint("http://[::1]:50051").is_ok());
        for bad in ["foo", "https://localhost:1", "://x", "http://:", ""] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
