//! Facts change under load: a quote sees all rows of a message or none, in every market.
//!
//! `PRICER_ITEMS` is the number of items (default 2,000; 1,000,000 in `.ci/long`).

use super::serve::Served;
use pricer::service::proto::fact_service_client::FactServiceClient;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::{
    BatchQuotePricesRequest, FactStamp, ItemFacts, ItemUpsert, Money, QuotePriceRequest, UpsertItemsRequest,
    quote_price_request::Item,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tonic::transport::Channel;

const MARKETS: [&str; 4] = ["DE", "FR", "IT", "ES"];
/// Rows of one message, and of one batch of quotes.
const TOGETHER: usize = 50;
/// How often each item changes.
const VERSIONS: i64 = 3;

fn items() -> usize {
    std::env::var("PRICER_ITEMS").map_or(2_000, |text| text.parse().unwrap())
}

fn rulebook() -> String {
    let mut text =
        "edition = \"2026\"\nname = \"four-markets\"\nlayers = [\"base\"]\n[channel.own]\n".to_owned();
    for (market, vat) in MARKETS.iter().zip([19, 20, 22, 21]) {
        text += &format!(
            "[market.{market}]\ncurrency = \"EUR\"\ntimezone = \"Europe/Berlin\"\nvat = {{ standard = \"{vat}%\" }}\n"
        );
    }
    text
}

fn sku(at: usize) -> String {
    format!("ITEM-{at:07}")
}

/// All items of a version, message by message; every row of a message has the same cost.
fn messages(version: i64) -> impl Iterator<Item = UpsertItemsRequest> {
    (0..items()).step_by(TOGETHER).map(move |from| {
        let row = |at: usize| ItemUpsert {
            stamp: Some(FactStamp { sequence: version, ..FactStamp::default() }),
            item_facts: Some(ItemFacts {
                sku: sku(at),
                cost: Some(Money { currency_code: "EUR".to_owned(), units: 10 * version, nanos: 0 }),
                ..ItemFacts::default()
            }),
            ..ItemUpsert::default()
        };
        UpsertItemsRequest {
            source: "erp".to_owned(),
            items: (from..items().min(from + TOGETHER)).map(row).collect(),
            replace: false,
        }
    })
}

async fn upload(channel: &Channel, version: i64) {
    let begin = Instant::now();
    let stream = tokio_stream::iter(messages(version));
    let answer = FactServiceClient::new(channel.clone()).upsert_items(stream).await.unwrap().into_inner();
    let summary = answer.summary.unwrap();
    let all = i64::try_from(items()).unwrap();
    assert_eq!((summary.received, summary.applied), (all, all), "{:?}", summary.errors.first());
    println!("version {version}: {all} rows in {:.1} s", begin.elapsed().as_secs_f64());
}

/// Asks for the items of one message after the other, in one market after the other.
async fn quote(channel: Channel, is_over: Arc<AtomicBool>) -> (usize, usize, u128) {
    let mut client = PricingServiceClient::new(channel).max_decoding_message_size(16 << 20);
    let (mut batches, mut slowest, mut prices) = (0, 0, BTreeSet::new());
    while !is_over.load(Ordering::Relaxed) {
        let from = batches * TOGETHER * 7 % items() / TOGETHER * TOGETHER;
        let market = MARKETS[batches % MARKETS.len()];
        let requests = (from..items().min(from + TOGETHER)).map(|at| QuotePriceRequest {
            item: Some(Item::Sku(sku(at))),
            market: market.to_owned(),
            channel: "own".to_owned(),
            ..QuotePriceRequest::default()
        });
        let begin = Instant::now();
        let request = BatchQuotePricesRequest { requests: requests.collect() };
        let answer = client.batch_quote_prices(request).await.unwrap().into_inner();
        slowest = slowest.max(begin.elapsed().as_micros());
        let seen: BTreeSet<(i64, i32)> = answer
            .results
            .iter()
            .map(|result| match &result.outcome {
                Some(Outcome::Decision(decision)) => {
                    assert_eq!(decision.fact_set, answer.fact_set);
                    let gross = decision.price.as_ref().unwrap().gross.as_ref().unwrap();
                    (gross.units, gross.nanos)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(seen.len(), 1, "half a message was seen in {market}: {seen:?}");
        prices.extend(seen.into_iter().map(|price| (market, price)));
        batches += 1;
    }
    (batches, prices.len(), slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotes_see_all_rows_of_a_message_or_none() {
    let served = Served::start_with(&rulebook());
    let connect = || async { Channel::from_shared(served.addr.clone()).unwrap().connect().await.unwrap() };
    let channel = connect().await;
    upload(&channel, 1).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let quoting = tokio::spawn(quote(connect().await, is_over.clone()));
    for version in 2..=VERSIONS {
        upload(&channel, version).await;
    }
    // A replay of everything changes nothing.
    let replay = FactServiceClient::new(channel).upsert_items(tokio_stream::iter(messages(2))).await.unwrap();
    let summary = replay.into_inner().summary.unwrap();
    assert_eq!((summary.applied, summary.superseded), (0, i64::try_from(items()).unwrap()));
    is_over.store(true, Ordering::Relaxed);
    let (batches, prices, slowest) = quoting.await.unwrap();
    assert!(0 < batches && MARKETS.len() <= prices, "{batches} batches, {prices} prices");
    println!(
        "{batches} batches of {TOGETHER} quotes meanwhile, slowest {slowest} µs; memory {}",
        served.memory()
    );
    let (code, log) = served.end();
    assert_eq!(code, Some(0), "{log}");
}
