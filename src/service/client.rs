//! Questions to a running service: what `pricer quote`, `pricer watch` and `pricer demo` ask with.

use super::proto::pricing_service_client::PricingServiceClient;
use super::proto::{
    BatchQuotePricesRequest, BatchQuotePricesResponse, Decision, QuoteClaims, QuotePriceRequest, QuoteResult,
    StreamQuotePricesRequest, VerifyQuoteRequest,
};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Uri};
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

/// How to reach a service.
#[derive(Clone, Default)]
pub struct Dial {
    pub addr: String,
    /// Who signed the service's certificate, in PEM: for `https`.
    pub ca: Option<Vec<u8>>,
    pub token: Option<String>,
}

impl std::fmt::Debug for Dial {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Dial {
    /// The service at `addr`, as its files of CA and token say.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn from_files(addr: &str, ca: Option<&Path>, token: Option<&Path>) -> Result<Self, String> {
        let failed =
            |path: &Path, error: std::io::Error| format!("{}: cannot be read: {error}", path.display());
        let ca = ca.map(|path| std::fs::read(path).map_err(|error| failed(path, error))).transpose()?;
        let token = token.map(|path| std::fs::read_to_string(path).map_err(|error| failed(path, error)));
        let token = token.transpose()?.map(|text| text.trim().to_owned());
        Ok(Self { addr: addr.to_owned(), ca, token })
    }

    /// A connection.
    ///
    /// # Errors
    /// The address is not one, or nobody answers.
    pub async fn connect(&self) -> Result<Channel, QuoteError> {
        let wrong = |why| QuoteError::Address { addr: self.addr.clone(), why };
        let endpoint = endpoint(&self.addr).map_err(wrong)?.connect_timeout(CONNECT);
        let endpoint = match (endpoint.uri().scheme_str(), &self.ca) {
            (Some("https"), Some(ca)) => {
                let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
                endpoint.tls_config(tls).map_err(|error| wrong(innermost(&error)))?
            }
            (Some("https"), None) => {
                return Err(wrong(
                    "for `https`, say who signed the service's certificate: `--ca FILE`".to_owned(),
                ));
            }
            // The token would be read on the way.
            _ if self.token.is_some() && !is_local(endpoint.uri()) => {
                return Err(wrong("a token goes to another machine over `https` only".to_owned()));
            }
            _ => endpoint,
        };
        let connected = endpoint.connect().await;
        connected.map_err(|error| QuoteError::Unreachable { addr: self.addr.clone(), why: innermost(&error) })
    }

    /// A request with the token.
    ///
    /// # Errors
    /// The token has characters that no token has.
    pub fn request<T>(&self, message: T) -> Result<tonic::Request<T>, QuoteError> {
        let mut request = tonic::Request::new(message);
        if let Some(token) = &self.token {
            let value = MetadataValue::try_from(format!("Bearer {token}"));
            let value = value.map_err(|_| QuoteError::Address {
                addr: self.addr.clone(),
                why: "the file of the token holds no token".to_owned(),
            })?;
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }

    /// One quote.
    ///
    /// # Errors
    /// Nobody answers, or the answer is not a price.
    pub async fn ask(&self, request: QuotePriceRequest) -> Result<Decision, QuoteError> {
        let channel = self.connect().await?;
        let mut request = self.request(request)?;
        request.set_timeout(ANSWER);
        let answer = PricingServiceClient::new(channel).quote_price(request).await?;
        answer.into_inner().decision.ok_or_else(empty)
    }

    /// Any number of quotes in chunks, each with its own outcome, in the order of the requests; `take` hears of each.
    ///
    /// # Errors
    /// Nobody answers, or the stream breaks.
    pub async fn ask_all(
        &self,
        requests: Vec<QuotePriceRequest>,
        mut take: impl FnMut(QuoteResult),
    ) -> Result<(), QuoteError> {
        let chunks: Vec<StreamQuotePricesRequest> = requests
            .chunks(CHUNK)
            .map(|requests| StreamQuotePricesRequest { requests: requests.to_vec() })
            .collect();
        let mut client =
            PricingServiceClient::new(self.connect().await?).max_decoding_message_size(ANSWER_BYTES);
        let asked = self.request(tokio_stream::iter(chunks))?;
        let mut answers = client.stream_quote_prices(asked).await?.into_inner();
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
        &self,
        channel: &Channel,
        requests: Vec<QuotePriceRequest>,
    ) -> Result<BatchQuotePricesResponse, QuoteError> {
        let mut client = PricingServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        let mut request = self.request(BatchQuotePricesRequest { requests })?;
        request.set_timeout(ANSWER);
        Ok(client.batch_quote_prices(request).await?.into_inner())
    }

    /// What a quote token promises.
    ///
    /// # Errors
    /// Nobody answers, or the token does not hold.
    pub async fn verify(&self, request: VerifyQuoteRequest) -> Result<QuoteClaims, QuoteError> {
        let mut request = self.request(request)?;
        request.set_timeout(ANSWER);
        let answer = PricingServiceClient::new(self.connect().await?).verify_quote(request).await?;
        answer.into_inner().claims.ok_or_else(empty)
    }
}

fn empty() -> QuoteError {
    QuoteError::Status(Box::new(Status::internal("the service sent an empty answer")))
}

impl From<Status> for QuoteError {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

fn is_local(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One quote from the service at `addr`, without TLS and token.
///
/// # Errors
/// Nobody answers, or the answer is not a price.
pub async fn ask(addr: &str, request: QuotePriceRequest) -> Result<Decision, QuoteError> {
    Dial { addr: addr.to_owned(), ..Dial::default() }.ask(request).await
}

/// `http://host:port`, or `host:port` alone.
fn endpoint(addr: &str) -> Result<Endpoint, String> {
    let url = match addr.contains("://") {
        true => addr.to_owned(),
        false => format!("http://{addr}"),
    };
    let endpoint = Endpoint::from_shared(url).map_err(|error| innermost(&error))?;
    let uri = endpoint.uri();
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it begins with neither `http://` nor `https://`".to_owned());
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
    fn an_address_has_a_port() {
        for good in ["127.0.0.1:50051", "http://[::1]:50051", "https://localhost:1"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in ["foo", "ftp://localhost:1", "://x", "http://:", ""] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_token_never_goes_over_the_network_in_the_open() {
        let dial =
            |addr: &str| Dial { addr: addr.to_owned(), ca: None, token: Some("pricer_canary".to_owned()) };
        for open in ["http://10.0.0.1:1", "http://example.com:1", "https://10.0.0.1:1"] {
            let Err(error) = dial(open).connect().await else { panic!("{open}") };
            assert!(matches!(error, QuoteError::Address { .. }), "{open}: {error:?}");
        }
        assert!(
            is_local(&Uri::from_static("http://[::1]:1"))
                && is_local(&Uri::from_static("http://localhost:1"))
        );
        assert!(!format!("{:?}", dial("http://10.0.0.1:1")).contains("canary"));
    }
}
