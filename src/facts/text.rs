//! Values with their unit, as they are written in feeds, rule files and requests.

use super::unseen::edge_blank;
use crate::money::{Amount, Currency, InvalidNumber, Money, Ratio, parse_fixed};

/// `298.00 EUR`.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn parse_money(text: &str) -> Result<Money, String> {
    money(text).map_err(|why| blank_first(text, why))
}

/// A blank at an end is the first thing to say: what else is wrong may only follow from it.
pub(super) fn blank_first(text: &str, why: String) -> String {
    edge_blank(text).map_or(why, |blank| format!("`{text}` {blank}"))
}

fn money(text: &str) -> Result<Money, String> {
    let (number, code) = text.rsplit_once(' ').ok_or_else(|| without_currency(text))?;
    let currency =
        Currency::from_code(code).ok_or_else(|| format!("`{code}` is not an ISO 4217 currency code"))?;
    let amount = Amount::parse(number).map_err(|error| invalid(number, error))?;
    Ok(Money::new(amount, currency))
}

/// What is wrong with money that has no blank in it: `10EUR`, `€10`, `10`.
pub(super) fn without_currency(text: &str) -> String {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit() || "-.,".contains(c));
    let number = text.strip_suffix(letters).unwrap_or(text);
    let signs = [("€", "EUR"), ("$", "USD"), ("£", "GBP"), ("₸", "KZT"), ("¥", "JPY")];
    let sign = signs.iter().find(|(sign, _)| text.contains(sign));
    match sign {
        _ if letters.is_empty() => format!("`{text}` has no currency, such as `{text} EUR`"),
        Some((sign, code)) => {
            let number = text.replace(sign, "");
            format!("`{text}` names its currency by a sign, write `{} {code}`", number.trim())
        }
        None if is_number(number) && letters.chars().all(|c| c.is_ascii_alphabetic()) => {
            format!("`{text}` lacks a blank, write `{number} {}`", letters.to_uppercase())
        }
        None => format!("`{text}` is not an amount of money, such as `10.00 EUR`"),
    }
}

/// `12%`.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn parse_percent(text: &str) -> Result<Ratio, String> {
    let number =
        text.strip_suffix('%').ok_or_else(|| blank_first(text, format!("`{text}` has no percent sign")))?;
    Ratio::parse_percent(number).map_err(|error| blank_first(text, invalid(number, error)))
}

/// `18h`, `7d`, `8w`, `1.5h`: whole seconds.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let wrong = || {
        let why = format!("`{text}` is not a duration such as `90s`, `30m`, `18h`, `7d` or `8w`");
        blank_first(text, why)
    };
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).ok_or_else(wrong)?;
    let nanos = parse_fixed(number, 9).map_err(|_| wrong())?;
    let total = i128::from(nanos) * i128::from(seconds);
    if total % 1_000_000_000 != 0 {
        return Err(format!("`{text}` is not a whole number of seconds"));
    }
    i64::try_from(total / 1_000_000_000).map_err(|_| wrong())
}

/// An RFC 3339 instant, `2026-11-18T10:00:00+01:00`, to seconds since 1970; fractions of a second are dropped.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn parse_instant(text: &str) -> Result<i64, String> {
    text.parse::<jiff::Timestamp>().map(|instant| instant.as_millisecond().div_euclid(1_000)).map_err(|_| {
        let why = format!("`{text}` is not an instant such as `2026-11-18T10:00:00+01:00`");
        blank_first(text, why)
    })
}

/// `3h`, `11w`, `51h`, `2d`: the largest unit that shows the duration whole, hours at most up to three days.
#[must_use]
pub fn show_duration(seconds: i64) -> String {
    if seconds == i64::MAX {
        return "forever".to_owned();
    }
    let units = [(604_800, "w", 1), (86_400, "d", 3), (3_600, "h", 1), (60, "m", 1), (1, "s", 0)];
    for (size, name, least) in units {
        if seconds % size == 0 && size * least <= seconds.abs() {
            return format!("{}{name}", seconds / size);
        }
    }
    for (size, name, least) in units {
        if size * least.max(1) <= seconds.abs() {
            return format!("{}{name}", seconds / size);
        }
    }
    format!("{seconds}s")
}

/// RFC 3339 in UTC, for machines.
#[must_use]
pub fn show_instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}

fn invalid(number: &str, error: InvalidNumber) -> String {
    let hint = if number.contains(',') { ": write a decimal point and no thousands separators" } else { "" };
    format!("`{number}` is {error}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_carry_their_unit() {
        assert_eq!(parse_money("298.00 EUR").unwrap().to_string(), "298.00 EUR");
        assert!(parse_money("298.00").unwrap_err().contains("no currency"));
        assert!(parse_money("10EUR").unwrap_err().ends_with("write `10 EUR`"));
        assert!(parse_money("€10.50").unwrap_err().ends_with("write `10.50 EUR`"));
        assert!(parse_money("n/a").unwrap_err().contains("not an amount"));
        assert!(parse_money("1,23 EUR").unwrap_err().contains("decimal point"));
        for (blank, end) in
            [("45.00 ", "end"), (" 45.00 EUR", "start"), ("45.00 EUR ", "end"), (" 45.00", "start")]
        {
            assert!(
                parse_money(blank).unwrap_err().ends_with(&format!("at its {end}: remove it")),
                "{blank}"
            );
        }
        assert!(parse_percent("5% ").unwrap_err().contains("at its end"));
        assert!(parse_duration(" 8w").unwrap_err().contains("at its start"));
        assert!(parse_money("1 eur").unwrap_err().contains("ISO 4217"));
        assert_eq!(parse_percent("-12.5%").unwrap(), Ratio::from_nanos(-125_000_000));
        assert_eq!(parse_duration("8w"), Ok(4_838_400));
        assert_eq!(parse_duration("1.5h"), Ok(5_400));
        assert!(parse_duration("8").is_err());
        assert!(parse_duration("0.1s").is_err());
        assert_eq!(parse_instant("1970-01-01T01:00:00+01:00"), Ok(0));
        assert!(parse_instant("2026-11-18T10:00:00").is_err());
        assert_eq!(show_duration(51 * 3_600), "51h");
        assert_eq!(show_duration(11 * 604_800), "11w");
        assert_eq!(show_duration(0), "0s");
    }
}
