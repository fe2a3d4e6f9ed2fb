use super::common::*;
use pricer::estimate::data::Table;
use pricer::estimate::formula::parse_condition;
use pricer::estimate::spec::Spec;

fn year(table: &Table, year: f64) -> Table {
    let years = table.numbers("year").unwrap();
    table.select(&(0..table.rows()).filter(|r| (years[*r] - year).abs() < 0.5).collect::<Vec<_>>())
}

#[test]
fn cigarettes_1995() {
    let Some(table) = load("aer_cigarettes_sw.csv") else { return };
    let mut bench = Bench::default();
    let (q, p, inc) = ("log(packs)", "log(price/cpi)", "log(income/population/cpi)");
    let (z1, z2) = ("I((taxs-tax)/cpi)", "I(tax/cpi)");
    let run = |formula: String, vcov: &str| {
        let mut spec = Spec::new(&formula).unwrap().vcov(vcov).unwrap();
        spec.filter = Some(parse_condition("year == 1995").unwrap());
        pricer::estimate::fit::fit_table(&spec, &table).unwrap()
    };
    let ols = run(format!("{q} ~ {p} + {inc}"), "hetero");
    bench.check("1995 OLS", coefficient(&ols, p), -1.4065003516, CLOSED);
    bench.check("1995 OLS HC1", se(&ols, p), 0.2609210369, CLOSED);
    let plain = run(format!("{q} ~ 1 | {p} ~ {z1}"), "hetero");
    bench.check("1995 z1, no income", coefficient(&plain, p), -1.083586764, CLOSED);
    bench.check("1995 z1, no income HC1", se(&plain, p), 0.3189184234, CLOSED);
    let one = run(format!("{q} ~ {inc} | {p} ~ {z1}"), "hetero");
    bench.check("1995 z1", coefficient(&one, p), -1.1433751222, CLOSED);
    bench.check("1995 z1 HC1", se(&one, p), 0.3723026879, CLOSED);
    let both = run(format!("{q} ~ {p} + {inc} | {p} ~ {z1} + {z2}"), "hetero");
    bench.check("1995 z1,z2", coefficient(&both, p), -1.2774241334, CLOSED);
    bench.check("1995 z1,z2 HC1", se(&both, p), 0.2496100004, CLOSED);
    bench.check("1995 z1,z2 income", coefficient(&both, inc), 0.2804048251, CLOSED);
    bench.check("1995 z1,z2 income HC1", se(&both, inc), 0.2538896534, CLOSED);
    let classical = run(format!("{q} ~ {inc} | {p} ~ {z1} + {z2}"), "iid");
    bench.check("1995 z1,z2 classical se", se(&classical, p), 0.2631985903, CLOSED);
    let d = classical.instruments.unwrap();
    println!("{d:?}\n{:?}", both.instruments);
    bench.check("1995 first-stage F", d.first[0].f, 244.7337535559, CLOSED);
    bench.check("1995 Wu-Hausman", d.wu_hausman.unwrap().statistic, 3.0678162729, CLOSED);
    bench.check("1995 Sargan", d.sargan.unwrap().statistic, 0.3326221419, CLOSED);
    bench.done();
}

