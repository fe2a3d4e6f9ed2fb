//! One case: an item with its offers and rates at one moment, often exactly at an edge.

use super::super::{CaseInput, HistoryText, OfferText, RateText};
use super::dice::{self, Dice, decimal};
use super::{BRANDS, CATEGORIES, Place, TAGS, World, past};
use jiff::{SignedDuration, Timestamp};

/// Money text; what is beyond the range of amounts is cut to its end.
fn money(micros: i128, currency: &str) -> String {
    dice::money(micros.min(i128::from(i64::MAX)), currency)
}

/// What the columns of one case are made from.
struct Draft<'a> {
    place: &'a Place,
    other: &'a Place,
    at: Timestamp,
    /// the level of its prices, in millionths of the market's currency
    base: i128,
    case: CaseInput,
}

pub fn case(dice: &mut Dice, world: &World, number: usize) -> CaseInput {
    let here = dice.below(2);
    let place = &world.places[here];
    let at = moment(dice, place);
    let channels = ["own", "own", "app", "dropship", "post", "bazaar"];
    let channel = dice.pick(if here == 1 { &channels } else { &channels[..5] });
    let case = CaseInput {
        market: place.market.into(),
        channel: channel.into(),
        at: at.to_string(),
        ..CaseInput::default()
    };
    let mut draft = Draft { place, other: &world.places[1 - here], at, base: base(dice, place), case };
    let mut currencies = vec!["EUR", item(dice, world, &mut draft, world.sku(number))];
    let aims =
        ["tuned", "tuned", "tuned", "ends", "ends", "ends", "rising", "paired", "paired", "", "", "", ""];
    let aim = dice.pick(&aims);
    draft.aim_at(aim);
    if aim == "ends" {
        complete(dice, &mut draft);
    }
    if world.on.relative && (aim == "paired" || dice.chance(15)) {
        twins(dice, world, &mut draft, number, &mut currencies);
    }
    currencies.sort();
    currencies.dedup();
    rates(dice, &mut draft, &currencies);
    draft.case
}

/// Everything of one item; tells the currency of its cost.
fn item<'a>(dice: &mut Dice, world: &World, draft: &mut Draft<'a>, sku: String) -> &'a str {
    draft.set("sku", sku);
    labels(dice, world, draft);
    let cost = costs(dice, world, draft);
    prices(dice, draft);
    times(dice, draft);
    demand(dice, draft);
    for rival in ["alza", "mediam", "otto", "kaufl", "stranger", "alza"] {
        if dice.chance(if rival == "stranger" { 15 } else { 65 }) {
            let offer = offer(dice, draft, rival);
            draft.case.offers.push(offer);
        }
    }
    if world.on.history && dice.chance(65) {
        let current = draft.case.item.get("current_price").and_then(|text| super::super::text::money(text));
        let current = match current {
            Some((price, of)) if of == draft.place.currency => micros(&price),
            _ => draft.base,
        };
        let prices = (current, draft.base);
        draft.case.history =
            past::rows(dice, draft.place, draft.other, draft.at, &draft.case.channel, prices);
    }
    cost
}

fn micros(price: &super::super::num::Q) -> i128 {
    i128::try_from((price * super::super::num::power(6)).to_integer()).expect("an amount")
}

/// What a markdown asks for, where it is missing by chance.
fn complete(dice: &mut Dice, draft: &mut Draft) {
    if !draft.case.item.contains_key("stock_cover") && dice.chance(80) {
        draft.set("units_per_day", dice.pick(&["1", "0.2", "3", "0.05", "10"]));
        draft.set("stock_units", dice.pick(&["7", "10", "12", "20.5", "30"]));
    }
    if draft.case.history.is_empty() && dice.chance(70) {
        draft.case.history.push(HistoryText {
            price: money(
                (draft.base / draft.place.minor()).max(1) * draft.place.minor(),
                draft.place.currency,
            ),
            from: draft.before(864_000),
            ..HistoryText::default()
        });
    }
}

