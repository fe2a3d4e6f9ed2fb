//! O4: SIGTERM under load, with open streams, a client that does not read and one that does nothing.

use super::*;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[test]
fn the_service_ends_in_time_and_drops_no_answer() {
    for round in 0..size("PRICER_DRAINS", 3) {
        // Short, so that the test is: an open watch always takes all of it.
        let mut served =
            Served::start("[limits]\ndrain = \"500ms\"\nqueue_age = \"20s\"\n[log]\nrequests = \"all\"\n");
        let runtime = runtime();
        let mut stuck = std::net::TcpStream::connect(served.socket()).unwrap();
        stuck.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        let _silent = std::net::TcpStream::connect(served.socket()).unwrap();
        let (mut watch, workers) = runtime.block_on(async {
            let mut health = HealthClient::new(served.channel().await);
            let request = HealthCheckRequest { service: String::new() };
            let mut watch = health.watch(request).await.unwrap().into_inner();
            watch.message().await.unwrap().unwrap();
            let mut workers = Vec::new();
            for _ in 0..4 {
                let dial = served.dial();
                workers.push(tokio::spawn(async move { quote_until_the_end(dial).await }));
            }
            (watch, workers)
        });
        std::thread::sleep(Duration::from_millis(100 + 7 * round as u64));
        served.tell_to_end();
        let (code, took) = served.ended();
        assert_eq!(code, Some(0), "{}", served.log());
        assert!(took < Duration::from_millis(1_500), "the drain of 500 ms and a second: {took:?}");
        runtime.block_on(async {
            let last = watch.message().await;
            assert!(
                last.is_ok_and(|health| health.is_some_and(|health| health.status == 2)),
                "NOT_SERVING first"
            );
            let end = watch.message().await.unwrap_err();
            assert_eq!(end.code(), Code::Unavailable, "{end:?}");
            let mut all = 0;
            for worker in workers {
                let answered = worker.await.unwrap();
                assert!(0 < answered);
                all += answered;
            }
            // What the service took in, it answered, and every answer arrived.
            let log = served.log();
            let calls: Vec<&str> = log.lines().filter(|line| line.contains("QuotePrice")).collect();
            assert!(calls.iter().all(|line| line.contains(r#""code":"OK""#)), "{calls:?}");
            assert_eq!(calls.len(), all);
        });
    }
}

/// Asks until the connection is gone. What the service took in shows in its log; a call that it never read was not dropped.
async fn quote_until_the_end(dial: Dial) -> usize {
    let mut answered = 0;
    let mut client = PricingServiceClient::new(dial.connect().await.unwrap());
    loop {
        match client.quote_price(known("A")).await {
            Ok(_) => answered += 1,
            Err(status) if std::error::Error::source(&status).is_some() => return answered,
            Err(status) => panic!("the service refused: {status:?}"),
        }
    }
}
