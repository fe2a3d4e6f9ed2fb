//! Jobs that price everything.

use super::*;
use proto::repricing_service_client::RepricingServiceClient;
use proto::{
    CancelRepricingRequest, FactStamp, GetRepricingRequest, ItemUpsert, ReadRepricingRequest, RepricedRow,
    Repricing, RepricingState, StartRepricingRequest, UpsertItemsRequest, WatchRepricingRequest,
};
use std::collections::BTreeMap;
use tonic::Code;
use tonic::transport::Channel;

async fn client(service: &Running) -> RepricingServiceClient<Channel> {
    RepricingServiceClient::connect(service.url()).await.unwrap()
}

fn start_request(id: &str) -> StartRepricingRequest {
    let at_time = Some(convert::write_instant(NOON));
    StartRepricingRequest { request_id: id.to_owned(), at_time, ..StartRepricingRequest::default() }
}

/// Watches a job to its end.
async fn watched(jobs: &mut RepricingServiceClient<Channel>, id: &str) -> Repricing {
    let request = WatchRepricingRequest { repricing_id: id.to_owned() };
    let mut looks = jobs.watch_repricing(request).await.unwrap().into_inner();
    let (mut last, mut done) = (None, 0);
    while let Some(look) = looks.message().await.unwrap() {
        let look = look.repricing.unwrap();
        assert!(done <= look.items_done, "progress goes forward");
        done = look.items_done;
        last = Some(look);
    }
    last.unwrap()
}

async fn rows(jobs: &mut RepricingServiceClient<Channel>, id: &str) -> Vec<RepricedRow> {
    let request = ReadRepricingRequest { repricing_id: id.to_owned() };
    let mut chunks = jobs.read_repricing(request).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(chunk) = chunks.message().await.unwrap() {
        assert!((1..=1_000).contains(&chunk.rows.len()));
        all.extend(chunk.rows);
    }
    all
}

