//! The table of errors, row by row: every condition is met over a real connection, and the page tells the same.

use super::*;
use crate::service::status::Condition;
use proto::fact_service_client::FactServiceClient;
use proto::pricing_service_client::PricingServiceClient;
use proto::repricing_service_client::RepricingServiceClient;
use proto::rulebook_service_client::RulebookServiceClient;
use proto::*;
use tonic::transport::Channel;
use tonic::{Code, Status};

const PAGE: &str = include_str!("../../../docs/reference/api.md");

fn met(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("{status:?} has no ErrorInfo"));
    assert_eq!(info.domain, "pricer");
    let is_invalid = info.reason == "INVALID_FIELD";
    assert_eq!(details.bad_request().is_some(), is_invalid, "{status:?}");
    let is_passing = ["NOT_READY", "DRAINING", "OVERLOADED", "RATE_LIMITED"].contains(&info.reason.as_str());
    assert_eq!(details.retry_info().is_some(), is_passing, "{status:?}");
    (status.code(), info.reason.clone())
}

async fn channel(service: &Running) -> Channel {
    Channel::from_shared(service.url()).unwrap().connect().await.unwrap()
}

/// Every condition that a well-behaved service can be brought to over the wire; the others have tests of their own.
#[tokio::test]
async fn each_row_is_met_over_the_wire() {
    let service = start(&Script::new("guards=2 contradict"), Config { at: Some(NOON), ..config() }).await;
    let channel = channel(&service).await;
    let mut pricing = PricingServiceClient::new(channel.clone());
    let mut facts = FactServiceClient::new(channel.clone());
    let mut rules = RulebookServiceClient::new(channel.clone());
    let mut jobs = RepricingServiceClient::new(channel);
    let mut seen: Vec<(Code, String)> = Vec::new();
    let mut quote = async |change: fn(&mut QuotePriceRequest)| {
        let mut request = known("A");
        change(&mut request);
        met(&pricing.quote_price(request).await.unwrap_err())
    };
    seen.push(quote(|request| request.market = "M".repeat(5 << 20)).await);
    seen.push(quote(|request| request.market.clear()).await);
    seen.push(quote(|request| request.release = Some("0".repeat(12))).await);
    seen.push(quote(|request| request.market = "X".to_owned()).await);
    seen.push(quote(|request| request.channel = "X".to_owned()).await);
    seen.push(quote(|request| request.customer_segment = "X".to_owned()).await);
    seen.push(quote(|request| request.item = Some(Item::Sku("Z".to_owned()))).await);
    seen.push(quote(|request| request.item = Some(Item::Sku("D".to_owned()))).await);
    seen.push(quote(|request| request.item = Some(Item::Sku("B".to_owned()))).await);
    seen.push(quote(|request| request.item = Some(Item::Sku("E".to_owned()))).await);
    seen.push(quote(|_| {}).await);
    let large = BatchQuotePricesRequest { requests: vec![known("A"); 1_001] };
    seen.push(met(&pricing.batch_quote_prices(large).await.unwrap_err()));
    let forged = VerifyQuoteRequest { quote_token: "v1.x.y.z".to_owned(), ..Default::default() };
    seen.push(met(&pricing.verify_quote(forged).await.unwrap_err()));
    let explain = ExplainPriceRequest { quote: Some(known("A")), why_not: Some("x".to_owned()) };
    seen.push(met(&rules.explain_price(explain).await.unwrap_err()));
    let job = |market: &str| StartRepricingRequest {
        request_id: "one".to_owned(),
        market: market.to_owned(),
        ..Default::default()
    };
    let id = jobs.start_repricing(job("")).await.unwrap().into_inner().repricing.unwrap().repricing_id;
    seen.push(met(&jobs.start_repricing(job("M")).await.unwrap_err()));
    seen.push(met(&jobs
        .get_repricing(GetRepricingRequest { repricing_id: "x".to_owned() })
        .await
        .unwrap_err()));
    jobs.cancel_repricing(CancelRepricingRequest { repricing_id: id.clone() }).await.unwrap();
    let read = ReadRepricingRequest { repricing_id: id };
    if let Err(status) = jobs.read_repricing(read).await {
        seen.push(met(&status));
    }
    // A client that gives itself little time is told so, and its items are not priced to the end.
    let mut slow = tonic::Request::new(ListItemsRequest::default());
    slow.set_timeout(Duration::from_millis(60));
    facts.list_items(slow).await.unwrap();
    let expected: &[(Code, &str)] = &[
        (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
        (Code::InvalidArgument, "INVALID_FIELD"),
        (Code::NotFound, "RELEASE_NOT_FOUND"),
        (Code::NotFound, "MARKET_NOT_FOUND"),
        (Code::NotFound, "CHANNEL_NOT_FOUND"),
        (Code::NotFound, "SEGMENT_NOT_FOUND"),
        (Code::NotFound, "ITEM_NOT_FOUND"),
        (Code::FailedPrecondition, "EXCHANGE_RATE_MISSING"),
        (Code::FailedPrecondition, "NO_PRICE"),
        (Code::OutOfRange, "AMOUNT_OVERFLOW"),
        (Code::FailedPrecondition, "GUARDS_CONTRADICT"),
        (Code::InvalidArgument, "BATCH_TOO_LARGE"),
        (Code::InvalidArgument, "QUOTE_TOKEN_INVALID"),
        (Code::NotFound, "RULE_NOT_FOUND"),
        (Code::InvalidArgument, "REQUEST_ID_REUSED"),
        (Code::NotFound, "JOB_NOT_FOUND"),
    ];
    for (at, (code, reason)) in expected.iter().enumerate() {
        assert_eq!(seen.get(at), Some(&(*code, (*reason).to_owned())), "row {at}");
    }
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_passed_deadline_is_told_as_one() {
    let mut config = config();
    config.limits.batch_deadline = Duration::from_millis(1);
    let service = start(&Script::new("guards=1"), config).await;
    let mut pricing = PricingServiceClient::new(channel(&service).await);
    let mut detailed = known("A");
    detailed.explanation_detail = ExplanationDetail::Text.into();
    let requests = vec![detailed; 1_000];
    let before = service.metric("pricer_quote_seconds_count").await.unwrap_or(0.0);
    let status = pricing.batch_quote_prices(BatchQuotePricesRequest { requests }).await.unwrap_err();
    assert_eq!(met(&status), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned()));
    let priced = async || service.metric("pricer_quote_seconds_count").await.unwrap() - before;
    let stopped = priced().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(priced().await <= stopped, "nothing is priced for nobody");
    assert!(stopped < 1_000.0, "{stopped}");
    service.stop().await.unwrap();
}

/// The page has a line for each row of the table in the code, in its order, with its code and reason.
#[test]
fn the_page_tells_the_table() {
    let mut rest = PAGE;
    for condition in Condition::ALL {
        let (code, reason) = condition.row();
        let name = format!("{code:?}").chars().fold(String::new(), |mut name, letter| {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_uppercase());
            name
        });
        let cells = format!("| {name} | `{reason}` |");
        let at = rest
            .find(&cells)
            .unwrap_or_else(|| panic!("the next line of docs/reference/api.md is not `{cells}`"));
        rest = rest.split_at(at + cells.len()).1;
    }
    assert!(!rest.contains("| INVALID_ARGUMENT | `"), "the page has a line that is in no table");
}
