//! What the analyses find in small rulebooks.

use super::*;
use crate::pricing::{
    Adjustment, AdjustmentKind, AdjustmentVariant, Bound, Change, GuardClass, Scope, When, Window,
};
use crate::rulebook::precedence::{Entry, order};
use crate::rulebook::render::{Colour, human};
use crate::rulebook::sample::{
    files, guard, info, max_markup, min_margin, origins, percent, place, rule, schema, scope,
};

fn shown(text: &str, places: &[Place], witness: Option<&dyn Witness>) -> String {
    let (schema, files, origins) = (schema(), files(text), origins(text));
    let context = Context {
        schema: &schema,
        layers: &["base".into(), "position".into()],
        files: &files,
        origins: &origins,
    };
    let contests: Vec<Contest> = places.iter().map(|place| contest(&schema, place)).collect();
    let found = analyse(&context, places, &contests, witness);
    human(&files, &found.diagnostics, Colour::Plain)
}

fn contest(schema: &Schema, place: &Place) -> Contest {
    let entries: Vec<Entry<'_>> = place
        .rules
        .iter()
        .map(|rule| Entry {
            layer: rule.layer,
            scope: &rule.scope,
            window: rule.window,
            over: rule.over.iter().map(|at| *at as usize).collect(),
        })
        .collect();
    Contest {
        kind: "rule",
        market: place.market.clone(),
        channel: place.channel.clone(),
        labels: place.rules.iter().map(|rule| rule.info.label.clone()).collect(),
        ordered: order(schema, &entries),
    }
}

const CONFLICT: &str = r#"[rule.kvi-follow]
layer = "position"
where = { tags = "kvi" }

[rule.premium-audio]
layer = "position"
where = { category = "electronics/audio/**", brand = "Bose | Sennheiser" }
"#;

fn conflict() -> Place {
    let schema = schema();
    let kvi = scope(&schema, &[("tags", "kvi")]);
    let audio = scope(&schema, &[("category", "electronics/audio/**"), ("brand", "Bose | Sennheiser")]);
    Place { rules: [rule("kvi-follow", 1, kvi), rule("premium-audio", 1, audio)].into(), ..place("own") }
}

struct Stub;

impl Witness for Stub {
    fn holds(&self, _: &Place, _: &Scope) -> bool {
        true
    }

    fn at(&self) -> Option<i64> {
        None
    }

    fn name(&self) -> &str {
        "catalog 2026-11-18"
    }

    fn shared(&self, _: &Place, _: usize, _: usize) -> Shared {
        let prices = ["153.45 EUR".to_owned(), "171.72 EUR".to_owned()];
        let items = vec!["AUD-0031".into(), "AUD-0032".into(), "AUD-0033".into()];
        Shared { items, example: Some(("AUD-0031".into(), prices)) }
    }

    fn inside(&self, _: &Place, _: usize) -> Vec<Box<str>> {
        vec!["AUD-0031".into()]
    }

    fn crossed(&self, _: &Place, _: GuardRef, _: GuardRef) -> Crossed {
        Crossed::default()
    }
}

