//! `a × b ÷ c` without losing a digit on the way.

use super::{Overflow, Rounding};

/// `a × b ÷ c`, rounded once. The product may need 256 bits; nearly always 64 are enough, and those are quick: one division
/// where it is called, with the way of rounding known.
///
/// # Errors
/// [`Overflow`] when the result does not fit in an `i64` or `c` is zero.
#[inline(always)]
pub(crate) fn mul_div(a: i128, b: i128, c: i128, rounding: Rounding) -> Result<i64, Overflow> {
    if let (Ok(a), Ok(b), Ok(c)) = (i64::try_from(a), i64::try_from(b), i64::try_from(c))
        && let Some(product) = a.checked_mul(b)
        && 0 < c
    {
        return Ok(div(product, c, rounding));
    }
    wide_mul_div(a, b, c, rounding)
}

/// `product ÷ divisor` for a divisor above zero. Growing by one cannot overflow: a rest means a divisor of two or more.
#[inline(always)]
fn div(product: i64, divisor: i64, rounding: Rounding) -> i64 {
    let (quotient, rest) = (product / divisor, product % divisor);
    match rounding {
        Rounding::Down => quotient - i64::from(rest < 0),
        Rounding::Up => quotient + i64::from(0 < rest),
        Rounding::HalfEven => {
            let size = rest.abs();
            let grows = match size.cmp(&(divisor - size)) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => quotient & 1 == 1,
            };
            if grows { quotient + product.signum() } else { quotient }
        }
    }
}

#[inline(never)]
fn wide_mul_div(a: i128, b: i128, c: i128, rounding: Rounding) -> Result<i64, Overflow> {
    if c == 0 {
        return Err(Overflow);
    }
    let negative = (a < 0) ^ (b < 0) ^ (c < 0);
    let divisor = c.unsigned_abs();
    let (quotient, remainder) = match a.checked_mul(b) {
        Some(product) => {
            // One division: the remainder is what the quotient leaves.
            let quotient = product.unsigned_abs() / divisor;
            (quotient, product.unsigned_abs() - quotient * divisor)
        }
        None => wide_div(wide_mul(a.unsigned_abs(), b.unsigned_abs()), divisor)?,
    };
    let half = || (remainder.cmp(&(divisor - remainder)), quotient % 2 == 1);
    let magnitude = quotient.checked_add(u128::from(grows(remainder == 0, negative, rounding, half)));
    signed(negative, u64::try_from(magnitude.ok_or(Overflow)?).map_err(|_| Overflow)?)
}

/// Whether the quotient's magnitude grows by one. `half` compares the remainder with what is missing to the next one, and
/// says whether the quotient is odd.
#[inline]
fn grows(
    exact: bool,
    negative: bool,
    rounding: Rounding,
    half: impl FnOnce() -> (std::cmp::Ordering, bool),
) -> bool {
    match rounding {
        _ if exact => false,
        Rounding::Down => negative,
        Rounding::Up => !negative,
        Rounding::HalfEven => match half() {
            (std::cmp::Ordering::Less, _) => false,
            (std::cmp::Ordering::Greater, _) => true,
            (std::cmp::Ordering::Equal, odd) => odd,
        },
    }
}

#[inline]
fn signed(negative: bool, magnitude: u64) -> Result<i64, Overflow> {
    match negative {
        true => 0_i64.checked_sub_unsigned(magnitude).ok_or(Overflow),
        false => i64::try_from(magnitude).map_err(|_| Overflow),
    }
}

/// The 256-bit product as (high, low).
fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low) = (a >> 64, a & LOW);
    let (b_high, b_low) = (b >> 64, b & LOW);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let (middle, carry) = middle.overflowing_add(a_low * b_high);
    let high = a_high * b_high + (middle >> 64) + (u128::from(carry) << 64);
    (high, (middle << 64) | (low & LOW))
}

/// Schoolbook division of a 256-bit number, one bit at a time: rare, so plain.
fn wide_div((high, low): (u128, u128), divisor: u128) -> Result<(u128, u128), Overflow> {
    if divisor <= high {
        return Err(Overflow);
    }
    let (mut remainder, mut quotient) = (high, 0_u128);
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || divisor <= remainder {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    Ok((quotient, remainder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_go_where_they_are_told() {
        for (a, down, up, even) in
            [(5, 2, 3, 2), (7, 3, 4, 4), (-5, -3, -2, -2), (-7, -4, -3, -4), (4, 2, 2, 2)]
        {
            assert_eq!(mul_div(a, 1, 2, Rounding::Down), Ok(down));
            assert_eq!(mul_div(a, 1, 2, Rounding::Up), Ok(up));
            assert_eq!(mul_div(a, 1, 2, Rounding::HalfEven), Ok(even));
        }
        assert_eq!(mul_div(1, 1, 0, Rounding::Up), Err(Overflow));
        assert_eq!(mul_div(i128::MAX, 3, 1, Rounding::Up), Err(Overflow));
    }

    proptest! {
        /// (q·c + r) computed back from the wide path equals a·b.
        #[test]
        fn wide_division_inverts_wide_multiplication(a: u128, b: u128, c in 1_u128..) {
            let product = wide_mul(a, b);
            if let Ok((quotient, remainder)) = wide_div(product, c) {
                let (high, low) = wide_mul(quotient, c);
                let (low, carry) = low.overflowing_add(remainder);
                prop_assert!(remainder < c);
                prop_assert_eq!((high + u128::from(carry), low), product);
            } else {
                prop_assert!(c <= product.0);
            }
        }

        /// The quick way and the wide way round alike.
        #[test]
        fn quick_equals_wide(a: i64, b in -2_000_000_000_i64..2_000_000_000, c: i64, small in -1_000_i64..1_000, way in 0..3) {
            let rounding = [Rounding::Down, Rounding::Up, Rounding::HalfEven][way as usize];
            for (a, b, c) in [(a, b, c), (a / 1_000_000, b, small), (small, b, small / 7), (a, small, c >> 20)] {
                let (a, b, c) = (a.into(), b.into(), c.into());
                prop_assert_eq!(mul_div(a, b, c, rounding), wide_mul_div(a, b, c, rounding));
            }
        }

        /// Where both fit, the narrow and the wide path agree.
        #[test]
        fn narrow_equals_wide(a in 0..i128::from(i64::MAX), b in 0..i128::from(i64::MAX), c in 1..i128::from(i64::MAX)) {
            let wide = wide_div(wide_mul(a as u128, b as u128), c as u128);
            let narrow = (a * b) as u128;
            prop_assert_eq!(wide, Ok((narrow / c as u128, narrow % c as u128)));
        }
    }
}
