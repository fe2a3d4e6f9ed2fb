//! What `pricer fit` writes is what prices are made of: by every command, and by a service that goes on.

use super::serve::{RULES, Served, write};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const RULEBOOK: &str = r#"
edition = "2026"
name = "corner-shop"
layers = ["base"]
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat = { standard = "19%" }
[channel.own]
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
cost = { type = "money", basis = "net" }
"#;

const OPTIMISE: &str = r#"
[rule.best]
layer = "base"
owner = "anna"
why = "demand is known"
over = ["plus"]
where = { sku = "A | B | C" }
price = { optimise = { for = "profit", within = "20%", needs = { sales_weeks = ">= 26" } } }
else = { keep = {} }
"#;

/// `C` has an elasticity of its own in the items, `A` a wrong one.
const ITEMS: &str = "\
sku,cost,current_price,elasticity,elasticity_se,sales_weeks
A,10.00 EUR,20.00 EUR,-9,0.1,100
B,10.00 EUR,20.00 EUR,,,
C,10.00 EUR,20.00 EUR,-3,0.1,100
";

const AT: [&str; 2] = ["--at", "2026-11-18T10:00:00+01:00"];

fn pricer(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_pricer")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// 78 weeks of A and B, whose demand is of this elasticity; C's price never moves.
fn sales(elasticity: f64) -> String {
    let mut out = "sku,week,units,price\n".to_owned();
    for (item, sku) in ["A", "B", "C"].into_iter().enumerate() {
        for week in 0..78_u32 {
            // Prices and noise that repeat in different rhythms.
            let step = f64::from((week * 7 + item as u32 * 3) % 11) - 5.0;
            let noise = (f64::from((week * 5 + item as u32) % 13) - 6.0) / 100.0;
            let price = if sku == "C" { 20.0 } else { (20.0 + 0.6 * step) * 1.0 };
            let units = 100.0 * (price / 20.0_f64).powf(elasticity) * noise.exp();
            let _ = writeln!(out, "{sku},{week},{units:.4},{price:.2}");
        }
    }
    out
}

struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("book/rulebook.toml", RULEBOOK),
            ("book/schema.toml", SCHEMA),
            ("book/rules/all.toml", &format!("{RULES}{OPTIMISE}")),
            ("items.csv", ITEMS),
        ] {
            write(folder.path(), path, text);
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn fit(&self, sales: &str, more: &[&str]) -> (Option<i32>, String, String) {
        write(self.folder.path(), "sales.csv", sales);
        let (book, file) = (self.path("book"), self.path("sales.csv"));
        let of = ["fit", "--rulebook", &book, "--sales", &file, "--at", "2026-11-01T00:00:00Z"];
        pricer(&[&of[..], more].concat())
    }

    fn fitted(&self) -> PathBuf {
        self.folder.path().join("book/fitted/elasticities.parquet")
    }

    /// The new price of each item.
    fn reprice(&self) -> Result<Vec<(String, String)>, String> {
        let (book, items, out) = (self.path("book"), self.path("items.csv"), self.path("out.csv"));
        let of = ["reprice", "--rulebook", &book, "--items", &items, "--out", &out];
        let (code, _, err) = pricer(&[&of[..], &AT].concat());
        if code != Some(0) {
            return Err(err);
        }
        let mut reader = csv::Reader::from_path(out).unwrap();
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (sku, price) = (at("sku"), at("price"));
        Ok(reader.records().map(|row| row.unwrap()).map(|row| (row[sku].into(), row[price].into())).collect())
    }

    fn item(&self, command: &str, sku: &str) -> String {
        let (book, items) = (self.path("book"), self.path("items.csv"));
        let of = [command, sku, "--rulebook", &book, "--items", &items, "--market", "DE", "--channel", "own"];
        let (_, out, err) = pricer(&[&of[..], &AT].concat());
        out + &err
    }

    fn check(&self) -> (Option<i32>, String) {
        let (code, out, _) = pricer(&["check", &self.path("book")]);
        (code, out)
    }
}

