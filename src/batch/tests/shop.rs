//! A release made by hand, a folder of feeds, a run.

use crate::batch::*;
use crate::facts::{Attr, Basis, Kind, Schema, Symbols, builtin, parse_instant};
use crate::money::{Amount, Currency, Fraction, Ratio};
use crate::pricing::{
    Bound, Clause, Cond, Delivery, Fees, Fx, Guard, GuardClass, GuardVariant, Info, Place, Plausibility,
    Rank, Release, RivalSet, Rule, Scope, Strategy, Test, Vat, Window,
};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

pub const AT: &str = "2026-11-18T10:00:00Z";
/// Every column that the release reads.
pub const HEADER: &str = "sku,market,channel,cost,current_price,tags,storage,share,cover,vat_class";
pub const OFFERS: &str = "sku,market,rival,price,shipping,match,in_stock,seen_at\n\
                          K1,DE,alza,9.50 EUR,0.00 EUR,99%,yes,2026-11-18T09:00:00Z\n\
                          K1,DE,otto,9.90 EUR,,98%,yes,2026-11-18T09:00:00Z\n";
pub const RATES: &str = "base,quote,rate,as_of\nEUR,KZT,600,2026-11-18T08:00:00Z\n";

/// Two markets; `own` sells in both, `app` in `DE` only. Items tagged `kvi` follow the lowest rival, others (and those without rivals)
/// cost twice their landed cost; no price moves by more than 10 %.
pub fn release() -> Release {
    Release {
        hash: "0123456789abcdef".into(),
        name: "shop".into(),
        edition: "2026".into(),
        schema: Schema::new(attrs()),
        layers: Box::new(["base".into()]),
        rivals: Symbols::new(["alza".to_owned()], false),
        places: Box::new([
            place("DE", "own", "EUR", &["standard", "food"]),
            place("DE", "app", "EUR", &["standard", "food"]),
            place("KZ", "own", "KZT", &["standard"]),
        ]),
        segments: Box::new([]),
        items_feed: Default::default(),
        rates_file: None,
        elasticities: None,
        guard_count: 1,
    }
}

fn attrs() -> Vec<Attr> {
    let mut attrs = Schema::builtins();
    attrs[usize::from(builtin::COST.0)].optional = false;
    attrs[usize::from(builtin::VAT_CLASS.0)].symbols = classes();
    let own = |name: &str, kind, values: Option<&[&str]>| Attr {
        name: name.into(),
        kind,
        optional: true,
        basis: Basis::Gross,
        customer: false,
        values: values.map(|values| values.iter().map(|text| (*text).into()).collect()),
        range: None,
        derive: None,
        link: false,
        symbols: Symbols::new(values.into_iter().flatten().map(|text| (*text).to_owned()), false),
    };
    attrs.push(own("tags", Kind::Set, Some(&["kvi", "new"])));
    attrs.push(own("storage", Kind::Number, None));
    attrs.push(own("share", Kind::Percent, None));
    attrs.push(own("cover", Kind::Duration, None));
    attrs.push(own("inbound", Kind::Duration, None));
    attrs
}

fn classes() -> Symbols {
    Symbols::new(["standard", "food"].map(String::from), false)
}

fn place(market: &str, channel: &str, currency: &str, vat: &[&str]) -> Place {
    let info = |id: &str| Info { id: id.into(), label: id.into(), ..Info::default() };
    let schema = Schema::new(attrs());
    let double = || Strategy::CostPlus {
        add: Amount::ZERO,
        factor: vat.iter().map(|_| Some(Fraction::new(2, 1).unwrap())).collect(),
        text: "markup 100%".into(),
    };
    let rule = |id: &str, scope, over: &[u32], strategy, otherwise: Vec<Strategy>| Rule {
        info: info(id),
        layer: 0,
        scope,
        place_cells: [].into(),
        window: Window::ALWAYS,
        over: over.into(),
        strategy,
        otherwise: otherwise.into(),
        relax: Box::new([]),
    };
    let kvi = Cond {
        attr: schema.find("tags").unwrap(),
        test: Test::Tags(Box::new([Clause { with: 1, without: 0 }])),
        or_missing: false,
        text: "kvi".into(),
    };
    let follow = Strategy::Follow { set: 0, rank: Rank::Lowest, by: Ratio::ZERO };
    let calm = GuardVariant {
        info: info("calm"),
        class: GuardClass::Comfort,
        scope: Scope::everything(),
        window: Window::ALWAYS,
        may_yield: false,
        when: None,
        bounds: Box::new([Bound::MaxChange {
            per: None,
            down: Ratio::from_nanos(-100_000_000),
            up: Ratio::from_nanos(100_000_000),
        }]),
    };
    let rivals = crate::facts::Names::new(&Symbols::new(["alza".to_owned()], false)).id("alza");
    let wide = (Ratio::from_nanos(0), Ratio::from_nanos(i64::MAX));
    Place {
        market: market.into(),
        channel: channel.into(),
        currency: Currency::from_code(currency).unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        vat: vat
            .iter()
            .map(|class| Vat {
                class: (*class).into(),
                symbol: classes().lookup(class),
                rate: Ratio::from_nanos(190_000_000),
                one_plus: Fraction::new(119, 100).unwrap(),
            })
            .collect(),
        landed: Fraction::ONE,
        fx: Fx { max_age: None, buffer: Ratio::ZERO },
        cost_from: builtin::COST,
        fees: Fees {
            commission: Ratio::ZERO,
            shares: Ratio::ZERO,
            per_unit: Box::new([]),
            per_order: Box::new([]),
            basket: None,
            returns: None,
        },
        plausibility: Plausibility {
            cost_change: (Ratio::from_nanos(-500_000_000), Ratio::ONE),
            rival: wide,
            rate_jump: Ratio::ONE,
        },
        sets: Box::new([RivalSet {
            name: "shops".into(),
            members: Box::new([rivals]),
            own: Box::new([]),
            matching: None,
            age: None,
            in_stock: None,
            delivery: Delivery::Excluded,
            at_least: 1,
            matching_text: "".into(),
            age_text: "".into(),
        }]),
        rules: [
            rule("follow", Scope { boxes: Box::new([Box::new([kvi])]) }, &[], follow, vec![double()]),
            rule("double", Scope::everything(), &[], double(), vec![]),
        ]
        .into(),
        adjustments: Box::new([]),
        limit: None,
        guards: Box::new([Guard { id: "calm".into(), variants: Box::new([calm]) }]),
        rounds: Box::new([]),
    }
}

