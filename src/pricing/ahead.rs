//! Strategies that look ahead, compiled for one place: demand, goods that must be gone, prices that fade or follow a twin.

use super::{Limit, PerVat};
use crate::facts::AttrId;
use crate::money::{Fraction, Ratio};

/// `optimise`: the move that demand surely rewards (decisions 15).
#[derive(Clone, Debug)]
pub struct Optimise {
    pub aim: Aim,
    pub demand: Demand,
    /// The most that a price moves at once, as a share of today's: in (0, 1).
    pub within: Ratio,
    pub confidence: Ratio,
    /// Φ⁻¹(confidence), to nine places.
    pub z: Ratio,
    pub needs: Needs,
    /// Whether seasons and stock rules act on it.
    pub adjust: bool,
    /// None for a VAT class where tax and fees eat every price.
    pub factors: PerVat<Option<Factors>>,
}

/// Weights of profit and of net revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim {
    pub profit: Ratio,
    pub revenue: Ratio,
}

/// The form of demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    ConstantElasticity,
    Linear,
    Exponential,
    Logit,
}

/// What an estimate must show before it moves a price: closed spans in 10⁻⁹, and as written.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub sales_weeks: Option<Need>,
    /// On the full width of the 95 % interval of the elasticity.
    pub interval: Option<Need>,
}

#[derive(Clone, Debug)]
pub struct Need {
    pub spans: Box<[(i64, i64)]>,
    pub text: Box<str>,
}

/// Shares of the gross price, exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// a of the unit contribution.
    pub keep: Fraction,
    /// 1/(1 + v).
    pub net: Fraction,
    /// w₁/(w₁a + w₂·net); zero for pure revenue.
    pub share: Fraction,
}

/// `fade`: an earlier layer's price, and less and less of a change to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fade {
    pub start: Ratio,
    pub end: Ratio,
    /// Seconds, above zero.
    pub over: i64,
    /// Index into `Release::layers`.
    pub versus: u16,
    /// The attribute `on_sale_for`.
    pub age: AttrId,
}

/// `relative`: so far from another item's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The attribute that names the twin.
    pub to: AttrId,
    pub by: Ratio,
}

/// `markdown`: goods that must be gone by a day.
#[derive(Clone, Debug)]
pub struct Markdown {
    pub plan: Plan,
    pub until: Until,
    pub salvage: Option<Salvage>,
    /// a of the unit contribution; none where it is zero or less.
    pub keep: PerVat<Option<Fraction>>,
}

/// How far the price falls.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Days left, closed, and the change to the price from before.
    Curve(Box<[CurveStep]>),
    /// Changes to the price from before, falling; each stays for `period` days at least.
    Ladder { rungs: Box<[Ratio]>, period: u16 },
    /// The best price for the stock and the time left.
    Stock,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveStep {
    /// Row of the table, as a spreadsheet counts.
    pub row: u32,
    /// Closed spans of days left.
    pub days: Box<[(i64, i64)]>,
    pub off: Ratio,
}

/// The last day of the sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Days since 1970-01-01 in the market's calendar.
    Day(i32),
    /// `at` plus this duration.
    In(AttrId),
}

/// What a unit that is left brings, net of VAT.
#[derive(Clone, Debug)]
pub struct Salvage {
    /// For an attribute the factor holds the share and, for a gross one, 1/(1 + v).
    pub amount: Limit,
    pub text: Box<str>,
}

impl Demand {
    pub const ALL: [Self; 4] = [Self::ConstantElasticity, Self::Linear, Self::Exponential, Self::Logit];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConstantElasticity => "constant-elasticity",
            Self::Linear => "linear",
            Self::Exponential => "exponential",
            Self::Logit => "logit",
        }
    }
}

impl Aim {
    /// `profit`, `revenue`, or `70% profit and 30% revenue`.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.profit, self.revenue) {
            (_, Ratio::ZERO) => "profit".to_owned(),
            (Ratio::ZERO, _) => "revenue".to_owned(),
            (profit, revenue) => {
                format!("{} profit and {} revenue", profit.to_percent_text(7), revenue.to_percent_text(7))
            }
        }
    }
}

impl Need {
    #[must_use]
    pub fn holds(&self, value: i64) -> bool {
        self.spans.iter().any(|(low, high)| *low <= value && value <= *high)
    }
}

impl Factors {
    /// For fees that keep `keep` of the gross price; none if they keep nothing.
    ///
    /// # Errors
    /// [`Overflow`](crate::money::Overflow).
    pub fn new(keep: Fraction, one_plus: Fraction, aim: Aim) -> Result<Option<Self>, crate::money::Overflow> {
        if !keep.is_positive() {
            return Ok(None);
        }
        let net = Fraction::ONE.div(one_plus)?;
        let share = match aim.profit {
            Ratio::ZERO => Fraction::ZERO,
            profit => crate::demand::exact::share(keep, net, profit, aim.revenue)?,
        };
        Ok(Some(Self { keep, net, share }))
    }
}

/// Φ⁻¹(confidence) to nine places, for a confidence in [0.5, 1).
#[must_use]
pub fn certainty(confidence: Ratio) -> Option<Ratio> {
    crate::demand::normal::confidence(confidence)
}
