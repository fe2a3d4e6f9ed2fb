//! Feed files that change are served whole or not at all, and uploads stay above them.

use super::*;
use pricer::service::proto::fact_service_client::FactServiceClient;
use pricer::service::proto::{FactStamp, ItemFacts, ItemUpsert, Money, UpsertItemsRequest};

const QUICK: &str =
    "[reload]\npoll = \"10ms\"\nquiet = \"100ms\"\n[limits]\nqueue_age = \"20s\"\nquote_deadline = \"20s\"\n";
const SUCCESS: &str = "pricer_feeds_reload_success";
const FAILURES: &str = "pricer_feeds_reload_failures_total";
const RELOADS: &str = "pricer_feeds_reloads_total";

/// Twenty items of one cost.
fn items(cost: &str) -> String {
    (0..20).fold("sku,cost\n".to_owned(), |text, at| text + &format!("I{at:02},{cost}\n"))
}

fn price(served: &Served, sku: &str) -> String {
    match runtime().block_on(served.dial().ask(known(sku))) {
        Ok(decision) => {
            let gross = decision.price.unwrap().gross.unwrap();
            format!("{}.{:02}", gross.units, gross.nanos / 10_000_000)
        }
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn a_feed_file_that_changes_is_served_whole_or_not_at_all() {
    let folder = shop();
    write(folder.path(), "items.csv", &items("10.00 EUR"));
    let served = Served::start_in(folder, QUICK, &[]);
    let path = served.folder.path().join("items.csv");
    assert_eq!((price(&served, "I00").as_str(), served.metric(SUCCESS)), ("17.85", 1.0));
    runtime().block_on(async {
        let row = ItemUpsert {
            stamp: Some(FactStamp { sequence: 1, ..FactStamp::default() }),
            item_facts: Some(ItemFacts {
                sku: "I01".to_owned(),
                cost: Some(Money { currency_code: "EUR".to_owned(), units: 100, nanos: 0 }),
                ..ItemFacts::default()
            }),
            ..ItemUpsert::default()
        };
        let message = UpsertItemsRequest { source: "erp".to_owned(), items: vec![row], replace: false };
        let mut facts = FactServiceClient::new(served.channel().await);
        facts.upsert_items(tokio_stream::iter([message])).await.unwrap();
    });
    std::fs::write(&path, items("20.00 EUR")).unwrap();
    served.until("the change is not served", |served| served.metric(RELOADS) == 1.0);
    assert_eq!(
        [price(&served, "I00"), price(&served, "I01")],
        ["35.70", "178.50"],
        "uploads lie above files"
    );

    // Cut in half, without a row that can be read, empty, and gone.
    let whole = items("30.00 EUR");
    let cut = &whole[..whole.len() / 2];
    let bad = items("thirty");
    for (count, text) in [(1.0, Some(cut)), (2.0, Some(bad.as_str())), (3.0, Some("sku,cost\n")), (4.0, None)]
    {
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        served.until("it is not noticed", |served| served.metric(FAILURES) == count);
        assert_eq!(served.metric(SUCCESS), 0.0);
        assert_eq!(price(&served, "I19"), "35.70", "the last good one stays");
    }
    let aside = served.folder.path().join("aside.csv");
    std::fs::write(&aside, &whole).unwrap();
    std::fs::rename(&aside, &path).unwrap();
    served.until("the whole file is not served", |served| served.metric(SUCCESS) == 1.0);
    assert_eq!([price(&served, "I19"), price(&served, "I01")], ["53.55", "178.50"]);
    let log = served.log();
    let warned = log.lines().filter(|line| line.contains("feeds that have changed are not served")).count();
    assert_eq!(warned, 4, "{log}");
    assert!(log.contains("instead of 20, more than 10% fewer (`feeds.max_loss`)"), "{log}");
    assert_eq!(served.metric("pricer_rulebook_reloads_total"), 1.0, "the rules stay the same release");
}
