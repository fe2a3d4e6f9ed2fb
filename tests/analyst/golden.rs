//! The golden catalog: questions whose answers under the right rulebook are known, and which a changed one may answer
//! otherwise. The feeds of the model, and what `boundaries` adds to them.

use pricer::batch::BatchError;
use pricer::facts::{
    AppliedText, History, Item, ItemReader, Names, Offer, OfferText, RateText, Rates, keep_newest,
    parse_instant, read_applied, read_offer, read_rate, show_instant,
};
use pricer::money::Ratio;
use pricer::pricing::{Outcome, Place, Recorder, Release, Row, Status, Step, World, price};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Texts of a row by column, without empty ones.
pub type Texts = BTreeMap<String, String>;

/// What a rival asks, with its age instead of a date.
#[derive(Clone, Debug)]
pub struct OfferLine {
    pub rival: String,
    pub price: String,
    pub shipping: String,
    pub quality: String,
    pub in_stock: String,
    pub age: i64,
}

/// A rate with its age.
#[derive(Clone, Debug)]
pub struct RateLine {
    pub base: String,
    pub quote: String,
    pub rate: String,
    pub age: i64,
}

/// A price that was in force, with its ages.
#[derive(Clone, Debug)]
pub struct PastLine {
    pub price: String,
    pub kind: String,
    pub began: i64,
    /// None: until now.
    pub ended: Option<i64>,
    pub announced: String,
}

/// One question: everything is relative to `at`, so it can be asked at another time.
#[derive(Clone, Debug)]
pub struct Probe {
    pub market: String,
    pub channel: String,
    pub at: i64,
    pub item: Texts,
    pub offers: Vec<OfferLine>,
    pub past: Vec<PastLine>,
    pub rates: Arc<Vec<RateLine>>,
}

/// One row as `reprice` writes it, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is paid, or why nothing is.
    pub price: String,
    /// Rule, guards, range and whatever else the output has.
    pub rest: String,
}

/// The rows of a CSV file by column.
pub fn rows(path: &Path) -> Vec<Texts> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row: Result<Texts, _>| without_empty(row.unwrap())).collect()
}

fn without_empty(mut row: Texts) -> Texts {
    row.retain(|_, text| !text.is_empty());
    row
}

/// Every row of the model's items feed in every place it holds for.
pub fn of_feeds(folder: &Path, release: &Release, at: i64) -> Vec<Probe> {
    let feeds = folder.join("feeds");
    let mut offers: BTreeMap<(String, String), Vec<OfferLine>> = BTreeMap::new();
    let text = |row: &Texts, name: &str| row.get(name).cloned().unwrap_or_default();
    for row in rows(&feeds.join("offers.csv")) {
        let line = OfferLine {
            rival: text(&row, "rival"),
            price: text(&row, "price"),
            shipping: text(&row, "shipping"),
            quality: text(&row, "match"),
            in_stock: text(&row, "in_stock"),
            age: at - parse_instant(&text(&row, "seen_at")).unwrap(),
        };
        offers.entry((text(&row, "sku"), text(&row, "market"))).or_default().push(line);
    }
    let mut past: BTreeMap<(String, String), Vec<PastLine>> = BTreeMap::new();
    for row in rows(&feeds.join("history.csv")) {
        let age = |name: &str| row.get(name).map(|text| at - parse_instant(text).unwrap());
        let line = PastLine {
            price: text(&row, "price"),
            kind: text(&row, "kind"),
            began: age("from").unwrap(),
            ended: age("to"),
            announced: text(&row, "announced"),
        };
        past.entry((text(&row, "sku"), text(&row, "market"))).or_default().push(line);
    }
    let rates = rows(&feeds.join("fx.csv")).into_iter().map(|row| RateLine {
        base: text(&row, "base"),
        quote: text(&row, "quote"),
        rate: text(&row, "rate"),
        age: at - parse_instant(&text(&row, "as_of")).unwrap(),
    });
    let rates = Arc::new(rates.collect());
    let mut probes = Vec::new();
    for row in rows(&feeds.join("items.csv")) {
        let item = relative(&row, at);
        for place in &release.places {
            let here = |name: &str, own: &str| row.get(name).is_none_or(|given| *given == *own);
            if here("market", &place.market) && here("channel", &place.channel) {
                let own = |market: &str| offers.get(&(text(&row, "sku"), market.to_owned())).cloned();
                probes.push(Probe {
                    market: place.market.to_string(),
                    channel: place.channel.to_string(),
                    at,
                    item: item.clone(),
                    offers: own(&place.market).or_else(|| own("")).unwrap_or_default(),
                    past: past
                        .get(&(text(&row, "sku"), place.market.to_string()))
                        .cloned()
                        .unwrap_or_default(),
                    rates: Arc::clone(&rates),
                });
            }
        }
    }
    probes
}

