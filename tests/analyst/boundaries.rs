//! Questions at the limits of a rulebook: random variations of the feeds, drawn towards the numbers and dates that the
//! rules mention, of which those are kept that went a way no other one went.

use super::golden::{OfferLine, PastLine, Probe, RateLine, Texts, ask, way};
use super::mentioned::Mentioned;
use jiff::civil::{Date, Time};
use pricer::pricing::Release;
use pricer::rulebook::Files;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// splitmix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Probes that go new ways, and pairs on both sides of a limit, of `tries` variations of `probes`.
pub fn vary(release: &Release, files: &Files, probes: &[Probe], tries: usize) -> Vec<Probe> {
    let mentioned = Mentioned::in_files(files);
    let columns: BTreeSet<String> = probes.iter().flat_map(|probe| probe.item.keys().cloned()).collect();
    let went = |probe: &Probe| match ask(release, probe) {
        Ok((_, recorder)) => way(release, probe, &recorder),
        Err(_) => "unreadable".to_owned(),
    };
    let mut known: BTreeSet<String> = probes.iter().map(went).collect();
    let mut limits: BTreeMap<String, u8> = BTreeMap::new();
    let (mut dice, mut kept) = (Dice(1), Vec::new());
    for _ in 0..tries {
        let mut probe = dice.pick(probes).clone();
        if dice.below(3) != 0 {
            let scope = dice.pick(&mentioned.scopes);
            let there = probes.iter().filter(|probe| {
                let at = |key: &str, own: &str| {
                    scope.get(key).is_none_or(|cells| cells.iter().any(|cell| cell.contains(own)))
                };
                at("market", &probe.market) && at("channel", &probe.channel)
            });
            let there: Vec<&Probe> = there.collect();
            if !there.is_empty() {
                probe = (*dice.pick(&there)).clone();
            }
            enter(&mut probe, scope, &mentioned, &mut dice);
        }
        for _ in 0..dice.below(4) {
            wander(&mut probe, &mentioned, probes, &columns, &mut dice);
        }
        let here = went(&probe);
        if known.insert(here) {
            kept.push(probe.clone());
        }
        let Some((limit, sides)) = approach(&probe, &mentioned, &columns, &mut dice) else { continue };
        let ways: Vec<String> = sides.iter().map(went).collect();
        for (pair, ways) in sides.windows(2).zip(ways.windows(2)) {
            let times = limits.entry(format!("{limit} {}", probe.market)).or_default();
            if ways[0] != ways[1] && *times < 6 {
                *times += 1;
                kept.extend(pair.iter().cloned());
            }
        }
    }
    kept
}

/// Makes the item one that a scope holds for, at a time when it is open.
fn enter(probe: &mut Probe, scope: &BTreeMap<String, Vec<String>>, mentioned: &Mentioned, dice: &mut Dice) {
    for (key, cells) in scope {
        let words: Vec<&str> = cells.iter().flat_map(|cell| cell.split('|')).map(str::trim).collect();
        let wanted = *dice.pick(&words);
        let text = match (key.as_str(), wanted) {
            (_, "**" | "?") | ("market" | "channel", _) => continue,
            ("tags", word) if word.starts_with('!') => {
                let left = probe.item.get("tags").map_or("", String::as_str).split('|');
                let left: Vec<&str> =
                    left.filter(|tag| !words.contains(&format!("!{tag}").as_str())).collect();
                left.join("|")
            }
            (_, word) if word.starts_with('!') => continue,
            (_, word) if word.starts_with('@') => match mentioned.lists.get(word) {
                Some(list) => dice.pick(list).clone(),
                None => continue,
            },
            (_, word) if word.starts_with(['<', '>']) => {
                let number = word.trim_start_matches(['<', '>', '=', ' ']);
                let digits = number.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(number.len());
                let Ok(value) = number[..digits].parse::<f64>() else { continue };
                let step = if word.starts_with('>') { 1.0 } else { -1.0 };
                let step = if value + step < 0.0 { 0.0 } else { step };
                format!("{}{}", value + step, &number[digits..])
            }
            ("weekday" | "time" | "day_of_month" | "holiday" | "days" | "dates" | "from" | "until", _) => {
                probe.at = open_at(probe, scope, mentioned, dice);
                continue;
            }
            (_, word) => match word.strip_suffix("/**") {
                Some(branch) if dice.below(2) == 0 => branch.to_owned(),
                Some(branch) => format!("{branch}/other"),
                None => word.to_owned(),
            },
        };
        match text.is_empty() {
            true => drop(probe.item.remove(key)),
            false => drop(probe.item.insert(key.clone(), text)),
        }
    }
}

