//! What the service is measured against: tonic as it comes, and a handler that gives back a ready-made answer.

use pricer::service::proto::{
    Because, Decision, DecisionStatus, GuardClass, GuardHit, ItemPrice, Money, PriceBasis, PriceRange,
    QuotePriceRequest, QuotePriceResponse, RangeEdge, Winner,
};
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic_prost::ProstCodec;

pub fn serve(tls: Option<(PathBuf, PathBuf)>) {
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
        builder.add_service(Echo { answer: answer() }).serve_with_incoming(incoming).await.unwrap();
    });
}

/// As generated code does it for one method.
#[derive(Clone)]
struct Echo {
    answer: QuotePriceResponse,
}

impl NamedService for Echo {
    const NAME: &'static str = "pricer.v1.PricingService";
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc: Grpc<ProstCodec<QuotePriceResponse, QuotePriceRequest>> =
                Grpc::new(ProstCodec::default());
            Ok(grpc.unary(echo, request).await)
        })
    }
}

impl UnaryService<QuotePriceRequest> for Echo {
    type Response = QuotePriceResponse;
    type Future = Ready<Result<tonic::Response<QuotePriceResponse>, Status>>;

    fn call(&mut self, _: tonic::Request<QuotePriceRequest>) -> Self::Future {
        ready(Ok(tonic::Response::new(self.answer.clone())))
    }
}

/// The answer that the service gives to the same question.
fn answer() -> QuotePriceResponse {
    let money = |units, nanos| Some(Money { currency_code: "EUR".to_owned(), units, nanos });
    let guard = || GuardHit { id: "sane".to_owned(), guard_class: GuardClass::Safety.into() };
    let edge = |units, nanos| Some(RangeEdge { amount: money(units, nanos), guard: Some(guard()) });
    let decision = Decision {
        status: DecisionStatus::Priced.into(),
        basis: PriceBasis::Recommended.into(),
        sku: "A".to_owned(),
        market: "DE".to_owned(),
        channel: "own".to_owned(),
        at_time: Some(prost_types::Timestamp { seconds: 1_795_003_200, nanos: 0 }),
        price: Some(ItemPrice {
            gross: money(17, 850_000_000),
            net: money(15, 0),
            vat_rate: "0.19".to_owned(),
        }),
        range: Some(PriceRange { floor: edge(0, 100_000_000), ceiling: edge(100_000, 0) }),
        winner: Some(Winner {
            rule: "plus".to_owned(),
            because: Because::OnlyCandidate.into(),
            layer: "base".to_owned(),
            file: "rules/all.toml".to_owned(),
            line: 1,
            ..Winner::default()
        }),
        margin: Some("0.333333333".to_owned()),
        contribution: money(5, 0),
        full_contribution: money(5, 0),
        break_even: money(11, 900_000_000),
        release: "0".repeat(64),
        ..Decision::default()
    };
    QuotePriceResponse { decision: Some(decision) }
}
