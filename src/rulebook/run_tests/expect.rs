//! What a test expects, and what of it does not hold. Only what is written is compared.

use super::Mismatch;
use super::wanted::{Number, Wanted, parse};
use crate::facts::{Names, parse_money, parse_percent};
use crate::money::{Amount, Currency, Ratio};
use crate::pricing::{Decision, Excluded, Outcome, Place, Rule, Status, Step};
use crate::rulebook::{Diagnostic, Expectation, Expected, RuleTest, Span};

/// All expectations of one test, read.
pub(super) struct Expectations {
    list: Vec<One>,
    /// For amounts, 10⁻⁶, and for percents, 10⁻⁹.
    tolerance: (Option<i64>, Option<i64>),
}

struct One {
    key: Box<str>,
    shown: String,
    span: Span,
    value: Value,
}

enum Value {
    Number(Number),
    Text(Box<str>),
    Row(i64),
    /// Each must be there; an empty list says that there is none.
    List(Vec<Box<str>>),
}

/// What the engine answered.
pub(super) struct Answer<'a> {
    pub place: &'a Place,
    pub outcome: &'a Outcome,
    pub steps: &'a [Step],
    pub names: &'a Names,
}

const AMOUNTS: &[&str] =
    &["price", "strategy", "adjusted", "contribution", "full_contribution", "break_even", "reference_price"];
const TEXTS: &[&str] = &["currency", "won", "because", "status", "reason", "kind"];
const LISTS: &[&str] = &["hit", "not_used", "flags"];

/// # Errors
/// Keys that a test cannot expect, values that cannot be read.
pub(super) fn read(test: &RuleTest) -> Result<Expectations, Vec<Diagnostic>> {
    let (mut list, mut bad) = (Vec::new(), Vec::new());
    for expectation in &test.expect {
        match value(expectation) {
            Ok(value) => list.push(One {
                key: expectation.key.clone(),
                shown: show(&expectation.value),
                span: expectation.span.clone(),
                value,
            }),
            Err(finding) => bad.push(*finding),
        }
    }
    let mut tolerance = (None, None);
    if let Some((text, span)) = &test.tolerance {
        match (parse_money(text), parse_percent(text)) {
            (Ok(money), _) => tolerance.0 = Some(money.amount.micros()),
            (_, Ok(share)) => tolerance.1 = Some(share.nanos()),
            (Err(why), Err(_)) => {
                let label = "an amount such as \"0.01 EUR\", or for `margin` a percent";
                bad.push(Diagnostic::error("E0803", why, span.clone(), label));
            }
        }
    }
    if bad.is_empty() { Ok(Expectations { list, tolerance }) } else { Err(bad) }
}

fn value(expectation: &Expectation) -> Result<Value, Box<Diagnostic>> {
    let key = &*expectation.key;
    let wrong = |label: &str| {
        let title = format!("`{key}` cannot be compared with {}", show(&expectation.value));
        Err(Box::new(Diagnostic::error("E0803", title, expectation.span.clone(), label)))
    };
    match &expectation.value {
        Expected::Text(text) if AMOUNTS.contains(&key) || key == "margin" => match parse(text) {
            // What is paid is paid to the last digit.
            Ok(number) if key == "price" && number.currency.is_some() => Ok(Value::Number(number.exactly())),
            Ok(number) if number.currency.is_some() == (key != "margin") => Ok(Value::Number(number)),
            Ok(_) if key == "margin" => wrong("a margin is a percent"),
            Ok(_) => wrong("an amount has a currency"),
            Err(why) => wrong(&why),
        },
        Expected::Text(text) if TEXTS.contains(&key) => Ok(Value::Text(text.clone())),
        Expected::Text(text) if LISTS.contains(&key) => Ok(Value::List(vec![text.clone()])),
        Expected::List(list) if LISTS.contains(&key) => Ok(Value::List(list.clone())),
        Expected::Integer(row) if key == "row" => Ok(Value::Row(*row)),
        _ if key == "row" => wrong("the row as a spreadsheet counts, without quotes"),
        _ if AMOUNTS.contains(&key) => wrong("an amount, such as \"379.99 EUR\" or \"> 30000 KZT\""),
        _ if key == "margin" => wrong("a percent, such as \"6.1%\" or \"> 5%\""),
        _ if TEXTS.contains(&key) => wrong("one text"),
        _ if LISTS.contains(&key) => wrong("a list of texts"),
        _ => {
            let known: Vec<&str> =
                AMOUNTS.iter().chain(TEXTS).chain(LISTS).chain(&["row", "margin"]).copied().collect();
            let title = format!("`{key}` is not something a test can expect");
            let finding = Diagnostic::error("E0801", title, expectation.span.clone(), "")
                .note(format!("a test can expect {}", known.join(", ")));
            Err(Box::new(finding))
        }
    }
}

impl Expectations {
    /// The amount of an expected `price = "379.99 EUR"`.
    pub fn price(&self) -> Option<Amount> {
        self.list.iter().find_map(|one| match (&*one.key, &one.value) {
            ("price", Value::Number(Number { wanted: Wanted::Equal { value, .. }, .. })) => {
                Some(Amount::from_micros(*value))
            }
            _ => None,
        })
    }

    pub fn mismatches(&self, answer: &Answer<'_>) -> Vec<Mismatch> {
        let differs = |one: &One| {
            let got = self.compare(one, answer).err()?;
            Some(Mismatch { key: one.key.clone(), expected: one.shown.clone(), got, span: one.span.clone() })
        };
        self.list.iter().filter_map(differs).collect()
    }

