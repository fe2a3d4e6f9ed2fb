//! Rules, adjustments, guards and rounding, each entry a card.

use super::sentences::{scope, signed, strategy};
use super::{Card, Part, Section};
use crate::explain::guard_demand;
use crate::facts::show_duration;
use crate::pricing::{
    AdjustmentKind, Change, FeedName, GuardClass, GuardVariant, Info, Place, Release, Rule, Way, Window,
};
use crate::rulebook::why::dates;
use std::collections::BTreeMap;

/// Gathers what places say: cards by entry, parts by label, sentences by places.
#[derive(Default)]
struct Gathered {
    entries: Vec<Told>,
}

/// A card on its way: where it stands in the rulebook, and its parts with the places of each sentence.
struct Told {
    order: Order,
    card: Card,
    parts: Vec<(u32, String, Says)>,
}

/// Sentences with their places.
type Says = Vec<(String, Vec<String>)>;

/// Layer or class, then file and line.
type Order = (u16, String, u32);

impl Gathered {
    fn say(&mut self, place: &Place, info: &Info, (rank, tag): (u16, &str), sentence: String) {
        let is = |told: &Told| told.card.name == *info.id && told.card.tag == tag;
        if !self.entries.iter().any(is) {
            let card = Card {
                name: info.id.to_string(),
                tag: tag.to_owned(),
                owner: info.owner.to_string(),
                why: info.why.to_string(),
                at: format!("{}:{}", info.at.file, info.at.line),
                parts: Vec::new(),
            };
            let order = (rank, info.at.file.to_string(), info.at.line);
            self.entries.push(Told { order, card, parts: Vec::new() });
        }
        let Some(told) = self.entries.iter_mut().find(|told| is(told)) else { return };
        if !told.parts.iter().any(|(_, label, _)| *label == *info.label) {
            told.parts.push((info.at.line, info.label.to_string(), Vec::new()));
        }
        let Some((.., says)) = told.parts.iter_mut().find(|(_, label, _)| *label == *info.label) else {
            return;
        };
        let name = format!("{}/{}", place.market, place.channel);
        match says.iter_mut().find(|(text, _)| *text == sentence) {
            Some((_, places)) => places.push(name),
            None => says.push((sentence, vec![name])),
        }
    }

    fn cards(mut self, places: usize) -> Vec<Card> {
        self.entries.sort_by(|a, b| a.order.cmp(&b.order));
        let card = |mut told: Told| {
            told.parts.sort_by_key(|(line, ..)| *line);
            let says = |(text, names): (String, Vec<String>)| {
                ((names.len() < places).then(|| names.join(", ")), text)
            };
            let part = |(_, label, all): (u32, String, Says)| Part {
                label,
                says: all.into_iter().map(says).collect(),
            };
            Card { parts: told.parts.into_iter().map(part).collect(), ..told.card }
        };
        self.entries.into_iter().map(card).collect()
    }
}

/// The reason that the rows of each rule have from it: the one that several of them share.
fn inherited(place: &Place) -> BTreeMap<&str, &str> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for info in place.rules.iter().map(|rule| &rule.info).filter(|info| info.row.is_some()) {
        *counts.entry((&info.id, &info.why)).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| 1 < *count).map(|(key, _)| key).collect()
}

fn when(window: Window, place: &Place) -> String {
    dates(window, &place.zone).map(|dates| format!(", {dates}")).unwrap_or_default()
}

fn relaxed(place: &Place, relax: &[u16]) -> String {
    let names: Vec<&str> =
        relax.iter().filter_map(|at| place.guards.get(usize::from(*at))).map(|guard| &*guard.id).collect();
    if names.is_empty() { String::new() } else { format!(" It gives up the guards {}.", names.join(", ")) }
}

pub fn rules(release: &Release) -> Section {
    let mut found = Gathered::default();
    let layer = |rule: &Rule| release.layers.get(usize::from(rule.layer)).map_or("", |name| &**name);
    for place in &release.places {
        let mut rules: Vec<&Rule> = place.rules.iter().collect();
        rules.sort_by_key(|rule| (rule.layer, &rule.info.at.file, rule.info.at.line, rule.info.row));
        let inherited = inherited(place);
        for rule in rules {
            let given = inherited.get(&*rule.info.id).copied().unwrap_or("");
            let mut info = rule.info.clone();
            if info.row.is_some() {
                info.why = given.into();
            }
            let tag = format!("layer {}", layer(rule));
            found.say(place, &info, (rule.layer, &tag), sentence(release, place, rule, given));
        }
    }
    let layers: Vec<&str> = release.layers.iter().map(AsRef::as_ref).collect();
    Section {
        title: "Who sets the price",
        lead: format!(
            "One rule sets the price of an item. The later layer wins ({}); inside a layer the one that says `over`, \
             else the narrower one.",
            layers.join(" < ")
        ),
        cards: found.cards(release.places.len()),
    }
}