fn amount(price: &str) -> f64 {
    price.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn every_command_prices_with_what_was_fitted() {
    let shop = Shop::new();
    let before: Vec<f64> = shop.reprice().unwrap().iter().map(|(_, price)| amount(price)).collect();
    // A falls as far as it may with its −9, B has no elasticity, C follows its −3.
    assert_eq!(before[..2], [16.0, 20.0]);
    let (code, out, err) = shop.fit(&sales(-3.0), &[]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("2 of 3 items") && out.contains("its prices use 2 of the items"), "{out}");
    assert!(out.contains("no price variation"), "{out}");
    let after: Vec<f64> = shop.reprice().unwrap().iter().map(|(_, price)| amount(price)).collect();
    // Cost 10 net at 19 % and an elasticity of −3: the best price is 17.85, and nearly nothing is uncertain.
    assert!((after[0] - 17.85).abs() < 0.35 && (after[1] - 17.85).abs() < 0.35, "{after:?}");
    // What is not identified keeps its own column.
    assert_eq!(after[2], before[2]);
    let explained = shop.item("explain", "A");
    assert!(explained.contains("elasticity -3.0") || explained.contains("elasticity -2.9"), "{explained}");
    let curve = shop.item("curve", "B");
    assert!(curve.contains("best price") && !curve.contains("no curve"), "{curve}");
    // Eleven prices were seen, and the curve goes through what was sold at them.
    let (_, seen) = curve.split_once("observed").unwrap();
    let points: Vec<Vec<f64>> = seen
        .lines()
        .skip(2)
        .map(|line| line.split_whitespace().map(|cell| cell.parse().unwrap()).collect())
        .collect();
    assert_eq!(points.len(), 11, "{curve}");
    assert!(points.iter().all(|point| (point[1] / point[2]).ln().abs() < 0.08), "{curve}");
    assert!(shop.item("curve", "C").contains("best price") && !shop.item("curve", "C").contains("observed"));
    let why = {
        let (book, items) = (shop.path("book"), shop.path("items.csv"));
        let of =
            ["explain", "A", "--rulebook", &book, "--items", &items, "--market", "DE", "--channel", "own"];
        pricer(&[&of[..], &AT, &["--format", "json"]].concat()).1
    };
    assert!(why.contains("elasticity"), "{why}");
    let (code, text) = shop.check();
    assert!(code == Some(0) && text.contains("2 fitted items"), "{text}");
}

#[test]
fn the_release_is_named_by_what_was_fitted() {
    let shop = Shop::new();
    let name = || {
        let files = pricer::rulebook::Files::read_dir(Path::new(&shop.path("book"))).unwrap();
        pricer::rulebook::load(files).release.unwrap().hash.clone()
    };
    let without = name();
    shop.fit(&sales(-3.0), &[]);
    let first = name();
    shop.fit(&sales(-3.0), &[]);
    assert_eq!(name(), first, "the same sales at the same time");
    shop.fit(&sales(-2.5), &[]);
    let names = [without, first, name()];
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
}

#[test]
fn a_file_that_is_not_a_fit_is_an_error_with_its_cure() {
    let shop = Shop::new();
    shop.fit(&sales(-3.0), &[]);
    let whole = std::fs::read(shop.fitted()).unwrap();
    let broken = |bytes: &[u8], words: &[&str]| {
        std::fs::write(shop.fitted(), bytes).unwrap();
        let (code, text) = shop.check();
        assert_eq!(code, Some(1), "{text}");
        for word in words.iter().chain(&["E0001", "pricer fit"]) {
            assert!(text.contains(word), "{word}\n{text}");
        }
        let why = shop.reprice().unwrap_err();
        assert!(why.contains("elasticities.parquet"), "{why}");
    };
    broken(&whole[..whole.len() / 2], &["is not a whole Parquet file"]);
    let mut bent = whole.clone();
    let middle = bent.len() - 40;
    bent[middle..middle + 30].fill(0x55);
    broken(&bent, &["cannot be used"]);
    // Somebody else's file.
    let items = shop.path("items.parquet");
    let table = shop.path("other.csv");
    std::fs::write(&table, "sku,units,price\nA,1,2\nA,2,3\nA,3,4\nA,5,4\n").unwrap();
    let (code, out, err) = pricer(&["estimate", &table, "--formula", "units ~ price", "--out", &items]);
    assert_eq!(code, Some(0), "{out}{err}");
    broken(&std::fs::read(&items).unwrap(), &["no column gives `sku`", "`shrunk_estimate`"]);
    // A new fit replaces it.
    let (code, out, err) = shop.fit(&sales(-3.0), &[]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(shop.check().0, Some(0));
}

#[test]
fn a_fit_that_pricing_could_not_use_is_not_written() {
    let shop = Shop::new();
    let foreign = sales(-3.0).replace("units,price", "units,price,market").replace(".00\n", ".00,FR\n");
    let foreign: String = foreign
        .lines()
        .map(|line| {
            if line.ends_with("FR") || line.starts_with("sku") {
                format!("{line}\n")
            } else {
                format!("{line},FR\n")
            }
        })
        .collect();
    let (code, _, err) = shop.fit(&foreign, &[]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nothing is written") && err.contains("`FR` is no market"), "{err}");
    assert!(!shop.fitted().exists());
    // Two currencies: the prices have to say which is theirs.
    let two = RULEBOOK.replace(
        "[channel.own]",
        "[market.CH]\ncurrency = \"CHF\"\ntimezone = \"Europe/Zurich\"\nvat = { standard = \"8%\" }\n[channel.own]",
    );
    write(shop.folder.path(), "book/rulebook.toml", &two);
    let rules = format!("{RULES}{OPTIMISE}");
    write(
        shop.folder.path(),
        "book/rules/all.toml",
        &rules.replace("100000\"", "100000\", CHF = \"0.10 .. 100000\""),
    );
    assert_eq!(shop.check().0, Some(0), "{}", shop.check().1);
    let (code, _, err) = shop.fit(&sales(-3.0), &[]);
    assert_eq!(code, Some(1));
    assert!(err.contains("--currency EUR"), "{err}");
    let (code, _, err) = shop.fit(&sales(-3.0), &["--currency", "EUR"]);
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = shop.fit(&sales(-3.0), &["--currency", "euro"]);
    assert_eq!(code, Some(2), "{err}");
}

/// A new fit is served without a restart; what is broken leaves the last good one where it is.
#[test]
fn a_service_follows_the_fit() {
    let served = Served::start();
    let folder = served.folder.path();
    let fit = |elasticity: f64| {
        write(folder, "feeds/sales.csv", &sales(elasticity));
        let (book, file) =
            (folder.display().to_string(), folder.join("feeds/sales.csv").display().to_string());
        let (code, out, err) = pricer(&["fit", "--rulebook", &book, "--sales", &file]);
        assert_eq!(code, Some(0), "{out}{err}");
    };
    write(folder, "feeds/items.csv", ITEMS);
    write(folder, "rules/best.toml", OPTIMISE);
    served.until("the new rules are not served", |served| amount(&served.price().0) == 16.0);
    fit(-3.0);
    served.until("the fit is not served", |served| (amount(&served.price().0) - 17.85).abs() < 0.35);
    let good = served.price();
    fit(-6.0);
    served.until("the second fit is not served", |served| served.price().1 != good.1);
    let second = served.price();
    assert!(amount(&second.0) < amount(&good.0), "{second:?}");
    // Cut, then gone.
    let file = folder.join("fitted/elasticities.parquet");
    let whole = std::fs::read(&file).unwrap();
    let failures = "pricer_rulebook_reload_failures_total";
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    served.until("the cut file is not noticed", |served| served.metric(failures) == 1.0);
    assert_eq!(served.price(), second);
    std::fs::remove_file(&file).unwrap();
    served.until("the lost file is not noticed", |served| served.metric(failures) == 2.0);
    assert_eq!(served.price(), second);
    let (code, log) = served.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("0 of 1 file of fitted elasticities"), "{log}");
}

const SEASON: &str = r#"
[season.year]
where = { category = "garden/**" }
fitted = { strength = "50%", cap = "10%" }
"#;

/// A season file with these indices of January and June, and 1 else.
fn indices(categories: &[(&str, &str, &str)]) -> String {
    let mut out = "category,month,index,years\n".to_owned();
    for (category, january, june) in categories {
        for month in 1..=12 {
            let index = [(1, january), (6, june)].iter().find(|(of, _)| *of == month).map_or("1", |(_, i)| i);
            let _ = writeln!(out, "{category},{month},{index},5");
        }
    }
    out
}

/// A shop with a tree of categories and cost-plus prices of 17.85.
fn garden(seasons: &str, rules: &str) -> Shop {
    let shop = Shop::new();
    let path = shop.folder.path();
    write(path, "book/schema.toml", &format!("{SCHEMA}category = {{ type = \"tree\", optional = true }}\n"));
    write(path, "book/rules/all.toml", &format!("{RULES}{rules}"));
    write(path, "book/fitted/seasons.csv", seasons);
    let items = "sku,cost,category\nA,10.00 EUR,garden/pool\nB,10.00 EUR,garden\nC,10.00 EUR,gardening\nD,10.00 EUR,garden/pool/cover\n";
    write(path, "items.csv", items);
    shop
}

fn prices(shop: &Shop, at: &str) -> Vec<f64> {
    let (book, items, out) = (shop.path("book"), shop.path("items.csv"), shop.path("out.csv"));
    let (code, text, err) =
        pricer(&["reprice", "--rulebook", &book, "--items", &items, "--out", &out, "--at", at]);
    assert_eq!(code, Some(0), "{text}{err}");
    let mut reader = csv::Reader::from_path(out).unwrap();
    let price = reader.headers().unwrap().iter().position(|header| header == "price").unwrap();
    reader.records().map(|row| amount(&row.unwrap()[price])).collect()
}

const JANUARY: &str = "2026-01-31T23:59:59+01:00";
const FEBRUARY: &str = "2026-02-01T00:00:00+01:00";
const JUNE: &str = "2026-06-15T12:00:00+02:00";

#[test]
fn a_fitted_season_moves_prices_as_the_year_goes() {
    let seasons = indices(&[("garden", "0.9", "1.1"), ("garden/pool", "0.7", "1.5")]);
    let shop = garden(&seasons, SEASON);
    assert_eq!(shop.check().0, Some(0), "{}", shop.check().1);
    // Half of −0.3 is capped at 10 %, half of −0.1 is 5 %; the narrower category counts, and its branches.
    assert_eq!(prices(&shop, JANUARY), [16.07, 16.96, 17.85, 16.07]);
    assert_eq!(prices(&shop, FEBRUARY), [17.85; 4]);
    assert_eq!(prices(&shop, JUNE), [19.64, 18.74, 17.85, 19.64]);
    let (book, items) = (shop.path("book"), shop.path("items.csv"));
    let of = ["explain", "A", "--rulebook", &book, "--items", &items, "--market", "DE", "--channel", "own"];
    let (_, text, err) = pricer(&[&of[..], &["--at", JANUARY]].concat());
    assert!(text.contains("fitted season of garden/pool → −10%"), "{text}{err}");
    // `limit` holds here as everywhere, and so does a `when`.
    let limited = format!("limit = \"-3% .. +3%\"\n{RULES}{SEASON}when = {{ weekday = \"mon\" }}\n");
    write(shop.folder.path(), "book/rules/all.toml", &limited);
    assert_eq!(prices(&shop, JUNE), [18.39, 18.39, 17.85, 18.39]);
    assert_eq!(prices(&shop, JANUARY), [17.85; 4], "a Saturday");
}

#[test]
fn an_overlay_of_a_fitted_season_takes_its_place() {
    let seasons = indices(&[("garden", "0.9", "1.1"), ("garden/pool", "0.7", "1.5")]);
    let overlay =
        "[season.year.for.a]\nwhere = { sku = \"A\" }\nfitted = { strength = \"10%\", cap = \"10%\" }\n";
    let shop = garden(&seasons, &format!("{SEASON}{overlay}"));
    assert_eq!(shop.check().0, Some(0), "{}", shop.check().1);
    assert_eq!(prices(&shop, JUNE), [18.74, 18.74, 17.85, 19.64]);
}

#[test]
fn a_season_of_everything_needs_no_category() {
    let everywhere = SEASON.replace("where = { category = \"garden/**\" }\n", "");
    let shop = garden(&indices(&[("all", "0.9", "1.1")]), &everywhere);
    assert_eq!(shop.check().0, Some(0), "{}", shop.check().1);
    assert_eq!(prices(&shop, JUNE), [18.74; 4]);
}

#[test]
fn a_season_file_that_is_not_one_is_an_error_at_its_place() {
    let good = indices(&[("garden", "0.9", "1.1")]);
    let shop = garden(&good, SEASON);
    for (text, words) in [
        (good.replace("category,month", "kind,month"), ["E0605", "no column `category`"]),
        (good.replace(",month,", ",moon,"), ["E0605", "`month` or `week`"]),
        (good.replace("garden,6,1.1,5\n", ""), ["E0605", "11 of 12 indices"]),
        (good.replace("garden,6,", "garden,5,"), ["E0605", "a second index for 5"]),
        (good.replace("garden,6,1.1", "garden,13,1.1"), ["E0407", "`13` is out of range"]),
        (good.replace("garden,6,1.1", "garden,6,0"), ["E0407", "above 0"]),
        (good.replace("garden,6,1.1", "garden,6,NaN"), ["E0407", "`NaN`"]),
        ("category,month,index\n".to_owned(), ["E0206", "has no rows"]),
    ] {
        write(shop.folder.path(), "book/fitted/seasons.csv", &text);
        let (code, out) = shop.check();
        assert_eq!(code, Some(1), "{words:?}\n{out}");
        assert!(
            words.iter().all(|word| out.contains(word)) && out.contains("fitted/seasons.csv:"),
            "{words:?}\n{out}"
        );
    }
    std::fs::remove_file(shop.folder.path().join("book/fitted/seasons.csv")).unwrap();
    let (code, out) = shop.check();
    assert!(code == Some(1) && out.contains("E0601") && out.contains("pricer fit"), "{out}");
    for wrong in [
        "by = \"kind\", cap = \"5%\"",
        "by = \"cost\", cap = \"5%\"",
        "cap = \"0%\"",
        "strength = \"200%\", cap = \"5%\"",
    ] {
        let rules = format!("{RULES}{}", SEASON.replace("strength = \"50%\", cap = \"10%\"", wrong));
        write(shop.folder.path(), "book/fitted/seasons.csv", &good);
        write(shop.folder.path(), "book/rules/all.toml", &rules);
        assert_eq!(shop.check().0, Some(1), "{wrong}");
    }
}

/// Sales with a summer → a season file → a price: with `fit`, and with `seasonality`.
#[test]
fn seasons_are_fitted_written_and_priced_with() {
    let mut sales = "sku,category,month,units,price\n".to_owned();
    for item in 0..12 {
        for month in 0..60 {
            let summer = (std::f64::consts::TAU * (f64::from(month % 12) - 6.0) / 12.0).cos();
            let price = 10.0 + f64::from((month * 7 + item * 5) % 9) * 0.2;
            let units = 200.0 * (price / 10.0_f64).powi(-2) * (0.4 * summer).exp();
            let (year, of) = (2015 + month / 12, month % 12 + 1);
            let _ = writeln!(sales, "S{item},garden,{year}-{of:02},{units:.3},{price:.2}");
        }
    }
    let shop = garden(&indices(&[("garden", "1", "1")]), SEASON);
    let (code, out, err) = shop.fit(&sales, &[]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(shop.check().0, Some(0), "{}", shop.check().1);
    let (january, july) = (prices(&shop, JANUARY), prices(&shop, "2026-07-10T12:00:00+02:00"));
    // July is e^0.4 of the mean; five years keep five sixths of the logarithm; half of it counts, capped at 10 %.
    assert_eq!((january[1], july[1], july[2]), (16.07, 19.64, 17.85));
    let (file, sold) = (shop.path("book/fitted/own.csv"), shop.path("sales.csv"));
    let of = ["seasonality", &sold, "--time", "month", "--by", "category", "--season-file", &file];
    let (code, out, err) = pricer(&of);
    assert_eq!(code, Some(0), "{out}{err}");
    let rules = format!("{RULES}{}", SEASON.replace("strength", "file = \"fitted/own.csv\", strength"));
    write(shop.folder.path(), "book/rules/all.toml", &rules);
    assert_eq!(prices(&shop, "2026-07-10T12:00:00+02:00")[1], 19.64);
    assert_eq!(prices(&shop, JANUARY)[1], 16.07);
    let (code, _, err) = pricer(&[&of[..], &["--period", "7"]].concat());
    assert!(code == Some(1) && err.contains("--period 12"), "{err}");
}
