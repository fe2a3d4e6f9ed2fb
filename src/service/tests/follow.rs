//! Which changes of the rulebook folder are served.

use super::script::RULES;
use super::*;
use proto::fact_service_client::FactServiceClient;
use proto::rulebook_service_client::RulebookServiceClient;
use proto::{FactStamp, GetReleaseRequest, ItemUpsert, UpsertItemsRequest};
use tokio::time::Instant;

const SUCCESS: &str = "pricer_rulebook_reload_success";
const FAILURES: &str = "pricer_rulebook_reload_failures_total";

/// Waits until the service answers from `rules`.
async fn until_served(service: &Running, rules: &str) -> Decision {
    let begin = Instant::now();
    loop {
        let decision = service.quote(known("A")).await.unwrap();
        if decision.release == Script::hash_of(rules) {
            return decision;
        }
        assert!(begin.elapsed() < PATIENCE, "`{rules}` is not served");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until `count` contents were not accepted.
async fn until_failed(service: &Running, count: f64) {
    let begin = Instant::now();
    while service.metric(FAILURES).await.is_none_or(|failures| failures < count) {
        assert!(begin.elapsed() < PATIENCE, "no failure number {count}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Longer than it takes to decide on a change.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_good_change_is_served_with_its_facts() {
    let script = Script::new("guards=2");
    let service = start(&script, config()).await;
    assert_eq!(service.metric(SUCCESS).await, Some(1.0));
    assert!(service.metric("pricer_rulebook_loaded_timestamp_seconds").await.unwrap() > 1.7e9);
    script.write(RULES, "guards=3 markup=100%");
    assert_eq!(gross(&until_served(&service, "guards=3 markup=100%").await), "23.80 EUR");
    assert_eq!(service.metric(FAILURES).await, Some(0.0));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_whole_changes_nothing_but_a_metric() {
    let script = Script::new("guards=2");
    let service = start(&script, config()).await;
    // Broken, failing its tests, and valid with a guard missing.
    for (count, rules) in [(1.0, "guards=2 broken"), (2.0, "guards=2 failing"), (3.0, "guards=1")] {
        script.write(RULES, rules);
        until_failed(&service, count).await;
        assert_eq!(service.metric(SUCCESS).await, Some(0.0));
        until_served(&service, "guards=2").await;
    }
    a_while().await;
    assert_eq!(service.metric(FAILURES).await, Some(3.0), "each content counts once");
    script.write(RULES, "guards=2");
    let begin = Instant::now();
    while service.metric(SUCCESS).await != Some(1.0) {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_change_waits_until_it_is_quiet_unless_it_matches_its_lock() {
    let script = Script::new("guards=2");
    let mut config = config();
    config.timing.quiet = Duration::from_secs(3_600);
    let service = start(&script, config).await;
    script.write(RULES, "guards=1 failing");
    a_while().await;
    until_served(&service, "guards=2").await;
    // A lock for something else admits nothing.
    let lock =
        |rules: &str| format!("release = \"{}\"\nguards = 1\nengine = \"0.1.0\"\n", Script::hash_of(rules));
    script.write(lock::NAME, &lock("guards=1"));
    a_while().await;
    until_served(&service, "guards=2").await;
    script.write(lock::NAME, &lock("guards=1 failing"));
    until_served(&service, "guards=1 failing").await;
    assert_eq!(service.metric(FAILURES).await, Some(0.0));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_does_not_answer_is_said_once_and_followed_again_when_it_does() {
    let script = Script::new("guards=2");
    let mut config = config();
    config.timing.read = Duration::from_millis(50);
    let service = start(&script, config).await;
    script.write("stuck", "");
    until_failed(&service, 1.0).await;
    assert_eq!(service.metric(SUCCESS).await, Some(0.0));
    until_served(&service, "guards=2").await;
    a_while().await;
    assert_eq!(service.metric(FAILURES).await, Some(1.0), "said once");
    script.remove("stuck");
    script.write(RULES, "guards=2 markup=100%");
    until_served(&service, "guards=2 markup=100%").await;
    assert_eq!(service.metric(SUCCESS).await, Some(1.0));
    service.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotes_go_on_while_releases_change_and_each_is_of_one_release() {
    let rules = |markup: u32| format!("guards=1 markup={markup}%");
    let script = Script::new(&rules(0));
    let mut config = config();
    config.timing = Timing { poll: Duration::from_millis(1), quiet: Duration::ZERO, ..Timing::default() };
    let service = start(&script, config).await;
    let channel = tonic::transport::Channel::from_shared(service.url()).unwrap().connect().await.unwrap();
    let quoting = tokio::spawn(async move {
        let mut client = proto::pricing_service_client::PricingServiceClient::new(channel);
        let (mut last, mut changes) = (0, 0);
        // (10 EUR + markup) with 19 % VAT: the price tells the release, and the release must be its own.
        while last < 60 {
            let decision = client.quote_price(known("A")).await.unwrap().into_inner().decision.unwrap();
            let cents = decision
                .price
                .as_ref()
                .unwrap()
                .gross
                .as_ref()
                .map(|gross| gross.units * 100 + i64::from(gross.nanos / 10_000_000));
            let markup =
                (0..=60_u32).find(|markup| decision.release == Script::hash_of(&rules(*markup))).unwrap();
            assert_eq!(cents, Some((i64::from(1_000 + markup * 10) * 119 + 50) / 100));
            assert!(last <= markup, "releases go forward");
            changes += u32::from(last < markup);
            last = markup;
        }
        changes
    });
    for markup in 1..=60 {
        script.write(RULES, &rules(markup));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let changes = tokio::time::timeout(PATIENCE, quoting).await.unwrap().unwrap();
    assert!(2 <= changes, "{changes} changes");
    service.stop().await.unwrap();
}

/// An item of `erp` with its RRP, which a release may have no attribute for.
async fn upload(service: &Running, sku: &str, rrp: Option<&str>, sequence: i64, valid_from: Option<i64>) {
    let row = ItemUpsert {
        stamp: Some(FactStamp {
            sequence,
            known_at: None,
            valid_from: valid_from.map(convert::write_instant),
        }),
        item_facts: Some(ItemFacts {
            sku: sku.to_owned(),
            cost: Some(money("20 EUR")),
            rrp: rrp.map(money),
            ..ItemFacts::default()
        }),
        ..ItemUpsert::default()
    };
    let message = UpsertItemsRequest { source: "erp".to_owned(), items: vec![row], replace: false };
    let mut facts = FactServiceClient::connect(service.url()).await.unwrap();
    let summary =
        facts.upsert_items(tokio_stream::iter([message])).await.unwrap().into_inner().summary.unwrap();
    assert_eq!(summary.rejected + summary.superseded, 0, "{summary:?}");
}

#[tokio::test]
async fn a_release_that_cannot_read_what_was_uploaded_is_not_served_unless_it_is_meant() {
    let script = Script::new("guards=1");
    let service = start(&script, config()).await;
    let later = Clock { fixed: None }.now() + 3_600;
    upload(&service, "N", Some("50 EUR"), 1, None).await;
    upload(&service, "W", Some("50 EUR"), 1, Some(later)).await;
    upload(&service, "P", None, 1, None).await;
    script.write(RULES, "guards=1 no-rrp");
    until_failed(&service, 1.0).await;
    assert_eq!(service.metric(SUCCESS).await, Some(0.0));
    let in_force = service.quote(known("N")).await.unwrap();
    assert_eq!((gross(&in_force).as_str(), in_force.release), ("35.70 EUR", Script::hash_of("guards=1")));
    let mut rulebooks = RulebookServiceClient::connect(service.url()).await.unwrap();
    let rejected =
        rulebooks.get_release(GetReleaseRequest::default()).await.unwrap().into_inner().rejected.unwrap();
    assert!(rejected.summary.starts_with("it cannot read 2 of 3 uploaded rows"), "{rejected:?}");
    assert!(rejected.summary.contains("`pricer check DIR --lock`"), "{rejected:?}");
    let mut titles: Vec<&str> = rejected.diagnostics.iter().map(|finding| finding.title.as_str()).collect();
    titles.sort_unstable();
    assert_eq!(
        titles,
        ["N", "W"].map(|sku| format!("the uploaded item {sku:?} of source `erp` cannot be read"))
    );
    let note = &rejected.diagnostics[0].notes[0];
    assert!(note.starts_with("`item_facts.rrp` is not an attribute"), "{note}");
    // Rows that both releases can read: it is served without being touched again.
    upload(&service, "N", None, 2, None).await;
    upload(&service, "W", None, 2, Some(later)).await;
    until_served(&service, "guards=1 no-rrp").await;
    assert_eq!(service.metric(SUCCESS).await, Some(1.0));
    assert_eq!(service.metric(FAILURES).await, Some(1.0), "said once");

    // With a lock rows may go, and they come back with a release that can read them.
    script.write(RULES, "guards=1 markup=60%");
    until_served(&service, "guards=1 markup=60%").await;
    upload(&service, "N", Some("50 EUR"), 3, None).await;
    let last = "guards=1 no-rrp markup=70%";
    script.write(RULES, last);
    until_failed(&service, 2.0).await;
    let lock = format!("release = \"{}\"\nguards = 1\nengine = \"0.1.0\"\n", Script::hash_of(last));
    script.write(lock::NAME, &lock);
    until_served(&service, last).await;
    assert_eq!(service.quote(known("N")).await.unwrap_err().0, tonic::Code::NotFound);
    assert!(service.quote(known("P")).await.is_ok());
    // What is lost already is no reason to refuse the next.
    script.write(RULES, "guards=1 no-rrp markup=80%");
    until_served(&service, "guards=1 no-rrp markup=80%").await;
    script.write(RULES, "guards=1 markup=50%");
    until_served(&service, "guards=1 markup=50%").await;
    assert_eq!(gross(&service.quote(known("N")).await.unwrap()), "35.70 EUR");
    service.stop().await.unwrap();
}
