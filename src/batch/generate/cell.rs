//! Rows as values, before a file format makes text or columns of them.

use crate::facts::{Kind, show_instant};
use crate::money::{Amount, Currency, Money, Ratio};

/// A column of a generated feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub header: String,
    pub kind: Kind,
    /// The column beside it that a Parquet file gives the currency in; CSV writes `298.00 EUR`.
    pub currency: Option<String>,
}

impl Head {
    pub fn new(header: &str, kind: Kind) -> Self {
        Self { header: header.into(), kind, currency: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Missing,
    Text(String),
    Money(Money),
    /// 10⁻⁹, as a plain number.
    Number(Ratio),
    /// 10⁻⁹, as a percent in CSV and a share in Parquet.
    Share(Ratio),
    Seconds(i64),
    Instant(i64),
    /// What no file format should hold; only in CSV.
    Raw(Vec<u8>),
}

/// What is wrong with a row as a whole; only in CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    FieldTooMany,
    FieldTooFew,
    OpenQuote,
    TextAfterQuote,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub damage: Option<Damage>,
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self { cells, damage: None }
    }
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn money(micros: i64, currency: Currency) -> Self {
        Self::Money(Money::new(Amount::from_micros(micros), currency))
    }

    /// A whole number.
    pub fn count(count: i64) -> Self {
        Self::Number(Ratio::from_nanos(count.saturating_mul(Ratio::SCALE)))
    }

    pub fn yes(yes: bool) -> Self {
        Self::text(if yes { "yes" } else { "no" })
    }

    /// The cell as CSV text, not yet quoted.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Missing => Vec::new(),
            Self::Text(text) => text.clone().into_bytes(),
            Self::Money(money) => money.to_string().into_bytes(),
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Share(share) => share.to_percent_text(7).into_bytes(),
            Self::Seconds(seconds) => duration(*seconds).into_bytes(),
            Self::Instant(at) => show_instant(*at).into_bytes(),
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

/// In the largest unit that leaves a whole number.
fn duration(seconds: i64) -> String {
    let units = [(604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(size, _)| seconds != 0 && seconds % size == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(size, unit)| format!("{}{unit}", seconds / size))
}
