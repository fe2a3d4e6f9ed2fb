//! Until when an answer is wanted.

use std::time::Duration;
use tokio::time::Instant;

/// Until when somebody waits for the answer: in the extensions of each request that has one. Work that takes long looks
/// at it at least every 1,024 rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

impl Deadline {
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.0 <= Instant::now()
    }
}

/// Reads `grpc-timeout`: at most 8 digits and a unit.
///
/// # Errors
/// What it should look like.
pub fn parse(text: &[u8]) -> Result<Duration, &'static str> {
    const WRONG: &str = "is at most 8 digits and one of `H`, `M`, `S`, `m`, `u`, `n`, such as `250m`";
    let (unit, digits) = text.split_last().ok_or(WRONG)?;
    let digits = std::str::from_utf8(digits).map_err(|_| WRONG)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(WRONG);
    }
    let number: u64 = digits.parse().map_err(|_| WRONG)?;
    match unit {
        b'H' => Ok(Duration::from_secs(number * 3_600)),
        b'M' => Ok(Duration::from_secs(number * 60)),
        b'S' => Ok(Duration::from_secs(number)),
        b'm' => Ok(Duration::from_millis(number)),
        b'u' => Ok(Duration::from_micros(number)),
        b'n' => Ok(Duration::from_nanos(number)),
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(parse(b"250m"), Ok(Duration::from_millis(250)));
        assert_eq!(parse(b"99999999H"), Ok(Duration::from_secs(99_999_999 * 3_600)));
        assert_eq!(parse(b"0n"), Ok(Duration::ZERO));
        for bad in ["", "m", "250", "123456789m", "-1m", "1.5S", "1s", " 1S", "１S"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
