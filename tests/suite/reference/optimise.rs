//! `optimise` (decisions 15): the largest profit change that holds with confidence.

use super::cell::{Cell, Kind, Value};
use super::costs;
use super::doc;
use super::float::{self, Demand, Form};
use super::normal;
use super::num::{self, AMOUNT_PLACES, Q, RATIO_PLACES};
use super::price::{Ask, Refusal, Stop, amount};
use super::propose::Proposal;
use toml::{Table, Value as Toml};

#[derive(Clone, Debug)]
pub struct Optimise {
    /// of profit and of net revenue
    weights: (Q, Q),
    within: Q,
    /// of the confidence
    z: Q,
    /// none is constant elasticity
    form: Option<Form>,
    needs_weeks: Option<Cell>,
    needs_width: Option<Cell>,
    pub adjust: bool,
}

pub fn parse(table: &Table) -> Result<Optimise, String> {
    let weights = match table.get("for").ok_or("optimise needs `for`")? {
        Toml::String(word) if word == "profit" => (num::one(), num::zero()),
        Toml::String(word) if word == "revenue" => (num::zero(), num::one()),
        Toml::Table(mix) => {
            let weight = |key: &str| doc::percent(mix, key)?.ok_or(format!("`for` needs `{key}`"));
            (weight("profit")?, weight("revenue")?)
        }
        other => return Err(format!("optimise for `{other}`?")),
    };
    let form = match doc::text(table, "demand")?.unwrap_or("constant-elasticity") {
        "constant-elasticity" => None,
        "linear" => Some(Form::Linear),
        "exponential" => Some(Form::Exponential),
        "logit" => Some(Form::Logit),
        other => return Err(format!("no demand `{other}`")),
    };
    let empty = Table::new();
    let needs = doc::table(table, "needs")?.unwrap_or(&empty);
    let none = |path: &str| Err(format!("no list `{path}`"));
    let need = |key: &str| doc::text(needs, key)?.map(|t| Cell::parse(Kind::Number, t, &none)).transpose();
    let confidence = doc::percent(table, "confidence")?.unwrap_or_else(|| num::percent(75));
    Ok(Optimise {
        weights,
        within: doc::percent(table, "within")?.ok_or("optimise needs `within`")?,
        z: normal::quantile(&confidence),
        form,
        needs_weeks: need("sales_weeks")?,
        needs_width: need("ci")?,
        adjust: doc::flag(table, "adjust")?,
    })
}

/// `a` and `C` of the unit contribution; none without a cost or with a channel cost that has no rate.
pub fn unit(ask: &Ask) -> Result<Option<costs::Unit>, Refusal> {
    match costs::unit(&ask.facts, ask.channel, ask.case, ask.market, ask.at) {
        Ok(unit) => Ok(Some(unit)),
        Err(refusal) if refusal.code == "AMOUNT_OVERFLOW" => Err(refusal),
        Err(_) => Ok(None),
    }
}

/// The target, or none with the flag that says why where there is one.
pub fn target(ask: &mut Ask, rule: &Optimise) -> Result<Option<Proposal>, Stop> {
    let Some(unit) = unit(ask)? else {
        return Ok(None);
    };
    let fact = |name: &str| ask.facts.quantity(name);
    let (Some(today), Some(epsilon), Some(se)) =
        (ask.facts.current(), fact("elasticity"), fact("elasticity_se"))
    else {
        return Ok(None);
    };
    if se < num::zero() || !needs_hold(ask, rule, &se) || unit.a <= num::zero() {
        return Ok(None);
    }
    let direction = rule.form.is_none() && rule.weights.0 == num::zero();
    if epsilon >= num::zero() || (!direction && !surely_elastic(rule, &epsilon, &se, &unit)) {
        ask.flags.insert("no-interior-optimum");
        return Ok(None);
    }
    let wanted_ends = match rule.form {
        None if direction => revenue_ends(&epsilon, &(&rule.z * &se)),
        None => elastic_ends(ask, rule, &epsilon, &(&rule.z * &se), &unit),
        Some(form) => {
            let Some(demand) = demand(ask, rule, form, &unit) else {
                return Ok(None);
            };
            ask.trail.push(format!("float {form:?}"));
            let (x, r) = (float::of_ratio(&epsilon), float::of_ratio(&rule.z) * float::of_ratio(&se));
            demand.ends(x - r, x + r)
        }
    };
    let Some((low, high)) = region(ask, rule, &today)? else {
        ask.trail.push("region empty".into());
        return Ok(None);
    };
    let (lower, upper) = wanted_ends;
    for (end, word) in [(&lower, "lower"), (&upper, "upper")] {
        if *end == Some(today.clone()) {
            ask.trail.push(format!("optimise today is the {word} end"));
        }
    }
    // None is above every amount.
    let (wanted, word) = if lower.as_ref().is_none_or(|lower| today < *lower) {
        (lower, "lower end")
    } else if upper.as_ref().is_some_and(|upper| *upper < today) {
        (upper, "upper end")
    } else {
        (Some(today), "stay")
    };
    ask.trail.push(format!("optimise {word}"));
    let target = wanted.as_ref().map_or(&high, |wanted| wanted.min(&high).max(&low)).clone();
    let converted = ask.facts.cost.as_ref().is_some_and(|cost| cost.rate.is_some());
    let mut proposal = Proposal::plain(target.clone(), "optimise", if converted { &["fx"] } else { &[] });
    proposal.trust_region = wanted != Some(target);
    proposal.adjusts = rule.adjust;
    Ok(Some(proposal))
}

