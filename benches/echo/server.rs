//! What the service is measured against: tonic as it comes, and a handler that gives back ready-made answers.

use pricer::service::proto::pricing_service_server::{PricingService, PricingServiceServer};
use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::{
    BatchQuotePricesRequest, BatchQuotePricesResponse, Decision, QuotePriceRequest, QuotePriceResponse,
    QuoteResult, StreamQuotePricesRequest, StreamQuotePricesResponse, VerifyQuoteRequest,
    VerifyQuoteResponse,
};
use std::path::PathBuf;
use std::pin::Pin;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

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
        let echo = PricingServiceServer::new(Echo { decision: answer.decision.unwrap() });
        builder.add_service(echo).serve_with_incoming(incoming).await.unwrap();
    });
}

#[derive(Clone)]
struct Echo {
    decision: Decision,
}

impl Echo {
    fn results(&self, requests: usize) -> (Vec<QuoteResult>, String, String) {
        let result = QuoteResult { outcome: Some(Outcome::Decision(self.decision.clone())) };
        (vec![result; requests], self.decision.release.clone(), self.decision.fact_set.clone())
    }
}

#[tonic::async_trait]
impl PricingService for Echo {
    async fn quote_price(
        &self,
        _: Request<QuotePriceRequest>,
    ) -> Result<Response<QuotePriceResponse>, Status> {
        Ok(Response::new(QuotePriceResponse { decision: Some(self.decision.clone()) }))
    }

    async fn batch_quote_prices(
        &self,
        request: Request<BatchQuotePricesRequest>,
    ) -> Result<Response<BatchQuotePricesResponse>, Status> {
        let (results, release, fact_set) = self.results(request.into_inner().requests.len());
        Ok(Response::new(BatchQuotePricesResponse { results, release, fact_set }))
    }

    type StreamQuotePricesStream =
        Pin<Box<dyn Stream<Item = Result<StreamQuotePricesResponse, Status>> + Send>>;

    async fn stream_quote_prices(
        &self,
        request: Request<Streaming<StreamQuotePricesRequest>>,
    ) -> Result<Response<Self::StreamQuotePricesStream>, Status> {
        let echo = self.clone();
        let answers = request.into_inner().map(move |message| {
            let (results, release, fact_set) = echo.results(message?.requests.len());
            Ok(StreamQuotePricesResponse { results, release, fact_set })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn verify_quote(
        &self,
        _: Request<VerifyQuoteRequest>,
    ) -> Result<Response<VerifyQuoteResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}
