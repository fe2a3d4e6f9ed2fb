//! Batch is the map of single prices, whatever the threads, blocks and order.

use super::shop::{AT, How, Shop, catalog, csv_file};
use crate::batch::{Job, reprice};
use crate::facts::parse_instant;
use crate::money::Amount;
use crate::pricing::{Outcome, Row, World, price};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use std::sync::Arc;

/// A CSV text as the batch an outside program would bring.
fn batch(text: &str) -> RecordBatch {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let columns = headers.iter().enumerate().map(|(at, header)| {
        let cells = StringArray::from_iter_values(records.iter().map(|record| &record[at]));
        (header.to_owned(), Arc::new(cells) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn batch_is_the_map_of_single_prices() {
    let shop = Shop::new();
    let mut rows = catalog(500);
    rows.push("K1,DE,,6.00 EUR,10.00 EUR,kvi,,,,".into());
    rows.push("K2,,,2980.00 EUR,,,,,,".into());
    let text = csv_file(&rows);
    let items = shop.write("items.csv", &text);
    let (book, _) = crate::batch::load_items(&items, &shop.release).unwrap();
    shop.with_facts(|facts, _| {
        let at = parse_instant(AT).unwrap();
        let job = Job::new(&shop.release, facts, at, None, None).unwrap();
        let (out, quarantined) = reprice(&job, &batch(&text)).unwrap();
        assert!(quarantined.is_empty());
        let text = |name: &str, row: usize| {
            let column = out.column_by_name(name).unwrap().as_any_dictionary();
            column.is_valid(row).then(|| {
                let key = column.normalized_keys()[row];
                column.values().as_string::<i32>().value(key).to_owned()
            })
        };
        let (skus, prices) = (out.column(0).as_string::<i32>(), out.column_by_name("price").unwrap());
        let prices = prices.as_primitive::<Decimal128Type>();
        for row in 0..out.num_rows() {
            let (market, channel) = (text("market", row).unwrap(), text("channel", row).unwrap());
            let place = shop.release.place(&market, &channel).unwrap();
            let item = &book.get(skus.value(row), &market, &channel).unwrap().item();
            let known_at = facts.offers.known_at(&market, at);
            let world = World::new(&shop.release, place, &facts.rates, at, known_at);
            let offers = facts.offers.get(&item.sku, &market);
            match price(&Row { item, offers }, &world, &mut ()) {
                Outcome::Decided(decision) => {
                    let micros = i64::try_from(prices.value(row)).unwrap();
                    assert_eq!(Amount::from_micros(micros), decision.price.amount());
                    let rule =
                        decision.winner.map(|winner| place.rules[winner.rule as usize].info.id.to_string());
                    assert_eq!(text("rule", row), rule);
                }
                Outcome::Refused(refusal) => {
                    assert!(prices.is_null(row));
                    assert_eq!(text("reason", row).unwrap(), refusal.code.as_str());
                }
            }
        }
        let lines = out.column_by_name("row").unwrap().as_primitive::<Int64Type>();
        assert!(lines.values().is_sorted());
        assert_eq!(out.num_rows(), 500 / 3 * 6 + 3 + 2 + 2 + 3);
    });
}

#[test]
fn threads_and_blocks_change_nothing() {
    let shop = Shop::new();
    let mut rows = catalog(3_000);
    for at in (0..3_000).step_by(97) {
        rows[at] = format!("B{at},,,oops,,,,,,");
    }
    rows.push("S00001,,,1.00 EUR,,,,,,".into());
    shop.write("items.csv", csv_file(&rows));
    let first = shop.run("items.csv", How { threads: 1, ..How::default() });
    let (answers, bad) = (shop.read("out.csv"), shop.read("bad.csv"));
    for (threads, block_rows) in [(1, 1_000), (2, 8_192), (3, 7), (7, 64), (2, 1)] {
        let how = How { threads, block_rows, ..How::default() };
        let again = shop.run("items.csv", how);
        assert_eq!(again.tally, first.tally, "{threads} threads, blocks of {block_rows}");
        assert_eq!(shop.read("out.csv"), answers);
        assert_eq!(shop.read("bad.csv"), bad);
    }
}

#[test]
fn the_order_of_rows_changes_nothing_but_the_order() {
    let shop = Shop::new();
    let mut rows = catalog(1_000);
    rows.push("BAD,,,oops,,,,,,".into());
    shop.write("items.csv", csv_file(&rows));
    let first = shop.run("items.csv", How::default()).tally;
    let answers = |shop: &Shop| {
        let mut rows: Vec<_> = shop.rows("out.csv");
        rows.iter_mut().for_each(|row| drop(row.remove("row")));
        let mut texts: Vec<String> = rows
            .iter()
            .map(|row| format!("{:?}", row.iter().collect::<std::collections::BTreeMap<_, _>>()))
            .collect();
        texts.sort();
        texts
    };
    let before = answers(&shop);
    // 7 and 1,001 have a common divisor, 8 and 1,001 have none: every row once.
    let shuffled: Vec<String> = (0..rows.len()).map(|at| rows[at * 8 % rows.len()].clone()).collect();
    shop.write("items.csv", csv_file(&shuffled));
    assert_eq!(shop.run("items.csv", How::default()).tally, first);
    assert_eq!(answers(&shop), before);
    let changed: Vec<String> =
        rows.iter().map(|row| row.replace("S00007,DE,,10.07", "S00007,DE,,10.08")).collect();
    assert_ne!(changed, rows);
    shop.write("items.csv", csv_file(&changed));
    assert_ne!(shop.run("items.csv", How::default()).tally.digest, first.digest);
}
