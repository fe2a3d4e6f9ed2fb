//! What is written can be read back.

use super::shop::{HEADER, How, Shop, catalog, csv_file};
use crate::batch::output_schema;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const ROWS: &str = "K1,DE,own,6.00 EUR,10.00 EUR,kvi,,,,\n\
                    K3,DE,own,6.00 EUR,10.00 EUR,kvi,,,,\n\
                    \"=A,\"\"1\"\"\",DE,own,6.00 EUR,,,,,,\n\
                    B,KZ,own,1.00 USD,,,,,,\n\
                    C,DE,own,100.00 EUR,5.00 EUR,,,,,\n";

#[test]
fn csv_is_plain_and_safe() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\n{ROWS}"));
    let summary = shop.run("items.csv", How::default());
    let rows = shop.rows("out.csv");
    let cells =
        |row: usize, names: &[&str]| names.iter().map(|name| rows[row][*name].clone()).collect::<Vec<_>>();
    let names = [
        "sku",
        "status",
        "reason",
        "price",
        "currency",
        "previous_price",
        "change",
        "rule",
        "guards",
        "flags",
        "detail",
    ];
    assert_eq!(cells(0, &names), ["K1", "priced", "", "9.50", "EUR", "10.00", "-0.05", "follow", "", "", ""]);
    assert_eq!(
        cells(1, &names),
        ["K3", "priced", "", "11.00", "EUR", "10.00", "0.1", "follow", "calm", "fallback", ""]
    );
    assert_eq!(cells(2, &names), ["'=A,\"1\"", "priced", "", "12.00", "EUR", "", "", "double", "", "", ""]);
    assert_eq!(cells(3, &names)[..4], ["B", "refused", "EXCHANGE_RATE_MISSING", ""]);
    assert_eq!(rows[3]["detail"], "USD/KZT");
    assert_eq!(cells(4, &["price", "target", "guards"]), ["5.50", "200.00", "calm"]);
    assert_eq!(cells(0, &["because", "release", "row"]), ["narrower", "0123456789ab", "2"]);
    assert_eq!(cells(4, &["floor", "ceiling"]), ["4.50", "5.50"]);
    let tally = summary.tally;
    assert_eq!((tally.priced, tally.refused, tally.new), (4, 1, 1));
    // −5 % and +10 % twice.
    assert_eq!(tally.changes, [0, 1, 0, 0, 0, 0, 2]);
    assert_eq!((tally.guards["calm"], tally.fallbacks["follow"], tally.rules["double"]), (2, 1, 2));
    assert_eq!(tally.refused_reasons["EXCHANGE_RATE_MISSING"], 1);
}

