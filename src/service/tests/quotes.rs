//! What is answered, and what is refused with which reason.

use super::*;
use proto::{DecisionStatus, ExplanationDetail, Offer, PriceBasis, StepStage};
use tonic::Code;

#[tokio::test]
async fn a_known_item_and_its_facts_given_inline_are_the_same_price() {
    let service = start(&Script::new("guards=2"), config()).await;
    let detailed = |mut request: QuotePriceRequest| {
        request.explanation_detail = ExplanationDetail::Text.into();
        request
    };
    let by_sku = service.quote(detailed(known("A"))).await.unwrap();
    assert_eq!(gross(&by_sku), "17.85 EUR");
    assert_eq!(by_sku.status(), DecisionStatus::Priced);
    assert_eq!(by_sku.basis(), PriceBasis::Recommended);
    assert_eq!(by_sku.release, Script::hash_of("guards=2"));
    assert_eq!(by_sku.at_time.as_ref().unwrap().seconds, NOON);
    assert_eq!(by_sku.price.as_ref().unwrap().vat_rate, "0.19");
    assert_eq!(by_sku.winner.as_ref().unwrap().rule, "plus");
    assert_eq!(by_sku.margin.as_deref(), Some("0.333333333"));
    assert_eq!(
        by_sku.range.as_ref().unwrap().ceiling.as_ref().unwrap().guard.as_ref().unwrap().id,
        "guard-1"
    );
    let stages: Vec<StepStage> = by_sku.steps.iter().map(proto::Step::stage).collect();
    assert_eq!(stages.first(), Some(&StepStage::Cost));
    assert_eq!(by_sku.steps.last().unwrap().after, by_sku.price.as_ref().unwrap().gross);
    assert!(by_sku.explanation.contains("17.85"), "{}", by_sku.explanation);

    let typed = ItemFacts { sku: "A".to_owned(), cost: Some(money("10.00 EUR")), ..ItemFacts::default() };
    assert_eq!(service.quote(detailed(inline(typed))).await.unwrap(), by_sku);
    let as_text = ItemFacts {
        sku: "A".to_owned(),
        attributes: [("cost".to_owned(), "10.00 EUR".to_owned())].into(),
        ..ItemFacts::default()
    };
    assert_eq!(service.quote(detailed(inline(as_text))).await.unwrap(), by_sku);

    let plain = service.quote(known("A")).await.unwrap();
    assert!(plain.steps.is_empty() && plain.explanation.is_empty());
    service.stop().await.unwrap();
}

