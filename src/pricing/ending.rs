//! Price endings: `*.99`, `*4.99 | *9.99`, `*90`.

use crate::money::Currency;

/// Endings for prices below `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Exclusive, in minor units; `None` takes all the rest.
    pub to: Option<i64>,
    pub endings: Box<[Ending]>,
    /// As written, for explanations.
    pub text: Box<str>,
}

/// The payable prices that end alike: `price mod modulus = residue`, at least `least`; without a star one price alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub residue: i64,
    /// 0: exactly `residue`.
    pub modulus: i64,
    /// Minor units.
    pub least: i64,
}

impl Ending {
    /// Compiles one pattern; a star between the point's digits becomes several endings.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub fn parse(pattern: &str, currency: Currency) -> Result<Vec<Self>, String> {
        let digits = currency.digits() as usize;
        let (whole, minor) = match pattern.split_once('.') {
            Some((whole, minor)) => {
                (whole, expand(minor, digits).ok_or_else(|| wrong_minor(pattern, currency))?)
            }
            None => (pattern, vec!["0".repeat(digits)]),
        };
        let (star, fixed) = match whole.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, whole),
        };
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(fixed) || 12 < fixed.len() || !star && fixed.is_empty() {
            return Err(format!(
                "`{pattern}` is not a price ending: digits after one leading `*`, such as `*.99`, `*4.99` or `*90`"
            ));
        }
        let least = match fixed.len() {
            0 | 1 => 1,
            long => 10_i64.pow((long - 1 + digits) as u32),
        };
        // `*.*9`: the digit before the 9 is free, like all before it. One ending of a shorter period says that.
        if star
            && fixed.is_empty()
            && let Some(free) = pattern
                .split_once(".*")
                .map(|(_, rest)| rest.trim_start_matches('*'))
                .filter(|rest| rest.len() <= digits && plain(rest))
        {
            let residue =
                if free.is_empty() { 0 } else { free.parse().map_err(|_| wrong_minor(pattern, currency))? };
            return Ok(vec![Self { residue, modulus: 10_i64.pow(free.len() as u32), least: 1 }]);
        }
        let make = |minor: &String| {
            let text = format!("{fixed}{minor}");
            let residue: i64 = if text.is_empty() {
                0
            } else {
                text.parse().map_err(|_| format!("`{pattern}` is too long"))?
            };
            let modulus = if star { 10_i64.pow(text.len() as u32) } else { 0 };
            Ok(Self { residue, modulus, least })
        };
        minor.iter().map(make).collect()
    }

    /// The same endings in fewer: `*.49 | *.99` is every 50 cents.
    #[must_use]
    pub fn merged(mut endings: Vec<Self>) -> Vec<Self> {
        let half = |one: &Self, other: &Self| {
            let alike = (one.modulus, one.least) == (other.modulus, other.least) && one.modulus % 2 == 0;
            alike && one.residue.abs_diff(other.residue) * 2 == one.modulus.unsigned_abs() && one.modulus != 0
        };
        while let Some((at, other)) = endings.iter().enumerate().find_map(|(at, one)| {
            let other = endings.iter().skip(at + 1).position(|other| half(one, other))?;
            Some((at, at + 1 + other))
        }) {
            let other = endings.swap_remove(other);
            if let Some(one) = endings.get_mut(at) {
                (one.residue, one.modulus) = (one.residue.min(other.residue), one.modulus / 2);
            }
        }
        endings
    }

    /// Whether `price`, in minor units, ends so.
    #[must_use]
    pub fn fits(self, price: i64) -> bool {
        match self.modulus {
            0 => price == self.residue,
            modulus => price % modulus == self.residue && self.least <= price,
        }
    }

    /// The highest such price at or below `price`, if positive.
    #[must_use]
    pub fn at_or_below(self, price: i64) -> Option<i64> {
        let found = match self.modulus {
            0 => self.residue,
            modulus => price - (price - self.residue).rem_euclid(modulus),
        };
        (found <= price && self.least <= found && 0 < found).then_some(found)
    }

    /// The lowest such price at or above `price`.
    #[must_use]
    pub fn at_or_above(self, price: i64) -> Option<i64> {
        let from = price.max(self.least).max(1);
        let found = match self.modulus {
            0 => self.residue,
            modulus => from.checked_add((self.residue - from).rem_euclid(modulus))?,
        };
        (from <= found).then_some(found)
    }
}

/// All minor-unit texts of the right length that a pattern such as `99`, `*9` or `*` stands for.
fn expand(minor: &str, digits: usize) -> Option<Vec<String>> {
    let plain = minor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
    let fixed = minor.bytes().filter(u8::is_ascii_digit).count();
    if !plain || digits < fixed.max(1) {
        return None;
    }
    // Stars beside each other say no more than one.
    let mut pattern = String::new();
    for next in minor.chars() {
        if next != '*' || !pattern.ends_with('*') {
            pattern.push(next);
        }
    }
    let all = (0..10_u32.pow(digits as u32)).map(|n| format!("{n:0digits$}"));
    let found: Vec<String> = all.filter(|text| stands_for(&pattern, text)).collect();
    (!found.is_empty()).then_some(found)
}

