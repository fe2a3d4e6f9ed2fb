//! Places, people and numbers in words.

use crate::money::{Amount, Currency, Fraction, Ratio, Rounding};
use crate::pricing::{Info, Place};
use std::collections::BTreeSet;

/// Where a finding holds, `market KZ`; `None` when it holds in all places.
pub(super) fn whereabouts(all: &[Place], found: &[&Place]) -> Option<String> {
    if all.len() == found.len() {
        return None;
    }
    let is_in = |place: &Place| found.iter().any(|other| std::ptr::eq(*other, place));
    let one_of = |name: fn(&Place) -> &str, word: &str| -> Option<String> {
        let names: BTreeSet<&str> = found.iter().map(|place| name(place)).collect();
        let whole = all.iter().filter(|place| names.contains(name(place))).all(is_in);
        let many = if names.len() == 1 { "" } else { "s" };
        whole.then(|| format!("{word}{many} {}", names.into_iter().collect::<Vec<_>>().join(", ")))
    };
    let each = || {
        let names: Vec<String> =
            found.iter().map(|place| format!("{}/{}", place.market, place.channel)).collect();
        format!("places {}", names.join(", "))
    };
    Some(
        one_of(|place| &place.market, "market")
            .or_else(|| one_of(|place| &place.channel, "channel"))
            .unwrap_or_else(each),
    )
}

/// `1 item`, `3 items`.
pub(super) fn count_of(items: usize) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}

/// ``rule `premium-audio` (dana.s)``.
pub(super) fn named(kind: &str, info: &Info) -> String {
    let kind = if info.row.is_some() { "row" } else { kind };
    match &*info.owner {
        "" => format!("{kind} `{}`", info.label),
        owner => format!("{kind} `{}` ({owner})", info.label),
    }
}

/// `1 369.07`: rounded to what can be paid, in groups of three.
pub(super) fn grouped(amount: Amount, currency: Currency, rounding: Rounding) -> String {
    let unit = currency.micros_per_minor();
    let minor = match rounding {
        Rounding::Up => -(-amount.micros()).div_euclid(unit),
        Rounding::Down | Rounding::HalfEven => amount.micros().div_euclid(unit),
    };
    let payable = Amount::from_micros(minor.saturating_mul(unit));
    let text = payable.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if 0 < at && (whole.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    match currency.digits() {
        0 => out,
        _ => format!("{out}.{decimals}"),
    }
}

/// `1.15`, `0.86`.
pub(super) fn factor(value: Fraction) -> String {
    let ratio = value.to_ratio(Rounding::HalfEven).unwrap_or(Ratio::ZERO);
    ratio.to_decimal().round_dp(4).normalize().to_string()
}

/// `11.7%`, with `places` decimals at least and at most.
pub(super) fn percent(value: Fraction, places: u32) -> String {
    let ratio = value.to_ratio(Rounding::HalfEven).unwrap_or(Ratio::ZERO);
    let percent = ratio.to_decimal() * rust_decimal::Decimal::ONE_HUNDRED;
    format!("{:.*}%", places as usize, percent.round_dp(places))
}