#[test]
fn parquet_holds_the_same_as_csv() {
    let shop = Shop::new();
    let mut text = csv_file(&catalog(2_000));
    text.push_str(ROWS);
    shop.write("items.csv", text);
    let csv = shop.run("items.csv", How::default());
    let parquet = shop.run("items.csv", How { out: "out.parquet", block_rows: 300, ..How::default() });
    assert_eq!(csv.tally, parquet.tally);
    let file = std::fs::File::open(shop.path("out.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.schema().fields(), output_schema().fields());
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let rows = shop.rows("out.csv");
    let mut at = 0;
    for batch in batches {
        let prices = batch.column_by_name("price").unwrap().as_primitive::<Decimal128Type>();
        let margins = batch.column_by_name("margin").unwrap().as_primitive::<Decimal128Type>();
        for row in 0..batch.num_rows() {
            let sku = batch.column(0).as_string::<i32>().value(row);
            assert_eq!(rows[at]["sku"].trim_start_matches('\''), sku);
            let number = |text: &str, places| crate::money::parse_fixed(text, places).ok().map(i128::from);
            let value =
                |column: &arrow_array::Decimal128Array| column.is_valid(row).then(|| column.value(row));
            assert_eq!(value(prices), number(&rows[at]["price"], 6));
            assert_eq!(value(margins), number(&rows[at]["margin"], 9));
            at += 1;
        }
    }
    assert_eq!(at, rows.len());
}

#[test]
fn a_parquet_catalog_is_read_like_its_csv() {
    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, LargeStringArray, StringArray};
    use std::sync::Arc;
    let shop = Shop::new();
    let text = "sku,market,cost,cost_currency,tags,storage,share,cover,current_price\n\
                1,DE,6,EUR,kvi|new,1.5,12%,60s,\n2,KZ,6.5,EUR,,,,,5000.00 KZT\n3,DE,,EUR,,,,,\n";
    shop.write("items.csv", text);
    let csv = shop.run("items.csv", How::default());
    assert_eq!((csv.tally.priced, csv.tally.quarantined), (3, 2));
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("kvi"), Some("new")]);
    tags.append_null();
    tags.append_null();
    let cost = Decimal128Array::from(vec![Some(600), Some(650), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("sku", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("unread", Arc::new(Float64Array::from(vec![0.1; 3]))),
        ("market", Arc::new(LargeStringArray::from(vec!["DE", "KZ", "DE"]))),
        ("cost", Arc::new(cost.with_precision_and_scale(12, 2).unwrap())),
        ("cost_currency", Arc::new(StringArray::from(vec!["EUR"; 3]))),
        ("tags", Arc::new(tags.finish())),
        ("storage", Arc::new(Float64Array::from(vec![Some(1.5), None, None]))),
        ("share", Arc::new(Float64Array::from(vec![Some(0.12), None, None]))),
        ("cover", Arc::new(Int64Array::from(vec![Some(60), None, None]))),
        ("current_price", Arc::new(StringArray::from(vec![None, Some("5000.00 KZT"), None]))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let write = |batch: &RecordBatch| {
        let file = std::fs::File::create(shop.path("items.parquet")).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    };
    write(&batch);
    let typed = shop.run("items.parquet", How { block_rows: 2, ..How::default() });
    assert_eq!(typed.tally, csv.tally);
    assert_eq!(shop.rows("bad.csv")[0]["line"], "3");
    let floats: Vec<(&str, ArrayRef)> =
        vec![("sku", batch.column(0).clone()), ("cost", Arc::new(Float64Array::from(vec![1.0; 3])))];
    write(&RecordBatch::try_from_iter(floats).unwrap());
    let none = std::sync::atomic::AtomicBool::new(false);
    let error = shop.try_run("items.parquet", How::default(), &none).unwrap_err();
    assert!(error.to_string().contains("binary floats cannot hold cents"), "{error}");
}

#[test]
fn the_summary_reads_well_and_parses() {
    let shop = Shop::new();
    shop.write("items.csv", format!("{HEADER}\n{ROWS}D,,,x,,,,,,\n"));
    let summary = shop.run("items.csv", How::default());
    let json = summary.to_json();
    assert_eq!((&json["format_version"], &json["kind"]), (&"1.0".into(), &"reprice".into()));
    assert_eq!(json["read"], 8);
    assert_eq!(json["quarantine_codes"]["NOT_MONEY"], 3);
    assert_eq!(json["changes"][6]["count"], 2);
    let text = summary.to_string();
    for part in ["refused", "EXCHANGE_RATE_MISSING 1", "NOT_MONEY 3", "above +5%", "calm 2", "follow 1"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_current_price_in_another_currency_is_told() {
    let mut shop = Shop::new();
    // Nothing to hold, and no rule.
    for place in &mut shop.release.places {
        place.rules = [].into();
    }
    shop.write(
        "items.csv",
        format!("{HEADER}\nA,KZ,,1.00 EUR,5.00 EUR,,,,,\nB,DE,own,1.00 EUR,5.00 EUR,,,,,\n"),
    );
    let summary = shop.run("items.csv", How::default());
    let rows = shop.rows("out.csv");
    let why = "current_price is in EUR, the market's currency is KZT";
    assert_eq!((&*rows[0]["reason"], &*rows[0]["detail"]), ("NO_PRICE", why));
    assert_eq!((&*rows[1]["status"], &*rows[1]["detail"]), ("held", ""));
    assert_eq!(summary.tally.foreign, 1);
    assert!(summary.to_string().contains("that of 1 answers is in another currency"), "{summary}");
}

#[test]
fn a_price_beyond_the_output_is_refused_by_name() {
    let shop = Shop::new();
    shop.write(
        "items.csv",
        format!("{HEADER}\nA,DE,own,600000000000.00 EUR,,,,,,\nB,DE,own,400000000000.00 EUR,,,,,,\n"),
    );
    shop.run("items.csv", How::default());
    let rows = shop.rows("out.csv");
    assert_eq!((&*rows[0]["status"], &*rows[0]["reason"]), ("refused", "AMOUNT_OVERFLOW"));
    assert_eq!(rows[1]["price"], "800000000000.00");
}
