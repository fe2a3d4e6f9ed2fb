//! One question to a running service: what `pricer quote` and `pricer demo` ask with.

use super::proto::pricing_service_client::PricingServiceClient;
use super::proto::{Decision, QuotePriceRequest};
use std::time::Duration;
use tonic::transport::Endpoint;
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

/// One quote from the service at `addr`.
///
/// # Errors
/// Nobody answers, or the answer is not a price.
pub async fn ask(addr: &str, request: QuotePriceRequest) -> Result<Decision, QuoteError> {
    let endpoint = endpoint(addr).map_err(|why| QuoteError::Address { addr: addr.to_owned(), why })?;
    let endpoint = endpoint.connect_timeout(CONNECT).timeout(ANSWER);
    let channel = endpoint
        .connect()
        .await
        .map_err(|error| QuoteError::Unreachable { addr: addr.to_owned(), why: innermost(&error) })?;
    let answer = PricingServiceClient::new(channel).quote_price(request).await;
    let answer = answer.map_err(|status| QuoteError::Status(Box::new(status)))?;
    answer
        .into_inner()
        .decision
        .ok_or_else(|| QuoteError::Status(Box::new(Status::internal("the service sent an empty answer"))))
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