fn needs_hold(ask: &Ask, rule: &Optimise, se: &Q) -> bool {
    let holds = |cell: &Option<Cell>, value: Option<Q>| {
        cell.as_ref().is_none_or(|cell| value.is_some_and(|v| cell.holds(Some(&Value::Quantity(v)), "")))
    };
    let width = num::parse("3.919927970").expect("a number").0 * se;
    holds(&rule.needs_weeks, ask.facts.quantity("sales_weeks"))
        && holds(&rule.needs_width, Some(num::half_even(&width, RATIO_PLACES)))
}

/// Not P(ε > −1) > 10 %, and an optimum that is not at the bottom (decisions 15.3).
fn surely_elastic(rule: &Optimise, epsilon: &Q, se: &Q, unit: &costs::Unit) -> bool {
    let beyond = -num::one() - epsilon;
    let tenth = num::parse("1.281551566").expect("a number").0 * se;
    beyond > num::zero() && beyond >= tenth && (rule.form.is_some() || unit.c > num::zero())
}

fn revenue_ends(epsilon: &Q, r: &Q) -> (Option<Q>, Option<Q>) {
    let least = Some(num::zero());
    if epsilon + r < -num::one() {
        (least.clone(), least)
    } else if epsilon - r > -num::one() {
        (None, None)
    } else {
        (least, None)
    }
}

/// h(ε₋) and h(ε₊) of constant elasticity, exact and then quantised.
fn elastic_ends(
    ask: &mut Ask,
    rule: &Optimise,
    epsilon: &Q,
    r: &Q,
    unit: &costs::Unit,
) -> (Option<Q>, Option<Q>) {
    let (a, c) = weighted(ask, rule, unit);
    let optimum = |x: Q| {
        if x >= -num::one() {
            return None;
        }
        let exact = &c / &a * &x / (num::one() + &x);
        Some(num::half_even(&exact, AMOUNT_PLACES)).filter(|price| num::fits(price, AMOUNT_PLACES))
    };
    (optimum(epsilon - r), optimum(epsilon + r))
}

/// a′ and C′ of the aim.
fn weighted(ask: &Ask, rule: &Optimise, unit: &costs::Unit) -> (Q, Q) {
    let net = num::one() / (num::one() + &ask.facts.vat);
    (&rule.weights.0 * &unit.a + &rule.weights.1 * net, &rule.weights.0 * &unit.c)
}

fn demand(ask: &Ask, rule: &Optimise, form: Form, unit: &costs::Unit) -> Option<Demand> {
    let measured = ask.facts.quantity("elasticity_price").filter(|price| *price > num::zero())?;
    let share = ask.facts.quantity("market_share");
    let share = share.filter(|share| *share > num::zero() && *share < num::one());
    if form == Form::Logit && share.is_none() {
        return None;
    }
    let net = num::one() / (num::one() + &ask.facts.vat);
    let (profit, revenue) = (float::of_ratio(&rule.weights.0), float::of_ratio(&rule.weights.1));
    let a = profit * float::of_fraction(&unit.a) + revenue * float::of_fraction(&net);
    let k = profit * float::of_fraction(&unit.c);
    let share = share.as_ref().map_or(0.0, float::of_ratio);
    Some(Demand { form, e: float::of_amount(&measured), share, c: k / a })
}

/// Lowest and highest target (decisions 15.6); none if they exclude each other.
fn region(ask: &Ask, rule: &Optimise, today: &Q) -> Result<Option<(Q, Q)>, Refusal> {
    let up = |exact: Q| amount(num::up(&exact, AMOUNT_PLACES));
    let down = |exact: Q| amount(num::down(&exact, AMOUNT_PLACES));
    let mut low = up(today * (num::one() - &rule.within))?;
    let mut high = down(today * (num::one() + &rule.within))?;
    if let Some(observed) = ask.facts.quantity("observed_low") {
        low = low.max(up(observed * num::percent(90))?);
    }
    if let Some(observed) = ask.facts.quantity("observed_high") {
        high = high.min(down(observed * num::percent(110))?);
    }
    Ok((low <= high).then_some((low, high)))
}
