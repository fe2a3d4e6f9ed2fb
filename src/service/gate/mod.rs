//! What every call passes on its way in and out: who calls, may they, is there room, until when, and how did it end.
//!
//! One layer, so that a quote of microseconds pays for it once: credentials → role → rate → queue → deadline → handler →
//! count. A call is counted exactly once, when its last byte is handed over or when its caller goes away.

mod body;
pub mod deadline;
mod lane;
mod log;
mod rate;

pub use deadline::Deadline;
pub use lane::{Lane, Lanes, Shed};
pub use log::{LogRequests, Logger};
pub use rate::Bucket;

use super::access::{Caller, credentials_required, row};
use super::convert::Invalid;
use super::credentials::Credentials;
use super::limits::Limits;
use super::method::Method;
use super::metrics::Metrics;
use super::server::Phase;
use super::status::{Condition, Failure};
use super::{Clock, tls};
use body::Counted;
use hyper::body::Incoming;
use hyper::service::Service as HyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::codegen::http::header::AUTHORIZATION;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};
use tonic::service::Routes;
use tonic::{Code, Status};

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// URI and DNS names of its certificate, which was checked; none without one.
    pub names: tls::Names,
}

/// What all calls share.
#[derive(Debug)]
pub struct Shared {
    pub limits: Limits,
    pub lanes: Lanes,
    pub metrics: Arc<Metrics>,
    /// None: authentication is off.
    pub credentials: Option<Arc<Credentials>>,
    pub logger: Logger,
    pub phase: watch::Receiver<Phase>,
}

/// The gate of one connection.
#[derive(Clone, Debug)]
pub struct Gate {
    pub routes: Routes,
    pub shared: Arc<Shared>,
    pub peer: Arc<Peer>,
}

/// A call on its way; counted when it ends, however it does.
#[derive(Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    method: Option<Method>,
    arrived: Instant,
    caller: Caller,
    request_id: Option<HeaderValue>,
    is_done: bool,
}

impl Ticket {
    fn done(&mut self, code: Code) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        let took = self.arrived.elapsed();
        self.shared.metrics.in_flight.decrement(1.0);
        self.shared.metrics.called(self.method, code, took);
        if self.shared.logger.wants(code) {
            self.shared.logger.log(self, code, took);
        }
    }

    /// Ends the call with a failure, as a response without a body.
    fn refuse(mut self, failure: Failure) -> Response<Body> {
        let status = Status::from(failure);
        let code = status.code();
        let mut response = status.into_http();
        self.name_request(&mut response);
        self.done(code);
        response
    }

    fn shed(self, reason: &'static str, failure: Failure) -> Response<Body> {
        self.shared.metrics.shed.increment(reason, 1);
        self.refuse(failure)
    }

    /// The caller's own id comes back with the answer; a failed call gets one of ours.
    fn name_request(&mut self, response: &mut Response<Body>) {
        if self.request_id.is_none() && body::code_in(response.headers()).is_some() {
            self.request_id = self.shared.logger.new_id();
        }
        if let Some(id) = &self.request_id {
            response.headers_mut().insert(log::REQUEST_ID, id.clone());
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.done(Code::Cancelled);
    }
}

impl HyperService<Request<Incoming>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let method = Method::of_path(request.uri().path());
        self.shared.metrics.in_flight.increment(1.0);
        let mut ticket = Ticket {
            shared: self.shared.clone(),
            peer: self.peer.clone(),
            method,
            arrived: Instant::now(),
            caller: Caller::Nobody,
            request_id: log::request_id(request.headers()),
            is_done: false,
        };
        match admit(&mut ticket, request.headers()) {
            Ok((method, deadline)) => {
                let routes = self.routes.clone();
                Box::pin(async move { Ok(answer(ticket, method, deadline, routes, request).await) })
            }
            Err(failure) => {
                let response = match failure.condition {
                    Condition::RateLimited => ticket.shed("rate", failure),
                    _ => ticket.refuse(failure),
                };
                Box::pin(std::future::ready(Ok(response)))
            }
        }
    }
}

/// What can be decided from the headers.
fn admit(ticket: &mut Ticket, headers: &HeaderMap) -> Result<(Method, Option<Instant>), Failure> {
    ticket.caller = caller(&ticket.shared, &ticket.peer, headers)?;
    let Some(method) = ticket.method else {
        // Who may not call anything does not learn what there is.
        return Err(match (&ticket.shared.credentials, &ticket.caller) {
            (Some(_), Caller::Nobody) => credentials_required("no credentials were given"),
            _ => Failure::new(Condition::MethodUnknown, "the service has no such method"),
        });
    };
    ticket.caller.may_call(method)?;
    let deadline = deadline(ticket, method, headers)?;
    if let Caller::Known(principal) = &ticket.caller
        && row(method).lane != Lane::Free
        && let Some(bucket) = &principal.bucket
        && bucket.take().is_err()
    {
        let message = format!("more than {} calls a second", bucket.per_second());
        return Err(Failure::new(Condition::RateLimited, message));
    }
    Ok((method, deadline))
}

