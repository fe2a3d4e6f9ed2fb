//! The commands that show and use what looks ahead, as a shell runs them.

use super::models::{ORDA_AT, folder};
use std::path::Path;
use std::process::{Command, Output};

fn pricer(arguments: &[&str]) -> (Output, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pricer")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

fn path(model: &str, file: &str) -> String {
    folder(model).join(file).display().to_string()
}

fn fresh(command: &str, sku: &str, more: &[&str]) -> (Output, String, String) {
    let (book, items, history) =
        (path("fresh", ""), path("fresh", "feeds/items.csv"), path("fresh", "feeds/history.csv"));
    let of = [command, sku, "--rulebook", &book, "--items", &items, "--history", &history];
    let at = ["--market", "DE", "--channel", "store", "--at", "2026-11-18T07:00:00+01:00"];
    pricer(&[&of[..], &at, more].concat())
}

#[test]
fn a_curve_shows_today_the_proposed_and_the_best_price() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("milk.svg").display().to_string();
    let (output, text, _) = fresh("curve", "MLK-HEU", &["--svg", &picture]);
    assert!(output.status.success());
    for word in
        ["elasticity -3.1 ± 0.4", "today", "proposed", "best", "(not allowed)", "break-even", "80% interval"]
    {
        assert!(text.contains(word), "{word}\n{text}");
    }
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("proposed 1.49") && svg.contains("today 1.59"), "{svg}");
    let (_, json, _) = fresh("curve", "MLK-HEU", &["--format", "json", "--demand", "linear"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["demand"].as_str(), json["today"]["price"].as_f64()), (Some("linear"), Some(1.59)));
    let points = json["points"].as_array().unwrap();
    let inside = |point: &serde_json::Value| {
        let of = |name: &str| point[name].as_f64().unwrap();
        of("low") <= of("contribution") && of("contribution") <= of("high")
    };
    assert!(60 < points.len() && points.iter().all(inside));
}

#[test]
fn what_has_no_curve_says_why() {
    let (output, _, why) = fresh("curve", "YOG-NAT", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(why.contains("no usable `elasticity`"), "{why}");
    let (output, _, why) = fresh("curve", "NOBODY", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(why.contains("`NOBODY` is not in"), "{why}");
}

#[test]
fn explain_says_what_demand_says() {
    let (_, text, _) = fresh("explain", "MLK-HEU", &[]);
    for word in ["elasticity -3.1 ± 0.4", "best price", "trust region", "a day at 1.59 → 1.51: units 18.00 →"]
    {
        assert!(text.contains(word), "{word}\n{text}");
    }
    let (_, text, _) = fresh("explain", "MLK-OWN", &[]);
    assert!(text.contains("twin −10% of MLK-ALP at 1.39"), "{text}");
    let (_, text, _) = fresh("explain", "RAS-125", &[]);
    assert!(text.contains("markdown 2.79 −30% (row 4), 1 day left"), "{text}");
}

fn reprice(items: &[&str], history: &str, out: &Path) -> (Option<i32>, String) {
    let (book, offers, fx) =
        (path("orda", ""), path("orda", "feeds/offers.csv"), path("orda", "feeds/fx.csv"));
    let out = out.display().to_string();
    let mut arguments =
        vec!["reprice", "--rulebook", &book, "--offers", &offers, "--fx", &fx, "--history", history];
    arguments.extend(items.iter().flat_map(|items| ["--items", items]));
    arguments.extend(["--at", ORDA_AT, "--out", &out, "--max-bad", "50%", "--format", "json"]);
    let (output, text, _) = pricer(&arguments);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    (output.status.code(), json["digest"].as_str().unwrap().to_owned())
}

/// A twin is found in another file than its follower, before or after it.
#[test]
fn twins_are_found_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(path("orda", "feeds/items.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let part = |name: &str, wanted: &dyn Fn(&str) -> bool| {
        let rows: Vec<&str> = rows.lines().filter(|row| wanted(row)).collect();
        let file = folder.path().join(name);
        std::fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
        file.display().to_string()
    };
    let is_twin = |row: &str| row.starts_with("PAS-PEN,") || row.starts_with("OIL-1L,");
    let (twins, others) = (part("twins.csv", &is_twin), part("others.csv", &|row| !is_twin(row)));
    let history = path("orda", "feeds/history.csv");
    let out = folder.path().join("out.csv");
    let whole = reprice(&[&path("orda", "feeds/items.csv")], &history, &out);
    assert_eq!(whole.0, Some(0));
    assert_eq!(reprice(&[&others, &twins], &history, &out), whole);
    assert_eq!(reprice(&[&twins, &others], &history, &out), whole);
    // Without its twin an own brand has the price of its `else`.
    assert_ne!(reprice(&[&others], &history, &out).1, whole.1);
}

#[test]
fn a_bad_row_of_history_is_named_and_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(path("orda", "feeds/history.csv")).unwrap();
    let bad = "TEL-M12,DE,,now,sale,yesterday,,\nTEL-M12,XX,,1.00 EUR,,2026-01-01T00:00:00Z,,\n";
    let history = folder.path().join("history.csv");
    std::fs::write(&history, format!("{good}{bad}")).unwrap();
    let (items, out) = (path("orda", "feeds/items.csv"), folder.path().join("out.csv"));
    let whole = reprice(&[&items], &path("orda", "feeds/history.csv"), &out);
    let (code, digest) = reprice(&[&items], &history.display().to_string(), &out);
    assert_eq!((code, digest), (Some(3), whole.1));
    let quarantine = std::fs::read_to_string(folder.path().join("out.quarantine.csv")).unwrap();
    for code in ["NOT_MONEY", "UNKNOWN_VALUE", "NOT_AN_INSTANT", "UNKNOWN_PLACE"] {
        assert!(quarantine.contains(code), "{code}\n{quarantine}");
    }
}

#[test]
fn twins_in_a_circle_are_an_error_of_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = csv::Reader::from_path(path("orda", "feeds/items.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (tags, twin) = (column("tags"), column("twin"));
    let items = folder.path().join("items.csv");
    let mut writer = csv::Writer::from_path(&items).unwrap();
    writer.write_record(&headers).unwrap();
    for row in reader.records() {
        let mut row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        if row[0] == "PAS-PEN" {
            (row[tags], row[twin]) = ("private-label".to_owned(), "PAS-PL".to_owned());
        }
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
    let (book, items) = (path("orda", ""), items.display().to_string());
    let (output, out, err) = pricer(&["check", &book, "--catalog", &items, "--at", ORDA_AT]);
    let text = out + &err;
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("E0306") && text.contains("`PAS-PEN`, `PAS-PL`"), "{text}");
}
