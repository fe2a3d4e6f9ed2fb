//! Facts that change while quotes run.

use super::*;
use proto::fact_service_client::FactServiceClient;
use proto::{
    ExchangeRate, FactStamp, GetItemRequest, ItemRecord, ItemUpsert, ListItemsRequest, Offer, OfferUpsert,
    SetExchangeRatesRequest, StockUpdate, UpdateStockRequest, UploadSummary, UpsertItemsRequest,
    UpsertOffersRequest,
};
use script::RULES;
use tonic::Code;
use tonic::transport::Channel;

async fn client(service: &Running) -> FactServiceClient<Channel> {
    FactServiceClient::connect(service.url()).await.unwrap()
}

fn stamp(sequence: i64) -> Option<FactStamp> {
    Some(FactStamp { sequence, known_at: None, valid_from: None })
}

fn item(sku: &str, cost: &str, sequence: i64) -> ItemUpsert {
    let facts = ItemFacts { sku: sku.to_owned(), cost: Some(money(cost)), ..ItemFacts::default() };
    ItemUpsert { stamp: stamp(sequence), item_facts: Some(facts), ..ItemUpsert::default() }
}

async fn upsert(service: &Running, source: &str, items: Vec<ItemUpsert>) -> UploadSummary {
    let messages = [UpsertItemsRequest { source: source.to_owned(), items, replace: false }];
    let answer = client(service).await.upsert_items(tokio_stream::iter(messages)).await.unwrap();
    answer.into_inner().summary.unwrap()
}

/// Applied, waiting, superseded, rejected.
fn counts(summary: &UploadSummary) -> [i64; 4] {
    let UploadSummary { received, applied, waiting, superseded, rejected, .. } = *summary;
    assert_eq!(received, applied + waiting + superseded + rejected);
    [applied, waiting, superseded, rejected]
}

async fn price(service: &Running, sku: &str) -> String {
    match service.quote(known(sku)).await {
        Ok(decision) => gross(&decision),
        Err((_, details)) => details.error_info().unwrap().reason.clone(),
    }
}

