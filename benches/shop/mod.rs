//! What the benches price: each strategy alone with all that a real item meets around it, and the catalog of `models/orda`.

use pricer::batch::{Feeds, load_facts};
use pricer::facts::{
    AppliedText, FactSet, History, Item, ItemReader, Names, Offer, OfferText, keep_newest, parse_instant,
    read_applied, read_offer,
};
use pricer::money::{Currency, Price};
use pricer::pricing::{Outcome, Release, Row, Twins, World};
use pricer::rulebook::{Files, load};
use std::path::PathBuf;
use std::sync::Arc;

pub const NOON: &str = "2026-11-18T12:00:00Z";

const BOOK: &str = r#"
edition = "2026"
name = "bench"
layers = ["base", "position"]
[market.M]
currency = "EUR"
timezone = "UTC"
vat = { standard = "19%" }
[channel.own]
costs = { payment = "1.4%", pick = "0.20 EUR/unit" }
[competitors.shops]
members = ["alza", "otto", "kaufl", "mediam"]
use = { match = ">= 90%", age = "<= 48h", in_stock = "yes" }
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
category = { type = "tree" }
tags = { type = "set", values = ["kvi", "fresh"] }
cost = { type = "money", basis = "net" }
stock_cover = { type = "duration", optional = true }
on_sale_for = { type = "duration", optional = true }
twin = { type = "sku", optional = true }
"#;

const CURVE: &str = "days_left,set off\n> 60d,0%\n30d ..= 60d,-10%\n< 30d,-30%\n";

/// Beside the strategy: a plan below it, an adjustment, four guards and a rounding, as a real item meets them.
const AROUND: &str = r#"
[rule.plan]
layer = "base"
owner = "bench"
why = "bench"
price = { cost-plus = { margin = "20%" } }
[stock.surplus]
where = { stock_cover = "> 8w" }
adjust = "-3%"
[guard.no-loss]
class = "safety"
min_margin = "3%"
min_contribution = "0 EUR"
[guard.sane]
class = "safety"
absolute = { EUR = "0.19 .. 6000" }
[guard.calm]
class = "comfort"
max_change = "6%"
min_change = "0.5%"
[round.eur]
bands = [ { to = "10 EUR", ends = "*.*9" }, { to = "100 EUR", ends = "*.99 | *.49" }, { ends = "*4.99 | *9.99" } ]
way = "nearest"
"#;

