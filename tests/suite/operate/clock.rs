//! O10: the wall clock of a running service jumps, forwards and back. Facts stay ordered by sequence, windows and quote
//! tokens obey the clock, and deadlines do not notice.

use super::*;
use pricer::service::convert::write_instant;
use pricer::service::proto::fact_service_client::FactServiceClient;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::rulebook_service_client::RulebookServiceClient;
use pricer::service::proto::{
    Decision, FactStamp, ItemFacts, ItemUpsert, ListReleasesRequest, Money, UpsertItemsRequest,
    VerifyQuoteRequest,
};
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use tonic_types::StatusExt as _;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

const PROMO: &str = r#"
[rule.promo]
layer = "promo"
owner = "anna"
why = "a month of one price"
from = 2040-03-01
until = 2040-03-31
price = { fixed = "9.99 EUR" }
"#;

/// The clock of one service.
struct Clock(std::fs::File);

impl Clock {
    /// The clock is `seconds` ahead of the machine's from now on.
    fn turn(&self, seconds: i64) {
        self.0.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }
}

/// A service with a clock to turn.
fn start() -> (Served, Clock) {
    let folder = shop();
    write(folder.path(), "rules/rulebook.toml", &RULEBOOK.replace("[\"base\"]", "[\"base\", \"promo\"]"));
    write(folder.path(), "rules/rules/promo.toml", PROMO);
    let (shim, file) = (folder.path().join("clock.so"), folder.path().join("clock"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/operate/clock.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&shim)
        .arg(source)
        .arg("-ldl")
        .output();
    let compiled = compiled.expect("a C compiler, which the build needs, too");
    assert!(compiled.status.success(), "{compiled:?}");
    std::fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
    let clock = Clock(std::fs::File::options().write(true).open(&file).unwrap());
    let variables =
        [format!("LD_PRELOAD={}", shim.display()), format!("PRICER_TEST_CLOCK={}", file.display())];
    let more = "[reload]\npoll = \"10ms\"\nquiet = \"40ms\"\n[limits]\nqueue_age = \"20s\"\nquote_deadline = \"20s\"\n";
    (Served::start_in(folder, more, &["env", &variables[0], &variables[1]]), clock)
}

fn now() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64
}

fn gross(decision: &Decision) -> i64 {
    let gross = decision.price.as_ref().unwrap().gross.as_ref().unwrap();
    gross.units * 100 + i64::from(gross.nanos) / 10_000_000
}

fn item(cost: i64, sequence: i64, valid_from: Option<i64>) -> ItemUpsert {
    let stamp = FactStamp {
        sequence,
        known_at: Some(write_instant(now())),
        valid_from: valid_from.map(write_instant),
    };
    let cost = Some(Money { currency_code: "EUR".to_owned(), units: cost, nanos: 0 });
    let facts = ItemFacts { sku: "A".to_owned(), cost, ..ItemFacts::default() };
    ItemUpsert { stamp: Some(stamp), item_facts: Some(facts), ..ItemUpsert::default() }
}

