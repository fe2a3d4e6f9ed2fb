//! A small rulebook, compiled by hand, for the tests of analyses and of the test runner.

use super::{Files, Origin, Origins, Span};
use crate::facts::{Attr, Basis, Kind, Schema, Symbols, builtin};
use crate::money::{Amount, Currency, Fraction, Ratio};
use crate::pricing::*;
use std::collections::BTreeMap;

pub const FILE: &str = "rules/all.toml";

pub fn schema() -> Schema {
    let mut attrs = Schema::builtins();
    let add = |name: &str, kind, texts: &[&str]| Attr {
        name: name.into(),
        kind,
        optional: true,
        basis: Basis::Gross,
        customer: false,
        values: None,
        range: None,
        derive: None,
        link: false,
        symbols: Symbols::new(texts.iter().map(|text| (*text).to_owned()), kind == Kind::Tree),
    };
    attrs.push(add("category", Kind::Tree, &["electronics/audio", "grocery/staples"]));
    attrs.push(add("brand", Kind::Text, &["Bose", "Sennheiser"]));
    attrs.push(add("tags", Kind::Set, &["kvi", "szpt"]));
    attrs.push(add("rrp", Kind::Money, &[]));
    Schema::new(attrs)
}

/// One box of cells: `a | b`, `!a`, `a/**`.
pub fn scope(schema: &Schema, cells: &[(&str, &str)]) -> Scope {
    let cond = |(name, text): &(&str, &str)| {
        let id = schema.find(name).unwrap();
        let symbols = &schema.attr(id).symbols;
        let (negated, words) = text.strip_prefix('!').map_or((false, *text), |words| (true, words));
        let mut members: Vec<u32> = Vec::new();
        for word in words.split(" | ") {
            let branch = word.strip_suffix("/**");
            members.extend(symbols.covered(branch.unwrap_or(word), branch.is_some()));
        }
        let test = match schema.attr(id).kind {
            Kind::Set => {
                let bits = members.iter().fold(0, |bits, symbol| bits | 1 << (symbol - 1));
                let (with, without) = if negated { (0, bits) } else { (bits, 0) };
                Test::Tags([Clause { with, without }].into())
            }
            _ => Test::Symbols(Bits::new(
                symbols.len(),
                (0..symbols.len()).filter(|at| members.contains(at) != negated),
            )),
        };
        Cond { attr: id, test, or_missing: false, text: (*text).into() }
    };
    Scope { boxes: [cells.iter().map(cond).collect()].into() }
}

pub fn info(label: &str, owner: &str) -> Info {
    Info {
        id: label.split(".for.").next().unwrap().into(),
        label: label.into(),
        owner: owner.into(),
        ..Info::default()
    }
}

pub fn percent(text: &str) -> Ratio {
    Ratio::parse_percent(text).unwrap()
}

fn factor(text: &str) -> Fraction {
    Fraction::of(Ratio::parse(text).unwrap())
}

pub fn rule(label: &str, layer: u16, scope: Scope) -> Rule {
    Rule {
        info: info(label, "anna.k"),
        layer,
        scope,
        place_cells: [].into(),
        window: Window::ALWAYS,
        over: [].into(),
        strategy: Strategy::CostPlus {
            add: Amount::ZERO,
            factor: [Some(factor("1.16"))].into(),
            text: "markup 0%".into(),
        },
        otherwise: [].into(),
        relax: [].into(),
    }
}

pub fn guard(label: &str, class: GuardClass, scope: Scope, bound: Bound) -> Guard {
    let variant = GuardVariant {
        info: info(label, ""),
        class,
        scope,
        window: Window::ALWAYS,
        may_yield: false,
        when: None,
        bounds: [bound].into(),
    };
    Guard { id: variant.info.id.clone(), variants: [variant].into() }
}

pub fn min_margin(text: &str) -> Bound {
    let kept = Fraction::ONE.sub(Fraction::of(percent(text))).unwrap();
    Bound::MinMargin { margin: percent(text), factor: [factor("1.16").div(kept).unwrap()].into() }
}

pub fn max_markup(text: &str) -> Bound {
    let whole = Fraction::ONE.add(Fraction::of(percent(text))).unwrap();
    Bound::MaxMarkup {
        of: CostBasis::Purchase,
        by: percent(text),
        factor: [factor("1.16").mul(whole).unwrap()].into(),
    }
}

/// KZ with 16 % VAT and 1.5 % freight.
pub fn place(channel: &str) -> Place {
    Place {
        market: "KZ".into(),
        channel: channel.into(),
        currency: Currency::from_code("KZT").unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        vat: [Vat { class: "standard".into(), symbol: 0, rate: percent("16"), one_plus: factor("1.16") }]
            .into(),
        landed: factor("1.015"),
        fx: Fx { max_age: None, buffer: Ratio::ZERO },
        cost_from: builtin::COST,
        fees: Fees {
            commission: Ratio::ZERO,
            shares: Ratio::ZERO,
            per_unit: [].into(),
            per_order: [].into(),
            basket: None,
            returns: None,
        },
        plausibility: Plausibility {
            cost_change: (percent("-50"), percent("100")),
            rival: (percent("40"), percent("250")),
            rate_jump: percent("10"),
        },
        sets: [].into(),
        rules: [].into(),
        adjustments: [].into(),
        limit: None,
        guards: [].into(),
        rounds: [].into(),
    }
}

pub fn release(places: Vec<Place>) -> Release {
    Release {
        hash: "0123456789abcdef".into(),
        name: "sample".into(),
        edition: "2026".into(),
        schema: schema(),
        layers: ["base".into(), "position".into()].into(),
        rivals: Symbols::new(["alza".to_owned()], false),
        places: places.into(),
        segments: [].into(),
        items_feed: Feed::default(),
        rates_file: None,
        elasticities: None,
        guard_count: 0,
    }
}

pub fn files(text: &str) -> Files {
    Files([(FILE.into(), text.into())].into())
}

/// Finds `[kind.label]` and `key = value` lines.
pub fn origins(text: &str) -> Origins {
    let mut origins = BTreeMap::new();
    let (mut start, mut current): (usize, Option<(&'static str, Box<str>)>) = (0, None);
    for line in text.split_inclusive('\n') {
        let span = |from: usize, to: usize| Span { file: FILE.into(), start: start + from, end: start + to };
        let bare = line.trim_end();
        if let Some((kind, label)) =
            bare.strip_prefix('[').and_then(|name| name.trim_end_matches(']').split_once('.'))
        {
            let kind = ["rule", "guard", "stock", "round"].into_iter().find(|known| *known == kind).unwrap();
            let origin = Origin {
                kind,
                label: label.into(),
                owner: "".into(),
                header: span(0, bare.len()),
                keys: BTreeMap::new(),
            };
            origins.insert((kind, label.into()), origin);
            current = Some((kind, label.into()));
        } else if let (Some(key), Some((name, value))) = (&current, bare.split_once('=')) {
            let from = bare.len() - value.trim_start().len();
            let origin: &mut Origin = origins.get_mut(key).unwrap();
            origin.keys.insert(name.trim().into(), span(from, bare.len()));
        }
        start += line.len();
    }
    Origins(origins)
}
