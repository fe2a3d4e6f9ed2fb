//! Every kind of bad row: named, counted, and nothing else disturbed.

use super::shop::{HEADER, How, Shop};
use crate::batch::Verdict;

/// A file with one bad row between two good ones: the code it is quarantined under, its field, and the prices it costs.
#[track_caller]
fn check(bad: impl AsRef<[u8]>, code: &str, field: &str, prices: u64) {
    let shop = Shop::new();
    let mut file = format!("{HEADER}\nG1,,,1.00 EUR,,,,,,\n").into_bytes();
    file.extend(bad.as_ref());
    file.extend(b"\nG2,DE,,1.00 EUR,,,,,,\n");
    shop.write("items.csv", file);
    let summary = shop.run("items.csv", How::default());
    let text = String::from_utf8_lossy(bad.as_ref()).chars().take(80).collect::<String>();
    assert_eq!(summary.verdict, Verdict::Partial, "{text}");
    assert_eq!((summary.tally.priced, summary.tally.quarantined), (5, prices), "{text}");
    assert_eq!(summary.tally.rows, 3, "{text}");
    let rows = shop.rows("bad.csv");
    assert_eq!((&*rows[0]["code"], &*rows[0]["field"]), (code, field), "{rows:?}");
    assert_eq!(rows[0]["line"], "3", "{text}");
    let counted: u64 = rows.iter().map(|row| row["prices"].parse::<u64>().unwrap()).sum();
    assert_eq!(counted, prices, "{rows:?}");
    assert!(rows.iter().all(|row| row["value"].chars().count() <= 201));
}

#[test]
fn values_that_are_not_what_they_should_be() {
    check("B,,,,,,,,,", "FACT_MISSING", "cost", 3);
    check(",,,1.00 EUR,,,,,,", "FACT_MISSING", "sku", 3);
    check("B,,,1.00,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,\"1,23 EUR\",,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,1e3 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,+1.00 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,1_000.00 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,１２ EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,, 1.00 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,NaN EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,1.0000001 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,99999999999999 EUR,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,1.00 EURO,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,1.00 eur,,,,,,", "NOT_MONEY", "cost", 3);
    check("B,,,-1.00 EUR,,,,,,", "OUT_OF_RANGE", "cost", 3);
    check("B,,,1.00 EUR,0.00 EUR,,,,,", "OUT_OF_RANGE", "current_price", 3);
    check("B,,,1.00 EUR,,sale,,,,", "UNKNOWN_VALUE", "tags", 3);
    check("B,,,1.00 EUR,,,12 GB,,,", "NOT_A_NUMBER", "storage", 3);
    check("B,,,1.00 EUR,,,,12,,", "NOT_A_PERCENT", "share", 3);
    check("B,,,1.00 EUR,,,,,8,", "NOT_A_DURATION", "cover", 3);
    check("B,DE,,1.00 EUR,,,x,y,z,", "NOT_A_NUMBER", "storage", 2);
}

#[test]
fn rows_that_are_not_rows() {
    check("B,,,1.00 EUR,,,,,", "COLUMN_COUNT", "", 1);
    check("B,,,1.00 EUR,,,,,,,", "COLUMN_COUNT", "", 1);
    check("B", "COLUMN_COUNT", "", 1);
    check("B,DE,,\"1.00 EUR,,,,,,", "BAD_QUOTES", "", 1);
    check("B,DE,,\"1.00\" EUR,,,,,,", "BAD_QUOTES", "", 1);
    check(b"B\xfc,DE,own,1.00 EUR,,,,,,", "NOT_UTF8", "sku", 1);
    check(b"B,D\xfc,own,1.00 EUR,,,,,,", "NOT_UTF8", "market", 1);
    check(b"B,,,1.00 EUR,,,,,,\xff\xfe", "NOT_UTF8", "vat_class", 3);
    check(b"B,,,1.00 EUR,,,\xc3,\xa9,,", "NOT_UTF8", "storage", 3);
    check(format!("{},,,1.00 EUR,,,,,,", "x".repeat(65_536)), "TOO_LONG", "sku", 3);
    check(format!("B,,,1.00 EUR,,,,,,{}", "x".repeat(3 << 20)), "TOO_LONG", "", 1);
    check("B\0,,,1.00 EUR\0,,,,,,", "NOT_ALLOWED", "sku", 3);
    check("B,,,1.00 EUR\0,,,,,,", "NOT_MONEY", "cost", 3);
}

