//! Answers in folders.

use super::shop::{HEADER, How, Shop, catalog, csv_file};
use crate::batch::{BatchError, PartBy, Verdict, output_schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const PLACES: &[PartBy] = &[PartBy::Market, PartBy::Channel];

/// Every file under a folder, by its name there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match path.is_dir() {
            true => found.extend(files(&path).into_iter().map(|file| format!("{name}/{file}"))),
            false => found.push(name),
        }
    }
    found.sort();
    found
}

#[test]
fn every_answer_is_in_the_folder_of_its_place() {
    let shop = Shop::new();
    shop.write("items.csv", csv_file(&catalog(900)));
    let whole = shop.run("items.csv", How::default());
    let mut wanted: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for row in shop.rows("out.csv") {
        let mut row: BTreeMap<String, String> = row.into_iter().collect();
        let (market, channel) = (row.remove("market").unwrap(), row.remove("channel").unwrap());
        wanted.entry(format!("market={market}/channel={channel}/part-0.csv")).or_default().push(row);
    }
    assert_eq!(wanted.len(), 3);
    // Twice: the second run takes the place of the first.
    for block_rows in [64, 10_000] {
        let parted = How { out: "prices.csv", partition: PLACES, block_rows, ..How::default() };
        assert_eq!(shop.run("items.csv", parted).tally, whole.tally);
        assert_eq!(files(&shop.path("prices.csv")), wanted.keys().cloned().collect::<Vec<_>>());
        for (file, rows) in &wanted {
            let found = shop.rows(&format!("prices.csv/{file}"));
            let found: Vec<BTreeMap<String, String>> =
                found.into_iter().map(|row| row.into_iter().collect()).collect();
            assert!(found == *rows, "{file}");
        }
    }
    assert!(shop.parts().is_empty());
}

#[test]
fn parquet_parts_leave_out_what_their_folder_says() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{}X,KZ,own,1.00 USD,,,,,,\n", csv_file(&catalog(300))));
    let how = How { out: "prices", partition: &[PartBy::Status], ..How::default() };
    let tally = shop.run("items.csv", how).tally;
    let rows = |status: &str| {
        let file = std::fs::File::open(shop.path(&format!("prices/status={status}/part-0.parquet"))).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let whole = output_schema();
        let wanted = whole.fields().iter().filter(|field| field.name() != "status");
        assert!(reader.schema().fields().iter().eq(wanted));
        reader.build().unwrap().map(|batch| batch.unwrap().num_rows() as u64).sum::<u64>()
    };
    assert_eq!((rows("priced"), rows("refused")), (tally.priced, tally.refused));
    assert_eq!(tally.refused, 1);
    assert_eq!(files(&shop.path("prices")).len(), 2);
}

#[test]
fn a_run_that_ends_early_leaves_the_folder_as_it_was() {
    let shop = Shop::new();
    shop.write("items.csv", csv_file(&catalog(3_000)));
    let parted = How { out: "prices", partition: PLACES, block_rows: 100, ..How::default() };
    shop.run("items.csv", parted);
    let before = files(&shop.path("prices"));
    shop.write("prices/market=KZ/channel=own/part-0.parquet", "yesterday");
    let cancelled = shop.try_run("items.csv", parted, &AtomicBool::new(true));
    assert!(matches!(cancelled, Err(BatchError::Cancelled)));
    shop.write("bad.csv.items", format!("{HEADER}\nA,DE,own,?,,,,,,\nB,DE,own,1.00 EUR,,,,,,\n"));
    let strict = How { max_bad: "10%", ..parted };
    assert_eq!(shop.run("bad.csv.items", strict).verdict, Verdict::TooMany);
    assert_eq!(shop.read("prices/market=KZ/channel=own/part-0.parquet"), "yesterday");
    assert_eq!(files(&shop.path("prices")), before);
    assert!(shop.parts().is_empty());
    // What a killed run left is no obstacle.
    let left = format!("prices.{}.part", std::process::id());
    std::fs::create_dir_all(shop.path(&left).join("market=DE/channel=own")).unwrap();
    shop.write(&format!("{left}/market=DE/channel=own/part-0.parquet.1.part"), "torn");
    shop.run("items.csv", parted);
    assert_eq!(files(&shop.path("prices")), before);
}

#[test]
fn a_folder_with_other_things_is_never_replaced() {
    let shop = Shop::new();
    shop.write("items.csv", csv_file(&catalog(30)));
    let parted = How { out: "prices", partition: PLACES, ..How::default() };
    shop.run("items.csv", parted);
    for precious in
        ["prices/letter.txt", "prices/market=DE/letter.txt", "prices/market=DE/channel=own/part-1.parquet"]
    {
        shop.write(precious, "dear");
        let error = shop.try_run("items.csv", parted, &AtomicBool::new(false)).unwrap_err().to_string();
        assert!(error.contains("no part of an output"), "{error}");
        assert_eq!(shop.read(precious), "dear");
        std::fs::remove_file(shop.path(precious)).unwrap();
    }
    let error = shop.try_run("items.csv", How { out: ".", ..parted }, &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("no part of an output"), "{error}");
    let error =
        shop.try_run("items.csv", How { out: "items.csv", ..parted }, &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("is a file"), "{error}");
    let nowhere = How { out: "no/prices", ..parted };
    let error = shop.try_run("items.csv", nowhere, &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("make it first"), "{error}");
}