/// A moment that a `when` or a window may be about.
fn open_at(
    probe: &Probe,
    scope: &BTreeMap<String, Vec<String>>,
    mentioned: &Mentioned,
    dice: &mut Dice,
) -> i64 {
    let zone = if probe.market == "KZ" { "Asia/Almaty" } else { "Europe/Berlin" };
    let days = |days: usize| jiff::Span::new().days(i64::try_from(days).unwrap());
    let november = Date::constant(2026, 11, 1);
    let dates: Vec<Date> = mentioned.dates.iter().copied().collect();
    let date = if let Some(from) = scope.get("from") {
        from[0][..10].parse::<Date>().unwrap().saturating_add(days(dice.below(8)))
    } else if scope.contains_key("holiday") && !dates.is_empty() {
        dice.pick(&dates).saturating_sub(days(8)).saturating_add(days(dice.below(13)))
    } else {
        november.saturating_add(days(dice.below(28)))
    };
    let times: Vec<Time> = mentioned.times.iter().copied().collect();
    let time = if scope.contains_key("time") && !times.is_empty() {
        *dice.pick(&times)
    } else {
        Time::constant(10, 0, 0, 0)
    };
    date.to_datetime(time).in_tz(zone).unwrap().timestamp().as_second()
}

/// Changes something at random.
fn wander(
    probe: &mut Probe,
    mentioned: &Mentioned,
    probes: &[Probe],
    columns: &BTreeSet<String>,
    dice: &mut Dice,
) {
    let columns: Vec<&String> = columns.iter().collect();
    match dice.below(5) {
        // A word that the rules mention.
        0 => {
            let is_fact =
                |key: &&String| ["category", "brand", "tags", "sku", "vat_class"].contains(&key.as_str());
            let keys: Vec<&String> = mentioned.words.keys().filter(is_fact).collect();
            let key = *dice.pick(&keys);
            let words: Vec<&String> = mentioned.words[key].iter().collect();
            let word = dice.pick(&words);
            let text = match word.strip_suffix("**") {
                Some(branch) if dice.below(2) == 0 => branch.trim_end_matches('/').to_owned(),
                Some(branch) => format!("{branch}other"),
                None => (*word).clone(),
            };
            if !text.is_empty() && text != "-" && !text.starts_with('@') {
                probe.item.insert(key.clone(), text);
            }
        }
        // A cell of another item, or none.
        1 => {
            let key = *dice.pick(&columns);
            if !["sku", "market", "channel"].contains(&key.as_str()) {
                match dice.pick(probes).item.get(key).cloned() {
                    Some(text) => drop(probe.item.insert(key.clone(), text)),
                    None => drop(probe.item.remove(key)),
                }
            }
        }
        // Costs and prices that move the guards.
        2 => {
            let key = ["cost", "current_price", "rrp", "supplier_cost"][dice.below(4)];
            let factor = [0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.3, 2.0][dice.below(8)];
            scale(&mut probe.item, key, factor);
        }
        3 => wander_offer(probe, mentioned, dice),
        _ => wander_past(probe, dice),
    }
}

