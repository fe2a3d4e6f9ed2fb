//! Numbers with their unit, and spans of them.

use crate::facts::{Kind, parse_duration};
use crate::money::{Amount, Currency, InvalidNumber, Ratio};
use std::ops::Range;

/// A value in the unit of its kind: money 10⁻⁶, numbers and percents 10⁻⁹, durations in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub value: i64,
    /// Only money has one, and zero money need not.
    pub currency: Option<Currency>,
}

/// What is wrong with a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub code: &'static str,
    pub range: Range<usize>,
    pub title: String,
    pub label: String,
    /// What could have been meant instead of the part.
    pub offers: Vec<String>,
}

/// The ends of a span that runs downwards, exchanged: `8w .. 2w`, and `20 .. 10 EUR`, whose first end borrows the unit.
pub fn exchanged(low: &str, high: &str) -> String {
    let unit =
        if is_bare(low) { high.trim_start_matches(|c: char| matches!(c, '0'..='9' | '-' | '.')) } else { "" };
    format!("{} .. {low}{unit}", high.strip_suffix(unit).unwrap_or(high))
}

/// One of the quantities a cell can compare.
pub fn parse_quantity(text: &str, kind: Kind) -> Result<Quantity, Mistake> {
    let plain = |value| Quantity { value, currency: None };
    match kind {
        Kind::Money => parse_money(text),
        Kind::Percent => parse_percent(text).map(|ratio| plain(ratio.nanos())),
        Kind::Duration => parse_duration(text).map(plain).map_err(|why| {
            if is_bare(text) {
                let offers = ["h", "d", "w"].map(|unit| format!("{text}{unit}"));
                no_unit(text, "a duration has a unit, such as `18h`, `7d` or `8w`", offers.into())
            } else {
                mistake("E0409", text, why, "write a whole or decimal number and `s`, `m`, `h`, `d` or `w`")
            }
        }),
        _ => Ratio::parse(text).map(|ratio| plain(ratio.nanos())).map_err(|error| {
            number_mistake("E0402", text, error, "write a plain number, such as `5` or `0.25`")
        }),
    }
}

/// `10 .. 20 EUR`, both ends as written; an end without unit takes the other's.
pub fn parse_span(low: &str, high: &str, kind: Kind) -> Result<(Quantity, Quantity), Mistake> {
    let lent = match kind {
        _ if !is_bare(low) => low.to_owned(),
        Kind::Money => match high.rsplit_once(' ') {
            Some((_, code)) => format!("{low} {code}"),
            None => low.to_owned(),
        },
        Kind::Percent if high.ends_with('%') => format!("{low}%"),
        Kind::Duration => match high.chars().next_back() {
            Some(unit) if unit.is_ascii_alphabetic() => format!("{low}{unit}"),
            _ => low.to_owned(),
        },
        _ => low.to_owned(),
    };
    let (from, to) = (parse_quantity(&lent, kind)?, parse_quantity(high, kind)?);
    match (from.currency, to.currency) {
        (Some(a), Some(b)) if a != b => Err(mistake(
            "E0403",
            low,
            format!("a span from {a} to {b} has no meaning"),
            "write both ends in one currency",
        )),
        _ => Ok((from, to)),
    }
}

pub fn parse_percent(text: &str) -> Result<Ratio, Mistake> {
    match text.strip_suffix('%') {
        Some(number) => Ratio::parse_percent(number)
            .map_err(|error| number_mistake("E0402", text, error, "write a percent such as `12.5%`")),
        None if is_bare(text) => Err(no_unit(text, "a percent carries its sign `%`", percent_offers(text))),
        None => Err(number_mistake("E0402", text, InvalidNumber::Grammar, "write a percent such as `12.5%`")),
    }
}

fn parse_money(text: &str) -> Result<Quantity, Mistake> {
    const HOW: &str = "write an amount, a blank and the currency, such as `19.99 EUR`";
    let Some((number, code)) = text.rsplit_once(' ') else {
        return match Amount::parse(text) {
            Ok(Amount::ZERO) => Ok(Quantity { value: 0, currency: None }),
            Ok(_) => Err(no_unit(text, HOW, Vec::new())),
            Err(_) => Err(mistake("E0403", text, format!("`{text}` is not an amount of money"), HOW)),
        };
    };
    if code == "net" || code == "gross" {
        return Err(mistake(
            "E0901",
            text,
            format!("an amount marked `{code}` is not supported yet"),
            "amounts are shelf prices including VAT",
        ));
    }
    let Some(currency) = Currency::from_code(code) else {
        return Err(mistake("E0403", text, format!("`{code}` is not an ISO 4217 currency code"), HOW));
    };
    Amount::parse(number)
        .map(|amount| Quantity { value: amount.micros(), currency: Some(currency) })
        .map_err(|error| number_mistake("E0403", text, error, HOW))
}

/// A number and nothing else.
pub fn is_bare(text: &str) -> bool {
    Ratio::parse(text).is_ok()
}

