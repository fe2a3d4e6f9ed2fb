//! What the service is measured against: tonic as it comes, and a handler that gives back a ready-made answer.

use pricer::service::proto::{QuotePriceRequest, QuotePriceResponse};
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
        builder.add_service(Echo { answer }).serve_with_incoming(incoming).await.unwrap();
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