#[test]
fn cigarettes_ten_year_changes() {
    let Some(table) = load("aer_cigarettes_sw.csv") else { return };
    let (old, new) = (year(&table, 1985.0), year(&table, 1995.0));
    let get = |t: &Table, c: &str| t.numbers(c).unwrap().to_vec();
    let real = |t: &Table, c: &str| -> Vec<f64> {
        get(t, c).iter().zip(get(t, "cpi")).map(|(a, b)| a / b).collect()
    };
    let tax =
        |t: &Table| -> Vec<f64> { real(t, "taxs").iter().zip(real(t, "tax")).map(|(a, b)| a - b).collect() };
    let income = |t: &Table| -> Vec<f64> {
        real(t, "income").iter().zip(get(t, "population")).map(|(a, b)| a / b).collect()
    };
    let log = |v: Vec<f64>| -> Vec<f64> { v.into_iter().map(f64::ln).collect() };
    let diff = |a: Vec<f64>, b: Vec<f64>| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let mut changes = Table::new();
    put(&mut changes, "dq", diff(log(get(&new, "packs")), log(get(&old, "packs"))));
    put(&mut changes, "dp", diff(log(real(&new, "price")), log(real(&old, "price"))));
    put(&mut changes, "dy", diff(log(income(&new)), log(income(&old))));
    put(&mut changes, "z1", diff(tax(&new), tax(&old)));
    put(&mut changes, "z2", diff(real(&new, "tax"), real(&old, "tax")));
    let mut bench = Bench::default();
    bench.check(
        "changes OLS",
        coefficient(&fit(&changes, "dq ~ dp + dy", "hetero"), "dp"),
        -1.0559738619,
        CLOSED,
    );
    for (z, b, s, f) in [
        ("z1", -0.9380142708, 0.2075022242, 33.67412),
        ("z2", -1.3425145617, 0.2286605914, 107.18288),
        ("z1 + z2", -1.2024033730, 0.1969433325, 88.61618),
    ] {
        let fit = fit(&changes, &format!("dq ~ dy | dp ~ {z}"), "hetero");
        bench.check(&format!("changes {z}"), coefficient(&fit, "dp"), b, CLOSED);
        bench.check(&format!("changes {z} HC1"), se(&fit, "dp"), s, CLOSED);
        let d = fit.instruments.unwrap();
        println!("{d:?}");
        bench.check(&format!("changes {z} robust F"), d.first[0].f_robust, f, CLOSED);
        if z.len() > 2 {
            bench.check("changes J", d.basmann.unwrap().statistic, 4.93198, CLOSED);
            bench.check("changes J p", d.basmann.unwrap().p, 0.0264, 5e-3);
        }
    }
    bench.done();
}

#[test]
fn orange_juice_small() {
    let Some(table) = load("dominicks_oj_small.csv") else { return };
    let mut bench = Bench::default();
    let main = fit(&table, "log(sales) ~ brand + log(price)", "iid");
    for (term, b) in [
        ("(Intercept)", 10.82882158),
        ("brandminute.maid", 0.87017465),
        ("brandtropicana", 1.52994276),
        ("log(price)", -3.13869143),
    ] {
        bench.check(&format!("D0b brand+lp {term}"), coefficient(&main, term), b, CLOSED);
    }
    bench.check("D0b se", se(&main, "log(price)"), 0.02292889, CLOSED);
    bench.check("D0b R2", main.r2, 0.39409509, CLOSED);
    let robust = fit(&table, "log(sales) ~ brand + log(price)", "hetero");
    bench.check("D0b HC1", se(&robust, "log(price)"), 0.02494230, CLOSED);
    let two = fit(&table, "log(sales) ~ log(price)*brand", "iid");
    bench.check("D0b brand*lp", coefficient(&two, "log(price)"), -3.37752963, CLOSED);
    bench.check("D0b brand*lp mm", coefficient(&two, "log(price):brandminute.maid"), 0.05679476, CLOSED);
    bench.check("D0b brand*lp trop", coefficient(&two, "log(price):brandtropicana"), 0.66576088, CLOSED);
    let three = fit(&table, "log(sales) ~ log(price)*brand*feat", "iid");
    for (term, b) in [
        ("log(price)", -2.77415436),
        ("log(price):brandminute.maid", 0.78293210),
        ("log(price):brandtropicana", 0.73579299),
        ("feat", 1.09440665),
        ("log(price):feat", -0.47055331),
        ("log(price):brandminute.maid:feat", -1.10922376),
        ("log(price):brandtropicana:feat", -0.98614093),
    ] {
        bench.check(&format!("D0b three-way {term}"), coefficient(&three, term), b, CLOSED);
    }
    bench.check("D0b three-way R2", three.r2, 0.53539385, CLOSED);
    bench.done();
}