fn sentence(release: &Release, place: &Place, rule: &Rule, given: &str) -> String {
    let mut out = format!(
        "For {}{}: {}.",
        scope(&release.schema, &rule.scope),
        when(rule.window, place),
        strategy(release, place, &rule.strategy)
    );
    let others: Vec<String> = rule.otherwise.iter().map(|other| strategy(release, place, other)).collect();
    if !others.is_empty() {
        out.push_str(&format!(" Without that: {}.", others.join(", else ")));
    }
    let losers: Vec<&str> = rule
        .over
        .iter()
        .filter_map(|at| place.rules.get(*at as usize))
        .map(|rule| &*rule.info.label)
        .collect();
    if !losers.is_empty() {
        out.push_str(&format!(" It wins over {}.", losers.join(", ")));
    }
    let own = rule.info.row.is_some() && *rule.info.why != *given;
    if own && !rule.info.why.is_empty() {
        out.push_str(&format!(" ({})", rule.info.why));
    }
    out + &relaxed(place, &rule.relax)
}

/// `+3%`, or `between −4% and +6% by the season` where it goes with the year.
fn change(change: &Change) -> String {
    let (low, high) = change.range();
    if low == high {
        signed(low)
    } else {
        format!("Between {} and {} as the year goes", signed(low), signed(high))
    }
}

pub fn adjustments(release: &Release) -> Section {
    let mut found = Gathered::default();
    for place in &release.places {
        for adjustment in &place.adjustments {
            let tag = match adjustment.kind {
                AdjustmentKind::Season => "season",
                AdjustmentKind::Stock => "stock",
            };
            for variant in &adjustment.variants {
                let text = if variant.when.text.is_empty() {
                    String::new()
                } else {
                    format!(", {}", variant.when.text)
                };
                let sentence = format!(
                    "{} for {}{}{text}.{}",
                    change(&variant.adjust),
                    scope(&release.schema, &variant.scope),
                    when(variant.window, place),
                    relaxed(place, &variant.relax),
                );
                found.say(place, &variant.info, (0, tag), sentence);
            }
        }
    }
    let limit = release.places.iter().find_map(|place| place.limit);
    let limit = limit
        .map(|(low, high)| format!(" Together they stay between {} and {}.", signed(low), signed(high)))
        .unwrap_or_default();
    Section {
        title: "What moves it",
        lead: format!("All adjustments that hold multiply.{limit}"),
        cards: found.cards(release.places.len()),
    }
}

pub fn guards(release: &Release) -> Section {
    let mut found = Gathered::default();
    for (rank, class) in (0..).zip(GuardClass::ALL) {
        for place in &release.places {
            let variants = place.guards.iter().flat_map(|guard| &guard.variants);
            for variant in variants.filter(|variant| variant.class == class) {
                found.say(place, &variant.info, (rank, class.as_str()), demanded(release, place, variant));
            }
        }
    }
    Section {
        title: "What no price may leave",
        lead: "All guards apply together, the tightest of a class counts. Where they cannot all hold, the lower class gives way: \
               legal, safety, contract, commercial, comfort."
            .to_owned(),
        cards: found.cards(release.places.len()),
    }
}

fn demanded(release: &Release, place: &Place, variant: &GuardVariant) -> String {
    let demands: Vec<String> =
        variant.bounds.iter().map(|bound| guard_demand(bound, place.currency, &release.schema)).collect();
    let stale = variant.when.as_ref().map(|stale| {
        let feed = match stale.feed {
            FeedName::Competitors => "rivals' offers",
            FeedName::Fx => "exchange rates",
        };
        let ages: Vec<String> = stale
            .age
            .iter()
            .map(|(low, high)| match (*low, *high) {
                (low, i64::MAX) if show_duration(low - 1).len() < show_duration(low).len() => {
                    format!("more than {}", show_duration(low - 1))
                }
                (low, i64::MAX) => format!("{} or more", show_duration(low)),
                (i64::MIN, high) => format!("{} at most", show_duration(high)),
                (low, high) => format!("{} to {}", show_duration(low), show_duration(high)),
            })
            .collect();
        format!(" when the {feed} it rests on are {} old", ages.join(" or "))
    });
    let gives = if variant.may_yield { " It yields where it cannot hold." } else { "" };
    format!(
        "For {}{}{}: {}.{gives}",
        scope(&release.schema, &variant.scope),
        when(variant.window, place),
        stale.unwrap_or_default(),
        demands.join("; "),
    )
}

pub fn rounds(release: &Release) -> Section {
    let mut found = Gathered::default();
    for place in &release.places {
        for round in &place.rounds {
            let way = match round.way {
                Way::Nearest => "to the nearest",
                Way::Down => "down to",
                Way::Up => "up to",
            };
            let band = |band: &crate::pricing::Band| {
                let to = band.to.and_then(|minor| crate::money::Price::from_minor(minor, place.currency));
                match to {
                    Some(to) => format!("{} below {} {}", band.text, to.amount(), place.currency),
                    None if round.bands.len() == 1 => band.text.to_string(),
                    None => format!("{} above", band.text),
                }
            };
            let endings = match round.bands.is_empty() {
                true => "price that can be paid".to_owned(),
                false => round.bands.iter().map(band).collect::<Vec<_>>().join(", "),
            };
            let items = scope(&release.schema, &round.scope);
            let sentence = format!("For {items}{}: {way} {endings}.", when(round.window, place));
            found.say(place, &round.info, (0, "round"), sentence);
        }
    }
    Section {
        title: "Which prices look right",
        lead: "Inside what the guards leave, the price takes an allowed ending; * is any digits.".to_owned(),
        cards: found.cards(release.places.len()),
    }
}