/// Instants become the durations they stand for.
fn relative(row: &Texts, at: i64) -> Texts {
    let mut item = Texts::new();
    for (name, text) in row {
        let seconds = || parse_instant(text).unwrap();
        let (name, distance) = match name.as_str() {
            "inbound_at" => ("inbound", Some(seconds() - at)),
            "shelf_life_until" => ("shelf_life", Some(seconds() - at)),
            "on_sale_since" => ("on_sale_for", Some(at - seconds())),
            name => (name, None),
        };
        match distance {
            None => drop(item.insert(name.to_owned(), text.clone())),
            Some(distance) if 0 <= distance => drop(item.insert(name.to_owned(), format!("{distance}s"))),
            Some(_) => {}
        }
    }
    item
}

/// What a rulebook answers. `Err` where it cannot even read the question: `reprice` would quarantine it.
pub fn ask(release: &Release, probe: &Probe) -> Result<(Answer, Recorder), String> {
    let place = release.place(&probe.market, &probe.channel).ok_or("no such place")?;
    let headers = probe.item.keys().map(String::as_str);
    let reader = ItemReader::new(&release.schema, headers, |name| release.items_feed.name_of(name), None);
    let read = reader.map_err(|absent| format!("no column gives {absent:?}"))?;
    let item = read.read(probe.item.values().map(String::as_str)).map_err(|bad| format!("{bad:?}"))?.item;
    let mut names = Names::new(&release.rivals);
    let mut offers: Vec<Offer> = Vec::new();
    for line in &probe.offers {
        let seen_at = show_instant(probe.at - line.age);
        let text = OfferText {
            rival: &line.rival,
            price: &line.price,
            shipping: &line.shipping,
            match_quality: &line.quality,
            in_stock: &line.in_stock,
            seen_at: &seen_at,
        };
        keep_newest(&mut offers, read_offer(text, None, &mut names).map_err(|bad| format!("{bad:?}"))?);
    }
    let rates = Rates::new(probe.rates.iter().filter_map(|line| {
        let as_of = show_instant(probe.at - line.age);
        read_rate(RateText { base: &line.base, quote: &line.quote, rate: &line.rate, as_of: &as_of }).ok()
    }));
    let mut history = History::default();
    for line in &probe.past {
        let from = show_instant(probe.at - line.began);
        let to = line.ended.map_or_else(String::new, |ended| show_instant(probe.at - ended));
        let (price, kind, announced) = (&*line.price, &*line.kind, &*line.announced);
        let applied = AppliedText { price, kind, from: &from, to: &to, announced };
        history.add(&item.sku, "", "", read_applied(applied, None).map_err(|bad| format!("{bad:?}"))?);
    }
    let known_at = offers.iter().filter_map(|offer| offer.seen_at).filter(|seen| *seen <= probe.at).max();
    let world = World::new(release, place, &rates, probe.at, known_at).with_history(&history);
    let mut recorder = Recorder::default();
    let outcome = price(&Row { item: &item, offers: &offers }, &world, &mut recorder);
    Ok((answer(place, &item, &outcome, &recorder.steps), recorder))
}

/// The entries of which only `explain` speaks.
fn shaped_by(place: &Place, steps: &[Step]) -> Vec<String> {
    let label = |step: &Step| match step {
        Step::Adjusted { adjustment, variant, .. } => {
            let variant = &place.adjustments[usize::from(*adjustment)].variants[usize::from(*variant)];
            Some(format!("{} {}", variant.info.label, variant.adjust.range().0))
        }
        Step::Rounded { round: Some(at), .. } => Some(place.rounds[usize::from(*at)].info.label.to_string()),
        Step::Relaxed { guard } => Some(format!("without {}", place.guards[usize::from(guard.guard)].id)),
        _ => None,
    };
    steps.iter().filter_map(label).collect()
}