/// Another price before today's, which began some time ago.
fn wander_past(probe: &mut Probe, dice: &mut Dice) {
    let Some(current) = probe.item.get("current_price").cloned() else { return };
    let mut before = current.clone();
    scale_text(&mut before, [0.9, 0.95, 1.05, 1.1, 1.25][dice.below(5)]);
    let kind = |price: &String, dice: &mut Dice| match dice.below(3) {
        0 => ("clearance".to_owned(), price.clone()),
        _ => ("regular".to_owned(), price.clone()),
    };
    let day = 86_400;
    let began = [day / 4, day, 3 * day, 10 * day, 40 * day][dice.below(5)];
    let line = |(kind, price), began, ended| PastLine { price, kind, began, ended, announced: String::new() };
    let now = kind(&current, dice);
    probe.item.insert("price_kind".into(), now.0.clone());
    probe.past =
        vec![line(("regular".into(), before), began + 90 * day, Some(began)), line(now, began, None)];
}

fn scale(item: &mut Texts, key: &str, factor: f64) {
    if let Some(text) = item.get_mut(key) {
        scale_text(text, factor);
    }
}

fn scale_text(text: &mut String, factor: f64) {
    let (amount, currency) = text.split_once(' ').unwrap();
    *text = format!("{:.2} {currency}", amount.parse::<f64>().unwrap() * factor);
}

fn currency_of(money: &str) -> &str {
    money.rsplit(' ').next().unwrap()
}

fn wander_offer(probe: &mut Probe, mentioned: &Mentioned, dice: &mut Dice) {
    let members: Vec<&String> = mentioned.words.get("members").into_iter().flatten().collect();
    if let (Some(price), true) = (probe.item.get("current_price").cloned(), probe.offers.is_empty()) {
        let line = |rival: &String| OfferLine {
            rival: rival.clone(),
            price: price.clone(),
            shipping: format!("0.00 {}", currency_of(&price)),
            quality: "99%".into(),
            in_stock: "yes".into(),
            age: 3_600,
        };
        probe.offers = members.into_iter().map(line).collect();
    }
    if probe.offers.is_empty() {
        return;
    }
    let at = dice.below(probe.offers.len());
    let offer = &mut probe.offers[at];
    match dice.below(4) {
        0 => offer.in_stock = "no".into(),
        1 => drop(probe.offers.remove(at)),
        _ => {
            scale_text(&mut offer.price, [0.8, 0.9, 0.97, 1.03, 1.1, 1.2][dice.below(6)]);
        }
    }
}

/// Makes the probes below, at and above a limit.
type Sides<'a> = dyn Fn(&mut dyn FnMut(&mut Probe, usize)) -> [Probe; 3] + 'a;

