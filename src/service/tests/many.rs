//! Many quotes at once: batches, streams, tokens.

use super::*;
use proto::pricing_service_client::PricingServiceClient;
use proto::quote_result::Outcome;
use proto::{
    BatchQuotePricesRequest, QuoteResult, StreamQuotePricesRequest, VerifyQuoteRequest, VerifyQuoteResponse,
};
use tonic::Code;
use tonic::transport::Channel;

async fn client(service: &Running) -> PricingServiceClient<Channel> {
    PricingServiceClient::connect(service.url()).await.unwrap()
}

fn said(result: &QuoteResult) -> String {
    match result.outcome.as_ref().unwrap() {
        Outcome::Decision(decision) => gross(decision),
        Outcome::Error(error) => format!("{} {}", error.code, error.reason),
    }
}

fn reason(status: &tonic::Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

#[tokio::test]
async fn one_bad_item_never_fails_its_neighbours() {
    let service = start(&Script::new("guards=1"), config()).await;
    let odd = QuotePriceRequest { market: String::new(), quantity: Some(2), ..known("A") };
    let requests = vec![known("A"), known("Z"), known("D"), odd, known("E"), known("A")];
    let answer =
        client(&service).await.batch_quote_prices(BatchQuotePricesRequest { requests }).await.unwrap();
    let answer = answer.into_inner();
    let all: Vec<String> = answer.results.iter().map(said).collect();
    let expected = [
        "17.85 EUR",
        "5 ITEM_NOT_FOUND",
        "9 EXCHANGE_RATE_MISSING",
        "3 INVALID_FIELD",
        "11 AMOUNT_OVERFLOW",
        "17.85 EUR",
    ];
    assert_eq!(all, expected);
    let Some(Outcome::Error(error)) = &answer.results[3].outcome else { panic!() };
    let fields: Vec<&str> = error.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["market", "quantity"]);
    let Some(Outcome::Error(error)) = &answer.results[1].outcome else { panic!() };
    assert_eq!(error.metadata["sku"], "Z");
    let Some(Outcome::Decision(decision)) = &answer.results[0].outcome else { panic!() };
    assert_eq!((&decision.release, &decision.fact_set), (&answer.release, &answer.fact_set));
    // The same as alone.
    assert_eq!(*decision, service.quote(known("A")).await.unwrap());
    let empty = client(&service).await.batch_quote_prices(BatchQuotePricesRequest::default()).await.unwrap();
    assert!(empty.into_inner().results.is_empty());
    let requests = vec![known("A"); 1_001];
    let status =
        client(&service).await.batch_quote_prices(BatchQuotePricesRequest { requests }).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "BATCH_TOO_LARGE".to_owned()));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_stream_answers_chunk_by_chunk_in_order() {
    let service = start(&Script::new("guards=1"), config()).await;
    let skus = ["A", "Z", "C"];
    let chunks: Vec<StreamQuotePricesRequest> = (0..20)
        .map(|chunk| StreamQuotePricesRequest {
            requests: (0..chunk).map(|at| known(skus[at % 3])).collect(),
        })
        .collect();
    let asked = tokio_stream::iter(chunks);
    let mut answers = client(&service).await.stream_quote_prices(asked).await.unwrap().into_inner();
    for chunk in 0..20 {
        let answer = answers.message().await.unwrap().unwrap();
        let all: Vec<String> = answer.results.iter().map(said).collect();
        let expected = ["17.85 EUR", "5 ITEM_NOT_FOUND", "8.93 EUR"];
        assert_eq!(all, (0..chunk).map(|at| expected[at % 3]).collect::<Vec<_>>());
        assert_eq!(answer.release, Script::hash_of("guards=1"));
    }
    assert!(answers.message().await.unwrap().is_none());
    let large = StreamQuotePricesRequest { requests: vec![known("A"); 1_001] };
    let good = StreamQuotePricesRequest { requests: vec![known("A")] };
    let asked = tokio_stream::iter([good.clone(), large, good]);
    let mut answers = client(&service).await.stream_quote_prices(asked).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 1);
    let status = answers.message().await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "BATCH_TOO_LARGE".to_owned()));
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_stops_reading_is_waited_for() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut detailed = known("A");
    detailed.explanation_detail = proto::ExplanationDetail::Text.into();
    let chunk = StreamQuotePricesRequest { requests: vec![detailed; 500] };
    // It would be 400 chunks of more than half a megabyte each.
    let asked = tokio_stream::iter(std::iter::repeat_n(chunk, 400));
    let mut answers = client(&service).await.stream_quote_prices(asked).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    let priced = || service.metric("pricer_quotes_total{outcome=\"priced\"}");
    let mut last = priced().await;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = priced().await;
        if now == last {
            break;
        }
        last = now;
    }
    assert!(last.unwrap() < 5_000.0, "{last:?} quotes were made for nobody");
    // Others are served meanwhile, and reading goes on where it stopped.
    service.quote(known("A")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 500);
    }
    drop(answers);
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_drain_ends_streams_after_the_answer_they_are_at() {
    let service = start(&Script::new("guards=1"), config()).await;
    let (asked, open) = tokio::sync::mpsc::channel(4);
    let open = tokio_stream::wrappers::ReceiverStream::new(open);
    let mut answers = client(&service).await.stream_quote_prices(open).await.unwrap().into_inner();
    asked.send(StreamQuotePricesRequest { requests: vec![known("A")] }).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 1);
    let stopping = tokio::spawn(service.stop());
    let status = answers.message().await.unwrap_err();
    assert_eq!(reason(&status), (Code::Unavailable, "DRAINING".to_owned()));
    assert!(status.get_error_details().retry_info().is_some());
    stopping.await.unwrap().unwrap();
}

