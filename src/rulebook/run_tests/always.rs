//! Properties of every price of a catalog: `[always.NAME]`.

use super::wanted::{Wanted, parse};
use crate::facts::parse_percent;
use crate::money::{Fraction, Ratio, Rounding};
use crate::pricing::{Decision, Outcome, Place, Recorder, Release, Step, price, view};
use crate::rulebook::analysis::Catalog;
use crate::rulebook::{AlwaysTest, Diagnostic, Evidence, Expectation, Expected, Span};

/// What one property gave.
#[derive(Clone, Debug)]
pub struct AlwaysReport {
    pub name: Box<str>,
    pub header: Span,
    pub verdict: AlwaysVerdict,
}

#[derive(Clone, Debug)]
pub enum AlwaysVerdict {
    /// One for each expectation.
    Counted(Vec<Counted>),
    /// The property cannot be looked at as it is written.
    Broken(Vec<Diagnostic>),
}

/// How many prices have a property.
#[derive(Clone, Debug)]
pub struct Counted {
    pub key: Box<str>,
    /// As written: `<= 100.5%`.
    pub expected: String,
    /// Prices the expectation is about, and those of them that meet it.
    pub of: u64,
    pub met: u64,
    /// Prices it is not about: no cost, no rivals, no price.
    pub exempt: u64,
    pub needed: Ratio,
    /// Some that do not meet it: `TEL-A55 in DE/own: 101.2%`.
    pub examples: Vec<String>,
}

/// More examples than this help nobody.
const EXAMPLES_MAX: usize = 5;
/// A single rival is no market.
const RIVALS_MIN: usize = 2;

impl Counted {
    /// met ÷ of ≥ needed, exactly; nothing to look at is nothing wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        i128::from(self.needed.nanos()) * i128::from(self.of)
            <= i128::from(self.met) * i128::from(Ratio::SCALE)
    }
}

impl AlwaysReport {
    #[must_use]
    pub fn failed(&self) -> bool {
        match &self.verdict {
            AlwaysVerdict::Counted(all) => !all.iter().all(Counted::holds),
            AlwaysVerdict::Broken(_) => true,
        }
    }
}

/// Prices the whole catalog once and looks at each price for every property.
#[must_use]
pub fn run_always(release: &Release, tests: &[AlwaysTest], evidence: &Evidence) -> Vec<AlwaysReport> {
    let mut running: Vec<_> = tests.iter().map(|test| (test, read(test))).collect();
    let catalog = Catalog { release, evidence };
    for place in &release.places {
        let world = catalog.world(place);
        for own in catalog.items(place) {
            let row = catalog.row(&own, place);
            let Ok(view) = view(&row, &world) else { continue };
            let mut recorder = Recorder::default();
            let outcome = price(&row, &world, &mut recorder);
            let seen = Seen { place, sku: &own.sku, outcome: &outcome, steps: &recorder.steps };
            for (test, expectations) in &mut running {
                let inside = test.scope_in(place).is_some_and(|scope| view.inside(scope));
                if let (true, Ok(expectations)) = (inside, expectations) {
                    expectations.iter_mut().for_each(|one| one.look(&seen));
                }
            }
        }
    }
    running.into_iter().map(|(test, read)| report(test, read)).collect()
}

fn report(test: &AlwaysTest, read: Result<Vec<Running>, Vec<Diagnostic>>) -> AlwaysReport {
    let verdict = match read {
        Ok(all) => AlwaysVerdict::Counted(all.into_iter().map(|one| one.counted).collect()),
        Err(findings) => AlwaysVerdict::Broken(findings),
    };
    AlwaysReport { name: test.name.clone(), header: test.header.clone(), verdict }
}

/// One expectation and what it counted so far.
struct Running {
    /// `None`: that there is a price.
    wanted: Option<Wanted>,
    currency: Option<crate::money::Currency>,
    counted: Counted,
}

/// One answer.
struct Seen<'a> {
    place: &'a Place,
    sku: &'a str,
    outcome: &'a Outcome,
    steps: &'a [Step],
}