/// The probe below, at and above one of the limits that the rules mention, and which that is.
fn approach(
    probe: &Probe,
    mentioned: &Mentioned,
    columns: &BTreeSet<String>,
    dice: &mut Dice,
) -> Option<(String, [Probe; 3])> {
    let three = |set: &mut dyn FnMut(&mut Probe, usize)| {
        [0, 1, 2].map(|side| {
            let mut probe = probe.clone();
            set(&mut probe, side);
            probe
        })
    };
    match dice.below(14) {
        12..=13 => approach_past(probe, mentioned, dice, &three),
        10..=11 => approach_price(probe, mentioned, dice, &three),
        0..=2 => {
            let keys: Vec<&String> =
                mentioned.numbers.keys().filter(|key| columns.contains(*key) && *key != "cost").collect();
            let key = *dice.pick(&keys);
            let (texts, unit) = mentioned.sides(key, dice)?;
            let blank = if unit.len() == 3 { " " } else { "" };
            let sides = three(&mut |probe, side| {
                probe.item.insert(key.clone(), format!("{}{blank}{unit}", texts[side]));
            });
            Some((format!("{key} {}{unit}", texts[1]), sides))
        }
        3 => {
            let (texts, _) = mentioned.sides("cost_change", dice)?;
            let cost = probe.item.get("cost")?;
            let currency = currency_of(cost);
            let sides = three(&mut |probe, side| {
                let cost = 100.0 + texts[side].parse::<f64>().unwrap();
                probe.item.insert("previous_cost".into(), format!("100.00 {currency}"));
                probe.item.insert("cost".into(), format!("{cost:.2} {currency}"));
            });
            Some((format!("cost_change {}", texts[1]), sides))
        }
        4..=6 => approach_offer(probe, mentioned, dice, &three),
        7 => {
            let mut rates: Vec<RateLine> = (*probe.rates).clone();
            rates.sort_by_key(|rate| rate.age);
            let jump = dice.below(2) == 0;
            let key = if jump { "rate_jump" } else { "max_age" };
            let (texts, _) = mentioned.sides(key, dice)?;
            let sides = three(&mut |probe, side| {
                let (number, mut rates) = (texts[side].parse::<f64>().unwrap(), rates.clone());
                if jump {
                    rates[1].rate = "500".into();
                    rates[0].rate = format!("{:.6}", 500.0 * (1.0 + number / 100.0));
                } else {
                    rates[0].age = texts[side].parse().unwrap();
                    rates[1].age = rates[0].age + 86_400;
                }
                probe.rates = Arc::new(rates);
            });
            Some((format!("{key} {}", texts[1]), sides))
        }
        8..=9 => {
            let at = if dice.below(2) == 0 {
                limit_near(probe.at, probe, mentioned, dice)
            } else {
                moment(probe, mentioned, dice)
            };
            let sides = three(&mut |probe, side| probe.at = at - 1 + i64::try_from(side).unwrap());
            Some((format!("at {at}"), sides))
        }
        _ => None,
    }
}

/// A midnight or a mentioned time of the probe's own day or the next.
fn limit_near(at: i64, probe: &Probe, mentioned: &Mentioned, dice: &mut Dice) -> i64 {
    let zone = if probe.market == "KZ" { "Asia/Almaty" } else { "Europe/Berlin" };
    let day = jiff::Timestamp::from_second(at).unwrap().in_tz(zone).unwrap().date();
    let day = day.saturating_add(jiff::Span::new().days(i64::try_from(dice.below(2)).unwrap()));
    let times: Vec<&Time> = mentioned.times.iter().collect();
    let time = if times.is_empty() || dice.below(2) == 0 { Time::midnight() } else { **dice.pick(&times) };
    day.to_datetime(time).in_tz(zone).unwrap().timestamp().as_second()
}

/// All money of the item so that its price comes near an amount that the rules mention.
fn approach_price(
    probe: &Probe,
    mentioned: &Mentioned,
    dice: &mut Dice,
    three: &Sides<'_>,
) -> Option<(String, [Probe; 3])> {
    let price = probe.item.get("current_price")?;
    let (amount, currency) = price.split_once(' ')?;
    let amount: f64 = amount.parse().ok()?;
    let limits: Vec<f64> = ["to", "EUR", "KZT"]
        .iter()
        .filter_map(|key| mentioned.numbers.get(*key).map(|all| (key, all)))
        .flat_map(|(key, all)| all.iter().filter(move |(_, unit)| unit == currency || *key == currency))
        .filter_map(|(number, _)| number.parse().ok())
        .collect();
    if limits.is_empty() {
        return None;
    }
    let limit = *dice.pick(&limits);
    let factor = limit / amount * [0.97, 0.99, 1.0, 1.01, 1.03, 1.06][dice.below(6)];
    let sides = three(&mut |probe, side| {
        let factor = factor * [0.985, 1.0, 1.015][side];
        for key in ["cost", "current_price", "rrp", "supplier_cost", "previous_cost"] {
            scale(&mut probe.item, key, factor);
        }
        for offer in &mut probe.offers {
            for text in [&mut offer.price, &mut offer.shipping] {
                if !text.is_empty() {
                    scale_text(text, factor);
                }
            }
        }
    });
    Some((format!("price {limit}"), sides))
}

