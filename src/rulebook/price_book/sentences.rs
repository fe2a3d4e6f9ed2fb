//! Scopes and strategies in words.

use crate::facts::{Schema, Symbols, show_duration};
use crate::money::Ratio;
use crate::pricing::ahead::{Demand, Markdown, Optimise, Plan, Until};
use crate::pricing::{Clause, Cond, Fixed, Place, Release, Scope, Strategy, Test};

/// `items with category electronics/** and tags has kvi`
pub fn scope(schema: &Schema, scope: &Scope) -> String {
    let boxes: Vec<String> = scope
        .boxes
        .iter()
        .map(|conds| conds.iter().map(|cond| condition(schema, cond)).collect::<Vec<_>>().join(" and "))
        .collect();
    match boxes.iter().any(String::is_empty) {
        true => "every item".to_owned(),
        false => format!("items with {}", boxes.join(", or with ")),
    }
}

fn condition(schema: &Schema, cond: &Cond) -> String {
    let attr = schema.attr(cond.attr);
    match &cond.test {
        Test::Tags(list) => {
            let all: Vec<String> = list.iter().map(|clause| tags(*clause, &attr.symbols)).collect();
            format!("{} {}", attr.name, all.join(" and "))
        }
        Test::Symbols(_) | Test::Spans(_) => format!("{} {}", attr.name, pieces(&cond.text)),
    }
}

/// `with kvi or new`, `without fresh`.
fn tags(clause: Clause, symbols: &Symbols) -> String {
    let names = |bits: u64| {
        let set = (0..64).filter(|bit| bits >> bit & 1 == 1);
        set.filter_map(|bit| symbols.example(bit + 1)).collect::<Vec<_>>().join(" or ")
    };
    match (clause.with, clause.without) {
        (with, 0) => format!("with {}", names(with)),
        (0, without) => format!("without {}", names(without)),
        (with, without) => format!("with {} or without {}", names(with), names(without)),
    }
}

/// `Bose or Sennheiser`, `not food`.
fn pieces(cell: &str) -> String {
    let one = |piece: &str| match (piece.trim(), piece.trim().strip_prefix('!')) {
        ("?", _) => "not known".to_owned(),
        ("**", _) => "of any kind".to_owned(),
        (_, Some(rest)) => format!("not {}", listed(rest.trim())),
        (rest, None) => listed(rest),
    };
    cell.split('|').map(one).collect::<Vec<_>>().join(" or ")
}

fn listed(text: &str) -> String {
    match text.strip_prefix('@') {
        Some(file) => format!("listed in {file}"),
        None => text.to_owned(),
    }
}

/// What a strategy does: `1% under the lowest valid price of national`.
pub fn strategy(release: &Release, place: &Place, strategy: &Strategy) -> String {
    let set = |at: u16| place.sets.get(usize::from(at)).map_or("?", |set| &*set.name).to_owned();
    match strategy {
        Strategy::CostPlus { text, .. } => format!("cost plus, {text}"),
        Strategy::Follow { set: at, rank, by } => {
            format!("{} the {} price of the rivals `{}`", off(*by), rank.as_str(), set(*at))
        }
        Strategy::Index { set: at, of, at: share } => {
            format!("{} of the {} price of the rivals `{}`", share.to_percent_text(7), of.as_str(), set(*at))
        }
        Strategy::Fixed(Fixed::Value(Some(amount))) => {
            format!("{} as printed", crate::money::Money::new(*amount, place.currency))
        }
        Strategy::Fixed(Fixed::Value(None)) => "a printed price, none in this currency".to_owned(),
        Strategy::Fixed(Fixed::Table(rows)) => {
            format!("the printed price of the item's row, one of {}", rows.len())
        }
        Strategy::Keep { max_age: None } => "the current price".to_owned(),
        Strategy::Keep { max_age: Some(age) } => {
            format!("the current price, not older than {}", show_duration(*age))
        }
        Strategy::Use { layer } => {
            let name = release.layers.get(usize::from(*layer)).map_or("?", |name| &**name);
            format!("what layer `{name}` says")
        }
        Strategy::Blend { parts, .. } => {
            let one = |part: &crate::pricing::PricePart| {
                format!(
                    "{} of {}",
                    part.weight.to_percent_text(7),
                    self::strategy(release, place, &part.strategy)
                )
            };
            match &**parts {
                [only] => self::strategy(release, place, &only.strategy),
                _ => format!("a mean: {}", parts.iter().map(one).collect::<Vec<_>>().join(", ")),
            }
        }
        Strategy::Optimise(rule) => optimise(rule),
        Strategy::Relative(rule) => {
            format!("{} the price of its `{}`", off(rule.by), release.schema.attr(rule.to).name)
        }
        Strategy::Fade(rule) => {
            let name = release.layers.get(usize::from(rule.versus)).map_or("?", |name| &**name);
            let (start, end, over) = (signed(rule.start), signed(rule.end), show_duration(rule.over));
            format!("what layer `{name}` says, {start} at first and {end} after {over} on sale")
        }
        Strategy::Markdown(rule) => markdown(release, rule),
    }
}

/// `the price that surely (75%) earns more profit, at most 8% from today's`
fn optimise(rule: &Optimise) -> String {
    let mut text = format!(
        "the price that surely ({}) earns more {}, at most {} from today's",
        rule.confidence.to_percent_text(7),
        rule.aim.text(),
        rule.within.to_percent_text(7)
    );
    if rule.demand != Demand::ConstantElasticity {
        text.push_str(&format!(", demand {}", rule.demand.as_str()));
    }
    let needs = [("weeks of sales", &rule.needs.sales_weeks), ("interval", &rule.needs.interval)];
    for (name, need) in needs {
        if let Some(need) = need {
            text.push_str(&format!(", if {name} {}", need.text));
        }
    }
    text
}

/// `down a ladder of 4 steps until 2027-01-31, left over a unit brings 30% of cost`
fn markdown(release: &Release, rule: &Markdown) -> String {
    let plan = match &rule.plan {
        Plan::Curve(steps) => format!("down a curve of {} rows", steps.len()),
        Plan::Ladder { rungs, .. } => format!("down a ladder of {} steps", rungs.len()),
        Plan::Stock => "what sells the stock best".to_owned(),
    };
    let until = match rule.until {
        Until::Day(day) => {
            let day = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day));
            day.map(|day| day.to_string()).unwrap_or_default()
        }
        Until::In(attr) => format!("the end of `{}`", release.schema.attr(attr).name),
    };
    let left = rule.salvage.as_ref().map(|salvage| format!(", a unit left over brings {}", salvage.text));
    format!("{plan} until {until}{}", left.unwrap_or_default())
}

/// `1% under`, `2% over`, `exactly`.
fn off(by: Ratio) -> String {
    let text = by.to_percent_text(7);
    match text.strip_prefix('-') {
        Some(text) => format!("{text} under"),
        None if by == Ratio::ZERO => "exactly".to_owned(),
        None => format!("{text} over"),
    }
}

/// `+3%`, `-30%`.
pub fn signed(by: Ratio) -> String {
    let text = by.to_percent_text(7);
    if by < Ratio::ZERO { text } else { format!("+{text}") }
}
