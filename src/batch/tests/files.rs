//! Files as a whole: dialects, columns, places, and what is published.

use super::shop::{HEADER, How, Shop, catalog, csv_file};
use crate::batch::{BatchError, Feeds, PartBy, Verdict, load_facts};
use std::sync::atomic::AtomicBool;

#[test]
fn a_byte_order_mark_crlf_quotes_and_empty_lines_change_nothing() {
    let shop = Shop::new();
    let plain = csv_file(&catalog(20));
    shop.write("plain.csv", &plain);
    let digest = shop.run("plain.csv", How::default()).tally.digest;
    shop.write("crlf.csv", format!("\u{feff}{}", plain.replace('\n', "\r\n")));
    let quoted: Vec<String> = plain
        .lines()
        .map(|line| line.split(',').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(","))
        .collect();
    shop.write("quoted.csv", format!("{}\r\n\r\n", quoted.join("\r\n\r\n")));
    shop.write("cut.csv", plain.trim_end());
    for name in ["crlf.csv", "quoted.csv", "cut.csv"] {
        let summary = shop.run(name, How::default());
        assert_eq!((summary.verdict, summary.tally.digest), (Verdict::Clean, digest), "{name}");
    }
}

#[test]
fn a_foreign_export_is_read_through_its_column_names() {
    let mut shop = Shop::new();
    shop.release.items_feed.columns = [("sku", "Item Number"), ("cost", "Unit Cost")]
        .map(|(name, header)| (name.into(), header.into()))
        .into();
    shop.release.items_feed.currency = crate::money::Currency::from_code("EUR");
    // `cost` is not the cost here, and a column that nobody reads may hold anything.
    shop.write(
        "items.csv",
        format!("cost,Item Number,Unit Cost,Text\nx,A,2.00,\"{}\ny\"\n", "z".repeat(65_536)),
    );
    let summary = shop.run("items.csv", How { market: Some("DE"), ..How::default() });
    assert_eq!((summary.verdict, summary.tally.priced), (Verdict::Clean, 2));
    assert_eq!(shop.rows("out.csv")[0]["price"], "4.00");
    shop.write("items.csv", "Item Number,unit cost\nA,2.00\n");
    let error = shop.try_run("items.csv", How::default(), &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(
        error.contains("`cost` (looked for `Unit Cost`): did you mean the column `unit cost`?"),
        "{error}"
    );
    let error = shop.try_run("/dev/null", How::default(), &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[track_caller]
fn fails(file: impl AsRef<[u8]>, part: &str) {
    let shop = Shop::new();
    shop.write("items.csv", file);
    match shop.try_run("items.csv", How::default(), &AtomicBool::new(false)) {
        Err(error) => assert!(error.to_string().contains(part), "{error}"),
        Ok(summary) => panic!("{summary:?}"),
    }
    assert!(!shop.path("out.csv").exists() && !shop.path("bad.csv").exists() && shop.parts().is_empty());
}

#[test]
fn files_that_are_no_feed_are_refused() {
    fails("", "is empty");
    fails("sku;cost\nA;1.00 EUR\n", "separated by commas");
    fails("sku\nA\n", "no column gives `cost`");
    fails("sku,COST \nA,1 EUR\n", "did you mean the column `COST `?");
    fails("# made by hand\nsku,cost\n", "take the comment above them away");
    fails("sku,cost\rA,1 EUR\rB,2 EUR\r", "end in CR alone");
    fails("sku,cost,cost\nA,1 EUR,2 EUR\n", "both give `cost`");
    fails(b"sku,c\xfcst\n", "not a header");
    fails(b"\xff\xfes\0k\0u\0", "UTF-16");
    fails(b"\x1f\x8b\x08\0", "compressed");
    fails("PAR1 but not Parquet", "items.csv");
}

#[test]
fn a_file_without_rows_replaces_nothing() {
    let shop = Shop::new();
    shop.write("items.csv", HEADER);
    shop.write("out.csv", "yesterday's prices\n");
    let error = shop.try_run("items.csv", How::default(), &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("no rows"), "{error}");
    assert_eq!(shop.read("out.csv"), "yesterday's prices\n");
}

#[test]
fn places_can_be_chosen() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\nA,,,1.00 EUR,,,,,,\nB,KZ,,1.00 EUR,,,,,,\nC,KZ,,x,,,,,,\n"));
    let read = |market, channel| {
        let tally = shop.run("items.csv", How { market, channel, ..How::default() }).tally;
        (tally.read, tally.priced, tally.quarantined, tally.elsewhere)
    };
    assert_eq!(read(None, None), (5, 4, 1, 0));
    assert_eq!(read(Some("KZ"), None), (3, 2, 1, 0));
    assert_eq!(read(Some("DE"), Some("app")), (1, 1, 0, 2));
    let nowhere = How { market: Some("KZ"), channel: Some("app"), ..How::default() };
    let error = shop.try_run("items.csv", nowhere, &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(&error, BatchError::NoPlace(why) if why.contains("KZ/app") && why.contains("DE/own")));
}

#[test]
fn too_many_bad_rows_publish_nothing_but_the_quarantine() {
    let shop = Shop::new();
    let mut rows = catalog(999);
    rows.push("X,DE,own,?,,,,,,".into());
    shop.write("items.csv", csv_file(&rows));
    shop.write("out.csv", "yesterday");
    // 1,999 prices are asked for; one is bad.
    let strict = shop.run("items.csv", How { max_bad: "0.05%", ..How::default() });
    assert_eq!((strict.verdict, strict.tally.quarantined), (Verdict::TooMany, 1));
    assert_eq!(shop.read("out.csv"), "yesterday");
    assert_eq!(shop.rows("bad.csv").len(), 1);
    assert!(shop.parts().is_empty());
    let loose = shop.run("items.csv", How { max_bad: "0.1%", ..How::default() });
    assert_eq!(loose.verdict, Verdict::Partial);
    assert_ne!(shop.read("out.csv"), "yesterday");
}

#[test]
fn a_catalog_that_is_refused_replaces_nothing() {
    let shop = Shop::new();
    // No rate from USD: refused in each of three places. Each of the others has its price in two of three.
    let refused = |at: usize| format!("R{at},,,1.00 USD,,,,,,");
    let some = ["A,DE,,1.00 EUR,,,,,,".to_owned(), refused(1)];
    shop.write("some.csv", csv_file(&some));
    shop.write("none.csv", csv_file(&[refused(1), refused(2)]));
    shop.write("out.csv", "yesterday");
    let run = |items, max_refused| shop.run(items, How { max_refused, ..How::default() });
    let none = run("none.csv", "100%");
    assert_eq!((none.verdict, none.tally.refused), (Verdict::TooManyRefused, 6));
    assert_eq!(none.to_json()["published"], false);
    // 3 of 5.
    assert_eq!(run("some.csv", "59.9%").verdict, Verdict::TooManyRefused);
    assert_eq!(shop.read("out.csv"), "yesterday");
    assert!(shop.parts().is_empty());
    assert_eq!(run("some.csv", "60%").verdict, Verdict::Clean);
    assert_ne!(shop.read("out.csv"), "yesterday");
}

#[test]
fn a_cancelled_run_leaves_everything_as_it_was() {
    let shop = Shop::new();
    shop.write("items.csv", csv_file(&catalog(5_000)));
    shop.write("out.csv", "yesterday");
    let cancelled =
        shop.try_run("items.csv", How { block_rows: 100, ..How::default() }, &AtomicBool::new(true));
    assert!(matches!(cancelled, Err(BatchError::Cancelled)));
    assert_eq!(shop.read("out.csv"), "yesterday");
    assert!(shop.parts().is_empty() && !shop.path("bad.csv").exists());
}

#[test]
fn runs_that_share_an_output_publish_one_of_them_whole() {
    let shop = Shop::new();
    // What a killed run of this process's number left is in nobody's way.
    let left = format!("out.csv.{}.part", std::process::id());
    shop.write(&left, "torn");
    let sizes = [3_000, 200, 1_100, 40];
    let files = sizes.map(|size| {
        shop.write(&format!("{size}.csv"), csv_file(&catalog(size)));
        let how = How { out: "alone.csv", block_rows: 50, ..How::default() };
        shop.run(&format!("{size}.csv"), how);
        shop.read("alone.csv")
    });
    for (out, partition) in [("out.csv", &[] as &[PartBy]), ("out.parts.csv", &[PartBy::Status])] {
        let how = How { out, block_rows: 50, threads: 1, partition, ..How::default() };
        std::thread::scope(|scope| {
            for size in sizes {
                let shop = &shop;
                scope.spawn(move || shop.run(&format!("{size}.csv"), how));
            }
        });
    }
    assert!(files.contains(&shop.read("out.csv")), "a mixture of runs");
    let rows = shop.rows("out.parts.csv/status=priced/part-0.csv").len();
    assert!(files.iter().any(|file| file.lines().count() == rows + 1), "{rows}");
    assert_eq!((shop.parts(), &*shop.read(&left)), (vec![left.clone()], "torn"));
}

#[test]
fn whole_feeds_load_into_memory() {
    let shop = Shop::new();
    let rows =
        "A,,,1.00 EUR,,,,,,\nA,DE,,2.00 EUR,,,,,,\nA,DE,,3.00 EUR,,,,,,\nB,FR,,1.00 EUR,,,,,,\nC,,,x,,,,,,\n";
    let (items, offers, rates) =
        (shop.write("items.csv", format!("{HEADER}\n{rows}")), shop.path("offers.csv"), shop.path("fx.csv"));
    let feeds = Feeds { items: Some(&items), offers: Some(&offers), rates: Some(&rates), ..Feeds::default() };
    let (facts, accounts) = load_facts(&shop.release, feeds).unwrap();
    assert_eq!((facts.items.len(), facts.offers.get("K1", "DE").len()), (2, 2));
    let bad: Vec<(u64, &str)> =
        accounts[2].quarantined.iter().map(|row| (row.line, row.code().unwrap().as_str())).collect();
    assert_eq!(bad, [(4, "DUPLICATE_SKU"), (5, "UNKNOWN_PLACE"), (6, "NOT_MONEY")]);
    assert_eq!(facts.offers.names.name(facts.offers.get("K1", "DE")[1].rival), "otto");
}
