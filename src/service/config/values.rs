//! Values of settings as text: numbers with their range, durations and sizes with their unit.

use std::ops::RangeInclusive;
use std::time::Duration;

/// # Errors
/// It is not a whole number in the range.
pub fn number<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("`{text}` is not a whole number from {} to {}", range.start(), range.end()))
}

const DURATIONS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// # Errors
/// It is not a duration in the range.
pub fn duration(text: &str, range: &RangeInclusive<Duration>) -> Result<Duration, String> {
    let read = DURATIONS.iter().find_map(|(unit, millis)| {
        Some(Duration::from_millis(digits(text.strip_suffix(unit)?)?.checked_mul(*millis)?))
    });
    read.filter(|duration| range.contains(duration)).ok_or_else(|| {
        let (low, high) = (show_duration(*range.start()), show_duration(*range.end()));
        format!("`{text}` is not a duration such as `500ms`, `10s` or `1h`, from {low} to {high}")
    })
}

/// In the largest unit that shows it whole.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let all = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let units = DURATIONS.iter().rev().find(|(_, millis)| all != 0 && all.is_multiple_of(*millis));
    units.map_or_else(|| format!("{all}ms"), |(unit, millis)| format!("{}{unit}", all / millis))
}

const SIZES: [(&str, u64); 3] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// # Errors
/// It is not a size in the range.
pub fn size(text: &str, range: &RangeInclusive<u64>) -> Result<u64, String> {
    let read = SIZES.iter().find_map(|(unit, bytes)| digits(text.strip_suffix(unit)?)?.checked_mul(*bytes));
    read.filter(|bytes| range.contains(bytes)).ok_or_else(|| {
        let (low, high) = (show_size(*range.start()), show_size(*range.end()));
        format!("`{text}` is not a size such as `64KiB` or `4MiB`, from {low} to {high}")
    })
}

#[must_use]
pub fn show_size(all: u64) -> String {
    let unit = SIZES.iter().find(|(_, bytes)| all != 0 && all.is_multiple_of(*bytes));
    unit.map_or_else(|| format!("{all}B"), |(unit, bytes)| format!("{}{unit}", all / bytes))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_they_are_read() {
        let any = Duration::ZERO..=Duration::from_secs(86_400 * 7);
        for text in ["1ms", "1500ms", "10s", "90s", "2m", "36h", "2d"] {
            assert_eq!(show_duration(duration(text, &any).unwrap()), text);
        }
        assert_eq!(show_duration(duration("60s", &any).unwrap()), "1m");
        for bad in ["", "10", "s", "-1s", "1.5s", "1 s", "8d", "99999999999999999999d", "+1s"] {
            assert!(duration(bad, &any).is_err(), "{bad}");
        }
        let any = 1..=(1 << 30);
        for text in ["1B", "1500B", "16KiB", "4MiB"] {
            assert_eq!(show_size(size(text, &any).unwrap()), text);
        }
        for bad in ["", "4", "4MB", "4M", "0B", "2000MiB"] {
            assert!(size(bad, &any).is_err(), "{bad}");
        }
        assert_eq!(number("7", &(1..=8_u32)), Ok(7));
        assert!(number("0", &(1..=8_u32)).unwrap_err().contains("from 1 to 8"));
    }
}
