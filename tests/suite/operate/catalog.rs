//! What the service answers, one by one, in batches, in streams and as a job, is what `pricer reprice` writes: with twins,
//! price history, rivals and rates of Orda.

use super::*;
use pricer::service::convert::{read_money, write_instant};
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::repricing_service_client::RepricingServiceClient;
use pricer::service::proto::{
    BatchQuotePricesRequest, DecisionStatus, GetRepricingRequest, ItemError, Money, QuoteResult,
    ReadRepricingRequest, RepricingState, StartRepricingRequest, StreamQuotePricesRequest,
};
use std::collections::BTreeMap;

const AT: &str = "2026-11-18T09:00:00+01:00";

/// SKU, market and channel.
type Key = (String, String, String);
/// Status, price or reason, and rule.
type Said = (&'static str, String, String);

fn orda(feed: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/models/orda")).join(feed)
}

/// Every row that `pricer reprice` writes.
fn repriced(folder: &Path, history: bool) -> BTreeMap<Key, Said> {
    let out = folder.join("out.csv");
    let mut command = Command::new(PRICER);
    command.args(["reprice", "--at", AT, "--max-bad", "100%", "--rulebook"]).arg(orda(""));
    for feed in ["items", "offers", "fx", "history"] {
        if feed != "history" || history {
            command.arg(format!("--{feed}")).arg(orda(&format!("feeds/{feed}.csv")));
        }
    }
    let done = command.arg("--out").arg(&out).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let mut reader = csv::Reader::from_path(out).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let names = ["sku", "market", "channel", "status", "reason", "price", "currency", "rule"].map(at);
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let [sku, market, channel, status, reason, price, currency, rule] =
            names.map(|at| row[at].to_owned());
        let said = match status.as_str() {
            "priced" => ("priced", format!("{price} {currency}"), rule),
            "held" => ("held", format!("{price} {currency}"), rule),
            "refused" => ("refused", reason, String::new()),
            other => panic!("{other}"),
        };
        ((sku, market, channel), said)
    });
    rows.collect()
}

fn told(gross: Option<&Money>, held: bool, rule: &str) -> Said {
    let price = read_money(gross.unwrap()).unwrap().to_string();
    (if held { "held" } else { "priced" }, price, rule.to_owned())
}

fn refused(error: &ItemError) -> Said {
    ("refused", error.reason.clone(), String::new())
}

fn quoted(result: &QuoteResult) -> Said {
    match result.outcome.as_ref().unwrap() {
        Outcome::Error(error) => refused(error),
        Outcome::Decision(decision) => {
            let gross = decision.price.as_ref().and_then(|price| price.gross.as_ref());
            let rule = decision.winner.as_ref().map_or("", |winner| &winner.rule);
            told(gross, decision.status() == DecisionStatus::Held, rule)
        }
    }
}

#[test]
fn every_way_of_asking_gives_what_reprice_writes() {
    let folder = tempfile::tempdir().unwrap();
    let expected = repriced(folder.path(), true);
    assert!(300 < expected.len());
    // History and twins have their say: without the first some rows are other ones.
    assert_ne!(repriced(folder.path(), false), expected);
    assert!(expected.values().any(|(status, _, rule)| *status == "priced" && rule == "private-label"));
    std::os::unix::fs::symlink(orda(""), folder.path().join("rules")).unwrap();
    std::fs::copy(orda("feeds/items.csv"), folder.path().join("items.csv")).unwrap();
    let feeds = ["offers", "fx", "history"].map(|feed| {
        let path = orda(&format!("feeds/{feed}.csv"));
        format!("{feed} = {path:?}\n")
    });
    let more = feeds.concat() + "[limits]\nqueue_age = \"20s\"\nquote_deadline = \"20s\"\n";
    let served = Served::start_in(folder, &more, &[]);
    let at_time = Some(write_instant(pricer::facts::parse_instant(AT).unwrap()));
    let requests = expected.keys().map(|(sku, market, channel)| QuotePriceRequest {
        market: market.clone(),
        channel: channel.clone(),
        at_time,
        ..known(sku)
    });
    let requests: Vec<QuotePriceRequest> = requests.collect();
    let compare = |how: &str, said: &[Said]| {
        assert_eq!(said.len(), expected.len(), "{how}");
        for ((key, wanted), said) in expected.iter().zip(said) {
            assert_eq!(said, wanted, "{how}: {key:?}");
        }
    };
    runtime().block_on(async {
        let channel = served.channel().await;
        let mut pricing = PricingServiceClient::new(channel.clone());
        let batch = BatchQuotePricesRequest { requests: requests.clone() };
        let batch = pricing.batch_quote_prices(batch).await.unwrap().into_inner().results;
        compare("batch", &batch.iter().map(quoted).collect::<Vec<_>>());
        let chunks: Vec<_> = requests
            .chunks(100)
            .map(|requests| StreamQuotePricesRequest { requests: requests.to_vec() })
            .collect();
        let mut answers = pricing.stream_quote_prices(tokio_stream::iter(chunks)).await.unwrap().into_inner();
        let mut streamed = Vec::new();
        while let Some(answer) = answers.message().await.unwrap() {
            streamed.extend(answer.results);
        }
        // One by one and in a stream: the same answers, to the last field.
        assert_eq!(streamed, batch);
        for (request, result) in requests.iter().zip(&batch).step_by(7) {
            match (pricing.quote_price(request.clone()).await, result.outcome.as_ref().unwrap()) {
                (Ok(answer), Outcome::Decision(decision)) => {
                    assert_eq!(answer.into_inner().decision.as_ref(), Some(decision));
                }
                (Err(status), Outcome::Error(error)) => assert_eq!(status.message(), error.message),
                other => panic!("{other:?}"),
            }
        }
        let mut jobs = RepricingServiceClient::new(channel);
        let start = StartRepricingRequest {
            request_id: "all".to_owned(),
            at_time,
            ..StartRepricingRequest::default()
        };
        let job = jobs.start_repricing(start).await.unwrap().into_inner().repricing.unwrap();
        let repricing_id = job.repricing_id;
        let begin = Instant::now();
        loop {
            let request = GetRepricingRequest { repricing_id: repricing_id.clone() };
            let job = jobs.get_repricing(request).await.unwrap().into_inner().repricing.unwrap();
            if job.state() == RepricingState::Done {
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "{job:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut chunks =
            jobs.read_repricing(ReadRepricingRequest { repricing_id }).await.unwrap().into_inner();
        let mut rows = BTreeMap::new();
        while let Some(chunk) = chunks.message().await.unwrap() {
            for row in chunk.rows {
                let said = match &row.error {
                    Some(error) => refused(error),
                    None => told(row.gross.as_ref(), row.status() == DecisionStatus::Held, &row.rule),
                };
                assert!(rows.insert((row.sku, row.market, row.channel), said).is_none());
            }
        }
        assert!(rows.keys().eq(expected.keys()));
        compare("job", &rows.into_values().collect::<Vec<_>>());
    });
    assert_eq!(served.metric("pricer_jobs_total{state=\"done\"}"), 1.0);
    assert_eq!(served.metric("pricer_job_rows_total"), expected.len() as f64);
    assert_eq!(served.metric("pricer_jobs_open"), 0.0);
}
