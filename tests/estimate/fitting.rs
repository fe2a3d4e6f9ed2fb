//! `pricer fit` on a shop whose truth is known.

use super::common::*;
use super::random::Random;
use pricer::estimate::data::{Categories, Column, Table};
use pricer::estimate::fitting::forecast::{Origin, evaluate};
use pricer::estimate::fitting::panel::{Columns, Panel};
use pricer::estimate::fitting::report::{bars, coverage, coverage_line};
use pricer::estimate::fitting::seasons::Seasons;
use pricer::estimate::fitting::table::{self, changes, elasticities};
use pricer::estimate::fitting::{fit_panel, forest_svg, forest_text};
use pricer::estimate::pool::Method;
use pricer::estimate::read::read_table;

const ITEMS: usize = 60;
const MONTHS: usize = 48;

/// Two categories of different elasticity; a summer in one; prices that fall together in summer; promotions; item 3 never
/// changes its price, item 4 sells in few months, item 5 promotes whenever its price falls, item 6 is sold out at times.
fn shop(seed: u64, noise: f64) -> (Table, Vec<f64>) {
    let mut random = Random::new(seed);
    let mut truth = Vec::new();
    let (mut sku, mut month, mut category) = (Vec::new(), Vec::new(), Vec::new());
    let mut columns: [Vec<f64>; 4] = Default::default();
    for item in 0..ITEMS {
        let summer = item % 2 == 0;
        let elasticity = if summer { -2.2 } else { -1.2 } + 0.25 * random.normal();
        truth.push(elasticity);
        let level = 4.0 + random.normal();
        let base = 10.0 * (0.4 * random.normal()).exp();
        for t in 0..MONTHS {
            let angle = std::f64::consts::TAU * (t as f64 % 12.0 - 6.0) / 12.0;
            let season = if summer { 0.5 * angle.cos() } else { 0.0 };
            let promo = f64::from(u8::from(random.uniform() < 0.15));
            let moved = 0.15 * random.normal() - if summer { 0.05 * angle.cos() } else { 0.0 };
            let mut price = base * moved.exp();
            match item {
                3 => price = base,
                5 => price = base * (1.0 - 0.3 * promo),
                _ => {}
            }
            if item == 4 && t > 10 {
                continue;
            }
            let out = item == 6 && t % 5 == 0;
            let mean =
                level + season + elasticity * (price / base).ln() + 0.4 * promo + noise * random.normal();
            let units = if out { 0.0 } else { mean.exp() };
            sku.push(format!("S{item:03}"));
            month.push(format!("{}-{:02}", 2019 + t / 12, t % 12 + 1));
            category.push(if summer { "summer" } else { "plain" });
            for (column, value) in columns.iter_mut().zip([units, price, promo, f64::from(u8::from(out))]) {
                column.push(value);
            }
        }
    }
    let mut table = Table::new();
    let text = |v: &[String]| Column::Text(Categories::from_texts(v.iter().map(String::as_str)));
    table.insert("sku", text(&sku)).unwrap();
    table.insert("month", text(&month)).unwrap();
    table.insert("category", Column::Text(Categories::from_texts(category.into_iter()))).unwrap();
    for (name, values) in ["units", "price", "promo", "stock_out"].into_iter().zip(columns) {
        put(&mut table, name, values);
    }
    (table, truth)
}

fn panel(table: &Table) -> Panel {
    Panel::new(table, &Columns::default()).unwrap()
}

#[test]
fn elasticities_are_found_shrunk_and_refused_with_reasons() {
    let (table, truth) = shop(1, 0.35);
    let panel = panel(&table);
    let fit = fit_panel(&panel, Method::Adjusted).unwrap();
    let errors = |of: &dyn Fn(usize) -> Option<f64>| {
        let squares = (0..ITEMS).filter_map(|i| Some((of(i)? - truth[i]).powi(2)));
        (squares.clone().sum::<f64>() / squares.count() as f64).sqrt()
    };
    let own = errors(&|i| Some(fit.items[i].own?.estimate));
    let shrunk = errors(&|i| Some(fit.usable(i)?.estimate));
    println!("rmse of own estimates {own:.3}, of shrunk ones {shrunk:.3}");
    assert!(shrunk < own && shrunk < 0.3, "{own} {shrunk}");
    let held = (0..ITEMS).filter_map(|i| fit.usable(i).map(|m| (m, truth[i])));
    let held = held.filter(|(m, t)| (m.estimate - t).abs() <= 1.96 * m.se).count();
    assert!(held * 100 >= (ITEMS - 3) * 85, "{held} of 57 intervals hold the truth");
    for (item, reason) in
        [(3, "no price variation"), (4, "too few periods"), (5, "price and promotion move together")]
    {
        assert_eq!(fit.items[item].reason, Some(reason));
        assert!(fit.usable(item).is_none() && fit.items[item].flags.contains(&"UNIDENTIFIED"));
    }
    assert_eq!(panel.items[6].stock_outs, 10);
    assert!(fit.items[6].flags.contains(&"STOCK_OUTS") && fit.items[6].n == MONTHS - 10);
    let covered = coverage(&panel, &fit);
    let line = coverage_line(&covered);
    assert!(
        line.contains("57 of 60 items") && line.contains("1 SKUs unidentified: no price variation"),
        "{line}"
    );
    let bars = bars(&panel, &fit, 40);
    assert!(forest_text(&bars).contains("summer") && forest_svg(&bars).contains("plain"));
}