#[test]
fn nothing_says_who_wins() {
    insta::assert_snapshot!(shown(CONFLICT, &[conflict()], Some(&Stub)), @r###"
    error[E0301]: two rules of layer `position` set the price of the same items
     --> rules/all.toml:7:1
      |
    3 | where = { tags = "kvi" }
      | ------------------------ rule `kvi-follow` (anna.k)
    ...
    7 | where = { category = "electronics/audio/**", brand = "Bose | Sennheiser" }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rule `premium-audio` (anna.k)
      = overlap: category electronics/audio/**  and  brand Bose | Sennheiser  and  tags has kvi
      = neither scope contains the other, and neither rule says `over`
      = in catalog 2026-11-18 this is 3 items, e.g. AUD-0031 in KZ:
          kvi-follow     153.45 EUR
          premium-audio  171.72 EUR
    help: choose one:
       1  `kvi-follow` wins: add  tags = "!kvi"  to premium-audio.where  [maybe]
       2  `premium-audio` wins: add  category = "!electronics/audio/**"  to kvi-follow.where  [maybe]
       3  `premium-audio` wins: add  over = ["kvi-follow"]  to premium-audio  [maybe]
       4  `kvi-follow` wins: add  over = ["premium-audio"]  to kvi-follow  [maybe]
    "###);
}

#[test]
fn a_finding_is_told_once_with_the_places_it_holds_in() {
    let elsewhere = Place { market: "DE".into(), ..place("own") };
    let kaspi = Place { channel: "kaspi".into(), ..conflict() };
    let text = shown(CONFLICT, &[conflict(), elsewhere, kaspi], None);
    assert_eq!(text.matches("E0301").count(), 1);
    assert!(text.contains("overlap: market KZ  and  category electronics/audio/**"), "{text}");
}

#[test]
fn a_rule_that_another_is_declared_over_never_acts() {
    let text = r#"[rule.premium-audio]
where = { category = "electronics/audio/**" }
over  = ["earbuds-bose"]

[rule.earbuds-bose]
where = { category = "electronics/audio/**", brand = "Bose" }
"#;
    let schema = schema();
    let audio = scope(&schema, &[("category", "electronics/audio/**")]);
    let bose = scope(&schema, &[("category", "electronics/audio/**"), ("brand", "Bose")]);
    let mut premium = rule("premium-audio", 1, audio);
    premium.over = [1].into();
    let place = Place { rules: [premium, rule("earbuds-bose", 1, bose)].into(), ..place("own") };
    insta::assert_snapshot!(shown(text, &[place], None), @r###"
    warning[W0310]: rule `earbuds-bose` can never set a price
     --> rules/all.toml:6:1
      |
    1 | [rule.premium-audio]
      | -------------------- this rule is declared over it:  over = ["earbuds-bose"]
    ...
    6 | where = { category = "electronics/audio/**", brand = "Bose" }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fully inside `premium-audio`
      = because: every item it matches is also matched by `premium-audio`, same layer, same dates
      = without the `over` the narrower rule `earbuds-bose` would win by itself
    help: delete `over` in line 3, or delete this rule
    "###);
}

#[test]
fn a_rule_that_is_lent_by_use_is_not_dead() {
    let text = "[rule.plan]\n[rule.all]\n";
    let mut all = rule("all", 1, Scope::everything());
    let dead = |all: &crate::pricing::Rule| {
        let place =
            Place { rules: [all.clone(), rule("plan", 0, Scope::everything())].into(), ..place("own") };
        shown(text, &[place], None)
    };
    let found = dead(&all);
    assert!(
        found.contains("W0310") && found.contains("rule `plan` can never") && found.contains("W0305"),
        "{found}"
    );
    all.otherwise = [crate::pricing::Strategy::Use { layer: 0 }].into();
    assert!(!dead(&all).contains("W0310"));
}

#[test]
fn a_floor_above_a_ceiling() {
    let text = r#"[guard.szpt-cap]
class = "legal"
where = { tags = "szpt" }
max_markup = { of = "purchase cost", by = "15%" }

[guard.staples-margin]
class = "commercial"
where = { category = "grocery/staples/**" }
min_margin = "14%"
"#;
    let schema = schema();
    let guards = |margin| {
        let cap = guard("szpt-cap", GuardClass::Legal, scope(&schema, &[("tags", "szpt")]), max_markup("15"));
        let staples = scope(&schema, &[("category", "grocery/staples/**")]);
        let floor = guard("staples-margin", GuardClass::Commercial, staples, min_margin(margin));
        [Place { guards: [cap, floor].into(), ..place("own") }]
    };
    insta::assert_snapshot!(shown(text, &guards("14"), None), @r###"
    error[E0501]: the floor is above the ceiling for every item in this scope
     --> rules/all.toml:9:1
      |
    4 | max_markup = { of = "purchase cost", by = "15%" }
      | ------------------------------------------------- guard `szpt-cap` (legal):  price ≤ cost × 1.15
    ...
    9 | min_margin = "14%"
      | ^^^^^^^^^^^^^^^^^^ guard `staples-margin` (commercial):  price ≥ landed cost ÷ 0.86
      = margin is a share of the price, markup a share of cost: 15% markup on cost is 13.0% margin,
        and 11.7% after the 1.5% of landed costs of market KZ, which the cap may not contain
      = example: bought at 1 000 KZT → floor 1 369.07, ceiling 1 334.00 (gross, VAT 16%)
      = by class order `legal` would always win, so `staples-margin` has no effect here
      = scope of the clash: category grocery/staples/**  and  tags has szpt
    help: choose one:
       1  lower the margin to 11.7% or less                           [maybe]
       2  add  tags = "!szpt"  to `staples-margin`                    [maybe]
    "###);
    assert_eq!(shown(text, &guards("11.7"), None), "");
}

#[test]
fn a_comfort_guard_eats_a_markdown() {
    let text = "[guard.calm]\nmax_change = \"6%\"\n\n[stock.last-day]\nwhere  = { tags = \"kvi\" }\nadjust = \"-30%\"\n";
    let schema = schema();
    let bound = Bound::MaxChange { down: percent("-6"), up: percent("6"), per: None };
    let last_day = |relax: &[u16]| {
        let variant = AdjustmentVariant {
            info: info("last-day", ""),
            scope: scope(&schema, &[("tags", "kvi")]),
            window: Window::ALWAYS,
            when: When::default(),
            adjust: Change::Always(percent("-30")),
            relax: relax.into(),
        };
        let adjustment = Adjustment { kind: AdjustmentKind::Stock, variants: [variant].into() };
        [Place {
            guards: [guard("calm", GuardClass::Comfort, Scope::everything(), bound.clone())].into(),
            adjustments: [adjustment].into(),
            ..place("own")
        }]
    };
    insta::assert_snapshot!(shown(text, &last_day(&[]), None), @r###"
    warning[W0502]: guard `calm` always holds back `stock.last-day`
     --> rules/all.toml:6:1
      |
    2 | max_change = "6%"
      | ----------------- allows -6% at a time
    ...
    6 | adjust = "-30%"
      | ^^^^^^^^^^^^^^^ asks for -30%
      = example: a price of 100.00 should become 70.00, and becomes 94.00
      = the rest only arrives if the reason for the adjustment lasts for several price changes
    help: add  relax = ["calm"]  to stock.last-day                    [maybe]
      |
    5 + relax = ["calm"]
    "###);
    assert_eq!(shown(text, &last_day(&[0]), None), "");
}

#[test]
fn equal_scopes_and_circles() {
    let text = "[rule.a]\nover = [\"b\"]\n[rule.b]\nover = [\"a\"]\n[rule.c]\n[rule.d]\n";
    let schema = schema();
    let (kvi, bose) = (scope(&schema, &[("tags", "kvi")]), scope(&schema, &[("brand", "Bose")]));
    let grocery = scope(&schema, &[("category", "grocery/staples/**"), ("tags", "!kvi"), ("brand", "!Bose")]);
    let mut rules =
        [rule("a", 0, kvi), rule("b", 0, bose), rule("c", 0, grocery.clone()), rule("d", 0, grocery)];
    (rules[0].over, rules[1].over) = ([1].into(), [0].into());
    let place = Place { rules: rules.into(), ..place("own") };
    insta::assert_snapshot!(shown(text, &[place], None), @r###"
    error[E0303]: rules beat each other in a circle
     --> rules/all.toml:2:1
      |
    2 | over = ["b"]
      | ^^^^^^^^^^^^ rule `a` (anna.k)
    ...
    4 | over = ["a"]
      | ------------ rule `b` (anna.k)
      = `a` beats `b` (over), `b` beats `a` (over), so for items that all of them hold for nobody wins
    help: delete one `over` of the circle

    error[E0304]: two rules of layer `base` have the same scope
     --> rules/all.toml:6:1
      |
    5 | [rule.c]
      | -------- rule `c` (anna.k)
    6 | [rule.d]
      | ^^^^^^^^ rule `d` (anna.k)
      = they hold for exactly the same items, so neither is narrower
    help: choose one:
       1  `d` wins: add  over = ["c"]  to d                           [maybe]
       2  narrow `c` or `d` so that they no longer meet, or delete one
    "###);
}

#[test]
fn a_catalog_gives_witnesses() {
    use crate::facts::{FactSet, ItemReader};
    let release = crate::rulebook::sample::release(vec![conflict()]);
    let mut facts = FactSet::default();
    let headers = ["sku", "category", "brand", "tags", "cost"];
    let as_it_is = |name: &str| Some(name.to_owned());
    let reader = ItemReader::new(&release.schema, headers, as_it_is, None).unwrap();
    for row in [
        ["AUD-0031", "electronics/audio/tv", "Bose", "kvi", "100 KZT"],
        ["AUD-0001", "electronics/audio", "Bose", "", "100 KZT"],
        ["AUD-0040", "electronics/audio", "Sennheiser", "kvi", ""],
    ] {
        facts.items.put(&reader.read(row).unwrap());
    }
    let evidence = Evidence { name: "catalog 2026-11-18".to_owned(), facts, at: 0 };
    let catalog = Catalog { release: &release, evidence: &evidence };
    let found = catalog.shared(&release.places[0], 0, 1);
    assert_eq!(found.items.len(), 2);
    let (sku, [mine, _]) = found.example.unwrap();
    assert_eq!((&*sku, mine.as_str()), ("AUD-0031", "117.74 KZT   (cost-plus markup 0%)"));
}
