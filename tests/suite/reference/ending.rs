//! Price endings (decisions 8.2): `*.99`, `*4.99`, `*990`, and the next price that has one.

/// A pattern for the whole number and the minor digits it allows, in rising order.
#[derive(Clone, Debug)]
pub struct Ending {
    whole: Vec<Token>,
    minor: Vec<i128>,
    /// 10 to the power of the minor digits
    unit: i128,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Star,
    Digit(u8),
}

/// Longest whole number looked at; far above every amount.
const LONGEST: usize = 18;

impl Ending {
    pub fn parse(pattern: &str, digits: u32) -> Result<Ending, String> {
        let (whole, minor) = match pattern.split_once('.') {
            Some((whole, minor)) => (whole, Some(tokens(minor)?)),
            None => (pattern, None),
        };
        let unit = 10i128.pow(digits);
        let minor: Vec<i128> = match &minor {
            // Without a point the minor digits are zero.
            None => vec![0],
            Some(glob) => (0..unit)
                .filter(|m| digits > 0 && matches(glob, &format!("{m:0>w$}", w = digits as usize)))
                .collect(),
        };
        if minor.is_empty() || whole.is_empty() {
            return Err(format!("no price ends in `{pattern}`"));
        }
        Ok(Ending { whole: tokens(whole)?, minor, unit })
    }

    /// The lowest price of at least `from` minor units that has this ending.
    pub fn next(&self, from: i128) -> Option<i128> {
        let from = from.max(0);
        let (whole, rest) = (from / self.unit, from % self.unit);
        if matches(&self.whole, &whole.to_string())
            && let Some(minor) = self.minor.iter().find(|minor| **minor >= rest)
        {
            return Some(whole * self.unit + minor);
        }
        Some(search(&self.whole, whole + 1, true)? * self.unit + self.minor[0])
    }

    /// The highest price of at most `from` minor units that has this ending.
    pub fn previous(&self, from: i128) -> Option<i128> {
        if from < 0 {
            return None;
        }
        let (whole, rest) = (from / self.unit, from % self.unit);
        if matches(&self.whole, &whole.to_string())
            && let Some(minor) = self.minor.iter().rev().find(|minor| **minor <= rest)
        {
            return Some(whole * self.unit + minor);
        }
        Some(search(&self.whole, whole - 1, false)? * self.unit + self.minor.last()?)
    }
}

fn tokens(glob: &str) -> Result<Vec<Token>, String> {
    let token = |c: char| match c {
        '*' => Ok(Token::Star),
        '0'..='9' => Ok(Token::Digit(c as u8 - b'0')),
        _ => Err(format!("`{glob}` is no ending")),
    };
    glob.chars().map(token).collect()
}

fn matches(glob: &[Token], text: &str) -> bool {
    let end = text.bytes().fold(start(glob), |states, byte| step(glob, states, byte - b'0'));
    end >> glob.len() & 1 == 1
}

/// Positions in the pattern as bits; a star may be passed without a digit.
fn start(glob: &[Token]) -> u64 {
    pass_stars(glob, 1)
}

fn pass_stars(glob: &[Token], mut states: u64) -> u64 {
    for (i, token) in glob.iter().enumerate() {
        if *token == Token::Star && states >> i & 1 == 1 {
            states |= 1 << (i + 1);
        }
    }
    states
}

fn step(glob: &[Token], states: u64, digit: u8) -> u64 {
    let mut next = 0;
    for (i, token) in glob.iter().enumerate().filter(|(i, _)| states >> i & 1 == 1) {
        match token {
            Token::Star => next |= 1 << i,
            Token::Digit(wanted) if *wanted == digit => next |= 1 << (i + 1),
            Token::Digit(_) => {}
        }
    }
    pass_stars(glob, next)
}

/// Whether the rest of the pattern can be filled with exactly `length` digits.
fn fillable(glob: &[Token], states: u64, length: usize) -> bool {
    (0..=glob.len()).filter(|i| states >> i & 1 == 1).any(|i| {
        let digits = glob[i..].iter().filter(|t| **t != Token::Star).count();
        digits == length || (digits < length && glob[i..].contains(&Token::Star))
    })
}

/// The nearest whole number from `from` on, upwards or downwards, that the pattern matches.
fn search(glob: &[Token], from: i128, up: bool) -> Option<i128> {
    if from < 0 {
        return None;
    }
    let limit = from.to_string().into_bytes().iter().map(|b| b - b'0').collect::<Vec<u8>>();
    let lengths: Vec<usize> =
        if up { (limit.len()..=LONGEST).collect() } else { (1..=limit.len().min(LONGEST)).rev().collect() };
    lengths.into_iter().find_map(|length| {
        let tight = length == limit.len();
        let mut digits = Vec::new();
        fill(glob, start(glob), length, &limit, tight, up, &mut digits)
            .then(|| digits.iter().fold(0, |number, digit| number * 10 + i128::from(*digit)))
    })
}

/// Fills in the digits from the left, the lowest (highest) first; `tight` while they equal the limit's.
fn fill(
    glob: &[Token],
    states: u64,
    length: usize,
    limit: &[u8],
    tight: bool,
    up: bool,
    digits: &mut Vec<u8>,
) -> bool {
    let place = digits.len();
    if place == length {
        return states >> glob.len() & 1 == 1;
    }
    let first = u8::from(place == 0 && length > 1); // no leading zeros
    let (low, high) = match (tight, up) {
        (false, _) => (first, 9),
        (true, true) => (limit[place].max(first), 9),
        (true, false) => (first, limit[place]),
    };
    let in_order: Vec<u8> = if up { (low..=high).collect() } else { (low..=high).rev().collect() };
    for digit in in_order {
        let next = step(glob, states, digit);
        if next == 0 || !fillable(glob, next, length - place - 1) {
            continue;
        }
        digits.push(digit);
        if fill(glob, next, length, limit, tight && digit == limit[place], up, digits) {
            return true;
        }
        digits.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against trying every number.
    #[test]
    fn next_and_previous_are_the_nearest() {
        for pattern in
            ["*", "*9", "*4.99", "*.*9", "*.99", "0.49", "*990", "1*5", "*1*2.5*", "12.34", "*00", "*.00"]
        {
            let ending = Ending::parse(pattern, 2).unwrap();
            let (whole, minor) = pattern.split_once('.').unwrap_or((pattern, "00"));
            let has = |price: i128| {
                let text = format!("{:02}", price % 100);
                matches(&tokens(whole).unwrap(), &(price / 100).to_string())
                    && matches(&tokens(minor).unwrap(), &text)
            };
            let top = 220_000;
            let all: Vec<i128> = (0..top).filter(|price| has(*price)).collect();
            for from in (0..top - 110_000).step_by(37).chain(0..2_000) {
                let next = all.iter().find(|price| **price >= from).copied();
                let previous = all.iter().rev().find(|price| **price <= from).copied();
                assert_eq!(ending.next(from).filter(|price| *price < top), next, "{pattern} from {from}");
                assert_eq!(ending.previous(from), previous, "{pattern} to {from}");
            }
        }
    }
}