#[test]
fn the_file_is_the_same_bytes_and_the_next_fit_reads_it() {
    let (table, _) = shop(2, 0.3);
    let panel = panel(&table);
    let fit = fit_panel(&panel, Method::Reml).unwrap();
    let origin =
        table::Origin { fitted_at: "2026-11-22T00:00:00Z", data_hash: "abc", ..table::Origin::default() };
    let sheet = elasticities(&panel, &fit, origin);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = alone.install(|| fit_panel(&panel, Method::Reml).unwrap());
    assert_eq!(sheet.parquet().unwrap(), elasticities(&panel, &again, origin).parquet().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("elasticities.parquet");
    sheet.write(&path).unwrap();
    let last = read_table(&path).unwrap();
    assert_eq!(changes(&panel, &fit, &last).unwrap(), vec![]);
    let weeks = last.numbers("weeks").unwrap();
    assert!((weeks[0] - (MONTHS as f64 * 365.25 / 12.0 / 7.0).round()).abs() < 1.0, "{}", weeks[0]);
    for (low, (price, high)) in last
        .numbers("observed_low")
        .unwrap()
        .iter()
        .zip(last.numbers("elasticity_price").unwrap().iter().zip(last.numbers("observed_high").unwrap()))
    {
        assert!(low <= &(price + 1e-9) && price <= &(high + 1e-9));
    }
    let (other, _) = shop(3, 0.3);
    let moved = changes(&panel, &fit_panel(&self::panel(&other), Method::Reml).unwrap(), &last).unwrap();
    let size = |c: &table::Change| (c.now.estimate - c.before).abs() / c.now.se;
    assert!(moved.len() > 40 && moved.windows(2).all(|w| size(&w[0]) >= size(&w[1])));
}

#[test]
fn seasons_are_found_where_they_are() {
    let (table, _) = shop(4, 0.2);
    let panel = panel(&table);
    let fit = fit_panel(&panel, Method::DerSimonianLaird).unwrap();
    let seasons = Seasons::estimate(&panel, &fit.common);
    let category = |name: &str| panel.categories.iter().position(|c| c == name).unwrap();
    // July is 0.5 above the mean in logarithms, January 0.5 below; four years keep four fifths.
    let at = |name, month: f64| seasons.log_index(category(name), (month - 0.5) / 12.0);
    assert!((at("summer", 7.0) - 0.4).abs() < 0.06 && (at("summer", 1.0) + 0.4).abs() < 0.06);
    assert!(at("plain", 7.0).abs() < 0.06);
    let csv = String::from_utf8(seasons.sheet(&panel).csv().unwrap()).unwrap();
    assert!(csv.starts_with("category,month,index,years\nplain,1,") && csv.lines().count() == 25, "{csv}");
}

#[test]
fn forecasts_beat_naive_and_bands_hold() {
    let (table, _) = shop(5, 0.3);
    let panel = panel(&table);
    let from = MONTHS - 12;
    let past = panel.before(from);
    let fit = fit_panel(&past, Method::Adjusted).unwrap();
    let seasons = Seasons::estimate(&past, &fit.common);
    for origin in [Origin::Rolling, Origin::Fixed] {
        let judged = evaluate(&panel, &fit, &seasons, from, origin).unwrap();
        println!("{origin:?}: {judged:?}");
        assert!(judged.beats_naive() && judged.model < 0.8 * judged.naive);
        assert!((0.72..=0.88).contains(&judged.inside), "{judged:?}");
    }
}

#[test]
fn unit_values_are_called_what_they_are() {
    let mut table = Table::new();
    let mut random = Random::new(9);
    let units: Vec<f64> = (0..100).map(|_| 1.0 + (random.uniform() * 50.0).floor()).collect();
    let revenue: Vec<f64> = units.iter().map(|u| u * 3.0 * u.powf(-0.1)).collect();
    put(&mut table, "sku", vec![1.0; 100]);
    put(&mut table, "week", (0..100).map(f64::from).collect());
    put(&mut table, "units", units.clone());
    put(&mut table, "revenue", revenue.clone());
    assert!(panel(&table).unit_value);
    put(&mut table, "price", revenue.iter().zip(&units).map(|(r, u)| r / u).collect());
    assert!(panel(&table).unit_value);
    put(&mut table, "price", vec![2.99; 100]);
    assert!(!panel(&table).unit_value);
    let wrong = Columns::parse("unit=x").unwrap_err().to_string();
    assert!(wrong.contains("the roles are sku, market"), "{wrong}");
}