async fn upload(service: &Running, count: usize) {
    let mut facts = proto::fact_service_client::FactServiceClient::connect(service.url()).await.unwrap();
    let item = |at: usize| ItemUpsert {
        stamp: Some(FactStamp { sequence: 1, ..FactStamp::default() }),
        item_facts: Some(ItemFacts {
            sku: format!("N{at}"),
            cost: Some(money(&format!("{} EUR", 1 + at % 900))),
            ..ItemFacts::default()
        }),
        ..ItemUpsert::default()
    };
    let messages: Vec<UpsertItemsRequest> = (0..count)
        .step_by(1_000)
        .map(|from| UpsertItemsRequest {
            source: "erp".to_owned(),
            items: (from..count.min(from + 1_000)).map(item).collect(),
            replace: false,
        })
        .collect();
    let answer = facts.upsert_items(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(answer.summary.unwrap().applied, i64::try_from(count).unwrap());
}

#[tokio::test]
async fn every_served_item_is_priced_as_a_quote_prices_it() {
    let service = start(&Script::new("guards=1"), config()).await;
    upload(&service, 2_500).await;
    let mut jobs = client(&service).await;
    let started = jobs.start_repricing(start_request("one")).await.unwrap().into_inner().repricing.unwrap();
    let id = started.repricing_id.as_str();
    let done = watched(&mut jobs, id).await;
    assert_eq!((done.state(), done.items, done.items_done), (RepricingState::Done, 2_505, 2_505));
    // Two channels each, but for `C`, which is sold in one.
    assert_eq!((done.rows, done.rejected), (5_009, 0));
    assert_eq!(done.priced + done.held + done.refused, done.rows);
    let all = rows(&mut jobs, id).await;
    assert_eq!(all.len(), 5_009);
    let mut by_key = BTreeMap::new();
    for row in &all {
        assert!(by_key.insert((row.sku.as_str(), row.channel.as_str()), row).is_none());
    }
    for sku in ["A", "B", "D", "E", "N0", "N899", "N2499"] {
        let row = by_key[&(sku, "own")];
        match service.quote(known(sku)).await {
            Ok(decision) => {
                assert_eq!(
                    (&row.gross, row.status()),
                    (&decision.price.as_ref().unwrap().gross, decision.status())
                );
                assert_eq!((row.rule.as_str(), &done.fact_set), ("plus", &decision.fact_set));
            }
            Err((code, details)) => {
                let error = row.error.as_ref().unwrap();
                assert_eq!((error.code, &error.reason), (code as i32, &details.error_info().unwrap().reason));
            }
        }
    }
    // The same request is the same job; the same job again gives the same digest; the id cannot mean another.
    let again = jobs.start_repricing(start_request("one")).await.unwrap().into_inner().repricing.unwrap();
    assert_eq!(again, done);
    let second = jobs.start_repricing(start_request("two")).await.unwrap().into_inner().repricing.unwrap();
    assert_eq!(watched(&mut jobs, &second.repricing_id).await.digest, done.digest);
    let other = StartRepricingRequest { market: "M".to_owned(), ..start_request("one") };
    let status = jobs.start_repricing(other).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "REQUEST_ID_REUSED");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn items_of_the_request_are_priced_instead_of_the_served_ones() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut jobs = client(&service).await;
    let item = |sku: &str, cost: &str| ItemFacts {
        sku: sku.to_owned(),
        cost: Some(money(cost)),
        ..ItemFacts::default()
    };
    let bad = ItemFacts { stock_units: Some("x".to_owned()), ..item("Y", "1 EUR") };
    let items = vec![item("X", "10 EUR"), bad, item("X", "20 EUR")];
    let request = StartRepricingRequest { items, channel: "own".to_owned(), ..start_request("given") };
    let started = jobs.start_repricing(request).await.unwrap().into_inner().repricing.unwrap();
    let done = watched(&mut jobs, &started.repricing_id).await;
    assert_eq!((done.rows, done.priced, done.rejected), (3, 1, 2));
    let all = rows(&mut jobs, &started.repricing_id).await;
    let errors: Vec<&str> =
        all[..2].iter().map(|row| row.error.as_ref().unwrap().field_violations[0].field.as_str()).collect();
    assert_eq!(errors, ["items[1].stock_units", "items[2].sku"]);
    assert_eq!((all.len(), all[2].gross.clone()), (3, Some(money("17.85 EUR"))));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_job_can_be_ended_and_what_does_not_exist_is_said() {
    let service = start(&Script::new("guards=1"), config()).await;
    upload(&service, 40_000).await;
    let mut jobs = client(&service).await;
    // A quick machine may be done before it is told to end: then once more.
    let mut ids = Vec::new();
    for attempt in 0.. {
        assert!(attempt < 100, "no job is ended before it is done");
        ids.clear();
        for which in ["first", "second"] {
            let request = start_request(&format!("{which}-{attempt}"));
            let started = jobs.start_repricing(request).await.unwrap().into_inner().repricing.unwrap();
            assert_eq!(started.state(), RepricingState::Waiting);
            ids.push(started.repricing_id);
        }
        // The second waits behind the first.
        for id in ids.iter().rev() {
            jobs.cancel_repricing(CancelRepricingRequest { repricing_id: id.clone() }).await.unwrap();
        }
        let mut states = Vec::new();
        for id in &ids {
            states.push(watched(&mut jobs, id).await.state());
        }
        if states == [RepricingState::Cancelled; 2] {
            break;
        }
    }
    for id in &ids {
        let status =
            jobs.read_repricing(ReadRepricingRequest { repricing_id: id.clone() }).await.unwrap_err();
        let reason = status.get_error_details().error_info().unwrap().reason.clone();
        assert_eq!((status.code(), reason.as_str()), (Code::FailedPrecondition, "JOB_NOT_DONE"));
    }
    let refused = [
        (StartRepricingRequest::default(), Code::InvalidArgument, "INVALID_FIELD"),
        (
            StartRepricingRequest { market: "X".to_owned(), ..start_request("a") },
            Code::NotFound,
            "MARKET_NOT_FOUND",
        ),
        (
            StartRepricingRequest { channel: "X".to_owned(), ..start_request("b") },
            Code::NotFound,
            "CHANNEL_NOT_FOUND",
        ),
        (
            StartRepricingRequest { items: vec![ItemFacts::default(); 10_001], ..start_request("c") },
            Code::InvalidArgument,
            "BATCH_TOO_LARGE",
        ),
    ];
    for (request, code, reason) in refused {
        let status = jobs.start_repricing(request).await.unwrap_err();
        let got = status.get_error_details().error_info().unwrap().reason.clone();
        assert_eq!((status.code(), got.as_str()), (code, reason));
    }
    let status = jobs.get_repricing(GetRepricingRequest { repricing_id: "x".to_owned() }).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "JOB_NOT_FOUND");
    // One job that takes its time, and as many as may wait; the next is turned away, with a word on when to come back.
    let mut last = Ok(());
    for number in 0..40 {
        let answer = jobs.start_repricing(start_request(&format!("many-{number}"))).await;
        last = answer.map(drop);
        if last.is_err() {
            break;
        }
    }
    let details = last.unwrap_err().get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "OVERLOADED");
    assert!(details.retry_info().is_some());
    // The end of the service is the end of its jobs.
    let told = tokio::time::Instant::now();
    service.stop().await.unwrap();
    assert!(told.elapsed() < PATIENCE);
}
