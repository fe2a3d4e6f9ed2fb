//! No call without an end: the service's own limit for calls with one answer, and the caller's for all.
//!
//! tonic calls a passed deadline CANCELLED, without details. So this layer, inside it, looks at the clock a little earlier.
//! A handler that is dropped stops at its next pause, which is never more than a few milliseconds of work away.

use super::status::{Condition, Failure};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

/// How much earlier than tonic.
const MARGIN: Duration = Duration::from_millis(2);

/// Limits by method: `limit` gives none for a path that may take as long as it takes.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines<F>(pub F);

impl<F: Clone, S> Layer<S> for Deadlines<F> {
    type Service = Limited<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited { inner, limit: self.0.clone() }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Limited<S, F> {
    inner: S,
    limit: F,
}

impl<S, F> Service<Request<Body>> for Limited<S, F>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    F: Fn(&str) -> Option<Duration>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let asked = request.headers().get("grpc-timeout").and_then(|text| read_timeout(text.to_str().ok()?));
        let asked = asked.map(|asked| asked.saturating_sub(MARGIN));
        let limit = match ((self.limit)(request.uri().path()), asked) {
            (Some(own), Some(asked)) => Some(own.min(asked)),
            (own, asked) => own.or(asked),
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            match limit {
                None => answer.await,
                Some(limit) => tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
                    let message = format!("no answer within {limit:?}");
                    Ok(Status::from(Failure::new(Condition::DeadlinePassed, message)).into_http())
                }),
            }
        })
    }
}

/// `100m` is a tenth of a second. What is malformed is tonic's business.
fn read_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = (digits.len() <= 8).then(|| digits.parse().ok())??;
    Some(match unit {
        "H" => Duration::from_secs(count.checked_mul(3_600)?),
        "M" => Duration::from_secs(count.checked_mul(60)?),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_written() {
        for (text, millis) in [("2H", 7_200_000), ("3M", 180_000), ("1S", 1_000), ("20m", 20), ("3000u", 3)] {
            assert_eq!(read_timeout(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "S", "1", "1s", "-1S", "123456789S", "1.5S"] {
            assert_eq!(read_timeout(bad), None, "{bad}");
        }
    }
}