#[tokio::test]
async fn each_condition_has_its_code_and_reason_in_the_documented_order() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut request = known("");
    request.release = Some("nothing".to_owned());
    request.market = "X".to_owned();
    request.channel = "phone".to_owned();
    request.customer_segment = "golfers".to_owned();
    // Each row mends the fault of the row above it.
    type Mend = fn(&mut QuotePriceRequest);
    let mends: [(Mend, Code, &str); 8] = [
        (|_| {}, Code::InvalidArgument, "INVALID_FIELD"),
        (|request| request.item = Some(Item::Sku("Z".to_owned())), Code::NotFound, "RELEASE_NOT_FOUND"),
        (
            |request| request.release = Some(Script::hash_of("guards=1").split_at(12).0.to_owned()),
            Code::NotFound,
            "MARKET_NOT_FOUND",
        ),
        (|request| request.market = "M".to_owned(), Code::NotFound, "CHANNEL_NOT_FOUND"),
        (|request| request.channel = "app".to_owned(), Code::NotFound, "SEGMENT_NOT_FOUND"),
        (|request| request.customer_segment = "club".to_owned(), Code::NotFound, "ITEM_NOT_FOUND"),
        // Known, but not sold in this channel.
        (|request| request.item = Some(Item::Sku("C".to_owned())), Code::NotFound, "ITEM_NOT_FOUND"),
        (
            |request| request.item = Some(Item::Sku("D".to_owned())),
            Code::FailedPrecondition,
            "EXCHANGE_RATE_MISSING",
        ),
    ];
    for (mend, code, reason) in mends {
        mend(&mut request);
        let (got, details) = service.quote(request.clone()).await.unwrap_err();
        let info = details.error_info().unwrap();
        assert_eq!((got, info.reason.as_str(), info.domain.as_str()), (code, reason, "pricer"));
    }
    request.channel = "own".to_owned();
    request.item = Some(Item::Sku("C".to_owned()));
    assert_eq!(gross(&service.quote(request).await.unwrap()), "8.93 EUR");

    for (sku, code, reason) in
        [("B", Code::FailedPrecondition, "NO_PRICE"), ("E", Code::OutOfRange, "AMOUNT_OVERFLOW")]
    {
        let (got, details) = service.quote(known(sku)).await.unwrap_err();
        assert_eq!((got, details.error_info().unwrap().reason.as_str()), (code, reason));
        assert_eq!(details.error_info().unwrap().metadata["sku"], sku);
    }
    assert_eq!(service.metric("pricer_quotes_total{outcome=\"ITEM_NOT_FOUND\"}").await, Some(2.0));
    assert_eq!(service.metric("pricer_quotes_total{outcome=\"priced\"}").await, Some(1.0));
    assert_eq!(service.metric("pricer_quote_seconds_count").await, Some(11.0));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_contradiction_names_its_guards() {
    let service = start(&Script::new("guards=2 contradict"), config()).await;
    let (code, details) = service.quote(known("A")).await.unwrap_err();
    let info = details.error_info().unwrap();
    assert_eq!((code, info.reason.as_str()), (Code::FailedPrecondition, "GUARDS_CONTRADICT"));
    assert!(info.metadata["guard"].starts_with("guard-"), "{info:?}");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn all_violations_come_at_once() {
    let service = start(&Script::new("guards=1"), config()).await;
    let good = Offer { rival: "alza".to_owned(), price: Some(money("399 EUR")), ..Offer::default() };
    let facts = ItemFacts {
        sku: String::new(),
        attributes: [
            ("cost", "11.00 EUR"),
            ("colour", "red"),
            ("market", "M"),
            ("loyalty", "gold"),
            ("supplier_cost", "1,23 EUR"),
            ("price_kind", "sale"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into(),
        cost: Some(money("10 EUR")),
        current_price: Some(proto::Money { nanos: 1, ..money("1 EUR") }),
        stock_units: Some("-1".to_owned()),
        offers: vec![
            good.clone(),
            Offer::default(),
            Offer {
                price: Some(money("-1 EUR")),
                shipping: Some(money("1 USD")),
                r#match: Some("97%".to_owned()),
                seen_at: Some(convert::write_instant(-1)),
                ..good
            },
        ],
        ..ItemFacts::default()
    };
    let mut request = inline(facts);
    request.market = String::new();
    request.quantity = Some(0);
    request.at_time = Some(convert::write_instant(i64::MAX));
    request.explanation_detail = 99;
    let (code, details) = service.quote(request).await.unwrap_err();
    assert_eq!(code, Code::InvalidArgument);
    let violations = &details.bad_request().unwrap().field_violations;
    let mut fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "at_time",
            "explanation_detail",
            "item_facts.attributes[\"colour\"]",
            "item_facts.attributes[\"cost\"]",
            "item_facts.attributes[\"loyalty\"]",
            "item_facts.attributes[\"market\"]",
            "item_facts.attributes[\"price_kind\"]",
            "item_facts.attributes[\"supplier_cost\"]",
            "item_facts.current_price",
            "item_facts.offers[1].price",
            "item_facts.offers[1].rival",
            "item_facts.offers[2].match",
            "item_facts.offers[2].price",
            "item_facts.offers[2].seen_at",
            "item_facts.sku",
            "item_facts.stock_units",
            "market",
            "quantity",
        ],
        "{violations:#?}"
    );
    let (code, details) = service.quote(QuotePriceRequest::default()).await.unwrap_err();
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!((code, violations.len()), (Code::InvalidArgument, 3));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_senders_mistake() {
    let service = start(&Script::new("guards=1"), config()).await;
    let channel = tonic::transport::Channel::from_shared(service.url()).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    // A timestamp whose field 2, the market, says it is a number.
    let odd = prost_types::Timestamp { seconds: 7, nanos: 7 };
    let codec = tonic_prost::ProstCodec::<_, proto::QuotePriceResponse>::default();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/pricer.v1.PricingService/QuotePrice");
    let status = client.unary(tonic::Request::new(odd), path, codec).await.unwrap_err();
    let reason = status.get_error_details().error_info().unwrap().reason.clone();
    assert_eq!((status.code(), reason.as_str()), (Code::InvalidArgument, "MALFORMED_MESSAGE"), "{status:?}");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn however_wrong_a_request_is_its_answer_fits_a_header() {
    let service = start(&Script::new("guards=1"), config()).await;
    let bad = Offer { rival: String::new(), ..Offer::default() };
    let facts = ItemFacts { sku: "N".to_owned(), offers: vec![bad; 300], ..ItemFacts::default() };
    let (code, details) = service.quote(inline(facts)).await.unwrap_err();
    assert_eq!(code, Code::InvalidArgument);
    let violations = details.bad_request().unwrap().field_violations.clone();
    assert_eq!(violations.len(), 33);
    assert!(violations[32].description.contains("more violations"), "{violations:?}");
    let long = |text: &str| QuotePriceRequest { market: text.repeat(100_000), ..known("A") };
    for text in ["M", "\u{1f4b6}", "\n"] {
        let (code, details) = service.quote(long(text)).await.unwrap_err();
        assert_eq!(code, Code::NotFound);
        assert!(details.error_info().unwrap().metadata["market"].len() <= 256);
    }
    let (code, details) = service.quote(long(&"M".repeat(50))).await.unwrap_err();
    assert_eq!(code, Code::ResourceExhausted);
    assert_eq!(details.error_info().unwrap().reason, "MESSAGE_TOO_LARGE");
    service.stop().await.unwrap();
}
