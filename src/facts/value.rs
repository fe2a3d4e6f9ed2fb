//! One fact of one item.

use crate::money::{Amount, Currency};

/// One fact, 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not known. It matches no cell but `?` and is never read as zero.
    Missing,
    /// A text, id or tree path, as its number in the attribute's `Symbols`.
    Symbol(u32),
    /// A set, one bit for each value that the rulebook mentions.
    Tags(u64),
    /// Money in the currency it was given in.
    Money(Amount, Currency),
    /// A number or percent in 10⁻⁹, or a duration in seconds.
    Count(i64),
    /// The instant a duration runs to, in seconds since 1970: the duration is its distance from `at`.
    Until(i64),
    /// The instant a duration runs from, in seconds since 1970.
    Since(i64),
}

const _: () = assert!(size_of::<Value>() <= 16);