fn caller(shared: &Shared, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Failure> {
    let Some(credentials) = &shared.credentials else { return Ok(Caller::Local) };
    let directory = credentials.directory();
    if let Some(value) = headers.get(AUTHORIZATION) {
        let bytes = value.as_bytes();
        let token = bytes.strip_prefix(b"Bearer ").or_else(|| bytes.strip_prefix(b"bearer "));
        let token =
            token.ok_or_else(|| credentials_required("the `authorization` header is no bearer token"))?;
        let found = directory.by_token(token, Clock { fixed: None }.now());
        // Unknown and expired tokens are the same to who shows them.
        let found = found.ok_or_else(|| credentials_required("the token is unknown or has expired"))?;
        return Ok(Caller::Known(found.clone()));
    }
    match directory.by_certificate(peer.names.as_slice()) {
        Some(found) => Ok(Caller::Known(found.clone())),
        None => Ok(Caller::Nobody),
    }
}

/// The earlier of the caller's and ours; streams have only the caller's.
fn deadline(ticket: &Ticket, method: Method, headers: &HeaderMap) -> Result<Option<Instant>, Failure> {
    let limits = &ticket.shared.limits;
    let ours = match row(method).lane {
        Lane::Quote => Some(limits.quote_deadline),
        Lane::Batch => Some(limits.batch_deadline),
        Lane::Free | Lane::Stream => None,
    };
    let theirs = headers.get("grpc-timeout").map(|value| deadline::parse(value.as_bytes())).transpose();
    let theirs = theirs.map_err(|why| {
        Failure::invalid(vec![Invalid { field: "grpc-timeout".to_owned(), why: why.to_owned() }])
    })?;
    let earlier = match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
        (ours, theirs) => ours.or(theirs),
    };
    Ok(earlier.and_then(|after| ticket.arrived.checked_add(after)))
}

async fn answer(
    mut ticket: Ticket,
    method: Method,
    deadline: Option<Instant>,
    mut routes: Routes,
    request: Request<Incoming>,
) -> Response<Body> {
    let shared = ticket.shared.clone();
    let lane = row(method).lane;
    let give_up = ticket.arrived + queue_age(&shared.limits, lane);
    // Between its arrival and now a call waited for a thread: that is the first queue.
    let entered = match lane != Lane::Free && give_up <= Instant::now() {
        true => Err(Shed::QueueAge),
        false => shared.lanes.enter(lane, deadline.map_or(give_up, |deadline| deadline.min(give_up))).await,
    };
    let place = match entered {
        Ok(place) => place,
        Err(_) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
            return ticket.shed("deadline", too_late());
        }
        Err(why) => {
            let message = "the service has more to do than it can; try again later, with growing pauses";
            return ticket.shed(why.as_str(), Failure::new(Condition::Overloaded, message));
        }
    };
    let mut request = request.map(Body::new);
    let extensions = request.extensions_mut();
    extensions.insert(ticket.caller.clone());
    if let Some(deadline) = deadline {
        extensions.insert(Deadline(deadline));
    }
    let answered = match deadline {
        Some(deadline) => timeout_at(deadline, routes.call(request)).await,
        None => Ok(routes.call(request).await),
    };
    let mut response = match answered {
        Ok(Ok(response)) => name_too_large(response),
        Ok(Err(never)) => match never {},
        Err(_) => return ticket.refuse(too_late()),
    };
    ticket.name_request(&mut response);
    Counted::wrap(response, ticket, place, method.is_streaming().then_some(deadline))
}

fn queue_age(limits: &Limits, lane: Lane) -> Duration {
    match lane {
        Lane::Batch => limits.batch_queue_age,
        Lane::Free | Lane::Quote | Lane::Stream => limits.queue_age,
    }
}

fn too_late() -> Failure {
    Failure::new(Condition::DeadlineExceeded, "the deadline passed before there was an answer")
}

/// tonic calls a message over the limit OUT_OF_RANGE, without details; ours all have details.
fn name_too_large(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::OutOfRange && status.details().is_empty() => {
            Status::from(Failure::new(Condition::MessageTooLarge, status.message())).into_http()
        }
        _ => response,
    }
}
