//! What the service is measured against: tonic and its codec as they come, and a handler that gives back ready-made answers.

use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::{
    BatchQuotePricesRequest, BatchQuotePricesResponse, Decision, QuotePriceRequest, QuotePriceResponse,
    QuoteResult, StreamQuotePricesRequest, StreamQuotePricesResponse,
};
use std::convert::Infallible;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// Gives `answer` to every question.
pub fn serve(tls: Option<(PathBuf, PathBuf)>, answer: QuotePriceResponse) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap().with_nodelay(Some(true));
        println!("listening grpc://{}", incoming.local_addr().unwrap());
        let mut builder = Server::builder();
        if let Some((certificate, key)) = tls {
            let identity =
                Identity::from_pem(std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap());
            builder = builder.tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
        }
        let echo = Echo { decision: answer.decision.unwrap() };
        builder.add_service(echo).serve_with_incoming(incoming).await.unwrap();
    });
}

#[derive(Clone)]
struct Echo {
    decision: Decision,
}

impl Echo {
    fn results(&self, requests: usize) -> (Vec<QuoteResult>, String, String) {
        let result = QuoteResult::new(Outcome::Decision(self.decision.clone()));
        (vec![result; requests], self.decision.release.clone(), self.decision.fact_set.clone())
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "pricer.v1.PricingService";
}

/// As generated code does it, with the codec of tonic.
impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let echo = self.clone();
        match request.uri().path().rsplit('/').next().unwrap() {
            "QuotePrice" => {
                Box::pin(async { Ok(Grpc::new(ProstCodec::default()).unary(One(echo), request).await) })
            }
            "BatchQuotePrices" => {
                Box::pin(async { Ok(Grpc::new(ProstCodec::default()).unary(Batch(echo), request).await) })
            }
            "StreamQuotePrices" => Box::pin(async {
                Ok(Grpc::new(ProstCodec::default()).streaming(Chunks(echo), request).await)
            }),
            _ => Box::pin(async { Ok(Status::unimplemented("not measured").into_http()) }),
        }
    }
}

struct One(Echo);

impl UnaryService<QuotePriceRequest> for One {
    type Response = QuotePriceResponse;
    type Future = BoxFuture<Response<QuotePriceResponse>, Status>;

    fn call(&mut self, _: Request<QuotePriceRequest>) -> Self::Future {
        let decision = Some(self.0.decision.clone());
        Box::pin(async { Ok(Response::new(QuotePriceResponse { decision })) })
    }
}

struct Batch(Echo);

impl UnaryService<BatchQuotePricesRequest> for Batch {
    type Response = BatchQuotePricesResponse;
    type Future = BoxFuture<Response<BatchQuotePricesResponse>, Status>;

    fn call(&mut self, request: Request<BatchQuotePricesRequest>) -> Self::Future {
        let (results, release, fact_set) = self.0.results(request.into_inner().requests.len());
        Box::pin(async { Ok(Response::new(BatchQuotePricesResponse { results, release, fact_set })) })
    }
}

struct Chunks(Echo);

impl StreamingService<StreamQuotePricesRequest> for Chunks {
    type Response = StreamQuotePricesResponse;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<StreamQuotePricesResponse, Status>> + Send>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Streaming<StreamQuotePricesRequest>>) -> Self::Future {
        let echo = self.0.clone();
        let answers = request.into_inner().map(move |message| {
            let (results, release, fact_set) = echo.results(message?.requests.len());
            Ok(StreamQuotePricesResponse { results, release, fact_set })
        });
        let answers: Self::ResponseStream = Box::pin(answers);
        Box::pin(async { Ok(Response::new(answers)) })
    }
}