    /// `Err` with what there is instead.
    fn compare(&self, one: &One, answer: &Answer<'_>) -> Result<(), String> {
        match &one.value {
            Value::Number(number) => {
                let currency = answer.place.currency;
                let (actual, shown, tolerance) = match number.currency {
                    None => {
                        let share = answer.decision().and_then(|decision| decision.margin);
                        (
                            share.map(Ratio::nanos),
                            share.map(|share| share.to_percent_text(4)),
                            self.tolerance.1,
                        )
                    }
                    Some(_) => {
                        let amount = answer.amount(&one.key);
                        let shown = amount.map(|amount| money(amount, currency));
                        (amount.map(Amount::micros), shown, self.tolerance.0)
                    }
                };
                let same_currency = number.currency.is_none_or(|code| code == currency);
                match actual {
                    Some(actual) if same_currency && number.wanted.accepts(actual, tolerance) => Ok(()),
                    _ => Err(shown.unwrap_or_else(|| answer.no_value())),
                }
            }
            Value::Text(text) => {
                let got = answer.text(&one.key);
                let also =
                    (&*one.key == "won").then(|| answer.rule().map(|rule| &*rule.info.label)).flatten();
                if got.as_deref() == Some(&**text) || also == Some(&**text) {
                    Ok(())
                } else {
                    Err(got.unwrap_or_else(|| "none".to_owned()))
                }
            }
            Value::Row(row) => {
                let got = answer.rule().and_then(|rule| rule.info.row);
                if got.map(i64::from) == Some(*row) {
                    Ok(())
                } else {
                    Err(got.map_or_else(|| "none".to_owned(), |row| row.to_string()))
                }
            }
            Value::List(list) => {
                let got = answer.list(&one.key);
                let all = list.iter().all(|wanted| got.iter().any(|known| **known == **wanted));
                let holds = if list.is_empty() { got.is_empty() } else { all };
                if holds { Ok(()) } else { Err(format!("[{}]", got.join(", "))) }
            }
        }
    }
}

impl Answer<'_> {
    fn decision(&self) -> Option<&Decision> {
        match self.outcome {
            Outcome::Decided(decision) => Some(decision),
            Outcome::Refused(_) => None,
        }
    }

    fn rule(&self) -> Option<&Rule> {
        let winner = match self.outcome {
            Outcome::Decided(decision) => decision.winner,
            Outcome::Refused(refusal) => refusal.winner,
        }?;
        self.place.rules.get(usize::try_from(winner.rule).ok()?)
    }

    fn amount(&self, key: &str) -> Option<Amount> {
        let decision = self.decision()?;
        match key {
            "price" => Some(decision.price.amount()),
            "strategy" => decision.target,
            "adjusted" => decision.adjusted,
            "contribution" => decision.contribution,
            "full_contribution" => decision.full_contribution,
            "break_even" => decision.break_even,
            "reference_price" => decision.reference,
            _ => None,
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        let (status, reason) = match self.outcome {
            Outcome::Decided(decision) => match decision.status {
                Status::Priced => ("priced", None),
                Status::Held(reason) => ("held", Some(reason.as_str())),
            },
            Outcome::Refused(refusal) => ("refused", Some(refusal.code.as_str())),
        };
        match key {
            "currency" => Some(self.place.currency.code()),
            "won" => self.rule().map(|rule| rule.info.id.to_string()),
            "because" => {
                let winner = self.decision().and_then(|decision| decision.winner)?;
                Some(winner.because.as_str().to_owned())
            }
            "kind" => self.decision().map(|decision| decision.kind.as_str().to_owned()),
            "status" => Some(status.to_owned()),
            "reason" => reason.map(str::to_owned),
            _ => None,
        }
    }

    fn list(&self, key: &str) -> Vec<String> {
        let mut list: Vec<String> = match key {
            "hit" => {
                let guards = super::guards_of(self.outcome).into_iter();
                guards
                    .filter_map(|hit| self.place.guards.get(usize::from(hit.guard)))
                    .map(|guard| guard.id.to_string())
                    .collect()
            }
            "flags" => {
                let flags = self.decision().map(|decision| decision.flags).unwrap_or_default();
                flags.iter().map(|flag| flag.as_str().to_owned()).collect()
            }
            _ => self.steps.iter().filter_map(|step| self.excluded(step)).collect(),
        };
        list.dedup();
        list
    }

    fn excluded(&self, step: &Step) -> Option<String> {
        let Step::OfferExcluded { rival, why, .. } = step else {
            return None;
        };
        let why = match why {
            Excluded::Own => "own",
            Excluded::Currency => "currency",
            Excluded::Future => "future",
            Excluded::Shipping => "shipping",
            Excluded::Implausible => "implausible",
            Excluded::Match => "match",
            Excluded::Stale => "stale",
            Excluded::Stock => "stock",
        };
        Some(format!("{}: {why}", self.names.name(*rival)))
    }

    fn no_value(&self) -> String {
        match self.outcome {
            Outcome::Decided(_) => "none".to_owned(),
            Outcome::Refused(refusal) => format!("refused: {}", refusal.code.as_str()),
        }
    }

    /// The price, or why there is none.
    pub fn in_short(&self) -> String {
        let price = self.amount("price").map(|amount| money(amount, self.place.currency));
        price.unwrap_or_else(|| self.no_value())
    }
}

/// `1080 KZT`, `379.99 EUR`: whole amounts without their zeros.
pub(super) fn money(amount: Amount, currency: Currency) -> String {
    let text = amount.to_string();
    let text = text.strip_suffix(".00").unwrap_or(&text);
    format!("{text} {currency}")
}

fn show(value: &Expected) -> String {
    match value {
        Expected::Text(text) => text.to_string(),
        Expected::Integer(number) => number.to_string(),
        Expected::Flag(flag) => flag.to_string(),
        Expected::List(list) => format!("[{}]", list.join(", ")),
    }
}