/// One to three items more; each names a twin: the next one, any, itself or nobody. So chains and circles come about.
fn twins<'a>(
    dice: &mut Dice,
    world: &World,
    draft: &mut Draft<'a>,
    number: usize,
    currencies: &mut Vec<&'a str>,
) {
    let count = dice.pick(&[1, 1, 2, 3]);
    let name = |index: usize| match index {
        0 => world.sku(number),
        index => format!("{}-{}", world.sku(number), ["a", "b", "c"][index - 1]),
    };
    let twin = |dice: &mut Dice, index: usize| match dice.below(12) {
        0..=6 => name((index + 1) % (count + 1)),
        7..=8 => name(dice.below(count + 1)),
        9 => name((index + count) % (count + 1)),
        10 => "NOBODY".into(),
        _ => String::new(),
    };
    let own = twin(dice, 0);
    draft.set("twin", own);
    let level = draft.base;
    for index in 1..=count {
        let case = CaseInput {
            market: draft.case.market.clone(),
            channel: draft.case.channel.clone(),
            ..CaseInput::default()
        };
        let base = level * dice.pick(&[100, 100, 85, 110, 250]) / 100;
        let mut other = Draft { base: base.max(draft.place.minor()), case, ..*draft };
        currencies.push(item(dice, world, &mut other, name(index)));
        let next = twin(dice, index);
        other.set("twin", next);
        other.aim_at(dice.pick(&["paired", "paired", "paired", "tuned", "rising", "", ""]));
        draft.case.others.push(other.case);
    }
}

/// Elasticities at their edges: −1, sure or not by a hair, far out, and what else the forms ask for.
fn demand(dice: &mut Dice, draft: &mut Draft) {
    if dice.chance(8) {
        return;
    }
    let plain = [
        ("-2", "0"),
        ("-2", "0.3"),
        ("-2.5", "0.5"),
        ("-2.5", "0.1"),
        ("-2.67448975", "1"), // ε₊ is −2 at 75 %
        ("-4", "0.5"),
        ("-4", "1.5"),
        ("-1.2", "0"),
        ("-1.5", "0.2"),
        ("-3", "0.000000001"),
        ("-12", "3"),
    ];
    let edges = [
        ("-1", "0"),
        ("-1.000000001", "0"),
        ("-0.999999999", "0.1"),
        ("-2.281551566", "1"), // P(ε > −1) is ten percent
        ("-2.281551565", "1"),
        ("-1.67448975", "1"), // ε₊ is −1 at 75 %
        ("-1.674489751", "1"),
        ("-0.32551025", "1"), // ε₋ is −1 at 75 %
        ("-0.325510249", "1"),
        ("-0.8", "0.1"),
        ("0", "0"),
        ("0.5", "0.2"),
        ("-6", "25"),
        ("-2", "-0.1"),
        ("-300", "10"),
        ("-0.000001", "0"),
    ];
    let (epsilon, se) = if dice.chance(70) { dice.pick(&plain) } else { dice.pick(&edges) };
    draft.set("elasticity", epsilon);
    if dice.chance(95) {
        draft.set("elasticity_se", se);
    }
    let currency = draft.place.currency;
    let priced = |dice: &mut Dice, draft: &mut Draft, name: &str, percent: usize, shares: &[i128]| {
        if dice.chance(percent) {
            let of = if dice.chance(97) { currency } else { draft.other.currency };
            draft.set(name, money(draft.share(dice.pick(shares)), of));
        }
    };
    priced(dice, draft, "elasticity_price", 80, &[1_000_000, 2_000_000, 900_000, 1_333_333, 700_001]);
    priced(dice, draft, "observed_low", 35, &[900_000, 800_000, 1_111_111, 500_000, 500_000, 2_000_000]);
    priced(dice, draft, "observed_high", 35, &[1_000_000, 909_091, 1_300_000, 2_000_000, 2_000_000]);
    if dice.chance(8) {
        // An exponential demand whose best revenue is at today's price.
        draft.set("elasticity", "-2");
        draft.set("elasticity_se", dice.pick(&["0", "0.3"]));
        if let Some((price, of)) =
            draft.case.item.get("current_price").and_then(|t| super::super::text::money(t))
        {
            draft.set("elasticity_price", money(micros(&price) * 2, &of));
        }
    }
    if dice.chance(80) {
        let shares = ["10%", "20%", "30%", "50%", "90%", "0.0000001%", "99.9999999%", "0%", "100%"];
        draft.set("market_share", dice.pick(&shares));
    }
    if dice.chance(80) {
        draft.set("sales_weeks", dice.pick(&["26", "52", "25.999999999", "104", "52"]));
    }
}