#[test]
fn a_clock_that_jumps_changes_neither_order_nor_deadlines() {
    let (served, clock) = start();
    let stop = Arc::new(AtomicBool::new(false));
    let (dial, stopped) = (served.dial(), stop.clone());
    let quoting = std::thread::spawn(move || {
        runtime().block_on(async {
            let mut client = PricingServiceClient::new(dial.connect().await.unwrap());
            while !stopped.load(Ordering::Relaxed) {
                // A deadline of our own, so that the service counts it down, too.
                let mut request = tonic::Request::new(known("B"));
                request.set_timeout(Duration::from_secs(20));
                let decision = client
                    .quote_price(request)
                    .await
                    .expect("no call notices")
                    .into_inner()
                    .decision
                    .unwrap();
                let (at, until) = (decision.at_time.unwrap().seconds, decision.valid_until.unwrap().seconds);
                assert!(at < until && until <= at + 15 * 60, "{at} {until}");
                assert!(decision.oldest_input_age.is_none_or(|age| 0 <= age.seconds));
            }
        });
    });
    runtime().block_on(async {
        let channel = served.channel().await;
        let mut facts = FactServiceClient::new(channel.clone());
        let mut pricing = PricingServiceClient::new(channel.clone());
        let mut upload = async |row: ItemUpsert| {
            let message = UpsertItemsRequest { source: "erp".to_owned(), items: vec![row], replace: false };
            let summary = facts
                .upsert_items(tokio_stream::iter([message]))
                .await
                .unwrap()
                .into_inner()
                .summary
                .unwrap();
            [summary.applied, summary.waiting, summary.superseded]
        };
        let mut quote = async |want_quote_token: bool| {
            let request = QuotePriceRequest { want_quote_token, ..known("A") };
            pricing.quote_price(request).await.unwrap().into_inner().decision.unwrap()
        };
        assert_eq!(upload(item(20, 5, None)).await, [1, 0, 0]);
        assert_eq!(gross(&quote(false).await), 3_570);
        // Back by an hour: the higher number counts all the same, and no input is younger than nothing.
        clock.turn(-HOUR);
        assert_eq!(upload(item(30, 6, None)).await, [1, 0, 0]);
        let decision = quote(false).await;
        assert_eq!((gross(&decision), decision.oldest_input_age.unwrap().seconds), (5_355, 0));
        // Ahead by a day: the lower one does not.
        clock.turn(DAY);
        assert_eq!(upload(item(20, 5, None)).await, [0, 0, 1]);
        assert_eq!(gross(&quote(false).await), 5_355);
        // A row that waits comes when the clock says so, and what has come stays when the clock goes back.
        clock.turn(0);
        assert_eq!(upload(item(40, 7, Some(now() + 2 * HOUR))).await, [0, 1, 0]);
        clock.turn(3 * HOUR);
        let begin = Instant::now();
        while gross(&quote(false).await) != 7_140 {
            assert!(begin.elapsed() < PATIENCE, "the row does not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        clock.turn(-DAY);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(gross(&quote(false).await), 7_140);
        // Windows are open while the clock stands in them: 2040-03-15, then today.
        clock.turn(2_215_425_600 - now());
        assert_eq!(gross(&quote(false).await), 999);
        clock.turn(0);
        assert_eq!(gross(&quote(false).await), 7_140);
        // A promise ends by the clock.
        let quote_token = quote(true).await.quote_token;
        let mut verified = async || {
            let request =
                VerifyQuoteRequest { quote_token: quote_token.clone(), ..VerifyQuoteRequest::default() };
            let answer = pricing.verify_quote(request).await;
            answer.map_err(|status| status.get_error_details().error_info().unwrap().reason.clone()).map(drop)
        };
        assert_eq!(verified().await, Ok(()));
        clock.turn(16 * 60);
        assert_eq!(verified().await, Err("QUOTE_EXPIRED".to_owned()));
        clock.turn(0);
        assert_eq!(verified().await, Ok(()));
        // Releases follow each other as they came, whatever the clock said.
        clock.turn(-DAY);
        let reloads = served.metric("pricer_rulebook_reloads_total");
        write(served.folder.path(), "rules/rules/all.toml", &RULES.replace("50%", "60%"));
        served.until("the change is not served", |served| {
            reloads < served.metric("pricer_rulebook_reloads_total")
        });
        let mut rulebooks = RulebookServiceClient::new(channel);
        let list = rulebooks.list_releases(ListReleasesRequest {}).await.unwrap().into_inner().releases;
        assert_eq!(list.len(), 2);
        assert!(
            list[0].replaced_at.is_none()
                && list[0].loaded_at.unwrap().seconds < list[1].loaded_at.unwrap().seconds
        );
    });
    stop.store(true, Ordering::Relaxed);
    quoting.join().expect("no call notices");
}