/// A folder with feeds and the release.
pub struct Shop {
    pub dir: tempfile::TempDir,
    pub release: Release,
}

/// How a run is made.
#[derive(Clone, Copy)]
pub struct How {
    pub out: &'static str,
    pub threads: usize,
    pub block_rows: usize,
    pub max_bad: &'static str,
    pub max_refused: &'static str,
    pub market: Option<&'static str>,
    pub channel: Option<&'static str>,
    pub partition: &'static [PartBy],
}

impl Default for How {
    fn default() -> Self {
        Self {
            out: "out.csv",
            threads: 2,
            block_rows: BLOCK_ROWS,
            max_bad: "100%",
            max_refused: "100%",
            market: None,
            channel: None,
            partition: &[],
        }
    }
}

impl Shop {
    pub fn new() -> Self {
        let shop = Self { dir: tempfile::tempdir().unwrap(), release: release() };
        shop.write("offers.csv", OFFERS);
        shop.write("fx.csv", RATES);
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// What runs have left half-written.
    pub fn parts(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".part")).collect()
    }

    /// The cells of an output or quarantine file, one map a row.
    pub fn rows(&self, name: &str) -> Vec<std::collections::HashMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        let headers = reader.headers().unwrap().clone();
        let cells = |record: csv::StringRecord| {
            let pairs = headers.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.to_owned()));
            pairs.collect()
        };
        reader.records().map(|record| cells(record.unwrap())).collect()
    }

    pub fn with_facts<T>(&self, ask: impl FnOnce(&crate::facts::FactSet, &[EarlierFeed]) -> T) -> T {
        let (offers, rates) = (self.path("offers.csv"), self.path("fx.csv"));
        let feeds = Feeds { items: None, offers: Some(&offers), rates: Some(&rates), ..Feeds::default() };
        let (facts, earlier) = load_facts(&self.release, feeds).unwrap();
        ask(&facts, &earlier)
    }

    pub fn try_run(&self, items: &str, how: How, cancel: &AtomicBool) -> Result<Summary, BatchError> {
        self.with_facts(|facts, earlier| {
            let at = parse_instant(AT).unwrap();
            let job = Job::new(&self.release, facts, at, how.market, how.channel)?;
            let FeedFiles { files, passed_over } =
                feed_files(&items.split(' ').map(|name| self.path(name)).collect::<Vec<_>>())?;
            let catalog = Catalog::open(&files, &self.release)?
                .with_block_rows(how.block_rows)
                .with_passed_over(passed_over);
            let run = Run {
                out: &self.path(how.out),
                partition: how.partition,
                quarantine: &self.path("bad.csv"),
                threads: Some(how.threads),
                max_bad: crate::facts::parse_percent(how.max_bad).unwrap(),
                max_refused: crate::facts::parse_percent(how.max_refused).unwrap(),
                cancel,
                progress: &|_| {},
            };
            run.run(&job, &catalog, earlier)
        })
    }

    pub fn run(&self, items: &str, how: How) -> Summary {
        let summary = self.try_run(items, how, &AtomicBool::new(false)).unwrap();
        let tally = &summary.tally;
        assert_eq!(tally.priced + tally.held + tally.refused + tally.quarantined, tally.read);
        summary
    }
}

/// `count` good rows, skewed: some follow, some have no current price, some are for one market.
pub fn catalog(count: usize) -> Vec<String> {
    let row = |at: usize| {
        let market = ["", "DE", "KZ"][at % 3];
        let current = match (at % 4, market) {
            (0, _) => String::new(),
            (_, "KZ") => format!("{}.00 KZT", 10_000 + at),
            _ => format!("{}.{:02} EUR", 5 + at % 50, at % 100),
        };
        let tags = ["", "kvi", "kvi|new", "new"][at % 4];
        format!("S{at:05},{market},,{}.{:02} EUR,{current},{tags},{at},,,", 3 + at % 40, at % 100)
    };
    (0..count).map(row).collect()
}

pub fn csv_file(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}
