//! Refusals of the engine over the wire, a row each: a real rulebook and real feeds, one by one and in a batch.

use super::*;
use pricer::service::convert::write_instant;
use pricer::service::proto::fact_service_client::FactServiceClient;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use pricer::service::proto::quote_result::Outcome;
use pricer::service::proto::{
    BatchQuotePricesRequest, FactStamp, ItemFacts, Money, Offer, StockUpdate, UpdateStockRequest,
};
use tonic::Code;
use tonic_types::StatusExt as _;

/// 2026-11-18T12:00:00Z.
const NOON: i64 = 1_795_003_200;

fn rulebook() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        (
            "rules/rulebook.toml",
            r#"
edition = "2026"
name = "refusals"
layers = ["base", "position"]
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat = { standard = "19%", food = "7%" }
fx = { max_age = "24h" }
[market.CH]
currency = "CHF"
timezone = "Europe/Zurich"
vat = { standard = "8.1%" }
[channel.own]
[channel.kiosk]
costs = { commission = "90%" }
[competitors.near]
members = ["alza"]
"#,
        ),
        (
            "rules/schema.toml",
            r#"
[attr]
sku = { type = "id" }
cost = { type = "money", basis = "net", optional = true }
rrp = { type = "money", basis = "gross", optional = true }
brand = { type = "text", optional = true }
tags = { type = "set", optional = true }
"#,
        ),
        (
            "rules/rules/all.toml",
            r#"
[rule.plus]
layer = "base"
owner = "anna"
why = "so much on top"
price = { cost-plus = { markup = "50%" } }

[rule.follow]
layer = "position"
owner = "anna"
why = "shoppers know these prices"
where = { tags = "kvi" }
price = { follow = { set = "near", rank = "lowest" } }
else = [ { use = "base" } ]

[guard.sane]
class = "safety"
why = "a misplaced point must not become a price"
absolute = { EUR = "0.10 .. 100000", CHF = "0.10 .. 100000" }

[guard.blind]
class = "safety"
why = "never against a market of the day before yesterday"
when = { feed = "competitors", age = "> 48h" }
action = "keep price"

[guard.cap]
class = "legal"
why = "the law of this brand"
where = { brand = "Bound" }
max_price = "105% of rrp"

[guard.earn]
class = "safety"
why = "no sale at a loss"
where = { channel = "kiosk" }
min_contribution = "0"
"#,
        ),
        ("items.csv", "sku,cost\nA,10.00 EUR\n"),
        (
            "fx.csv",
            "base,quote,rate,as_of\nUSD,EUR,0.90,2026-11-16T12:00:00Z\nNOK,EUR,0.08,2026-11-17T13:00:00Z\n\
             NOK,EUR,0.16,2026-11-18T11:00:00Z\n",
        ),
    ] {
        write(folder.path(), path, text);
    }
    folder
}

/// What is asked, the reason of the refusal, and some of its metadata.
type Refused<'a> = (QuotePriceRequest, &'a str, &'a [(&'a str, &'a str)]);

fn money(currency: &str, units: i64) -> Option<Money> {
    Some(Money { currency_code: currency.to_owned(), units, nanos: 0 })
}

fn costing(cost: Option<Money>, attributes: &[(&str, &str)]) -> QuotePriceRequest {
    let attributes = attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    QuotePriceRequest {
        item: Some(Item::ItemFacts(ItemFacts {
            sku: "N".to_owned(),
            cost,
            attributes: attributes.collect(),
            ..ItemFacts::default()
        })),
        at_time: Some(write_instant(NOON)),
        ..known("")
    }
}

