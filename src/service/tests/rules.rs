//! `RulebookService` over a real rulebook, and over what a folder holds that is not served.

use super::*;
use crate::rulebook::Files;
use proto::quote_result::Outcome;
use proto::rulebook_service_client::RulebookServiceClient;
use proto::{CheckRulebookRequest, ExplainPriceRequest, GetReleaseRequest, ListReleasesRequest, Severity};
use script::RULES;
use std::collections::BTreeMap;
use tonic::Code;
use tonic::transport::Channel;

async fn client(service: &Running) -> RulebookServiceClient<Channel> {
    RulebookServiceClient::connect(service.url()).await.unwrap()
}

fn orda() -> BTreeMap<String, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda");
    let files = Files::read_dir(&folder).unwrap().0.into_iter();
    files.map(|(path, text)| (path.into(), text.into())).collect()
}

#[tokio::test]
async fn a_rulebook_is_checked_and_tried_without_being_kept() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut rulebooks = client(&service).await;
    let facts = ItemFacts {
        sku: "TEL-A55".to_owned(),
        attributes: [
            ("category", "electronics/phones/android"),
            ("brand", "Samsung"),
            ("cost", "298.00 EUR"),
            ("tags", ""),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into(),
        ..ItemFacts::default()
    };
    let quote = QuotePriceRequest { market: "DE".to_owned(), ..inline(facts) };
    let elsewhere = QuotePriceRequest { market: "X".to_owned(), ..quote.clone() };
    let request = CheckRulebookRequest { files: orda(), run_tests: false, quotes: vec![quote, elsewhere] };
    let answer = rulebooks.check_rulebook(request.clone()).await.unwrap().into_inner();
    assert!(answer.passed, "{:?}", answer.diagnostics);
    assert_eq!(answer.release.len(), 64);
    let Some(Outcome::Decision(decision)) = &answer.results[0].outcome else {
        panic!("{:?}", answer.results)
    };
    assert_eq!((&decision.release, decision.market.as_str()), (&answer.release, "DE"));
    let Some(Outcome::Error(error)) = &answer.results[1].outcome else { panic!("{:?}", answer.results) };
    assert_eq!(error.reason, "MARKET_NOT_FOUND");

    // The tests of Orda need its rates, which no request gives: some fail, and are named.
    let tested = CheckRulebookRequest { run_tests: true, ..request.clone() };
    let answer = rulebooks.check_rulebook(tested).await.unwrap().into_inner();
    assert_eq!(answer.passed, answer.failed_tests.is_empty());
    assert!(answer.failed_tests.iter().all(|line| line.starts_with("test `")), "{:?}", answer.failed_tests);

    let mut broken = request.clone();
    let guards = broken.files.get_mut("rules/guards.toml").unwrap();
    *guards = guards.replacen("min_margin", "min_margn", 1);
    let answer = rulebooks.check_rulebook(broken).await.unwrap().into_inner();
    assert!(!answer.passed && answer.release.is_empty() && answer.results.is_empty());
    let finding = &answer.diagnostics[0];
    assert_eq!((finding.severity(), finding.file.as_str()), (Severity::Error, "rules/guards.toml"));
    assert!(finding.title.contains("min_margn") && 1 < finding.line && 0 < finding.column, "{finding:?}");
    assert!(finding.fixes.iter().any(|fix| fix.contains("min_margin")), "{finding:?}");

    let mut outside = request;
    outside.files.insert("../secret".to_owned(), String::new());
    outside.quotes.push(known("A"));
    let status = rulebooks.check_rulebook(outside).await.unwrap_err();
    let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["files[\"../secret\"]", "quotes[2].item"]);
    // What was tried is not served.
    assert_eq!(service.quote(known("A")).await.unwrap().release, Script::hash_of("guards=1"));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_served_is_told_with_its_findings() {
    let script = Script::new("guards=2");
    let service = start(&script, config()).await;
    let mut rulebooks = client(&service).await;
    let list = rulebooks.list_releases(ListReleasesRequest {}).await.unwrap().into_inner();
    assert_eq!((list.releases.len(), list.rejected), (1, None));
    let until = async |rulebooks: &mut RulebookServiceClient<Channel>, is_rejected: bool| {
        let begin = tokio::time::Instant::now();
        loop {
            let answer = rulebooks.get_release(GetReleaseRequest::default()).await.unwrap().into_inner();
            if answer.rejected.is_some() == is_rejected {
                return answer;
            }
            assert!(begin.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    script.write(RULES, "guards=2 broken");
    let answer = until(&mut rulebooks, true).await;
    let rejected = answer.rejected.unwrap();
    assert_eq!(answer.release.as_ref().unwrap().release, Script::hash_of("guards=2"));
    assert_eq!((rejected.summary.as_str(), rejected.diagnostics.len()), ("it has 1 error", 1));
    let finding = &rejected.diagnostics[0];
    assert_eq!((finding.code.as_str(), finding.file.as_str(), finding.line), ("E0101", RULES, 1));
    script.write(RULES, "guards=2");
    until(&mut rulebooks, false).await;
    script.write(RULES, "guards=2 failing");
    assert_eq!(until(&mut rulebooks, true).await.rejected.unwrap().failed_tests, ["test `one`: price"]);
    script.write(RULES, "guards=3");
    let answer = until(&mut rulebooks, false).await.release.unwrap();
    assert_eq!((answer.release.clone(), answer.guards), (Script::hash_of("guards=3"), 3));
    assert_eq!((answer.files, answer.customer_segments), (vec![RULES.to_owned()], vec!["club".to_owned()]));
    assert_eq!(answer.places.len(), 2);
    let list = rulebooks.list_releases(ListReleasesRequest {}).await.unwrap().into_inner().releases;
    assert_eq!(list.len(), 2);
    assert!(list[0].replaced_at.is_none() && list[1].replaced_at.is_some());
    let old = GetReleaseRequest { release: Some(Script::hash_of("guards=2").split_at(12).0.to_owned()) };
    assert_eq!(rulebooks.get_release(old).await.unwrap().into_inner().release.unwrap().guards, 2);
    let none = GetReleaseRequest { release: Some("0".repeat(64)) };
    let status = rulebooks.get_release(none).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "RELEASE_NOT_FOUND");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_price_is_explained_and_so_is_a_rule_that_did_not_set_it() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut rulebooks = client(&service).await;
    let ask = |why_not: Option<&str>, quote: QuotePriceRequest| ExplainPriceRequest {
        quote: Some(quote),
        why_not: why_not.map(str::to_owned),
    };
    let answer = rulebooks.explain_price(ask(Some("plus"), known("A"))).await.unwrap().into_inner();
    let decision = answer.decision.unwrap();
    assert!(!decision.steps.is_empty() && decision.explanation.contains("17.85"));
    assert!(answer.verdicts[0].holds && answer.verdicts[0].open && answer.verdicts[0].beaten_by.is_empty());
    // Also for an item that has no price.
    let answer = rulebooks.explain_price(ask(Some("plus"), known("B"))).await.unwrap().into_inner();
    assert!(answer.decision.is_none() && answer.verdicts.len() == 1);
    let refused = [
        (ask(None, known("B")), Code::FailedPrecondition, "NO_PRICE"),
        (ask(Some("minus"), known("A")), Code::NotFound, "RULE_NOT_FOUND"),
        (ask(None, known("Z")), Code::NotFound, "ITEM_NOT_FOUND"),
        (ExplainPriceRequest::default(), Code::InvalidArgument, "INVALID_FIELD"),
    ];
    for (request, code, reason) in refused {
        let status = rulebooks.explain_price(request).await.unwrap_err();
        let got = status.get_error_details().error_info().unwrap().reason.clone();
        assert_eq!((status.code(), got.as_str()), (code, reason));
    }
    let status = rulebooks.explain_price(ask(None, known(""))).await.unwrap_err();
    let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
    assert_eq!(violations[0].field, "quote.sku");
    service.stop().await.unwrap();
}
