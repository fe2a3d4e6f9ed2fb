//! Exact money.
//!
//! An [`Amount`] counts 10⁻⁶ of a currency's major unit, a [`Ratio`] counts 10⁻⁹ of one; both are `i64`.
//! Every operation that can lose digits names its [`Rounding`], and every one that can overflow returns
//! [`Overflow`]. Only whole minor units can be paid: see [`Price`].
//!
//! This room knows no file, clock, thread or serialization.

mod amount;
mod currency;
mod fraction;
mod number;
mod price;
mod wide;

pub use amount::{Amount, Money, Ratio};
pub use currency::Currency;
pub use fraction::Fraction;
pub use number::{InvalidNumber, parse_fixed};
pub use price::Price;
pub(crate) use price::to_minor;
pub(crate) use wide::mul_div;

/// How a result that falls between two representable values is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards negative infinity: what a ceiling needs.
    Down,
    /// Towards positive infinity: what a floor needs.
    Up,
    /// To the nearest, ties to the even neighbor: what every quantized step uses.
    HalfEven,
}

/// A result left the range of its fixed-point type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the amount leaves the range of ±9,223,372,036,854 currency units")
    }
}

impl std::error::Error for Overflow {}
