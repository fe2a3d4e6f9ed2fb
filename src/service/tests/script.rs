//! A rulebook that a test writes in one line: `guards=2 markup=50%`, `broken`, `failing`, `no-rrp`. No compiler, no files.

use crate::facts::{
    FactSet, ItemBook, ItemReader, Names, OfferBook, RateText, Rates, Schema, Symbols, builtin, read_rate,
};
use crate::money::{Amount, Currency, Fraction, Ratio};
use crate::pricing::*;
use crate::rulebook::{Diagnostic, Files, Loaded, Span};
use crate::service::Source;
use crate::service::feeds::{Fed, Looks};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex};

pub const RULES: &str = "rules/all.toml";

/// What the folder holds, for a test to change while a service follows it.
#[derive(Debug, Default)]
pub struct Script(Mutex<Files>);

impl Script {
    pub fn new(rules: &str) -> Arc<Self> {
        let script = Arc::new(Self::default());
        script.write(RULES, rules);
        script
    }

    pub fn write(&self, path: &str, text: &str) {
        self.0.lock().unwrap().0.insert(path.into(), text.into());
    }

    pub fn remove(&self, path: &str) {
        self.0.lock().unwrap().0.remove(path);
    }

    pub fn hash_of(rules: &str) -> String {
        Sha256::digest(rules).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Source for Script {
    fn read(&self) -> Result<Files, Vec<Diagnostic>> {
        let files = self.0.lock().unwrap().clone();
        if files.get("stuck").is_some() {
            // Longer than the test's limit, and an end for the test's runtime.
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        Ok(files)
    }

    fn compile(&self, files: Files) -> Loaded {
        let rules = files.get(RULES).unwrap().to_owned();
        if let Some(millis) = word(&rules, "slow=") {
            std::thread::sleep(std::time::Duration::from_millis(millis.parse().unwrap()));
        }
        let span = Span { file: RULES.into(), start: 0, end: 1 };
        let mut loaded = Loaded { files, ..Loaded::default() };
        if rules.contains("broken") {
            loaded.diagnostics = vec![Diagnostic::error("E0101", "`broken` is not a rule", span, "")];
        } else {
            loaded.release = Some(Arc::new(release(&rules)));
        }
        loaded
    }

    fn test(&self, loaded: &Loaded) -> Result<(), Vec<String>> {
        match loaded.files.get(RULES) {
            Some(rules) if rules.contains("failing") => Err(vec!["test `one`: price".to_owned()]),
            _ => Ok(()),
        }
    }

    fn facts(&self, release: &Release) -> Result<Fed, String> {
        Ok(Fed { facts: facts(release), ..Fed::default() })
    }

    fn looks(&self, _: &Release) -> Looks {
        Looks::default()
    }
}

fn word<'a>(rules: &'a str, key: &str) -> Option<&'a str> {
    rules.split_whitespace().find_map(|word| word.strip_prefix(key))
}

pub fn eur() -> Currency {
    Currency::from_code("EUR").unwrap()
}

/// Market `M` in euros with 19 % VAT, channel `own`, cost-plus, and as many guards as the line says.
fn release(rules: &str) -> Release {
    let guards: u32 = word(rules, "guards=").map_or(1, |count| count.parse().unwrap());
    let markup = Ratio::parse_percent(word(rules, "markup=").unwrap_or("50%").trim_end_matches('%')).unwrap();
    let one_plus = Fraction::new(119, 100).unwrap();
    let factor = Fraction::ONE.add(Fraction::of(markup)).unwrap().mul(one_plus).unwrap();
    let mut schema = Schema::builtins();
    let attr = |name: &str, kind, symbols| crate::facts::Attr {
        name: name.into(),
        kind,
        symbols,
        ..schema[usize::from(builtin::NAME.0)].clone()
    };
    let category = attr("category", crate::facts::Kind::Text, Symbols::default());
    let rrp = attr("rrp", crate::facts::Kind::Money, Symbols::default());
    let tags = attr("tags", crate::facts::Kind::Set, Symbols::new(["kvi".to_owned()], false));
    let age = crate::facts::Attr {
        customer: true,
        ..attr("loyalty", crate::facts::Kind::Text, Symbols::default())
    };
    schema.extend([category, tags, age]);
    if !rules.contains("no-rrp") {
        schema.push(rrp);
    }
    let info = |id: &str| Info { id: id.into(), label: id.into(), ..Info::default() };
    let rule = Rule {
        info: Info { at: SourceAt { file: RULES.into(), line: 3 }, ..info("plus") },
        layer: 0,
        scope: Scope::everything(),
        place_cells: [].into(),
        window: Window::ALWAYS,
        over: Box::default(),
        strategy: Strategy::CostPlus {
            add: Amount::ZERO,
            factor: Box::new([Some(factor)]),
            text: "markup".into(),
        },
        otherwise: Box::default(),
        relax: Box::default(),
    };
    let guard = |at: u32| Guard {
        id: format!("guard-{at}").into(),
        variants: Box::new([GuardVariant {
            info: info("guard"),
            class: GuardClass::Safety,
            scope: Scope::everything(),
            window: Window::ALWAYS,
            may_yield: false,
            when: None,
            bounds: Box::new([if rules.contains("contradict") && at % 2 == 1 {
                Bound::MinMargin {
                    margin: Ratio::ZERO,
                    factor: Box::new([Fraction::new(1_000_000, 1).unwrap()]),
                }
            } else {
                Bound::Absolute {
                    low: Amount::from_micros(10_000),
                    high: Amount::from_micros(100_000_000_000),
                }
            }]),
        }]),
    };
    let plausible = (Ratio::parse("-0.5").unwrap(), Ratio::ONE);
    let place = |channel: &str| Place {
        market: "M".into(),
        channel: channel.into(),
        currency: eur(),
        zone: jiff::tz::TimeZone::UTC,
        vat: Box::new([Vat {
            class: "standard".into(),
            symbol: 0,
            rate: Ratio::parse("0.19").unwrap(),
            one_plus,
        }]),
        landed: Fraction::ONE,
        fx: Fx { max_age: None, buffer: Ratio::ZERO },
        cost_from: builtin::COST,
        fees: Fees {
            commission: Ratio::ZERO,
            shares: Ratio::ZERO,
            per_unit: Box::default(),
            per_order: Box::default(),
            basket: None,
            returns: None,
        },
        plausibility: Plausibility { cost_change: plausible, rival: plausible, rate_jump: Ratio::ONE },
        sets: Box::default(),
        rules: [rule.clone()].into(),
        adjustments: Box::default(),
        limit: None,
        guards: (1..=guards).map(guard).collect(),
        rounds: Box::default(),
    };
    Release {
        hash: Script::hash_of(rules).into(),
        name: "script".into(),
        edition: "2026".into(),
        schema: Schema::new(schema),
        layers: Box::new(["base".into()]),
        rivals: Symbols::new(["alza".to_owned()], false),
        places: Box::new([place("own"), place("app")]),
        segments: Box::new([Segment { name: "club".into(), scopes: Box::default() }]),
        items_feed: Feed::default(),
        rates_file: None,
        elasticities: None,
        guard_count: guards as usize,
    }
}

/// `A` costs 10 EUR; `B` has no cost and no price; `C` is sold in `own` alone; `D` costs dollars, for which there is no rate.
fn facts(release: &Release) -> FactSet {
    let schema = &release.schema;
    let reader =
        ItemReader::new(schema, ["sku", "cost", "channel"], |name| Some(name.to_owned()), None).unwrap();
    let mut items = ItemBook::default();
    for row in [
        ["A", "10.00 EUR", ""],
        ["B", "", ""],
        ["C", "5 EUR", "own"],
        ["D", "1 KZT", ""],
        ["E", "9000000000000 EUR", ""],
    ] {
        items.put(&reader.read(row).unwrap());
    }
    let rate = RateText { base: "USD", quote: "EUR", rate: "0.9", as_of: "2026-01-01T00:00:00Z" };
    FactSet {
        items,
        offers: OfferBook::new(vec![("M".into(), eur())], Names::new(&release.rivals)),
        rates: Rates::new([read_rate(rate).unwrap()]),
        ..FactSet::default()
    }
}
