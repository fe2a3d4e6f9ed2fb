//! Exact numbers: rationals without limit, and the few places where digits are dropped (semantics 1).

use num_bigint::BigInt;
pub use num_rational::BigRational as Q;

/// Decimal places of an amount (decisions 1.1) and of a ratio (decisions 1.2).
pub const AMOUNT_PLACES: u32 = 6;
pub const RATIO_PLACES: u32 = 9;

pub fn q(whole: i64) -> Q {
    Q::from_integer(BigInt::from(whole))
}

pub fn zero() -> Q {
    q(0)
}

pub fn one() -> Q {
    q(1)
}

pub fn percent(whole: i64) -> Q {
    q(whole) / q(100)
}

/// 10 to the power of `places`.
pub fn power(places: u32) -> Q {
    Q::from_integer(BigInt::from(10).pow(places))
}

/// Number text of decisions 1.3: `-?\d{1,15}(\.\d{1,9}0*)?`, nothing else. Second: the count of decimals.
pub fn parse(text: &str) -> Option<(Q, usize)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let numeric = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let surplus = |part: &str| part.get(9..).is_none_or(|zeros| zeros.bytes().all(|b| b == b'0'));
    if !numeric(whole, 15) || !fraction.is_none_or(|part| numeric(part, 38) && surplus(part)) {
        return None;
    }
    let fraction = fraction.map(|part| part.get(..9).unwrap_or(part));
    let places = fraction.map_or(0, str::len);
    let all = format!("{whole}{}", fraction.unwrap_or(""));
    let value = Q::from_integer(all.parse::<BigInt>().ok()?) / power(places as u32);
    Some((if text.starts_with('-') { -value } else { value }, places))
}

/// Nearest multiple of 10^-places, ties to the even one.
pub fn half_even(value: &Q, places: u32) -> Q {
    let scaled = value * power(places);
    let below = scaled.floor();
    let rest = &scaled - &below;
    let half = one() / q(2);
    let odd = &below.to_integer() % BigInt::from(2) != BigInt::from(0);
    let up = rest > half || (rest == half && odd);
    (if up { below + one() } else { below }) / power(places)
}

/// The next multiple of 10^-places at or above.
pub fn up(value: &Q, places: u32) -> Q {
    (value * power(places)).ceil() / power(places)
}

/// The next multiple of 10^-places at or below.
pub fn down(value: &Q, places: u32) -> Q {
    (value * power(places)).floor() / power(places)
}

/// The size of a number without its sign.
pub fn abs(value: &Q) -> Q {
    if *value < zero() { -value.clone() } else { value.clone() }
}

/// Whether a count of 10^-places fits an `i64` (decisions 1.1, 1.2).
pub fn fits(value: &Q, places: u32) -> bool {
    let count = value * power(places);
    count >= q(i64::MIN) && count <= q(i64::MAX)
}

/// The largest count of 10^-places.
pub fn largest(places: u32) -> Q {
    q(i64::MAX) / power(places)
}

/// Decimal text with exactly `places` decimals; the value must have no more.
pub fn show(value: &Q, places: u32) -> String {
    let count = (value * power(places)).to_integer();
    let text = count.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let padded = format!("{digits:0>width$}", width = places as usize + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places as usize);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
