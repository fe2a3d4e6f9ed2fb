//! What is not shown: costs in batches, streams, rows of jobs and rejected rulebooks.

use super::access::{TOKEN, guarded, reason, with_token};
use super::*;
use crate::service::access::{Role, row};
use crate::service::method::Method;
use proto::pricing_service_client::PricingServiceClient;
use proto::quote_result::Outcome;
use proto::repricing_service_client::RepricingServiceClient;
use proto::rulebook_service_client::RulebookServiceClient;
use proto::{
    BatchQuotePricesRequest, ExplanationDetail, GetReleaseRequest, ItemError, ListReleasesRequest,
    QuoteResult, ReadRepricingRequest, StartRepricingRequest, StreamQuotePricesRequest,
    WatchRepricingRequest,
};
use tonic::Code;
use tonic::transport::Channel;

fn token(role: Role) -> String {
    format!("{TOKEN}-{}", role.as_str())
}

fn may(role: Role, method: Method) -> bool {
    row(method).roles.is_none_or(|roles| roles.contains(&role))
}

/// An error of a refusal names guards and amounts to those who see costs alone.
fn check_error(error: &ItemError, sees: bool) {
    assert_eq!(error.reason, "GUARDS_CONTRADICT");
    assert_eq!(error.metadata.contains_key("guard"), sees, "{error:?}");
    assert_eq!(error.message.contains("guard-"), sees, "{error:?}");
    assert!(error.metadata.contains_key("sku"));
}

