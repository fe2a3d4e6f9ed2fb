//! An answer under way: it is watched to its end, and ended when its time is over.

use super::super::server::Phase;
use super::super::status::{Condition, Failure};
use super::{Ticket, too_late};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Response};
use tonic::{Code, Status};

const STATUS: &str = "grpc-status";

pub struct Counted {
    body: Body,
    ticket: Ticket,
    _place: Option<OwnedSemaphorePermit>,
    /// Only streams take long enough to be ended from outside.
    deadline: Option<Pin<Box<Sleep>>>,
    drained: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    is_over: bool,
}

impl Counted {
    /// `stream` is given for a stream, with its deadline if it has one.
    pub fn wrap(
        response: Response<Body>,
        mut ticket: Ticket,
        place: Option<OwnedSemaphorePermit>,
        stream: Option<Option<Instant>>,
    ) -> Response<Body> {
        if let Some(code) = code_in(response.headers()) {
            ticket.done(code);
            return response;
        }
        let mut phase = ticket.shared.phase.clone();
        let drained = stream.is_some().then(|| {
            let ended = async move {
                let _ = phase.wait_for(|phase| matches!(phase, Phase::Ending | Phase::Closed)).await;
            };
            Box::pin(ended) as Pin<Box<dyn Future<Output = ()> + Send>>
        });
        let deadline = stream.flatten().map(|deadline| Box::pin(sleep_until(deadline)));
        response
            .map(|body| Body::new(Self { body, ticket, _place: place, deadline, drained, is_over: false }))
    }

    fn end(&mut self, failure: Failure) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let status = Status::from(failure);
        self.is_over = true;
        self.ticket.done(status.code());
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(match status.add_header(&mut trailers) {
            Ok(()) => Ok(Frame::trailers(trailers)),
            Err(status) => Err(status),
        }))
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let due = |timer: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>| {
            timer.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready())
        };
        // Looked at first: a stream that always has a next message ends in time, too.
        if due(&mut self.deadline, context) {
            return self.end(too_late());
        }
        if self.drained.as_mut().is_some_and(|drained| drained.as_mut().poll(context).is_ready()) {
            let message = "the service is ending; connect again, to another one if there is";
            return self.end(Failure::new(Condition::Draining, message));
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = code_in(trailers).unwrap_or(Code::Unknown);
                    self.ticket.done(code);
                }
            }
            Poll::Ready(Some(Err(status))) => self.ticket.done(status.code()),
            Poll::Ready(None) => self.ticket.done(Code::Unknown),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get(STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}