impl Draft<'_> {
    fn set(&mut self, column: &str, text: impl Into<String>) {
        self.case.item.insert(column.into(), text.into());
    }

    /// Gives the item the tag of one rule, and takes those of rules over it.
    fn aim_at(&mut self, tag: &str) {
        if !tag.is_empty() {
            let over = ["eol", "new", "flat", "tuned", "ends", "rising", "paired"];
            let tags = self.case.item.get("tags").cloned().unwrap_or_default();
            let kept = tags.split('|').filter(|tag| !tag.is_empty() && !over.contains(tag));
            self.set("tags", kept.chain([tag]).collect::<Vec<_>>().join("|"));
        }
    }

    /// A share of the base in millionths, exact to 10^-6.
    fn share(&self, millionths: i128) -> i128 {
        self.base * millionths / 1_000_000
    }

    fn before(&self, seconds: i64) -> String {
        (self.at - SignedDuration::from_secs(seconds)).to_string()
    }
}

/// Moments around the edges of seasons, promotions, holidays and summer time, in the market's zone.
fn moment(dice: &mut Dice, place: &Place) -> Timestamp {
    let local = dice.pick(&[
        "2026-11-18T10:00:00",
        "2026-11-23T00:00:00",
        "2026-11-24T12:00:00",
        "2026-11-30T00:00:00",
        "2026-11-20T17:00:00",
        "2026-11-20T21:00:00",
        "2026-11-21T22:00:00",
        "2026-11-22T06:00:00",
        "2026-11-23T06:00:00",
        "2026-12-05T00:00:00",
        "2026-12-09T00:00:00",
        "2026-03-19T00:00:00",
        "2026-03-26T00:00:00",
        "2026-10-25T04:30:00",
        "2026-03-29T04:00:00",
        "2026-11-25T09:15:42",
        "2026-11-28T00:00:00",
        "2026-12-31T23:59:59",
        "2026-03-01T00:00:00",
        "2028-02-29T12:00:00",
        "2026-02-26T00:00:00",
    ]);
    let zone = jiff::tz::TimeZone::get(place.zone).expect("a bundled zone");
    let local: jiff::civil::DateTime = local.parse().expect("a date-time above");
    let instant = zone.to_ambiguous_timestamp(local).compatible().expect("a moment in range");
    instant + SignedDuration::from_secs(dice.pick(&[0, 0, 0, -1, 1, 3_600]))
}

/// Often a round number of minor units, sometimes any, rarely tiny or huge.
fn base(dice: &mut Dice, place: &Place) -> i128 {
    let cents = dice.pick(&[100, 99, 500, 1_000, 1_000, 2_500, 9_999, 10_000, 10_000, 39_900, 100_000]);
    match dice.below(20) {
        0 => place.minor(),
        1 => place.amount(1) * 3,
        2 if dice.chance(30) => 4_000_000_000_000_000_000, // 4 · 10^12 of the major unit
        3..=7 => place.amount(dice.between(30, 60_000)) + i128::from(dice.between(0, 99)) * place.minor(),
        _ => place.amount(cents),
    }
}

fn labels(dice: &mut Dice, world: &World, draft: &mut Draft) {
    if !dice.chance(1) {
        let leaf = dice.pick(&["", "", "", "/x"]);
        draft.set("category", format!("{}{leaf}", dice.pick(&CATEGORIES)));
    }
    if !(world.optional.contains(&"brand") && dice.chance(15)) {
        draft.set("brand", dice.pick(&BRANDS));
    }
    let shares = [25, 15, 20, 15, 20, 15, 15, 6, 15, 15, 15, 15];
    let tags: Vec<&str> =
        TAGS.into_iter().zip(shares).filter(|(_, share)| dice.chance(*share)).map(|(tag, _)| tag).collect();
    draft.set("tags", tags.join("|"));
    draft.set("vat_class", dice.pick(&["", "", "standard", "food"]));
    if dice.chance(40) {
        draft.set("rating", dice.pick(&["2.5", "2.499999999", "4", "0"]));
    }
    if dice.chance(40) {
        draft.set("return_rate", dice.pick(&["10%", "9.9999999%", "0%"]));
    }
}