/// Each of these would be an item beside `G1`, and nobody could tell them apart.
#[test]
fn skus_with_characters_that_nobody_sees() {
    for sku in [
        "G1 ",
        " G1",
        "G1\u{a0}",
        "\u{a0}G1",
        "G1\u{200b}",
        "\u{feff}G1",
        "G\u{ad}1",
        "G1\0",
        "G1\t",
        "\"G1\n\"",
        "G1\u{2028}",
        "\"G1\r\"",
    ] {
        check(format!("{sku},,,1.00 EUR,,,,,,"), "NOT_ALLOWED", "sku", 3);
    }
    check("B,,,1.00 EUR,,\"kvi\u{200b}\",,,,", "NOT_ALLOWED", "tags", 3);
    check("B,,,1.00 EUR,,,,,,food\u{7}", "NOT_ALLOWED", "vat_class", 3);
    let shop = Shop::new();
    let good = ["G1", "Käse 12", "5\" pipe", "G1-é"]
        .map(|sku| format!("\"{}\",DE,own,1.00 EUR,,,,,,", sku.replace('"', "\"\"")));
    shop.write("items.csv", format!("{HEADER}\n{}\n", good.join("\n")));
    assert_eq!(shop.run("items.csv", How::default()).verdict, Verdict::Clean);
    // The first of these would be an offer for nothing.
    let offers = "sku,market,rival,price\nG1 ,DE,alza,9.50 EUR\nG1,DE,alza,9.50 EUR\n";
    shop.write("offers.csv", offers);
    let account = shop.run("items.csv", How::default()).feeds;
    assert!(account.contains(&(crate::batch::FeedKind::Offers, 2, 1)), "{account:?}");
}

/// The message says what to do, not what the blank made of the rest.
#[test]
fn blanks_and_surplus_zeros_around_amounts() {
    let shop = Shop::new();
    let rows = [
        "A,,,45.00 ,,,,,,",
        "B,,, 45.00 EUR,,,,,,",
        "C,,,45.00 EUR,,, 12,,,",
        "D,,,45.00EUR,,,,,,",
        "E,,,45.0000001 EUR,,,,,,",
    ];
    shop.write("items.csv", format!("{HEADER}\n{}\n", rows.join("\n")));
    assert_eq!(shop.run("items.csv", How::default()).verdict, Verdict::TooManyRefused);
    let messages: Vec<String> = shop.rows("bad.csv").into_iter().map(|row| row["message"].clone()).collect();
    for (message, part) in messages.iter().zip([
        "`45.00 ` has a blank at its end: remove it",
        "` 45.00 EUR` has a blank at its start: remove it",
        "` 12` has a blank at its start: remove it",
        "write `45.00 EUR`",
        "more than 6 decimals",
    ]) {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(messages.len(), 5);
    shop.write("items.csv", format!("{HEADER}\nA,DE,own,45.000000000000000000 EUR,,,,,,\n"));
    shop.run("items.csv", How::default());
    assert_eq!(shop.rows("out.csv")[0]["price"], "90.00");
}

#[test]
fn rows_for_nowhere_and_rows_again() {
    check("B,FR,,1.00 EUR,,,,,,", "UNKNOWN_PLACE", "market", 1);
    check("B,,shop,1.00 EUR,,,,,,", "UNKNOWN_PLACE", "channel", 1);
    check("B,KZ,app,1.00 EUR,,,,,,", "UNKNOWN_PLACE", "channel", 1);
    check("B,FR,,,,,,,,", "FACT_MISSING", "cost", 1);
    check("G1,,,1.00 EUR,,,,,,", "DUPLICATE_SKU", "sku", 3);
    check("G1,DE,,2.00 EUR,,,,,,", "DUPLICATE_SKU", "sku", 2);
    check("G1,DE,app,2.00 EUR,,,,,,", "DUPLICATE_SKU", "sku", 1);
    check("B,KZ,,1.00 EUR,,,,,,food", "VAT_CLASS", "vat_class", 1);
    check("B,,,1.00 EUR,,,,,,books", "VAT_CLASS", "vat_class", 3);
}

#[test]
fn one_bad_place_leaves_the_others() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\nB,DE,app,1.00 EUR,,,,,,\nB,,,1.00 EUR,,,,,,food\n"));
    let summary = shop.run("items.csv", How::default());
    // Row 1: DE/app. Row 2: DE/app is taken, KZ has no such class, DE/own is priced.
    assert_eq!((summary.tally.read, summary.tally.priced, summary.tally.quarantined), (4, 2, 2));
    let codes: Vec<String> = shop.rows("bad.csv").into_iter().map(|row| row["code"].clone()).collect();
    assert_eq!(codes, ["DUPLICATE_SKU", "VAT_CLASS"]);
}