/// Whether the stars of a pattern can be filled so that the text comes out; a star may stand for no digit.
fn stands_for(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.chars().next(), text.chars().next()) {
        (Some(rest), ..) => {
            stands_for(rest, text) || text.get(1..).is_some_and(|shorter| stands_for(pattern, shorter))
        }
        (None, Some(due), Some(is)) => {
            due == is && stands_for(pattern.get(1..).unwrap_or(""), text.get(1..).unwrap_or(""))
        }
        (None, due, is) => due == is,
    }
}

fn wrong_minor(pattern: &str, currency: Currency) -> String {
    let digits = currency.digits();
    format!("`{pattern}` does not fit {currency}, whose prices have {digits} digits after the point")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endings(pattern: &str, code: &str) -> Vec<Ending> {
        Ending::parse(pattern, Currency::from_code(code).unwrap()).unwrap()
    }

    fn fits(pattern: &str, minor: i64) -> bool {
        endings(pattern, "EUR").iter().any(|ending| ending.fits(minor))
    }

    #[test]
    fn patterns_mean_what_semantics_says() {
        assert!(fits("*.99", 99) && fits("*.99", 1_099) && !fits("*.99", 1_098));
        assert!(fits("*4.99", 499) && fits("*4.99", 1_499) && !fits("*4.99", 999));
        assert!(fits("*.*9", 9) && fits("*.*9", 119) && !fits("*.*9", 118));
        assert!(fits("*90", 9_000) && fits("*90", 19_000) && !fits("*90", 9_050));
        assert!(fits("*04.99", 10_499) && !fits("*04.99", 499) && !fits("*04.99", 2_499));
        assert!(fits("9.99", 999) && !fits("9.99", 1_999));
        assert!(fits("*.*", 1) && fits("*0.49", 49));
        assert_eq!(endings("*90", "JPY"), [Ending { residue: 90, modulus: 100, least: 10 }]);
        for bad in ["", "*.9", "*.999", "1*9.99", "*,99", ".99", "*.*999"] {
            assert!(Ending::parse(bad, Currency::from_code("EUR").unwrap()).is_err(), "{bad}");
        }
        for (pattern, code) in [("*.*", "JPY"), ("*.", "JPY"), ("*.*5555", "KWD"), ("*.5", "KWD")] {
            assert!(Ending::parse(pattern, Currency::from_code(code).unwrap()).is_err(), "{pattern} {code}");
        }
        assert_eq!(endings("*.**5", "KWD"), endings("*.*5", "KWD"));
        let fives: Vec<i64> = (0..1_000).filter(|minor| minor / 100 == 5 && minor % 10 == 9).collect();
        let found: Vec<i64> = (0..1_000)
            .filter(|minor| endings("*.5*9", "KWD").iter().any(|ending| ending.fits(*minor)))
            .collect();
        assert_eq!(found, fives);
    }

    #[test]
    fn merged_endings_are_the_same_prices() {
        for patterns in [
            vec!["*.99", "*.49"],
            vec!["*4.99", "*9.99"],
            vec!["*.00", "*.25", "*.50", "*.75"],
            vec!["*0", "*5", "*90"],
            vec!["9.99", "4.99", "*.99"],
            vec!["*04.99", "*54.99"],
        ] {
            let all: Vec<Ending> = patterns.iter().flat_map(|pattern| endings(pattern, "EUR")).collect();
            let merged = Ending::merged(all.clone());
            for price in 1..40_000 {
                let fits = |endings: &[Ending]| endings.iter().any(|ending| ending.fits(price));
                assert_eq!(fits(&merged), fits(&all), "{patterns:?} {price}");
            }
        }
        assert_eq!(
            Ending::merged(["*.00", "*.25", "*.50", "*.75"].iter().flat_map(|p| endings(p, "EUR")).collect())
                .len(),
            1
        );
    }

    #[test]
    fn neighbors_are_the_nearest_on_each_side() {
        for pattern in ["*.99", "*4.99", "*.*9", "*90", "*04.99", "9.99", "*"] {
            for ending in endings(pattern, "EUR") {
                let all: Vec<i64> = (1..30_000).filter(|minor| ending.fits(*minor)).collect();
                for price in (1..12_000).step_by(37) {
                    assert_eq!(
                        ending.at_or_below(price),
                        all.iter().rev().find(|found| **found <= price).copied(),
                        "{pattern} {price}"
                    );
                    assert_eq!(
                        ending.at_or_above(price),
                        all.iter().find(|found| price <= **found).copied(),
                        "{pattern} {price}"
                    );
                }
            }
        }
    }
}