/// The item's cost; tells the currency of the cost.
fn costs<'a>(dice: &mut Dice, world: &World, draft: &mut Draft<'a>) -> &'a str {
    let euro = &super::PLACES[0];
    let foreign = dice.chance(35);
    let from = if foreign { dice.pick(&[draft.other, draft.other, euro]) } else { draft.place };
    let share = dice.pick(&[
        500_000, 600_000, 700_000, 700_000, 750_000, 800_000, 800_000, 900_000, 950_000, 1_000_000, 1_200_000,
    ]);
    let mut cost = draft.share(share) * from.per_euro / draft.place.per_euro;
    cost = cost / 10_000 * 10_000;
    cost += dice.pick(&[0, 0, 0, 1, 5, 4_999]);
    match dice.below(100) {
        0 | 1 => cost = 0,
        2 => cost = 9_223_372_036_854_775_807,
        3 => cost = 8_900_000_000_000_000_000,
        4 if dice.chance(40) => cost = -1,
        _ => {}
    }
    let missing = world.optional.contains(&"cost") && dice.chance(8) || dice.chance(1);
    if !missing {
        draft.set("cost", money(cost, from.currency));
    }
    if dice.chance(40) {
        // change of exactly +100 %, −50 %, +25 %, −10 %, and a little more
        let previous = dice.pick(&[
            cost / 2,
            cost * 2,
            cost * 4 / 5,
            cost * 10 / 9,
            cost / 2 - 1,
            cost * 2 + 1,
            cost,
            cost,
            0,
        ]);
        let currency = if dice.chance(92) { from.currency } else { draft.other.currency };
        draft.set("previous_cost", money(previous.max(0), currency));
    }
    if dice.chance(75) {
        let share = dice.pick(&[600_000, 850_000, 1_100_000, 500_000]);
        draft.set("supplier_cost", money(draft.share(share), draft.place.currency));
    }
    from.currency
}

fn prices(dice: &mut Dice, draft: &mut Draft) {
    let currency = draft.place.currency;
    if dice.chance(92) {
        let share = dice.pick(&[
            1_000_000, 1_000_000, 1_000_000, 940_000, 970_000, 1_030_000, 1_060_000, 950_000, 1_100_000,
            600_000, 2_500_000,
        ]);
        let minor = draft.place.minor();
        let mut price =
            (draft.share(share) / minor).max(1) * minor + dice.pick(&[0, 0, 0, 0, 1, -1, 4]) * minor;
        price = price.max(minor);
        if dice.chance(4) {
            price += minor / 2; // not payable, where a minor unit can be halved
        }
        let mut of = currency;
        match dice.below(100) {
            0 => price = 0,
            1 | 2 => of = draft.other.currency,
            _ => {}
        }
        draft.set("current_price", money(price, of));
    }
    draft.set("price_kind", dice.pick(&["", "", "", "regular", "regular", "promo", "clearance"]));
    if dice.chance(78) {
        let share = dice.pick(&[1_000_000, 1_050_000, 1_000_001, 950_000, 1_200_000, 600_000, 952_381]);
        let of = if dice.chance(97) { currency } else { draft.other.currency };
        draft.set("rrp", money(draft.share(share), of));
    }
    if dice.chance(60) {
        draft.set("list_net", money(draft.share(dice.pick(&[800_000, 840_336, 1_000_000])), currency));
    }
}

/// Durations and instants exactly on thresholds and a second beside them.
fn times(dice: &mut Dice, draft: &mut Draft) {
    const WEEK: i64 = 604_800;
    let near = |dice: &mut Dice, seconds: i64| seconds + dice.pick(&[0, 0, -1, 1, 86_400]);
    match dice.below(4) {
        0 => {
            let weeks = dice.pick(&[1, 8, 8, 12, 12]);
            let seconds = near(dice, weeks * WEEK);
            draft.set("stock_cover", format!("{seconds}s"));
        }
        1 | 2 => {
            let daily = dice.pick(&["0", "1", "2", "0.5", "3", "0.7", "-1"]);
            let daily = if daily == "-1" && dice.chance(85) { "1" } else { daily };
            draft.set("units_per_day", daily);
            let units = ["0", "7", "56", "84", "57", "85", "10", "12", "0.9", "1", "20.5", "30"];
            let many = ["168", "252", "1000000", "1000001"];
            draft.set("stock_units", if dice.chance(10) { dice.pick(&many) } else { dice.pick(&units) });
        }
        _ => draft.set("stock_units", "5"),
    }
    if dice.chance(50) {
        let distance = near(dice, 2 * WEEK);
        draft.set("inbound_at", draft.before(-distance));
    }
    if dice.chance(60) {
        let days = dice.pick(&[1, 1, 1, 0, 7, 14, 28, 42]);
        let distance = near(dice, days * WEEK / 7);
        draft.set("shelf_life_until", draft.before(-distance));
    }
    match dice.below(5) {
        0 | 1 => {
            let distance = near(dice, 8 * WEEK);
            draft.set("on_sale_since", draft.before(distance));
        }
        2 => draft.set("on_sale_for", dice.pick(&["8w", "7.5w", "40w"])),
        3 => draft.set("on_sale_since", draft.before(3 * WEEK)),
        _ => {}
    }
}