#[test]
fn a_row_that_could_not_be_read_takes_nothing() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\nB,DE,,x,,,,,,\nB,DE,,1.00 EUR,,,,,,\nB,DE,,x,,,,,,\n"));
    let summary = shop.run("items.csv", How::default());
    assert_eq!((summary.tally.priced, summary.tally.quarantined), (2, 4));
}

#[test]
fn every_bad_field_is_named_and_values_are_escaped() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\n=B,DE,own,\"a\tb\n\",-1 EUR,=sale,,,,\n"));
    shop.run("items.csv", How::default());
    let rows = shop.rows("bad.csv");
    let cells = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(cells("field"), ["cost", "current_price", "tags"]);
    assert_eq!(cells("value"), ["a\\tb\\n", "'-1 EUR", "'=sale"]);
    assert_eq!(cells("sku"), ["'=B"; 3]);
    assert_eq!(cells("prices"), ["1", "0", "0"]);
    assert_eq!(cells("feed"), ["items"; 3]);
}

#[test]
fn bad_offers_and_rates_are_quarantined_too() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\nG1,,,1.00 EUR,,,,,,\n"));
    let offers = "sku,market,rival,price,shipping,match,in_stock,seen_at\n\
                  G1,DE,alza,\"9,50 EUR\",,,,\nG1,FR,alza,9.50 EUR,,,,\n,DE,alza,9.50 EUR,,,,\nG1,DE,alza\n\
                  G1,DE,alza,9.50 EUR,,,,\n";
    shop.write("offers.csv", offers);
    shop.write("fx.csv", "base,quote,rate,as_of\nEUR,KZT,600,2026-11-18T08:00:00Z\nEUR,XXX,0,now\n");
    let summary = shop.run("items.csv", How::default());
    assert_eq!((summary.verdict, summary.tally.quarantined), (Verdict::Partial, 0));
    let account: Vec<(&str, u64, u64)> =
        summary.feeds.iter().map(|(feed, rows, bad)| (feed.as_str(), *rows, *bad)).collect();
    assert_eq!(account, [("fx", 2, 1), ("offers", 5, 4)]);
    let rows = shop.rows("bad.csv");
    let codes: Vec<&str> = rows.iter().map(|row| &*row["code"]).collect();
    assert_eq!(
        codes,
        [
            "UNKNOWN_CURRENCY",
            "OUT_OF_RANGE",
            "NOT_AN_INSTANT",
            "NOT_MONEY",
            "UNKNOWN_PLACE",
            "FACT_MISSING",
            "COLUMN_COUNT",
        ]
    );
    assert_eq!(shop.run("items.csv", How { max_bad: "50%", ..How::default() }).verdict, Verdict::TooMany);
}