/// `A` priced, `A` explained, `Z` unknown.
fn check_priced(results: &[QuoteResult], sees: bool) {
    let [plain, explained, unknown] = results else { panic!("{results:?}") };
    let Some(Outcome::Decision(decision)) = &plain.outcome else { panic!("{plain:?}") };
    assert_eq!(gross(decision), "17.85 EUR");
    assert_eq!(decision.margin.is_some() && decision.range.is_some(), sees, "{decision:?}");
    match (&explained.outcome, sees) {
        (Some(Outcome::Decision(decision)), true) => assert!(!decision.steps.is_empty()),
        (Some(Outcome::Error(error)), false) => assert_eq!(error.reason, "ROLE_LACKS_DETAIL"),
        other => panic!("{other:?}"),
    }
    if !sees {
        let text = format!("{decision:?}");
        // The cost is 10, the break-even 11.90, the margin a third.
        for secret in ["units: 10,", "units: 11,", "0.333", "guard-"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    // One that asks for too much, or for what is not there, does not fail its neighbours.
    let Some(Outcome::Error(error)) = &unknown.outcome else { panic!("{unknown:?}") };
    assert_eq!(error.reason, "ITEM_NOT_FOUND");
}

async fn batch(channel: &Channel, requests: &[QuotePriceRequest], role: Role) -> Vec<QuoteResult> {
    let request = BatchQuotePricesRequest { requests: requests.to_vec() };
    let mut client = PricingServiceClient::new(channel.clone());
    let answer = client.batch_quote_prices(with_token(request, Some(&token(role)))).await;
    answer.unwrap().into_inner().results
}

async fn streamed(channel: &Channel, requests: &[QuotePriceRequest], role: Role) -> Vec<QuoteResult> {
    let chunks = tokio_stream::iter([StreamQuotePricesRequest { requests: requests.to_vec() }]);
    let mut client = PricingServiceClient::new(channel.clone());
    let answers = client.stream_quote_prices(with_token(chunks, Some(&token(role)))).await.unwrap();
    answers.into_inner().message().await.unwrap().unwrap().results
}

/// S2, for many at once.
#[tokio::test]
async fn batches_and_streams_show_costs_to_those_who_may_see_them() {
    let whole = guarded(false, &Script::new("guards=1")).await;
    let torn = guarded(false, &Script::new("guards=2 contradict")).await;
    let (channel, torn_channel) = (whole.connect(None).await.unwrap(), torn.connect(None).await.unwrap());
    let explained = QuotePriceRequest { explanation_detail: ExplanationDetail::Text.into(), ..known("A") };
    let requests = [known("A"), explained, known("Z")];
    let mut asked = 0;
    for role in Role::ALL {
        let sees = role.sees_costs();
        let refused = [known("A")];
        let mut errors = Vec::new();
        if may(role, Method::PricingServiceBatchQuotePrices) {
            check_priced(&batch(&channel, &requests, role).await, sees);
            errors.extend(batch(&torn_channel, &refused, role).await);
        }
        if may(role, Method::PricingServiceStreamQuotePrices) {
            check_priced(&streamed(&channel, &requests, role).await, sees);
            errors.extend(streamed(&torn_channel, &refused, role).await);
        }
        for result in &errors {
            let Some(Outcome::Error(error)) = &result.outcome else { panic!("{result:?}") };
            check_error(error, sees);
        }
        asked += errors.len();
    }
    assert_eq!(asked, 10, "five roles, both ways");
    drop((channel, torn_channel));
    whole.service.stop().await.unwrap();
    torn.service.stop().await.unwrap();
}

#[tokio::test]
async fn rows_of_jobs_show_costs_to_those_who_may_see_them() {
    let guarded = guarded(false, &Script::new("guards=2 contradict")).await;
    let channel = guarded.connect(None).await.unwrap();
    let mut jobs = RepricingServiceClient::new(channel.clone());
    let start = StartRepricingRequest {
        request_id: "one".to_owned(),
        channel: "own".to_owned(),
        at_time: Some(convert::write_instant(NOON)),
        ..StartRepricingRequest::default()
    };
    let started = jobs.start_repricing(with_token(start, Some(&token(Role::Operator)))).await.unwrap();
    let repricing_id = started.into_inner().repricing.unwrap().repricing_id;
    let watch = WatchRepricingRequest { repricing_id: repricing_id.clone() };
    let looks = jobs.watch_repricing(with_token(watch, Some(&token(Role::Operator)))).await.unwrap();
    let mut looks = looks.into_inner();
    while looks.message().await.unwrap().is_some() {}
    let mut read = 0;
    for role in Role::ALL {
        if !may(role, Method::RepricingServiceReadRepricing) {
            continue;
        }
        let request = ReadRepricingRequest { repricing_id: repricing_id.clone() };
        let rows = jobs.read_repricing(with_token(request, Some(&token(role)))).await.unwrap();
        let rows = rows.into_inner().message().await.unwrap().unwrap().rows;
        let row = rows.iter().find(|row| row.sku == "A").unwrap();
        check_error(row.error.as_ref().unwrap(), role.sees_costs());
        read += 1;
    }
    assert_eq!(read, 5);
    drop((jobs, channel));
    guarded.service.stop().await.unwrap();
}

/// Who runs the service hears that a rulebook was not accepted; its findings quote margins and guards.
#[tokio::test]
async fn findings_are_told_to_those_who_may_see_costs() {
    let script = Script::new("guards=1");
    let guarded = guarded(false, &script).await;
    script.write(script::RULES, "failing");
    let begin = tokio::time::Instant::now();
    while guarded.service.metric("pricer_rulebook_reload_success").await != Some(0.0) {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let channel = guarded.connect(None).await.unwrap();
    let mut rulebooks = RulebookServiceClient::new(channel.clone());
    for role in Role::ALL {
        let token = token(role);
        let one = rulebooks.get_release(with_token(GetReleaseRequest::default(), Some(&token))).await;
        let all = rulebooks.list_releases(with_token(ListReleasesRequest::default(), Some(&token))).await;
        if !may(role, Method::RulebookServiceGetRelease) {
            let status = one.unwrap_err();
            assert_eq!(
                (status.code(), reason(&status).as_str()),
                (Code::PermissionDenied, "ROLE_LACKS_METHOD")
            );
            continue;
        }
        for rejected in [one.unwrap().into_inner().rejected, all.unwrap().into_inner().rejected] {
            let rejected = rejected.unwrap();
            assert_eq!(rejected.summary, "it has 1 failed test");
            assert_eq!(rejected.failed_tests.is_empty(), !role.sees_costs(), "{role:?}: {rejected:?}");
        }
    }
    drop((rulebooks, channel));
    guarded.service.stop().await.unwrap();
}

/// What shows costs in answers that have no veil is not there for those who may not see them.
#[test]
fn methods_without_a_veil_are_for_those_who_see_costs() {
    for method in [
        Method::FactServiceGetItem,
        Method::FactServiceListItems,
        Method::RulebookServiceExplainPrice,
        Method::RulebookServiceCheckRulebook,
    ] {
        assert!(row(method).roles.unwrap().iter().all(|role| role.sees_costs()), "{}", method.path());
    }
}
