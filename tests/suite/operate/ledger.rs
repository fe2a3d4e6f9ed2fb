//! O11: what the service counts is what a client saw, to the last call; and the number of series is bounded.

use super::*;
use pricer::service::metrics::code_name;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use std::collections::BTreeMap;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[test]
fn counters_are_the_clients_ledger() {
    let calls = size("PRICER_LEDGER_CALLS", 2_000);
    let served = Served::start("[limits]\nquotes = 1\nquotes_waiting = 2\nqueue_age = \"2ms\"\n");
    let ledger = runtime().block_on(async {
        let mut tasks = Vec::new();
        for worker in 0..8 {
            let channel = served.channel().await;
            tasks.push(tokio::spawn(async move {
                let mut ledger = BTreeMap::<(&str, &str), u64>::new();
                let mut client = PricingServiceClient::new(channel.clone());
                for call in 0..calls / 8 {
                    let mut request = known(&format!("sku-{worker}-{call}"));
                    match call % 5 {
                        0 => {}
                        1 => request.market = format!("market-{call}"),
                        2 => request.channel.clear(),
                        _ => request.item = Some(Item::Sku("A".to_owned())),
                    }
                    let answer = client.quote_price(request).await;
                    let code = code_name(answer.map_or_else(|status| status.code(), |_| Code::Ok));
                    *ledger.entry(("/pricer.v1.PricingService/QuotePrice", code)).or_default() += 1;
                    if call % 10 == 0 {
                        let request = HealthCheckRequest { service: String::new() };
                        HealthClient::new(channel.clone()).check(request).await.unwrap();
                        *ledger.entry(("/grpc.health.v1.Health/Check", "OK")).or_default() += 1;
                    }
                }
                ledger
            }));
        }
        let mut all = BTreeMap::<(&str, &str), u64>::new();
        for task in tasks {
            for (key, count) in task.await.unwrap() {
                *all.entry(key).or_default() += count;
            }
        }
        all
    });
    let page = served.page();
    let mut sum = 0;
    for ((method, code), count) in &ledger {
        let name = format!("pricer_requests_total{{method=\"{method}\",code=\"{code}\"}} {count}");
        assert!(page.lines().any(|line| line == name), "{name}\n{page}");
        sum += count;
    }
    let total: u64 = page
        .lines()
        .filter(|line| line.starts_with("pricer_requests_total{"))
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, sum, "nothing else is counted");
    assert_eq!(served.metric("pricer_requests_in_flight"), 0.0);
    let series = page.lines().filter(|line| line.starts_with("pricer_")).count();
    assert!(series < 400, "{series} series");
    let shed: f64 = ["queue_full", "queue_age", "deadline"]
        .map(|reason| served.metric(&format!("pricer_requests_shed_total{{reason=\"{reason}\"}}")))
        .iter()
        .sum();
    let refused = ledger.iter().filter(|((_, code), _)| *code == "RESOURCE_EXHAUSTED");
    let refused: u64 = refused.map(|(_, count)| count).sum();
    assert_eq!(shed, refused as f64, "what was shed is what the clients were refused");
}
