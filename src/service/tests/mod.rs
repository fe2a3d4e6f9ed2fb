//! The service over real sockets on 127.0.0.1, each test with its own.

mod access;
mod elasticity;
mod follow;
mod many;
mod operate;
mod page;
mod quotes;
mod rules;
mod script;
mod secrets;
mod sweeps;
mod table;
mod uploads;

use super::*;
use client::{QuoteError, ask};
use proto::quote_price_request::Item;
use proto::{Decision, ItemFacts, QuotePriceRequest};
use script::Script;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic_types::{ErrorDetails, StatusExt};

/// No wait in these tests is longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// 2026-11-18T12:00:00Z.
const NOON: i64 = 1_795_003_200;

/// A service that runs until it is stopped or dropped.
struct Running {
    addr: SocketAddr,
    metrics: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
}

fn config() -> Config {
    Config {
        timing: Timing {
            poll: Duration::from_millis(10),
            quiet: Duration::from_millis(60),
            ..Timing::default()
        },
        limits: Limits {
            drain: Duration::from_millis(300),
            // A busy machine is no reason to turn a test away.
            queue_age: PATIENCE,
            quote_deadline: PATIENCE,
            ..Limits::default()
        },
        ..Config::default()
    }
}

/// Starts a service and waits until it quotes.
async fn start(script: &Arc<Script>, config: Config) -> Running {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let (grpc, metrics) = (bind().await.unwrap(), bind().await.unwrap());
    let (addr, page) = (grpc.local_addr().unwrap(), metrics.local_addr().unwrap());
    let listeners = Listeners { grpc, metrics: Some(metrics) };
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, ready) = oneshot::channel();
    let script = script.clone();
    let task = tokio::spawn(async move {
        let end = async {
            let _ = stopped.await;
        };
        serve(config, script, listeners, |_| tell.send(()).unwrap(), end).await
    });
    tokio::time::timeout(PATIENCE, ready).await.unwrap().unwrap();
    Running { addr, metrics: page, stop: Some(stop), task }
}

impl Running {
    fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    async fn quote(&self, request: QuotePriceRequest) -> Result<Decision, (tonic::Code, ErrorDetails)> {
        match ask(&self.url(), request).await {
            Ok(decision) => Ok(decision),
            Err(QuoteError::Status(status)) => Err((status.code(), status.get_error_details())),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The value of a metric without labels, or of a line that starts with `name`.
    async fn metric(&self, name: &str) -> Option<f64> {
        let mut stream = TcpStream::connect(self.metrics).await.unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.parse().ok()
    }

    async fn stop(mut self) -> Result<(), ServeError> {
        let _ = self.stop.take().unwrap().send(());
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

fn request(item: Item) -> QuotePriceRequest {
    QuotePriceRequest {
        item: Some(item),
        market: "M".to_owned(),
        channel: "own".to_owned(),
        at_time: Some(convert::write_instant(NOON)),
        ..QuotePriceRequest::default()
    }
}

fn known(sku: &str) -> QuotePriceRequest {
    request(Item::Sku(sku.to_owned()))
}

fn inline(facts: ItemFacts) -> QuotePriceRequest {
    request(Item::ItemFacts(facts))
}

fn money(text: &str) -> proto::Money {
    let money = crate::facts::parse_money(text).unwrap();
    convert::write_money(money.amount, money.currency)
}

fn gross(decision: &Decision) -> String {
    let price = decision.price.clone().unwrap().gross.unwrap();
    convert::read_money(&price).unwrap().to_string()
}