/// Rates from the currencies of costs and from the euro: fresh, at the age limit, too old, jumping, inverse, missing.
fn rates(dice: &mut Dice, draft: &mut Draft, currencies: &[&str]) {
    for &source in currencies {
        if source == draft.place.currency || dice.chance(4) {
            continue;
        }
        let from = super::PLACES.iter().find(|place| place.currency == source).expect("a generated currency");
        let inverse = dice.chance(20);
        let (base, quote) = if inverse { (draft.place, from) } else { (from, draft.place) };
        // in 10^-9, a multiple of 100 so that a jump of exactly 10 % or 2 % can be written
        let old = (quote.per_euro * 1_000_000_000 / base.per_euro / 100).max(10) * 100;
        let old = if dice.chance(60) && old > 100_000_000 { old / 10_000_000 * 10_000_000 } else { old };
        let new = match dice.below(12) {
            0 => old / 100 * 110,
            1 => old / 100 * 110 + 1,
            2 => old / 100 * 90,
            3 => old / 100 * 102,
            4 => old / 100 * 88,
            _ => old,
        };
        let age = dice.pick(&[0, 3_600, 3_600, 7_200, 43_200, 43_201, 86_400, 86_401, 129_600]);
        let mut add = |rate: i128, age: i64| {
            let rate = RateText {
                base: base.currency.into(),
                quote: quote.currency.into(),
                rate: decimal(rate, 9),
                as_of: draft.before(age),
            };
            draft.case.rates.push(rate);
        };
        if dice.chance(70) {
            add(old, age + 86_400);
        }
        add(new, age);
        match dice.below(12) {
            0 => add(new * 2, -1),    // not known yet
            1 => add(new + 100, age), // a later row of the same moment
            _ => {}
        }
    }
}

fn offer(dice: &mut Dice, draft: &Draft, rival: &str) -> OfferText {
    let share = dice.pick(&[
        1_000_000, 1_000_000, 990_000, 970_000, 1_030_000, 1_060_000, 940_000, 950_000, 1_050_000, 400_000,
        2_500_000, 500_000, 2_000_000, 399_999, 100_000,
    ]);
    let minor = draft.place.minor();
    let mut price = (draft.share(share) / minor).max(1) * minor;
    if dice.chance(30) {
        price = draft.share(share).max(1) + dice.pick(&[0, 1, minor / 2, minor / 2, 5]);
    }
    let currency = if dice.chance(97) { draft.place.currency } else { draft.other.currency };
    let seen_at = match dice.below(12) {
        0 => String::new(),
        1 => draft.before(-1),
        2 | 3 => draft.before(172_800),
        4 => draft.before(172_801),
        5 => draft.before(86_400),
        6 => draft.before(0),
        _ => draft.before(dice.pick(&[7_200, 7_199, 10_800, 36_000])),
    };
    OfferText {
        market: if dice.chance(85) { draft.place.market.into() } else { String::new() },
        rival: rival.into(),
        price: money(price, currency),
        shipping: match dice.below(6) {
            0 => String::new(),
            1 => money(minor * 5, draft.place.currency),
            _ => money(0, draft.place.currency),
        },
        match_: dice.pick(&["90%", "99%", "97%", "100%", "89.9999999%", ""]).into(),
        in_stock: dice.pick(&["yes", "yes", "yes", "yes", "no", ""]).into(),
        seen_at,
    }
}