/// `20` can only be 20 %; `0.20` can be 20 % or 0.2 %, `1.08` and `108` can be 108 % or 1.08 %, so nobody picks one.
fn percent_offers(text: &str) -> Vec<String> {
    let Ok(ratio) = Ratio::parse(text) else {
        return Vec::new();
    };
    const WHOLE: std::ops::RangeInclusive<u64> = 2..=100;
    let as_percent = format!("{ratio}%");
    let size = ratio.nanos().unsigned_abs();
    let one = Ratio::SCALE.unsigned_abs();
    let is_whole = size.is_multiple_of(one) && WHOLE.contains(&(size / one));
    if is_whole || size == 0 {
        return vec![as_percent];
    }
    let hundredth = || format!("{}%", Ratio::from_nanos(ratio.nanos() / 100));
    if one.saturating_mul(100) < size {
        return vec![as_percent, hundredth()];
    }
    match ratio.nanos().checked_mul(100) {
        Some(hundredfold) => vec![format!("{}%", Ratio::from_nanos(hundredfold)), as_percent],
        None => vec![as_percent],
    }
}

fn no_unit(text: &str, label: &str, offers: Vec<String>) -> Mistake {
    Mistake { offers, ..mistake("E0401", text, format!("{text} has no unit"), label) }
}

fn number_mistake(code: &'static str, text: &str, error: InvalidNumber, how: &str) -> Mistake {
    let hint = if text.contains(',') { ": write a decimal point, and no thousands separators" } else { "" };
    Mistake { offers: pointed(text), ..mistake(code, text, format!("`{text}` is {error}{hint}"), how) }
}

/// A number written as other locales do, with a decimal point: `1.234,56 EUR` is `1234.56 EUR`. Of `1,234` nobody knows
/// whether the comma is a point or nothing.
fn pointed(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | ',')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let numbers = match (number.rfind(','), number.rfind('.')) {
        (None, _) => return Vec::new(),
        (Some(comma), Some(point)) if point < comma => vec![number.replace('.', "").replace(',', ".")],
        (Some(_), Some(_)) => vec![number.replace(',', "")],
        (Some(comma), None) if number.len() - comma == 4 => {
            vec![number.replace(',', "."), number.replace(',', "")]
        }
        (Some(_), None) => vec![number.replace(',', ".")],
    };
    let right = |number: &String| is_bare(number.strip_prefix('+').unwrap_or(number));
    numbers.into_iter().filter(right).map(|number| format!("{number}{unit}")).collect()
}

fn mistake(code: &'static str, text: &str, title: String, label: impl Into<String>) -> Mistake {
    Mistake { code, range: 0..text.len(), title, label: label.into(), offers: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_never_guessed() {
        let offers = |text: &str| parse_percent(text).unwrap_err().offers;
        assert_eq!(offers("20"), ["20%"]);
        assert_eq!(offers("0.20"), ["20%", "0.2%"]);
        assert_eq!(parse_percent("16,5%").unwrap_err().code, "E0402");
        assert_eq!(offers("16,5%"), ["16.5%"]);
        assert_eq!(parse_quantity("8", Kind::Duration).unwrap_err().code, "E0401");
        assert_eq!(parse_quantity("5", Kind::Money).unwrap_err().code, "E0401");
        assert_eq!(parse_quantity("0", Kind::Money).unwrap().value, 0);
        assert_eq!(parse_quantity("19,99 EUR", Kind::Money).unwrap_err().code, "E0403");
    }

    #[test]
    fn numbers_of_other_locales_are_offered_with_a_point() {
        let offers = |text: &str| parse_quantity(text, Kind::Money).unwrap_err().offers;
        assert_eq!(offers("1.234,56 EUR"), ["1234.56 EUR"]);
        assert_eq!(offers("1,234.56 EUR"), ["1234.56 EUR"]);
        assert_eq!(offers("19,99 EUR"), ["19.99 EUR"]);
        assert_eq!(offers("1,234 EUR"), ["1.234 EUR", "1234 EUR"]);
        assert_eq!(offers("1,2,3 EUR"), [""; 0]);
        assert_eq!(offers("many EUR"), [""; 0]);
    }

    #[test]
    fn the_ends_of_a_span_are_exchanged_with_their_unit() {
        assert_eq!(exchanged("8w", "2w"), "2w .. 8w");
        assert_eq!(exchanged("20", "10 EUR"), "10 .. 20 EUR");
        assert_eq!(exchanged("9", "5"), "5 .. 9");
    }

    #[test]
    fn the_first_end_borrows_the_unit() {
        let (low, high) = parse_span("10", "20 EUR", Kind::Money).unwrap();
        assert_eq!((low.value, high.value), (10_000_000, 20_000_000));
        assert_eq!(low.currency, high.currency);
        let (low, _) = parse_span("2", "4w", Kind::Duration).unwrap();
        assert_eq!(low.value, 2 * 604_800);
        assert!(parse_span("10 EUR", "20 KZT", Kind::Money).is_err());
    }
}
