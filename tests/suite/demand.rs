//! Published numbers of demand curves, portfolios and finite stock, as a table: ours, reference, difference, tolerance.
//!
//! `cargo test --test suite demand -- --nocapture` prints it.

use pricer::demand::finite_stock::Clearance;
use pricer::demand::ladder::{Ladder, Offer, Path, Rung, fluid_bound, one_sale_per_period};
use pricer::demand::portfolio::{capacity, category, linear, mnl, nested};
use pricer::demand::{Contribution, Curve, Elasticity, NoOptimum, exact, log_lambert_w, optimum};
use pricer::money::{Amount, Fraction, Ratio};

/// What follows from a formula.
const ANALYTIC: f64 = 1e-9;

/// Rows of name, ours, reference, tolerance (relative).
#[derive(Default)]
struct Table(Vec<(String, f64, f64, f64)>);

impl Table {
    fn row(&mut self, name: impl Into<String>, ours: f64, reference: f64) {
        self.within(name, ours, reference, ANALYTIC);
    }

    fn within(&mut self, name: impl Into<String>, ours: f64, reference: f64, tolerance: f64) {
        self.0.push((name.into(), ours, reference, tolerance));
    }

    fn rows(&mut self, name: &str, ours: &[f64], references: &[f64]) {
        assert_eq!(ours.len(), references.len(), "{name}");
        for (index, (ours, reference)) in ours.iter().zip(references).enumerate() {
            self.row(format!("{name} {}", index + 1), *ours, *reference);
        }
    }