/// Name, strategy as written, and the price it gives: adjusted by −3 % (but for fixed and keep), then bounded and rounded.
pub const STRATEGIES: [(&str, &str, &str); 14] = [
    ("cost-plus", r#"cost-plus = { margin = "19%" }"#, "139.99"),
    ("follow", r#"follow = { set = "shops", rank = "lowest", by = "-1%" }"#, "139.99"),
    ("index", r#"index = { set = "shops", of = "median", at = "104%" }"#, "149.99"),
    ("fixed", r#"fixed = "141.00 EUR""#, "141.00"),
    ("keep", "keep = {}", "145.50"),
    ("use", r#"use = "base""#, "139.99"),
    (
        "blend",
        r#"blend = { follow = { weight = "60%", set = "shops", rank = "median", by = "-2%" }, cost-plus = { weight = "40%", margin = "20%" } }"#,
        "139.99",
    ),
    ("optimise", r#"optimise = { for = "profit", within = "8%" }"#, "149.99"),
    (
        "optimise-exponential",
        r#"optimise = { for = "profit", within = "8%", demand = "exponential" }"#,
        "149.99",
    ),
    ("relative", r#"relative = { to = "twin", by = "-15%" }"#, "139.99"),
    ("fade", r#"fade = { start = "-12%", end = "0%", over = "8w", versus = "base" }"#, "139.99"),
    ("markdown-curve", r#"markdown = { curve = "tables/curve.csv", sell_out_by = 2026-12-31 }"#, "139.99"),
    ("markdown-stock", r#"markdown = { sell_out_by = 2026-12-31, salvage = "30% of cost" }"#, "139.99"),
    (
        "markdown-ladder",
        r#"markdown = { sell_out_by = 2026-12-31, ladder = ["0%", "-20%", "-40%", "-60%"] }"#,
        "139.99",
    ),
];

pub struct Shop {
    pub release: Arc<Release>,
    pub item: Item,
    pub offers: Vec<Offer>,
}

impl Shop {
    pub fn new(strategy: &str) -> Self {
        let rule = format!(
            "{AROUND}[rule.asked]\nlayer = \"position\"\nowner = \"bench\"\nwhy = \"bench\"\nwhere = {{ tags = \"kvi\" }}\nprice = {{ {strategy} }}\n"
        );
        let files = [
            ("rulebook.toml", BOOK),
            ("schema.toml", SCHEMA),
            ("rules/all.toml", &rule),
            ("tables/curve.csv", CURVE),
        ];
        let loaded = load(Files(files.map(|(path, text)| (path.into(), text.into())).into()));
        let Some(release) = loaded.release else { panic!("{:#?}", loaded.diagnostics) };
        let cells = [
            ("sku", "A"),
            ("category", "audio/speakers"),
            ("tags", "kvi"),
            ("cost", "97.00 EUR"),
            ("stock_cover", "11w"),
            ("current_price", "145.50 EUR"),
            ("on_sale_for", "4w"),
            ("twin", "B"),
            ("elasticity", "-4"),
            ("elasticity_se", "0.3"),
            ("elasticity_price", "140.00 EUR"),
            ("units_per_day", "2"),
            ("stock_units", "300"),
        ];
        let headers = cells.iter().map(|(name, _)| *name);
        let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
        let item = reader.read(cells.iter().map(|(_, text)| *text)).unwrap().item;
        let mut names = Names::new(&release.rivals);
        let mut offers = Vec::new();
        let rivals = [
            ("alza", "149.00 EUR"),
            ("otto", "145.00 EUR"),
            ("kaufl", "155.00 EUR"),
            ("mediam", "59.00 EUR"),
        ];
        for (rival, price) in rivals {
            let text = OfferText {
                rival,
                price,
                match_quality: "97%",
                in_stock: if rival == "mediam" { "no" } else { "yes" },
                seen_at: "2026-11-18T09:00:00Z",
                shipping: "",
            };
            keep_newest(&mut offers, read_offer(text, None, &mut names).unwrap());
        }
        Self { release, item, offers }
    }
}

pub fn paid(outcome: Outcome) -> String {
    match outcome {
        Outcome::Decided(decision) => decision.price.to_string(),
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// What the item cost before, and what its twin costs.
pub fn past() -> (History, Twins) {
    let (mut history, mut twins) = (History::default(), Twins::default());
    for (price, from) in [("155.00 EUR", "2026-03-01T00:00:00Z"), ("150.00 EUR", "2026-09-01T00:00:00Z")] {
        let text = AppliedText { price, kind: "", from, to: "", announced: "" };
        history.add("A", "M", "", read_applied(text, None).unwrap());
    }
    let euro = Currency::from_code("EUR").unwrap();
    twins.put("B", Price::from_minor(17_000, euro));
    (history, twins)
}

/// A file or folder of the project.
pub fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A rulebook of the project.
pub fn read(folder: &str) -> Files {
    Files::read_dir(&project(folder)).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// Every item of `models/orda`, to be priced in every place.
pub struct Orda {
    pub release: Arc<Release>,
    pub facts: FactSet,
    pub at: i64,
    /// By the index of the place.
    items: Vec<(usize, Item)>,
}

impl Orda {
    pub fn new() -> Self {
        let release = load(read("models/orda")).release.unwrap();
        let [items, offers, rates] =
            ["items.csv", "offers.csv", "fx.csv"].map(|name| project("models/orda/feeds").join(name));
        let feeds =
            Feeds { items: Some(&items), offers: Some(&offers), rates: Some(&rates), ..Feeds::default() };
        let (facts, _) = load_facts(&release, feeds).unwrap();
        let at = parse_instant("2026-11-18T10:00:00+01:00").unwrap();
        let mut items = Vec::new();
        for (index, place) in release.places.iter().enumerate() {
            let kept = facts.items.by_sku(None);
            let kept = kept.filter_map(|(sku, _)| facts.items.get(sku, &place.market, &place.channel));
            items.extend(kept.map(|row| (index, row.item())));
        }
        items.sort_by(|(a, first), (b, second)| (a, &first.sku).cmp(&(b, &second.sku)));
        Self { release, facts, at, items }
    }

    pub fn worlds(&self) -> Vec<World<'_>> {
        let places = self.release.places.iter();
        let worlds = places.map(|place| {
            let known_at = self.facts.offers.known_at(&place.market, self.at);
            World::new(&self.release, place, &self.facts.rates, self.at, known_at)
        });
        worlds.collect()
    }

    /// The rows of each world, by its index.
    pub fn rows(&self) -> Vec<(usize, Row<'_>)> {
        let rows = self.items.iter().map(|(index, item)| {
            let market = self.release.places.get(*index).map_or("", |place| &place.market);
            (*index, Row { item, offers: self.facts.offers.get(&item.sku, market) })
        });
        rows.collect()
    }
}
