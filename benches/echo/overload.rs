//! O1: goodput and latency of quotes at 0.8, 1, 2, 4 and 10 times what the service can answer:
//! `cargo bench --bench echo -- overload`. Quotes carry 200 offers and ask for their explanation, so that the service is
//! slower than the generator; where `late` grows, the generator is what is measured.

use super::{Subject, number, pricer, shop};
use pricer::service::load::{Outcome, Plan, run};
use pricer::service::proto::quote_price_request::Item;
use pricer::service::proto::{ExplanationDetail, ItemFacts, Money, Offer, QuotePriceRequest};
use std::time::Duration;
use tokio::runtime::Handle;

pub fn measure(handle: &Handle) {
    let folder = std::env::temp_dir().join(format!("pricer-overload-{}", std::process::id()));
    shop(&folder);
    let subject = pricer(&folder, "pricer", "plain.toml");
    let seconds = number("ECHO_SECONDS", 4);
    // Twice the rate until the goodput no longer follows.
    let mut peak = 0.0_f64;
    let mut rate = 250;
    loop {
        let goodput = at(&subject, rate, seconds, handle).1;
        peak = peak.max(goodput);
        if goodput < f64::from(rate) * 0.9 || 64_000 <= rate {
            break;
        }
        rate *= 2;
    }
    println!("peak {peak:.0} quotes a second\n");
    println!("| load | sent | goodput | of peak | answered p50 | p99 | refused | refused p99 | late p99 |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for load in [0.3, 0.8, 1.0, 2.0, 4.0, 10.0, 0.8] {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate of thousands")]
        let (outcome, goodput) = at(&subject, (peak * load) as u32, seconds, handle);
        let millis = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1e3);
        println!(
            "| {load}× | {} | {goodput:.0}/s | {:.0} % | {} | {} | {} | {} | {} |",
            outcome.sent,
            goodput / peak * 100.0,
            millis(outcome.answered.quantile(500)),
            millis(outcome.answered.quantile(990)),
            outcome.refused.count(),
            millis(outcome.refused.quantile(990)),
            millis(outcome.late.quantile(990)),
        );
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn at(subject: &Subject, rate: u32, seconds: u64, handle: &Handle) -> (Outcome, f64) {
    let plan = Plan {
        dial: subject.dial.clone(),
        requests: vec![request()],
        rate,
        duration: Duration::from_secs(seconds),
        warm_up: Duration::from_secs(1),
        connections: 16,
        deadline: Duration::from_millis(500),
    };
    let outcome = run(&plan, handle).unwrap();
    let goodput = outcome.goodput(&plan);
    (outcome, goodput)
}

fn request() -> QuotePriceRequest {
    let money = |units| Some(Money { currency_code: "EUR".to_owned(), units, nanos: 0 });
    let offer = |at: i64| Offer { rival: format!("rival-{at}"), price: money(10 + at), ..Offer::default() };
    QuotePriceRequest {
        item: Some(Item::ItemFacts(ItemFacts {
            sku: "A".to_owned(),
            cost: money(10),
            offers: (0..200).map(offer).collect(),
            ..ItemFacts::default()
        })),
        market: "DE".to_owned(),
        channel: "own".to_owned(),
        explanation_detail: ExplanationDetail::Text.into(),
        ..QuotePriceRequest::default()
    }
}