async fn verify(
    service: &Running,
    request: VerifyQuoteRequest,
) -> Result<VerifyQuoteResponse, (Code, String)> {
    let answer = client(service).await.verify_quote(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| reason(&status))
}

#[tokio::test]
async fn what_the_page_showed_is_what_the_cart_charges_until_it_expires() {
    let script = Script::new("guards=1");
    let service = start(&script, Config { at: Some(NOON), ..config() }).await;
    let now = QuotePriceRequest { at_time: None, ..known("A") };
    assert_eq!(service.quote(now.clone()).await.unwrap().quote_token, "");
    let shown = service.quote(QuotePriceRequest { want_quote_token: true, ..now.clone() }).await.unwrap();
    assert_eq!(shown.valid_until.unwrap().seconds, NOON + 15 * 60);
    // The price changes, the promise does not.
    script.write(script::RULES, "guards=1 markup=100%");
    let begin = tokio::time::Instant::now();
    while gross(&service.quote(now.clone()).await.unwrap()) != "23.80 EUR" {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let token = shown.quote_token.clone();
    let good =
        VerifyQuoteRequest { quote_token: token.clone(), sku: Some("A".to_owned()), ..Default::default() };
    let claims = verify(&service, good.clone()).await.unwrap().claims.unwrap();
    assert_eq!(claims.gross, shown.price.unwrap().gross);
    assert_eq!((claims.release, claims.fact_set), (shown.release, shown.fact_set));
    assert_eq!((claims.quoted_at, claims.valid_until), (shown.at_time, shown.valid_until));
    let refused = |code, reason: &str| Err((code, reason.to_owned()));
    let other = VerifyQuoteRequest { channel: Some("app".to_owned()), ..good };
    assert_eq!(verify(&service, other).await, refused(Code::FailedPrecondition, "QUOTE_MISMATCH"));
    let forged = VerifyQuoteRequest { quote_token: token + "A", ..Default::default() };
    assert_eq!(verify(&service, forged).await, refused(Code::InvalidArgument, "QUOTE_TOKEN_INVALID"));
    let none = VerifyQuoteRequest::default();
    assert_eq!(verify(&service, none).await, refused(Code::InvalidArgument, "INVALID_FIELD"));
    // A token vouches for the service's own facts at this moment, for nothing else.
    let facts = ItemFacts { sku: "A".to_owned(), cost: Some(money("1 EUR")), ..ItemFacts::default() };
    for request in [known("A"), QuotePriceRequest { at_time: None, ..inline(facts) }] {
        let (code, details) =
            service.quote(QuotePriceRequest { want_quote_token: true, ..request }).await.unwrap_err();
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!((code, violations[0].field.as_str()), (Code::InvalidArgument, "want_quote_token"));
    }
    service.stop().await.unwrap();
}
