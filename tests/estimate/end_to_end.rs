//! The whole way on real data, with the commands that a user runs: fit on Iowa 2012–2018, prices by `optimise` inside guards as
//! of 2019, and what the model predicted for 2019 against what was sold.

use super::common::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const RULEBOOK: &str = r#"
edition = "2026"
name = "iowa-optimised"
layers = ["base"]
[market.US-IA]
currency = "USD"
timezone = "America/Chicago"
vat = { standard = "0%" }
[channel.wholesale]
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
cost = { type = "money", basis = "net" }
"#;

const RULES: &str = r#"
[rule.best]
layer = "base"
owner = "test"
why = "what demand pays for, as far as it is known"
price = { optimise = { for = "profit", within = "8%", needs = { sales_weeks = ">= 52" } } }
else = { keep = {} }

[guard.earn]
class = "safety"
why = "no bottle below a margin of 25%"
min_margin = "25%"

[guard.calm]
class = "comfort"
why = "nobody likes jumps"
max_change = "5%"
"#;

fn data(name: &str) -> Option<PathBuf> {
    load(name)?;
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find_map(|folder| Some(folder.join("shared/data").join(name)).filter(|path| path.is_file()))
}

fn pricer(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pricer")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Items with the price of their last month of 2018; the state adds 50 % to what it pays.
fn items(sales: &Path) -> (String, BTreeMap<String, f64>) {
    let mut last: BTreeMap<String, (String, f64)> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(sales).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        let (month, price): (&str, f64) = (&row[1], row[4].parse().unwrap());
        let known = last.entry(row[0].to_owned()).or_default();
        if ("2018-07"..="2018-12").contains(&month) && known.0.as_str() < month {
            *known = (month.to_owned(), price);
        }
    }
    last.retain(|_, (_, price)| 0.0 < *price);
    let mut out = "sku,cost,current_price\n".to_owned();
    for (sku, (_, price)) in &last {
        let _ = writeln!(out, "{sku},{:.2} USD,{price:.2} USD", price / 1.5);
    }
    (out, last.into_iter().map(|(sku, (_, price))| (sku, price)).collect())
}

#[test]
fn iowa_is_fitted_priced_and_judged() {
    let Some(sales) = data("iowa_liquor_item_month_2012_2019.csv") else { return };
    let Some(catalog) = data("iowa_liquor_product_catalog.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, text) in
        [("book/rulebook.toml", RULEBOOK), ("book/schema.toml", SCHEMA), ("book/rules/all.toml", RULES)]
    {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let (text, before) = items(&sales);
    std::fs::write(path("items.csv"), text).unwrap();
    let (book, sales, catalog) = (path("book"), sales.display().to_string(), catalog.display().to_string());
    let fit = [
        "fit",
        "--rulebook",
        &book,
        "--sales",
        &sales,
        "--columns",
        "sku=item,period=month,units=bottles,price=median_unit_price",
        "--items",
        &catalog,
        "--item-columns",
        "sku=Item Number,category=Category Name",
        "--holdout",
        "12",
        "--at",
        "2019-01-01T00:00:00Z",
    ];
    // What the model predicted for 2019, in words and for machines; the fit of 2012–2018 is written.
    let words = timed("fit and judge", || pricer(&[&fit[..], &["--write"]].concat()));
    println!("{words}");
    let judged: serde_json::Value =
        serde_json::from_str(&pricer(&[&fit[..], &["--format", "json"]].concat())).unwrap();
    let of = |name: &str| judged[name].as_f64();
    let beats = judged["beats_naive"].as_bool().unwrap();
    assert!(of("cases").unwrap() > 1_000.0, "{judged:#}");
    assert_eq!(beats, of("wape") < of("wape_naive"));
    assert_eq!(of("revenue_predicted").is_some(), beats, "money only where the model beats naive");
    assert_eq!(words.contains("money figures are withheld"), !beats, "{words}");
    assert!(words.contains("of sales up to 2018-12"), "{words}");
    // Prices as of the first of January 2019.
    let (items, out) = (path("items.csv"), path("out.csv"));
    let run = ["reprice", "--rulebook", &book, "--items", &items, "--out", &out];
    let told = pricer(&[&run[..], &["--at", "2019-01-01T12:00:00-06:00"]].concat());
    println!("{told}");
    let mut reader = csv::Reader::from_path(&out).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (sku, price) = (at("sku"), at("price"));
    let (mut up, mut down, mut kept) = (0, 0, 0);
    for row in reader.records() {
        let row = row.unwrap();
        let (was, now) = (before[&row[sku]], row[price].parse::<f64>().unwrap());
        // Inside the guards: a cent for what is not a whole number of cents.
        assert!((now - was).abs() <= 0.05 * was + 0.011, "{}: {was} → {now}", &row[sku]);
        assert!(now - (was / 1.5 - 0.006) >= 0.25 * now - 0.011, "{}: {was} → {now}", &row[sku]);
        match now.total_cmp(&was) {
            std::cmp::Ordering::Greater => up += 1,
            std::cmp::Ordering::Less => down += 1,
            std::cmp::Ordering::Equal => kept += 1,
        }
    }
    println!("{up} prices go up, {down} down, {kept} stay");
    assert_eq!(up + down + kept, before.len());
    // Without the fit nothing is known of demand, and nothing moves.
    assert!(0 < up + down, "no price moves");
    std::fs::remove_dir_all(folder.path().join("book/fitted")).unwrap();
    pricer(&[&run[..], &["--at", "2019-01-01T12:00:00-06:00"]].concat());
    let mut reader = csv::Reader::from_path(&out).unwrap();
    assert!(reader.records().all(|row| {
        let row = row.unwrap();
        (row[price].parse::<f64>().unwrap() - before[&row[sku]]).abs() < 0.006
    }));
}
