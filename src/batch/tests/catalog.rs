//! A catalog in several files, and a run that is told to stop.

use super::shop::{AT, HEADER, How, Shop, catalog, csv_file};
use crate::batch::*;
use crate::facts::parse_instant;
use crate::money::Ratio;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_folder_is_read_without_hidden_files_and_tells_what_it_leaves() {
    let shop = Shop::new();
    std::fs::create_dir_all(shop.path("in/old")).unwrap();
    for (name, sku) in [("a.csv", "A"), ("b.CSV", "B"), (".hidden.csv", "H"), ("c.csv.bak", "C")] {
        shop.write(&format!("in/{name}"), format!("{HEADER}\n{sku},DE,own,1.00 EUR,,,,,,\n"));
    }
    let summary = shop.run("in", How::default());
    let skus: Vec<String> = shop.rows("out.csv").into_iter().map(|row| row["sku"].clone()).collect();
    assert_eq!((skus, summary.files), (vec!["A".to_owned(), "B".to_owned()], 2));
    assert!(summary.to_string().contains("passed over: .hidden.csv, c.csv.bak, old"), "{summary}");
}

#[test]
fn several_files_are_one_catalog() {
    let shop = Shop::new();
    let rows = catalog(600);
    shop.write("items.csv", csv_file(&rows));
    let whole = shop.run("items.csv", How::default());
    std::fs::create_dir(shop.path("parts")).unwrap();
    shop.write("parts/b.csv", csv_file(&rows[350..]));
    // Other columns in another order: each file has its own header.
    let sku_last = |row: &String| row.split_once(',').map(|(sku, rest)| format!("{rest},{sku}")).unwrap();
    let moved: Vec<String> = rows[..350].iter().map(sku_last).collect();
    let header = sku_last(&HEADER.to_owned());
    shop.write("parts/a.csv", format!("{header}\n{}\n", moved.join("\n")));
    shop.write("parts/notes.txt", "not a feed");
    let answers = || {
        let mut rows = shop.rows("out.csv");
        rows.iter_mut().for_each(|row| drop(row.remove("row")));
        rows
    };
    let in_one = answers();
    for items in ["parts", "parts/a.csv parts/b.csv"] {
        let parts = shop.run(items, How { block_rows: 64, ..How::default() });
        assert_eq!((parts.tally.digest, parts.verdict), (whole.tally.digest, Verdict::Clean));
        shop.run(items, How::default());
        assert_eq!(answers(), in_one);
    }
}

#[test]
fn duplicates_are_found_across_files_and_files_are_named() {
    let shop = Shop::new();
    shop.write("1.csv", format!("{HEADER}\nA,DE,,1.00 EUR,,,,,,\nB,DE,,x,,,,,,\n"));
    shop.write("2.csv", format!("{HEADER}\nC,DE,,1.00 EUR,,,,,,\nA,,,1.00 EUR,,,,,,\n"));
    let summary = shop.run("1.csv 2.csv", How::default());
    assert_eq!((summary.tally.rows, summary.tally.priced, summary.tally.quarantined), (4, 5, 4));
    let rows = shop.rows("bad.csv");
    let found: Vec<(bool, &str, &str, &str)> = rows
        .iter()
        .map(|row| (row["file"].ends_with("2.csv"), &*row["line"], &*row["code"], &*row["prices"]))
        .collect();
    assert_eq!(found, [(false, "3", "NOT_MONEY", "2"), (true, "3", "DUPLICATE_SKU", "2")]);
}

#[test]
fn what_cannot_be_a_catalog_is_said_before_pricing() {
    let shop = Shop::new();
    shop.write("1.csv", format!("{HEADER}\n"));
    shop.write("2.csv", "sku,market\n");
    std::fs::create_dir(shop.path("empty")).unwrap();
    for (items, why) in [
        ("1.csv 2.csv", "no column gives `cost`"),
        ("empty", "without `.csv` or `.parquet` files"),
        ("1.csv 1.csv", "is named twice"),
        ("1.csv 3.csv", "3.csv"),
    ] {
        let error = shop.try_run(items, How::default(), &AtomicBool::new(false)).unwrap_err().to_string();
        assert!(error.contains(why), "{items}: {error}");
        assert!(shop.parts().is_empty());
    }
}

/// A time would depend on the machine; the work that is begun after the cancel does not.
#[test]
fn a_cancel_stops_within_1024_rows_of_each_thread() {
    const THREADS: usize = 2;
    let shop = Shop::new();
    shop.write("items.csv", csv_file(&catalog(40_000)));
    shop.with_facts(|facts, earlier| {
        let job = Job::new(&shop.release, facts, parse_instant(AT).unwrap(), None, None).unwrap();
        // One block: only the pricing itself can notice.
        let catalog =
            Catalog::open(&[shop.path("items.csv")], &shop.release).unwrap().with_block_rows(40_000);
        let cancel = AtomicBool::new(false);
        let run = Run {
            out: &shop.path("out.parquet"),
            partition: &[],
            quarantine: &shop.path("bad.csv"),
            threads: Some(THREADS),
            max_bad: Ratio::ONE,
            max_refused: Ratio::ONE,
            cancel: &cancel,
            progress: &|_| {},
        };
        let (ended, begun) = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                while job.begun.load(Ordering::SeqCst) < 4_096 {
                    std::thread::yield_now();
                }
                cancel.store(true, Ordering::SeqCst);
                job.begun.load(Ordering::SeqCst)
            });
            (run.run(&job, &catalog, earlier), watcher.join().unwrap())
        });
        assert!(matches!(ended, Err(BatchError::Cancelled)), "{ended:?}");
        let after = job.begun.load(Ordering::SeqCst) - begun;
        assert!(after <= THREADS * 1_024, "{after} rows were begun after the cancel");
    });
    assert!(shop.parts().is_empty() && !shop.path("bad.csv").exists());
}