    fn show(self) {
        let mut wrong = Vec::new();
        let mut worst = 0.0_f64;
        println!("{:<44} {:>22} {:>20} {:>10} {:>8}", "name", "ours", "reference", "difference", "allowed");
        for (name, ours, reference, tolerance) in &self.0 {
            let difference = (ours - reference).abs() / reference.abs().max(f64::MIN_POSITIVE);
            println!("{name:<44} {ours:>22.13} {reference:>20} {difference:>10.1e} {tolerance:>8.0e}");
            worst = worst.max(difference / tolerance);
            if difference.is_nan() || *tolerance < difference {
                wrong.push(name.clone());
            }
        }
        println!("{} numbers, the worst at {worst:.2} of its tolerance\n", self.0.len());
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

fn elasticity(value: f64) -> Elasticity {
    Elasticity::try_new(value).unwrap()
}

/// S0, S1, S2 of section 0: name, a, C.
fn scenarios() -> [(&'static str, f64, f64); 3] {
    let s1 = (1.0 / 1.2 - 0.12) - 0.014;
    let s2 = 0.92 * (1.0 / 1.2 - 0.12) - 0.014;
    [
        ("S0", 1.0, 10.0),
        ("S1", s1, 10.0 + 1.2),
        ("S2", s2, 0.92 * 10.0 + 0.08 * (10.0 * 0.4 + 3.5) + 1.2 + 2.0),
    ]
}

#[test]
fn section_1_one_product() {
    let mut table = Table::default();
    let [_, s1, s2] = scenarios();
    table.row("S1 a", s1.1, 0.699333333333);
    table.row("S2 a", s2.1, 0.642266666667);
    table.row("S1 C", s1.2, 11.2);
    table.row("S2 C", s2.2, 13.0);
    let even =
        |(_, keep, cost): (&str, f64, f64)| Contribution::try_new(keep, cost).unwrap().break_even().unwrap();
    table.row("S1 break-even", even(s1), 16.0152526215);
    table.row("S2 break-even", even(s2), 20.2408137845);

    let elasticities = [-1.2, -2.0, -2.5, -4.0];
    let constant = [
        [60.0, 20.0, 16.6666666667, 13.3333333333],
        [96.0915157293, 32.0305052431, 26.6920877026, 21.3536701621],
        [121.444882707, 40.481627569, 33.7346896409, 26.9877517127],
    ];
    let others = [
        [
            [30.0, 400.0, 8000.0],
            [22.5, 165.298888222, 2066.23610277],
            [21.7749907211, 433.828287038, 5108.32405441],
        ],
        [
            [33.0076263108, 339.847473785, 4038.52081347],
            [28.5152526215, 102.159474647, 893.044074206],
            [25.5720716829, 302.417820838, 2021.17990801],
        ],
        [
            [35.1204068923, 297.591862155, 2843.98622933],
            [32.7408137845, 72.8563851146, 584.915345162],
            [28.7120363646, 213.021898125, 1159.00611135],
        ],
    ];
    let curves = [
        ("linear", Curve::linear(1000.0, 20.0).unwrap()),
        ("exponential", Curve::exponential(1000.0, 0.08).unwrap()),
        ("logit", Curve::logit(1000.0, 3.0, 0.15).unwrap()),
    ];
    for (((name, keep, cost), prices), forms) in scenarios().into_iter().zip(constant).zip(others) {
        let unit = Contribution::try_new(keep, cost).unwrap();
        for (value, price) in elasticities.into_iter().zip(prices) {
            let curve = Curve::constant_elasticity(1e5, elasticity(value)).unwrap();
            table.row(format!("{name} constant elasticity {value}"), optimum(&curve, unit).unwrap(), price);
        }
        for ((form, curve), numbers) in curves.iter().zip(forms) {
            let price = optimum(curve, unit).unwrap();
            let ours = [price, curve.quantity(price), curve.profit(price, unit)];
            table.rows(&format!("{name} {form} p*, q, profit"), &ours, &numbers);
        }
    }
    let logit = curves[2].1;
    let best = optimum(&logit, Contribution::try_new(1.0, 10.0).unwrap()).unwrap();
    table.row("logit S0 ε", logit.elasticity_at(best).unwrap(), -1.84925756944);
    table.row("logit S0 W", log_lambert_w(3.0 - 1.5 - 1.0), 0.766248608162);
    table.row("W(1)", log_lambert_w(0.0), 0.56714329041);
    table.row("W(e)", log_lambert_w(1.0), 1.0);
    table.row("W(1e-10)", log_lambert_w(libm::log(1e-10)), 9.999999999e-11);
    table.row("W(e^700)", log_lambert_w(700.0), 693.458308879);

    let flat = Curve::constant_elasticity(100.0, elasticity(-0.8)).unwrap();
    let unit = Contribution::try_new(1.0, 10.0).unwrap();
    assert_eq!(optimum(&flat, unit), Err(NoOptimum::Rising));
    for (price, profit) in [(20.0, 91.0282), (40.0, 156.8459), (80.0, 210.1969)] {
        // Printed with four decimals.
        table.within(format!("ε = −0.8, profit at {price}"), flat.profit(price, unit), profit, 1e-6);
    }
    table.show();
}

/// The same constant-elasticity prices without a float: equal to the reference to 10⁻⁶ of money.
#[test]
fn section_1_in_whole_numbers() {
    let keep = |num, den| Fraction::new(num, den).unwrap();
    let scenarios = [
        ("10", keep(1, 1), ["60", "20", "16.666667", "13.333333"]),
        // 1/1.2 − 0.134 and 0.92·(1/1.2 − 0.12) − 0.014.
        ("11.2", keep(2098, 3000), ["96.091516", "32.030505", "26.692088", "21.353670"]),
        ("13", keep(9634, 15000), ["121.444883", "40.481628", "33.734690", "26.987752"]),
    ];
    for (cost, keep, prices) in scenarios {
        let objective = exact::Objective::profit(Amount::parse(cost).unwrap(), keep).unwrap();
        for (value, price) in ["-1.2", "-2", "-2.5", "-4"].into_iter().zip(prices) {
            let ours = objective.optimum(Ratio::parse(value).unwrap()).unwrap();
            assert_eq!(ours, Amount::parse(price).unwrap(), "C = {cost}, ε = {value}");
        }
    }
}

#[test]
fn section_4_several_products() {
    let mut table = Table::default();
    let products = [(3.0, 10.0), (2.5, 8.0), (1.0, 5.0)].map(|(appeal, cost)| mnl::Product { appeal, cost });
    let market = mnl::Mnl::try_new(products.into(), 0.2).unwrap();
    let owner = market.monopoly();
    table.row("MNL markup", owner.prices[0] - 10.0, 9.56260297268);
    table.rows("MNL price", &owner.prices, &[19.5626029727, 17.5626029727, 14.5626029727]);
    table.rows("MNL share", &owner.shares, &[0.209938079854, 0.189959830123, 0.0772319034973]);
    table.row("MNL profit", owner.profit, 4.56260297268);
    let cross = market.elasticities(&owner.prices);
    let own: Vec<f64> = (0..3).map(|index| cross[index][index]).collect();
    table.rows("MNL own elasticity", &own, &[-3.09113353353, -2.8452827791, -2.68758108504]);
    table.row("MNL cross elasticity 1, 2", cross[0][1], 0.66723781544);
    let nash = market.nash(&[0, 1, 2]).unwrap();
    table.rows("Bertrand–Nash price", &nash.prices, &[16.7746722584, 14.6185422759, 10.6813213475]);
    let together = market.nash(&[7, 7, 7]).unwrap();
    table.rows("one owner by fixed point", &together.prices, &[19.5626029727, 17.5626029727, 14.5626029727]);

    let nests = |betas: [f64; 3]| {
        let product = |index: usize| nested::Product {
            appeal: products[index].appeal,
            beta: betas[index],
            cost: products[index].cost,
        };
        [
            nested::Nest { products: vec![product(0), product(1)], mu: 0.6 },
            nested::Nest { products: vec![product(2)], mu: 1.0 },
        ]
    };
    let alike = nested::monopoly(&nests([0.2; 3])).unwrap();
    table.rows("nested price", &alike.prices, &[19.0399955202, 17.0399955202, 14.0399955202]);
    table.rows("nested share", &alike.shares, &[0.192909773596, 0.163294597902, 0.0906980092831]);
    table.row("nested profit", alike.profit, 4.03999552024);
    let mixed = nested::monopoly(&nests([0.2, 0.25, 0.3])).unwrap();
    table.rows("nested, three β, price", &mixed.prices, &[18.1495718199, 15.5495718199, 11.5711251394]);
    table.row("nested adjusted markup 1", mixed.prices[0] - 10.0 - 0.6 / 0.2, 5.14957181993);
    table.row("nested adjusted markup 2", mixed.prices[1] - 8.0 - 0.6 / 0.25, 5.14957181993);
    table.rows("nested, three β, share", &mixed.shares, &[0.283095277633, 0.0801034715022, 0.0496017943704]);
    table.row("nested, three β, profit", mixed.profit, 3.23779180603);
    let wrong = nested::Nest { mu: 1.2, ..nests([0.2; 3])[0].clone() };
    assert!(nested::monopoly(&[wrong]).is_err(), "μ > 1 is no one's choice");

    let slopes = [vec![10.0, -2.0], vec![-1.0, 8.0]];
    let system = linear::optimum(&[400.0, 300.0], &slopes, &[10.0, 12.0]).unwrap();
    table.rows("linear system price", &system.prices, &[28.7331189711, 28.8874598071]);
    table.rows("linear system quantity", &system.quantities, &[170.443729904, 97.6334405145]);
    table.row("linear system profit", system.profit, 4841.72347267);

    let goods = [(10.0, -2.0, 20000.0), (20.0, -3.0, 1e7), (5.0, -1.5, 900.0)]
        .map(|(cost, value, scale)| category::Elastic { cost, elasticity: elasticity(value), scale });
    let free = category::revenue_floor(&goods, 0.0).unwrap();
    table.rows("category price", &free.prices, &[20.0, 30.0, 15.0]);
    table.row("category revenue", free.aim, 12343.4901119);
    table.row("category profit", free.profit, 4358.62303755);
    let more = category::revenue_floor(&goods, 1.1 * free.aim).unwrap();
    table.row("revenue floor λ", more.lambda, 0.0516236239969);
    table.rows("revenue floor price", &more.prices, &[19.018211025, 28.5273165374, 14.2636582687]);
    table.row("revenue floor profit", more.profit, 4326.50812214);

    let goods = [(400.0, 10.0, 10.0, 18.0), (300.0, 6.0, 20.0, 29.0), (500.0, 20.0, 5.0, 14.0)].map(
        |(intercept, slope, cost, base)| category::Straight {
            cost,
            intercept,
            slope,
            base,
            weight: 1.0 / 3.0,
        },
    );
    let free = category::price_index(&goods, 9.0).unwrap();
    table.row("index, free", free.aim, 1.22240467068);
    table.row("index, free profit", free.profit, 5600.0);
    let bound = category::price_index(&goods, 1.0).unwrap();
    table.row("index λ", bound.lambda, 5254.19981421);
    table.rows("index price", &bound.prices, &[20.135000172, 29.9672415573, 11.8725001106]);
    table.row("index profit", bound.profit, 5015.72071032);
    table.show();
}

#[test]
#[expect(clippy::approx_constant, reason = "one of the published numbers is ln 2")]
fn section_5_finite_stock() {
    let mut table = Table::default();
    // L, n, J, p*, J^D, J^FP, FP/J (six decimals).
    let rows = [
        (1.0, 1, 0.69314718056, 1.69314718056, 1.0, 0.632120558829, 0.911957),
        (5.0, 1, 1.79175946923, 2.79175946923, 2.60943791243, 1.64947935144, 0.920592),
        (5.0, 5, 4.51542781049, 1.3352878881, 5.0, 4.12266315116, 0.913017),
        (10.0, 2, 4.11087386417, 2.71297859137, 5.21887582487, 3.806279749, 0.925905),
        (10.0, 5, 7.29821954608, 1.83000335554, 8.4657359028, 6.98027549079, 0.956435),
        (10.0, 10, 9.46050008719, 1.24153965569, 10.0, 8.74889964279, 0.924782),
        (20.0, 10, 15.4728753434, 1.7721106695, 16.9314718056, 14.8131747632, 0.957364),
        (20.0, 20, 19.4185598052, 1.17303516298, 20.0, 18.2232936522, 0.938447),
    ];
    let stock = |comers: f64, units| {
        Clearance::try_new(1.0, comers * libm::exp(1.0), 1.0, 0.0).unwrap().with(units).unwrap()
    };
    for (comers, units, value, price, bound, fixed, ratio) in rows {
        let stock = stock(comers, units);
        let name = format!("L = {comers}, n = {units}:");
        table.row(format!("{name} J"), stock.value(), value);
        table.row(format!("{name} p*"), stock.price(), price);
        table.row(format!("{name} J^D"), stock.deterministic_bound(), bound);
        table.row(format!("{name} J^FP"), stock.fixed_price_value(), fixed);
        table.within(format!("{name} J^FP/J"), stock.fixed_price_value() / stock.value(), ratio, 1e-6);
    }
    table.row("L = 150, n = 200: J", stock(150.0, 200).value(), 149.99995794);
    table.row("L = 150, n = 200: p*", stock(150.0, 200).price(), 1.00001503877);

    let offers = [(29.9, 0.8), (34.9, 0.6), (39.9, 0.3), (44.9, 0.1)];
    let offers = offers.map(|(gain, chance)| Offer { gain, chance });
    for (periods, units, value) in [
        (10, 3, 110.4598683829),
        (100, 25, 1001.5429703896),
        (100, 50, 1784.4099757170),
        (1000, 250, 10093.5040811107),
    ] {
        let ours = *one_sale_per_period(&offers, periods, units).unwrap().last().unwrap();
        table.row(format!("one sale a period, T = {periods}, n = {units}"), ours, value);
    }
    table.row("fluid bound, α = 0.25", fluid_bound(&offers, 0.25).unwrap(), 10.10);
    table.row("fluid bound, α = 0.5", fluid_bound(&offers, 0.5).unwrap(), 17.95);
    table.show();
}

#[test]
fn section_5_weekly_ladder() {
    let mut table = Table::default();
    let rungs: Vec<Rung> =
        [50.0, 40.0, 30.0, 20.0, 10.0].iter().map(|price| Rung { price: *price, gain: *price }).collect();
    let weeks = [30.0, 28.0, 26.0, 24.0, 22.0, 20.0, 18.0, 16.0];
    let means =
        |week: &f64| rungs.iter().map(|rung| week * libm::exp(-0.05 * rung.price)).collect::<Vec<_>>();
    let ladder = Ladder::try_new(rungs.clone(), weeks.iter().map(means).collect(), 2.0).unwrap();
    let mut row = |name: &str, ours: (f64, usize), value: f64, price: f64| {
        table.row(name, ours.0, value);
        table.row(format!("{name}, price"), rungs[ours.1].price, price);
    };
    let start = |path, from, units| {
        let start = ladder.best(path, from, units, 0).unwrap();
        (start.value, start.rung)
    };
    row("non-increasing V(0, 40)", start(Path::NonIncreasing, 0, 40), 1151.1323935500, 40.0);
    row("non-increasing V(4, 40)", start(Path::NonIncreasing, 4, 40), 582.6779035576, 20.0);
    row("non-increasing V(7, 10)", start(Path::NonIncreasing, 7, 10), 124.7214672773, 20.0);
    row("free prices", start(Path::Free, 0, 40), 1171.9749599533, 30.0);
    let single = ladder.best_single(40);
    row("best single price", (single.value, single.rung), 1142.68897969773, 30.0);
    table.show();
}

#[test]
fn section_5_capacity() {
    let mut table = Table::default();
    let fares = [(1050.0, 17.3, 5.8), (567.0, 45.1, 15.0), (534.0, 39.6, 13.2), (520.0, 34.0, 11.3)];
    let classes = fares.map(|(price, mean, deviation)| capacity::Class { price, mean, deviation });
    let levels = [
        ("EMSR-a", capacity::emsr_a(&classes).unwrap(), [16.717484, 38.724537, 55.679041]),
        ("EMSR-b", capacity::emsr_b(&classes).unwrap(), [16.717484, 50.944186, 83.154839]),
    ];
    for (name, ours, references) in levels {
        // Printed with six decimals.
        for (ours, reference) in ours.into_iter().zip(references) {
            table.within(name, ours, reference, 1e-7);
        }
    }
    let dear = capacity::Class { price: 100.0, mean: 50.0, deviation: 10.0 };
    table.row("Littlewood", capacity::littlewood(dear, 60.0).unwrap(), 47.46652897);
    table.show();
}

/// The room's results must not depend on the platform's mathematics: only `libm`, never the standard library's.
#[test]
fn demand_takes_its_functions_from_libm() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/demand");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for word in [".exp()", ".ln()", ".powf(", ".powi(", ".log10(", ".exp_m1(", ".ln_1p(", ".mul_add("]
            {
                assert!(!text.contains(word), "{}: `{word}` differs between platforms", path.display());
            }
        }
    }
}