#[tokio::test]
async fn the_highest_number_counts_and_replays_and_late_rows_change_nothing() {
    let service = start(&Script::new("guards=1"), config()).await;
    let before = service.quote(known("A")).await.unwrap().fact_set;
    let summary = upsert(&service, "erp", vec![item("A", "20 EUR", 5), item("N", "1 EUR", 1)]).await;
    assert_eq!(counts(&summary), [2, 0, 0, 0]);
    let after = service.quote(known("A")).await.unwrap();
    assert_eq!((gross(&after).as_str(), &after.fact_set), ("35.70 EUR", &summary.fact_set));
    assert_ne!(before, after.fact_set);
    assert_eq!(price(&service, "N").await, "1.79 EUR");
    // The same again, an older one, and both within one message with a newer one.
    let again = upsert(&service, "erp", vec![item("A", "20 EUR", 5), item("A", "90 EUR", 4)]).await;
    assert_eq!((counts(&again), &again.fact_set), ([0, 0, 2, 0], &summary.fact_set));
    let mixed = vec![item("A", "10 EUR", 7), item("A", "30 EUR", 6)];
    assert_eq!(counts(&upsert(&service, "erp", mixed).await), [1, 0, 1, 0]);
    assert_eq!(price(&service, "A").await, "17.85 EUR");
    // Another source counts on its own; of two sources the row that comes last counts.
    assert_eq!(counts(&upsert(&service, "pim", vec![item("A", "20 EUR", 1)]).await), [1, 0, 0, 0]);
    assert_eq!(price(&service, "A").await, "35.70 EUR");
    // Gone, and a late row does not bring it back.
    let gone = ItemUpsert { remove: true, ..item("A", "1 EUR", 8) };
    assert_eq!(counts(&upsert(&service, "erp", vec![gone, item("A", "1 EUR", 3)]).await), [1, 0, 1, 0]);
    assert_eq!(price(&service, "A").await, "ITEM_NOT_FOUND");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn rows_for_one_place_lie_over_those_for_all() {
    let service = start(&Script::new("guards=1"), config()).await;
    let own = ItemUpsert { channel: "own".to_owned(), ..item("A", "20 EUR", 1) };
    let nowhere = ItemUpsert { market: "X".to_owned(), ..item("A", "20 EUR", 1) };
    let offers = vec![Offer::default()];
    let mut odd = item("", "20 EUR", 0);
    odd.item_facts.as_mut().unwrap().offers = offers;
    let summary = upsert(&service, "erp", vec![own, nowhere, odd, ItemUpsert::default()]).await;
    assert_eq!(counts(&summary), [1, 0, 0, 3]);
    let fields = |at: usize| -> Vec<String> {
        let error = summary.errors[at].error.as_ref().unwrap();
        assert_eq!((error.code, error.reason.as_str()), (Code::InvalidArgument as i32, "INVALID_FIELD"));
        error.field_violations.iter().map(|violation| violation.field.clone()).collect()
    };
    assert_eq!(summary.errors.iter().map(|error| error.row).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(fields(0), ["market"]);
    assert_eq!(fields(1), ["stamp.sequence", "item_facts.offers", "item_facts.sku"]);
    assert_eq!(fields(2), ["stamp", "item_facts"]);
    assert_eq!(price(&service, "A").await, "35.70 EUR");
    let app = QuotePriceRequest { channel: "app".to_owned(), ..known("A") };
    assert_eq!(gross(&service.quote(app).await.unwrap()), "17.85 EUR");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_row_waits_for_its_time() {
    // This service's clock is the real one.
    let service = start(&Script::new("guards=1"), config()).await;
    let now = Clock { fixed: None }.now();
    let from = |row: ItemUpsert, at: i64| {
        let valid_from = Some(convert::write_instant(at));
        ItemUpsert { stamp: row.stamp.map(|stamp| FactStamp { valid_from, ..stamp }), ..row }
    };
    let rows = vec![
        from(item("A", "20 EUR", 5), now + 2),
        from(item("A", "30 EUR", 4), now + 5),
        item("A", "5 EUR", 3),
    ];
    // The third is overtaken by the first, which holds from an earlier moment with a higher number.
    assert_eq!(counts(&upsert(&service, "erp", rows).await), [1, 1, 1, 0]);
    assert_eq!(price(&service, "A").await, "8.93 EUR");
    let begin = tokio::time::Instant::now();
    while price(&service, "A").await != "35.70 EUR" {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(now + 2 <= Clock { fixed: None }.now(), "too early");
    // What waited counts as applied.
    assert_eq!(counts(&upsert(&service, "erp", vec![item("A", "5 EUR", 4)]).await), [0, 0, 1, 0]);
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_new_release_reads_what_was_uploaded_anew() {
    let script = Script::new("guards=1");
    let service = start(&script, config()).await;
    upsert(&service, "erp", vec![item("A", "20 EUR", 1), item("N", "1 EUR", 1)]).await;
    let gone = ItemUpsert { remove: true, channel: "own".to_owned(), ..item("C", "1 EUR", 1) };
    upsert(&service, "erp", vec![gone]).await;
    script.write(RULES, "guards=1 markup=100%");
    let begin = tokio::time::Instant::now();
    while price(&service, "A").await != "47.60 EUR" {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(price(&service, "N").await, "2.38 EUR");
    assert_eq!(price(&service, "C").await, "ITEM_NOT_FOUND", "a file does not bring it back");
    assert_eq!(counts(&upsert(&service, "erp", vec![item("A", "1 EUR", 1)]).await), [0, 0, 1, 0]);
    service.stop().await.unwrap();
}

async fn replace(service: &Running, chunks: Vec<Vec<ItemUpsert>>) -> Result<UploadSummary, tonic::Status> {
    let messages = chunks.into_iter().enumerate().map(|(at, items)| UpsertItemsRequest {
        source: if at == 0 { "erp" } else { "" }.to_owned(),
        items,
        replace: at == 0,
    });
    let messages: Vec<UpsertItemsRequest> = messages.collect();
    let answer = client(service).await.upsert_items(tokio_stream::iter(messages)).await?;
    Ok(answer.into_inner().summary.unwrap())
}

#[tokio::test]
async fn a_catalog_is_replaced_at_once_or_not_at_all() {
    let script = Script::new("guards=1");
    let service = start(&script, config()).await;
    upsert(&service, "pim", vec![item("P", "1 EUR", 1)]).await;
    // One bad row, or none at all, and nothing happens.
    let mut bad = item("Y", "1 EUR", 1);
    bad.item_facts.as_mut().unwrap().sku.clear();
    let summary = replace(&service, vec![vec![item("X", "1 EUR", 1)], vec![bad]]).await.unwrap();
    assert_eq!((counts(&summary), price(&service, "X").await.as_str()), ([0, 0, 1, 1], "ITEM_NOT_FOUND"));
    let status = replace(&service, vec![Vec::new()]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("empty catalog"), "{status:?}");
    assert_eq!(price(&service, "A").await, "17.85 EUR");
    let all = || vec![vec![item("A", "20 EUR", 1)], vec![item("X", "1 EUR", 1)]];
    for expected in [[2, 0, 0, 0], [0, 0, 2, 0]] {
        assert_eq!(counts(&replace(&service, all()).await.unwrap()), expected);
        let prices = [price(&service, "A").await, price(&service, "X").await];
        assert_eq!(prices, ["35.70 EUR", "1.79 EUR"]);
        for gone in ["P", "C", "E"] {
            assert_eq!(price(&service, gone).await, "ITEM_NOT_FOUND", "{gone}");
        }
    }
    script.write(RULES, "guards=1 markup=100%");
    let begin = tokio::time::Instant::now();
    while price(&service, "A").await != "47.60 EUR" {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(price(&service, "C").await, "ITEM_NOT_FOUND", "nor does a new release");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn offers_stock_and_rates_reach_quotes_and_their_age_is_told() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut facts = client(&service).await;
    // `D` costs tenge, for which there is no rate yet.
    assert_eq!(price(&service, "D").await, "EXCHANGE_RATE_MISSING");
    let rate = |rate: &str, seconds: i64, sequence: i64| ExchangeRate {
        stamp: stamp(sequence),
        base: "EUR".to_owned(),
        quote: "KZT".to_owned(),
        rate: rate.to_owned(),
        as_of: Some(convert::write_instant(NOON + seconds)),
    };
    let rates = vec![rate("0.5", -60, 1), rate("0.51", -90, 1), rate("9", 60, 1), rate("0", 0, 1)];
    let messages = [SetExchangeRatesRequest { source: "ecb".to_owned(), rates }];
    let answer = facts.set_exchange_rates(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(counts(&answer.summary.unwrap()), [3, 0, 0, 1]);
    assert_eq!(
        price(&service, "D").await,
        "3.57 EUR",
        "1 KZT is 2 EUR; the rate of the next minute is not known"
    );
    // Stock lies over the item, whichever came later.
    let known_at = Some(convert::write_instant(NOON - 300));
    let stock = StockUpdate {
        stamp: Some(FactStamp { sequence: 1, known_at, valid_from: None }),
        sku: "A".to_owned(),
        stock_units: Some("12".to_owned()),
        units_per_day: Some("2".to_owned()),
        ..StockUpdate::default()
    };
    let messages = [UpdateStockRequest { source: "wms".to_owned(), updates: vec![stock] }];
    facts.update_stock(tokio_stream::iter(messages)).await.unwrap();
    upsert(&service, "erp", vec![item("A", "10 EUR", 1)]).await;
    let decision = service.quote(known("A")).await.unwrap();
    assert_eq!(decision.oldest_input_time.unwrap().seconds, NOON - 300);
    assert_eq!(decision.oldest_input_age.unwrap().seconds, 300);
    let offer = |rival: &str, price: &str, sequence: i64, remove: bool| OfferUpsert {
        stamp: stamp(sequence),
        sku: "A".to_owned(),
        market: "M".to_owned(),
        offer: Some(Offer {
            rival: rival.to_owned(),
            price: Some(money(price)),
            seen_at: Some(convert::write_instant(NOON - 30)),
            ..Offer::default()
        }),
        remove,
    };
    let offers = vec![
        offer("alza", "15 EUR", 1, false),
        offer("new", "16 EUR", 1, false),
        offer("alza", "1 EUR", 2, true),
    ];
    let messages = [UpsertOffersRequest { source: "crawl".to_owned(), offers }];
    let answer = facts.upsert_offers(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(counts(&answer.summary.unwrap()), [3, 0, 0, 0]);
    let wanted = GetItemRequest { sku: "A".to_owned(), market: "M".to_owned(), channel: "own".to_owned() };
    let shown = facts.get_item(wanted).await.unwrap().into_inner().item.unwrap();
    let rivals: Vec<&str> = shown.offers.iter().map(|offer| offer.rival.as_str()).collect();
    assert_eq!((rivals, shown.source.as_str(), shown.sequence), (vec!["new"], "erp", Some(1)));
    let texts =
        ["cost", "stock_units", "units_per_day", "stock_cover"].map(|name| shown.attributes[name].clone());
    assert_eq!(texts, ["10.00 EUR", "12", "2", "6d"]);
    service.stop().await.unwrap();
}

#[tokio::test]
async fn every_row_is_listed_once_page_by_page() {
    let service = start(&Script::new("guards=1"), config()).await;
    let rows = (0..250).flat_map(|at| {
        let everywhere = item(&format!("N{at:03}"), "1 EUR", 1);
        let own = ItemUpsert { channel: "own".to_owned(), ..everywhere.clone() };
        [everywhere, own]
    });
    assert_eq!(counts(&upsert(&service, "erp", rows.collect()).await), [500, 0, 0, 0]);
    let mut facts = client(&service).await;
    let (mut all, mut page_token): (Vec<ItemRecord>, String) = Default::default();
    loop {
        let page =
            facts.list_items(ListItemsRequest { page_size: 7, page_token }).await.unwrap().into_inner();
        assert!(page.items.len() <= 7 && page.total_size == 505);
        all.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut keys: Vec<(&str, &str)> =
        all.iter().map(|row| (row.sku.as_str(), row.channel.as_str())).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((keys.len(), all.len()), (505, 505));
    assert_eq!(all.iter().filter(|row| row.source == "erp").count(), 500);
    for bad in [
        ListItemsRequest { page_size: 1_001, ..Default::default() },
        ListItemsRequest { page_size: -1, page_token: "?".to_owned() },
    ] {
        assert_eq!(facts.list_items(bad).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let missing =
        facts.get_item(GetItemRequest { sku: "?".to_owned(), ..Default::default() }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_stream_says_who_it_is_from_and_keeps_its_chunks_small() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut facts = client(&service).await;
    let message = |source: &str, rows: usize| UpsertItemsRequest {
        source: source.to_owned(),
        items: vec![item("A", "1 EUR", 1); rows],
        replace: false,
    };
    for messages in
        [vec![message("", 1)], vec![message("E R P", 1)], vec![message("erp", 1), message("pim", 1)]]
    {
        let status = facts.upsert_items(tokio_stream::iter(messages)).await.unwrap_err();
        let details = status.get_error_details();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "source");
    }
    let status = facts.upsert_items(tokio_stream::iter([message("erp", 1_001)])).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "BATCH_TOO_LARGE");
    service.stop().await.unwrap();
}