fn answer(place: &Place, item: &Item, outcome: &Outcome, steps: &[Step]) -> Answer {
    let rule = |winner: Option<pricer::pricing::Winner>| {
        let rule = winner.and_then(|winner| place.rules.get(usize::try_from(winner.rule).ok()?));
        rule.map_or("", |rule| &rule.info.label)
    };
    match outcome {
        Outcome::Refused(refusal) => Answer {
            price: format!("refused {}", refusal.code.as_str()),
            rest: format!("{} {}", rule(refusal.winner), item.sku),
        },
        Outcome::Decided(decision) => {
            let guards: Vec<&str> = decision
                .hits
                .iter()
                .map(|hit| {
                    &*place.guards[usize::from(hit.guard)].variants[usize::from(hit.variant)].info.label
                })
                .collect();
            let flags: Vec<&str> = decision.flags.iter().map(|flag| flag.as_str()).collect();
            let because = decision.winner.map_or("", |winner| winner.because.as_str());
            let reason = match decision.status {
                Status::Priced => "",
                Status::Held(reason) => reason.as_str(),
            };
            let amount = |amount: Option<pricer::money::Amount>| {
                amount.map_or_else(String::new, |amount| amount.to_string())
            };
            Answer {
                price: format!("{} {} {reason}", decision.price, place.currency),
                rest: format!(
                    "{} {because} {} {:?} {guards:?} {flags:?} before {} margin {} contribution {} target {} adjusted {} in {} .. {}",
                    rule(decision.winner),
                    decision.kind.as_str(),
                    shaped_by(place, steps),
                    amount(decision.reference),
                    decision.margin.unwrap_or(Ratio::ZERO),
                    amount(decision.contribution),
                    amount(decision.target),
                    amount(decision.adjusted),
                    decision.range.floor.amount,
                    decision.range.ceiling.amount,
                ),
            }
        }
    }
}

/// What happened on the way, without amounts: two questions with the same way test the same lines.
pub fn way(release: &Release, probe: &Probe, recorder: &Recorder) -> String {
    let place = release.place(&probe.market, &probe.channel).unwrap();
    let guard = |guard: &pricer::pricing::GuardRef| {
        &*place.guards[usize::from(guard.guard)].variants[usize::from(guard.variant)].info.label
    };
    let word = |step: &Step| match step {
        Step::Won { rule, because, .. } => {
            format!("won {} {because:?}", place.rules[*rule as usize].info.label)
        }
        Step::OfferExcluded { why, .. } => format!("{why:?}"),
        Step::NoPrice { alternative, why, .. } => format!("none {alternative} {why:?}"),
        Step::Strategy { alternative, strategy, .. } => format!("{strategy} {alternative}"),
        Step::Adjusted { adjustment, variant, .. } => format!("adjusted {adjustment} {variant}"),
        Step::Limited { .. } => "limited".to_owned(),
        Step::Relaxed { guard: at } => format!("relaxed {}", guard(at)),
        Step::Yielded { guard: at } => format!("yielded {}", guard(at)),
        Step::Moved { guard: at, .. } => format!("moved {}", at.as_ref().map_or("", guard)),
        Step::Rounded { round, .. } => format!("round {round:?}"),
        Step::Kept { guard: at, .. } => format!("kept {}", guard(at)),
        Step::Held { reason, .. } => format!("held {reason:?}"),
        Step::Refused { code } => format!("refused {code:?}"),
        _ => String::new(),
    };
    let words: Vec<String> = recorder.steps.iter().map(word).filter(|word| !word.is_empty()).collect();
    format!("{}/{} {}", probe.market, probe.channel, words.join(", "))
}

/// What `reprice` says of the columns, which depends on names alone.
pub fn columns(release: &Release, folder: &Path) -> Result<String, BatchError> {
    let items = folder.join("feeds/items.csv");
    let catalog = pricer::batch::Catalog::open(std::slice::from_ref(&items), release)?;
    Ok(format!("{:?}", catalog.ignored))
}