fn approach_offer(
    probe: &Probe,
    mentioned: &Mentioned,
    dice: &mut Dice,
    three: &Sides<'_>,
) -> Option<(String, [Probe; 3])> {
    if probe.offers.is_empty() {
        return None;
    }
    let at = dice.below(probe.offers.len());
    let key = ["match", "age", "rival"][dice.below(3)];
    let (texts, _) = mentioned.sides(key, dice)?;
    let current = probe.item.get("current_price")?.clone();
    let (amount, currency) = current.split_once(' ')?;
    let amount = amount.parse::<f64>().ok()?;
    let sides = three(&mut |probe, side| {
        let offer = &mut probe.offers[at];
        match key {
            "match" => offer.quality = format!("{}%", texts[side]),
            "age" => offer.age = texts[side].parse().unwrap(),
            _ => {
                offer.price =
                    format!("{:.2} {currency}", amount * texts[side].parse::<f64>().unwrap() / 100.0);
                offer.shipping = format!("0.00 {currency}");
            }
        }
    });
    Some((format!("{key} {}", texts[1]), sides))
}

/// A change of price whose age comes near a time that the rules mention.
fn approach_past(
    probe: &Probe,
    mentioned: &Mentioned,
    dice: &mut Dice,
    three: &Sides<'_>,
) -> Option<(String, [Probe; 3])> {
    let mut probe = probe.clone();
    if probe.past.len() < 2 {
        wander_past(&mut probe, dice);
    }
    let key = ["per", "cooldown", "max_age", "days"][dice.below(4)];
    let (texts, unit) = mentioned.sides(key, dice)?;
    let [.., before, now] = &probe.past[..] else { return None };
    let sides = three(&mut |side, at| {
        let number = texts[at].parse::<f64>().unwrap();
        let (mut before, mut now) = (before.clone(), now.clone());
        if unit == "s" {
            now.began = number as i64;
            before.ended = Some(now.began);
            before.began = before.began.max(now.began + 86_400);
            side.past = vec![before, now];
        } else {
            // A reduction, and a lower price that ended so many days before it.
            now.announced = "yes".into();
            before.ended = Some(now.began);
            let mut lower = before.clone();
            scale_text(&mut lower.price, 0.9);
            before.began = now.began + (number * 86_400.0) as i64;
            (lower.began, lower.ended) = (before.began + 864_000, Some(before.began));
            side.past = vec![lower, before, now];
        }
        side.item.clone_from(&probe.item);
    });
    Some((format!("{key} {}", texts[1]), sides))
}

/// A date that the rules mention, or one near it, at a time they mention, by the clock of the market.
fn moment(probe: &Probe, mentioned: &Mentioned, dice: &mut Dice) -> i64 {
    let days = |days: i64| jiff::Span::new().days(days);
    let dates: Vec<&Date> = mentioned.dates.iter().collect();
    let left: Vec<f64> = mentioned
        .numbers
        .get("days_left")
        .into_iter()
        .flatten()
        .filter_map(|(n, _)| n.parse().ok())
        .collect();
    let date = if !left.is_empty() && !dates.is_empty() && dice.below(4) == 0 {
        // So many days before the last day of a markdown.
        let left = *dice.pick(&left) as i64 + i64::try_from(dice.below(3)).unwrap() - 1;
        dice.pick(&dates).saturating_sub(days(left))
    } else if dates.is_empty() || dice.below(3) == 0 {
        Date::constant(2026, 11, 1).saturating_add(days(i64::try_from(dice.below(31)).unwrap()))
    } else {
        dice.pick(&dates).saturating_add(days(i64::try_from(dice.below(14)).unwrap() - 9))
    };
    let times: Vec<&Time> = mentioned.times.iter().collect();
    let time = if times.is_empty() || dice.below(2) == 0 { Time::midnight() } else { **dice.pick(&times) };
    let zone = if probe.market == "KZ" { "Asia/Almaty" } else { "Europe/Berlin" };
    date.to_datetime(time).in_tz(zone).unwrap().timestamp().as_second()
}