fn read(test: &AlwaysTest) -> Result<Vec<Running>, Vec<Diagnostic>> {
    let mut bad = Vec::new();
    let wrong = |expectation: &Expectation, why: String| {
        Diagnostic::error(
            "E0803",
            why,
            expectation.span.clone(),
            "a percent such as \">= 95%\", or an amount",
        )
    };
    let text = |expectation: &Expectation| match &expectation.value {
        Expected::Text(text) => text.to_string(),
        _ => String::new(),
    };
    let share_of = |text: &str| parse_percent(text.trim_start_matches(['>', '=', ' ']));
    let mut share = Ratio::ONE;
    for expectation in test.expect.iter().filter(|expectation| &*expectation.key == "share") {
        match share_of(&text(expectation)) {
            Ok(given) => share = given,
            Err(why) => bad.push(wrong(expectation, why)),
        }
    }
    let mut running = Vec::new();
    for expectation in test.expect.iter().filter(|expectation| &*expectation.key != "share") {
        let expected = text(expectation);
        let counted = |needed| Counted {
            key: expectation.key.clone(),
            expected: expected.clone(),
            of: 0,
            met: 0,
            exempt: 0,
            needed,
            examples: Vec::new(),
        };
        let is_share = matches!(&*expectation.key, "price_index" | "margin");
        match &*expectation.key {
            "priced" => match share_of(&expected) {
                Ok(needed) => {
                    running.push(Running { wanted: None, currency: None, counted: counted(needed) })
                }
                Err(why) => bad.push(wrong(expectation, why)),
            },
            _ => match parse(&expected) {
                Ok(number) if number.currency.is_none() == is_share => {
                    let wanted = Some(number.wanted);
                    running.push(Running { wanted, currency: number.currency, counted: counted(share) });
                }
                Ok(_) => bad.push(wrong(expectation, format!("`{}` has another unit", expectation.key))),
                Err(why) => bad.push(wrong(expectation, why)),
            },
        }
    }
    if bad.is_empty() { Ok(running) } else { Err(bad) }
}

impl Running {
    fn look(&mut self, seen: &Seen<'_>) {
        let Some(wanted) = &self.wanted else {
            return self.look_priced(seen);
        };
        let decision = match seen.outcome {
            Outcome::Decided(decision) if self.currency.is_none_or(|code| code == seen.place.currency) => {
                decision
            }
            _ => {
                self.counted.exempt += 1;
                return;
            }
        };
        let value = match &*self.counted.key {
            "margin" => decision.margin.map(|share| (share.nanos(), share.to_percent_text(4))),
            "price_index" => {
                seen.price_index(decision).map(|share| (share.nanos(), share.to_percent_text(4)))
            }
            key => {
                let amount = match key {
                    "contribution" => decision.contribution,
                    _ => decision.full_contribution,
                };
                amount.map(|amount| (amount.micros(), format!("{amount} {}", seen.place.currency)))
            }
        };
        match value {
            None => self.counted.exempt += 1,
            Some((value, shown)) => self.count(wanted.accepts(value, None), seen, shown),
        }
    }

    /// An item whose cost nobody knows cannot have a price.
    fn look_priced(&mut self, seen: &Seen<'_>) {
        match seen.outcome {
            Outcome::Decided(_) => self.count(true, seen, String::new()),
            Outcome::Refused(_) if !seen.steps.iter().any(|step| matches!(step, Step::Cost { .. })) => {
                self.counted.exempt += 1;
            }
            Outcome::Refused(refusal) => self.count(false, seen, refusal.code.as_str().to_owned()),
        }
    }

    fn count(&mut self, met: bool, seen: &Seen<'_>, shown: String) {
        self.counted.of += 1;
        self.counted.met += u64::from(met);
        if !met && self.counted.examples.len() < EXAMPLES_MAX {
            let (market, channel) = (&seen.place.market, &seen.place.channel);
            self.counted.examples.push(format!("{} in {market}/{channel}: {shown}", seen.sku));
        }
    }
}

impl Seen<'_> {
    /// The price against the median of the rivals that the strategy read.
    fn price_index(&self, decision: &Decision) -> Option<Ratio> {
        let rivals = self.steps.iter().rev().find_map(|step| match step {
            Step::Reference { rivals, .. } => Some(rivals),
            _ => None,
        })?;
        let mut prices: Vec<i64> = rivals.iter().map(|(_, price, ..)| price.micros()).collect();
        prices.sort_unstable();
        if prices.len() < RIVALS_MIN {
            return None;
        }
        let middle = |at: usize| prices.get(at).copied().map(i128::from);
        // Twice the median: of an even number it is the sum of the middle two.
        let double = middle(prices.len() / 2)? + middle((prices.len() - 1) / 2)?;
        let price = i128::from(decision.price.amount().micros());
        Fraction::new(2 * price, double).ok()?.to_ratio(Rounding::HalfEven).ok()
    }
}
