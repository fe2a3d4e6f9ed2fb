//! Contribution as one exact division: (a·P − goods·landed − fixed), its shares brought to one denominator beforehand.

use crate::money::{Amount, Fraction, Rounding, mul_div};

/// `(price·P − goods·L − fixed) ÷ den`, in 10⁻⁶, for a gross price P and a landed cost L.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    price: i64,
    goods: i64,
    fixed: i64,
    /// Above zero.
    den: i64,
}

impl Line {
    /// None if a denominator in common is too large.
    pub(super) fn new(a: Fraction, goods: Fraction, fixed: Fraction) -> Option<Self> {
        let den = lcm(lcm(a.den(), goods.den())?, fixed.den())?;
        let over = |part: Fraction| part.num().checked_mul(den / part.den());
        let fixed = over(fixed)?.checked_mul(Amount::SCALE.into())?;
        let short = |part: i128| i64::try_from(part).ok();
        Some(Self {
            price: short(over(a)?)?,
            goods: short(over(goods)?)?,
            fixed: short(fixed)?,
            den: short(den)?,
        })
    }

    /// The contribution, quantized once; none if it does not fit.
    pub(super) fn at(&self, price: Amount, landed: Amount) -> Option<Amount> {
        let earned = times(self.price, price).checked_sub(self.cost(landed)?)?;
        mul_div(earned, 1, self.den.into(), Rounding::HalfEven).ok().map(Amount::from_micros)
    }

    /// The price of zero contribution; none if every price loses or it does not fit.
    pub(super) fn break_even(&self, landed: Amount) -> Option<Amount> {
        let cost = self.cost(landed).filter(|_| 0 < self.price)?;
        mul_div(cost, 1, self.price.into(), Rounding::HalfEven).ok().map(Amount::from_micros)
    }

    /// The lowest price that earns `least`, if any price earns more than a lower one; none too if it does not fit.
    pub(super) fn lowest(&self, landed: Amount, least: Amount) -> Option<Amount> {
        let needed = self.cost(landed).filter(|_| 0 < self.price)?.checked_add(times(self.den, least))?;
        mul_div(needed, 1, self.price.into(), Rounding::Up).ok().map(Amount::from_micros)
    }

    /// goods·L + fixed, over `den`.
    fn cost(&self, landed: Amount) -> Option<i128> {
        times(self.goods, landed).checked_add(self.fixed.into())
    }
}

fn times(factor: i64, amount: Amount) -> i128 {
    i128::from(factor) * i128::from(amount.micros())
}

fn lcm(a: i128, b: i128) -> Option<i128> {
    // In lowest terms a ÷ b is (a ÷ gcd) ÷ (b ÷ gcd).
    a.checked_mul(Fraction::new(a, b).ok()?.den())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Ratio;
    use proptest::prelude::*;

    fn ratio() -> impl Strategy<Value = Fraction> {
        (-40_i64..200, 0_u32..4)
            .prop_map(|(count, zeros)| Fraction::of(Ratio::from_nanos(count * 10_i64.pow(6 + zeros))))
    }

    proptest! {
        /// The same as with fractions, step by step.
        #[test]
        fn a_line_is_its_fractions(
            keep in ratio(), vat in 0_i128..40, goods in ratio(), fixed in -9_000_000_i64..9_000_000,
            price in 1_i64..4_000_000_000, landed in 0_i64..4_000_000_000, least in -9_000_000_i64..9_000_000,
        ) {
            let a = Fraction::new(100, 100 + vat).unwrap().mul(keep).unwrap();
            let (fixed, price) = (Fraction::of_amount(Amount::from_micros(fixed)), Amount::from_micros(price));
            let (landed, least) = (Amount::from_micros(landed), Amount::from_micros(least));
            let line = Line::new(a, goods, fixed).unwrap();
            let cost = Fraction::of_amount(landed).mul(goods).unwrap().add(fixed).unwrap();
            let unit = a.mul(Fraction::of_amount(price)).unwrap().sub(cost).unwrap();
            prop_assert_eq!(line.at(price, landed), unit.to_amount(Rounding::HalfEven).ok());
            let of = |cost: Fraction, way| a.is_positive().then(|| cost.div(a).unwrap().to_amount(way).ok()).flatten();
            prop_assert_eq!(line.break_even(landed), of(cost, Rounding::HalfEven));
            let needed = cost.add(Fraction::of_amount(least)).unwrap();
            prop_assert_eq!(line.lowest(landed, least), of(needed, Rounding::Up));
        }
    }
}
