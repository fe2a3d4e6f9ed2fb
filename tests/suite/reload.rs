//! Rules change under load: no answer fails, and each is of exactly one release.
//!
//! `PRICER_RELOADS` is the number of reloads (default 6; 1,000 in `.ci/long`).

use super::serve::{PATIENCE, RULES, Served, write};
use pricer::rulebook::{Files, load};
use pricer::service::lock::Lock;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::rulebook_service_client::RulebookServiceClient;
use pricer::service::proto::{
    BatchQuotePricesRequest, Decision, GetReleaseRequest, QuotePriceRequest, quote_price_request::Item,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tonic::transport::Channel;

fn reloads() -> u32 {
    std::env::var("PRICER_RELOADS").map_or(6, |text| text.parse().unwrap())
}

fn request(sku: &str) -> QuotePriceRequest {
    QuotePriceRequest {
        item: Some(Item::Sku(sku.to_owned())),
        market: "DE".to_owned(),
        channel: "own".to_owned(),
        ..QuotePriceRequest::default()
    }
}

fn minor(decision: &Decision) -> i64 {
    let gross = decision.price.as_ref().unwrap().gross.as_ref().unwrap();
    gross.units * 100 + i64::from(gross.nanos / 10_000_000)
}

/// What one connection has seen: a release has one price of `A`, and does not come back.
#[derive(Default)]
struct Seen {
    prices: HashMap<String, (i64, usize)>,
    last: usize,
    answers: u64,
}

impl Seen {
    fn note(&mut self, decision: &Decision) {
        let next = self.prices.len();
        let (price, number) = *self.prices.entry(decision.release.clone()).or_insert((minor(decision), next));
        assert_eq!(price, minor(decision), "one release, two prices");
        assert!(self.last <= number, "a release came back");
        self.last = number;
        self.answers += 1;
    }
}

async fn singles(channel: Channel, is_over: Arc<AtomicBool>) -> Seen {
    let (mut client, mut seen) = (PricingServiceClient::new(channel), Seen::default());
    while !is_over.load(Ordering::Relaxed) {
        let answer = client.quote_price(request("A")).await.unwrap();
        seen.note(&answer.into_inner().decision.unwrap());
    }
    seen
}

async fn batches(channel: Channel, is_over: Arc<AtomicBool>) -> Seen {
    let (mut client, mut seen) = (PricingServiceClient::new(channel), Seen::default());
    while !is_over.load(Ordering::Relaxed) {
        let requests = vec![request("A"); 40];
        let answer =
            client.batch_quote_prices(BatchQuotePricesRequest { requests }).await.unwrap().into_inner();
        for result in answer.results {
            let Some(Outcome::Decision(decision)) = result.outcome else { panic!("{result:?}") };
            assert_eq!((&decision.release, &decision.fact_set), (&answer.release, &answer.fact_set));
            seen.note(&decision);
        }
    }
    seen
}

/// Puts other rules into the folder, in one of the ways in which editors and deployments do, with their lock.
fn change(folder: &Path, number: u32) {
    let rules = RULES.replace("50%", &format!("{}%", 50 + number));
    let half = &rules[..rules.len() / 2];
    match number % 4 {
        0 => {
            write(folder, "rules/all.toml", half);
            std::thread::sleep(Duration::from_millis(30));
            write(folder, "rules/all.toml", &rules);
        }
        1 => {
            write(folder, "rules/new.tmp", &rules);
            std::fs::rename(folder.join("rules/new.tmp"), folder.join("rules/all.toml")).unwrap();
        }
        2 => {
            std::fs::remove_file(folder.join("rules/all.toml")).unwrap();
            std::thread::sleep(Duration::from_millis(30));
            write(folder, "rules/all.toml", &rules);
        }
        _ => write(folder, "rules/all.toml", &rules),
    }
    let release = load(Files::read_dir(folder).unwrap()).release.unwrap();
    write(folder, "rulebook.lock", &Lock::for_release(&release).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_change_under_load_without_one_failed_or_mixed_answer() {
    let served = Served::start();
    let connect = || async { Channel::from_shared(served.addr.clone()).unwrap().connect().await.unwrap() };
    let is_over = Arc::new(AtomicBool::new(false));
    let single = tokio::spawn(singles(connect().await, is_over.clone()));
    let batch = tokio::spawn(batches(connect().await, is_over.clone()));
    let mut rulebooks = RulebookServiceClient::new(connect().await);
    let mut release =
        async || rulebooks.get_release(GetReleaseRequest::default()).await.unwrap().into_inner();
    let first = release().await.release.unwrap().release;
    let mut last = first.clone();
    for number in 1..=reloads() {
        change(served.folder.path(), number);
        let begin = Instant::now();
        loop {
            let now = release().await.release.unwrap().release;
            if now != last {
                last = now;
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "change {number} is not served");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // A broken file stays: it is told, and the last good release too.
    write(served.folder.path(), "rules/all.toml", &RULES.replace("cost-plus", "cost-plsu"));
    let begin = Instant::now();
    let rejected = loop {
        let answer = release().await;
        assert_eq!(answer.release.unwrap().release, last);
        if let Some(rejected) = answer.rejected {
            break rejected;
        }
        assert!(begin.elapsed() < PATIENCE, "the broken file is not told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let finding = rejected.diagnostics.first().unwrap();
    assert_eq!((finding.file.as_str(), finding.line), ("rules/all.toml", 6), "{finding:?}");
    assert!(finding.title.contains("cost-plsu"), "{finding:?}");
    assert_eq!(served.metric("pricer_rulebook_reload_success"), 0.0);
    is_over.store(true, Ordering::Relaxed);
    let all = [single.await.unwrap(), batch.await.unwrap()];
    for seen in &all {
        assert!(2 <= seen.prices.len(), "{} answers were all of one release", seen.answers);
    }
    println!(
        "{} reloads, {} answers, none failed; releases seen: {:?}",
        reloads(),
        all.iter().map(|seen| seen.answers).sum::<u64>(),
        all.iter().map(|seen| seen.prices.len()).collect::<Vec<_>>()
    );
    let (code, log) = served.end();
    assert_eq!(code, Some(0), "{log}");
}