#[test]
fn each_refusal_of_the_engine_is_met_over_the_wire() {
    let elsewhere = |request: QuotePriceRequest, market: &str, channel: &str| QuotePriceRequest {
        market: market.to_owned(),
        channel: channel.to_owned(),
        ..request
    };
    let mut blind = costing(money("EUR", 10), &[("tags", "kvi")]);
    if let Some(Item::ItemFacts(facts)) = &mut blind.item {
        let seen_at = Some(write_instant(NOON - 3 * 86_400));
        facts.offers =
            vec![Offer { rival: "alza".to_owned(), price: money("EUR", 15), seen_at, ..Offer::default() }];
    }
    let rows: [Refused<'_>; 9] = [
        (
            elsewhere(costing(money("CHF", 10), &[("vat_class", "food")]), "CH", "own"),
            "VAT_CLASS",
            &[("fact", "vat_class"), ("market", "CH")],
        ),
        (costing(money("GBP", 10), &[]), "EXCHANGE_RATE_MISSING", &[("fact", "GBP/EUR")]),
        (costing(money("USD", 10), &[]), "EXCHANGE_RATE_STALE", &[("fact", "USD/EUR")]),
        (costing(money("EUR", 100), &[("previous_cost", "10 EUR")]), "COST_IMPLAUSIBLE", &[("sku", "N")]),
        (costing(money("NOK", 100), &[]), "RATE_IMPLAUSIBLE", &[("sku", "N")]),
        (
            costing(money("EUR", 10), &[("brand", "Bound")]),
            "FACT_MISSING",
            &[("fact", "rrp"), ("guard", "cap")],
        ),
        (
            elsewhere(costing(money("EUR", 10), &[]), "DE", "kiosk"),
            "INFEASIBLE",
            &[("guard", "earn"), ("channel", "kiosk")],
        ),
        (blind, "FEED_STALE", &[("guard", "blind")]),
        (costing(None, &[]), "NO_PRICE", &[("sku", "N")]),
    ];
    let served = Served::start_in(
        rulebook(),
        "fx = \"fx.csv\"\n[limits]\nuploaded_rows = 3\nqueue_age = \"20s\"\n",
        &[],
    );
    runtime().block_on(async {
        let channel = served.channel().await;
        let mut pricing = PricingServiceClient::new(channel.clone());
        // What all rows start from has a price.
        let priced = pricing.quote_price(costing(money("EUR", 10), &[])).await.unwrap().into_inner();
        assert_eq!(
            priced.decision.unwrap().price.unwrap().gross,
            money("EUR", 17).map(|gross| Money { nanos: 850_000_000, ..gross })
        );
        let requests = rows.iter().map(|(request, ..)| request.clone());
        let batch =
            BatchQuotePricesRequest { requests: requests.chain([costing(money("EUR", 10), &[])]).collect() };
        let results = pricing.batch_quote_prices(batch).await.unwrap().into_inner().results;
        assert!(matches!(results[rows.len()].outcome, Some(Outcome::Decision(_))), "neighbours are priced");
        for ((request, reason, metadata), result) in rows.iter().zip(&results) {
            let status = pricing.quote_price(request.clone()).await.unwrap_err();
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(info.reason, *reason, "{status:?}");
            assert_eq!((status.code(), info.domain.as_str()), (Code::FailedPrecondition, "pricer"));
            for (key, value) in *metadata {
                assert_eq!(info.metadata.get(*key).map(String::as_str), Some(*value), "{reason}: {info:?}");
            }
            assert!(details.retry_info().is_none() && details.bad_request().is_none(), "{status:?}");
            // The same shape in a batch.
            let Some(Outcome::Error(error)) = &result.outcome else { panic!("{reason}: {result:?}") };
            assert_eq!(
                (error.code, &error.reason, error.message.as_str()),
                (i32::from(Code::FailedPrecondition), &info.reason, status.message())
            );
            assert!(
                info.metadata.iter().all(|(key, value)| error.metadata.get(key) == Some(value)),
                "{error:?}"
            );
            assert_eq!(error.metadata.len(), info.metadata.len());
            let counted = format!("pricer_quotes_total{{outcome=\"{reason}\"}}");
            assert_eq!(served.metric(&counted), 2.0);
        }
        let stock = |at: usize| StockUpdate {
            stamp: Some(FactStamp { sequence: 1, ..FactStamp::default() }),
            sku: format!("S{at}"),
            stock_units: Some("1".to_owned()),
            ..StockUpdate::default()
        };
        let mut facts = FactServiceClient::new(channel);
        let message = |rows: std::ops::Range<usize>| UpdateStockRequest {
            source: "wms".to_owned(),
            updates: rows.map(stock).collect(),
        };
        let status = facts.update_stock(tokio_stream::iter([message(0..5)])).await.unwrap_err();
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (status.code(), info.reason.as_str()),
            (Code::ResourceExhausted, "FACTS_FULL"),
            "{status:?}"
        );
        assert_eq!(info.metadata.get("row").map(String::as_str), Some("3"));
        // What was taken in can be changed all the same.
        let mut again = message(0..3);
        again
            .updates
            .iter_mut()
            .for_each(|row| row.stamp = Some(FactStamp { sequence: 2, ..FactStamp::default() }));
        let summary =
            facts.update_stock(tokio_stream::iter([again])).await.unwrap().into_inner().summary.unwrap();
        assert_eq!(summary.applied, 3);
    });
}
