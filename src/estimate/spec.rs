//! What to estimate, and how to judge its precision.

use super::error::{EstimateError, Result};
use super::formula::{Effect, Expr, Formula, parse_formula};

/// What is maximised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Family {
    /// Least squares, or two-stage least squares.
    #[default]
    Gaussian,
    /// Poisson pseudo maximum likelihood.
    Poisson,
    /// Multinomial logit: the response says how often each alternative of a set was chosen.
    Choice,
    /// Logit demand (Berry 1994): the response is a share of a market, and `ln s − ln s₀` is what is regressed.
    Shares,
}

impl Family {
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "gaussian" | "ols" => Ok(Self::Gaussian),
            "poisson" | "ppml" => Ok(Self::Poisson),
            "choice" => Ok(Self::Choice),
            "shares" => Ok(Self::Shares),
            _ => Err(EstimateError::new(format!("there is no family `{text}`"))
                .help("the families are gaussian, poisson, choice and shares")),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Poisson => "poisson",
            Self::Choice => "choice",
            Self::Shares => "shares",
        }
    }
}

/// The standard errors.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Vcov {
    Iid,
    /// HC0: no small-sample factor.
    HeteroRaw,
    /// HC1.
    #[default]
    Hetero,
    /// CRV1, or two-way.
    Cluster(Vec<Effect>),
    /// Bartlett weights up to a lag, in the order of the rows, of a time column, or of time within panels.
    Hac {
        lags: usize,
        time: Option<String>,
        panel: Option<Effect>,
    },
}

impl Vcov {
    /// Reads `iid`, `hetero`, `cluster:store`, `twoway:store,week`, `hac:4`, `hac:4,week`, `hac:4,week,store`.
    pub fn parse(text: &str) -> Result<Self> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let effect = |t: &str| Effect { columns: t.split('^').map(|c| c.trim().to_owned()).collect() };
        let names: Vec<&str> = rest.split([',', '+']).map(str::trim).filter(|s| !s.is_empty()).collect();
        let wrong = || {
            EstimateError::new(format!("`{text}` names no standard errors"))
                .help("write iid, hetero, cluster:store, twoway:store,week or hac:4,week")
        };
        match (kind.trim(), names.as_slice()) {
            ("iid", []) => Ok(Self::Iid),
            ("HC0" | "hc0", []) => Ok(Self::HeteroRaw),
            ("hetero" | "HC1" | "hc1", []) => Ok(Self::Hetero),
            ("cluster", [one]) => Ok(Self::Cluster(vec![effect(one)])),
            ("cluster" | "twoway", [one, two]) => Ok(Self::Cluster(vec![effect(one), effect(two)])),
            ("hac", [lags, rest @ ..]) if rest.len() <= 2 => Ok(Self::Hac {
                lags: lags.parse().map_err(|_| wrong())?,
                time: rest.first().map(|t| (*t).to_owned()),
                panel: rest.get(1).map(|p| effect(p)),
            }),
            _ => Err(wrong()),
        }
    }

    pub fn clusters(&self) -> &[Effect] {
        match self {
            Self::Cluster(clusters) => clusters,
            _ => &[],
        }
    }

    pub fn ordering(&self) -> (Option<&str>, Option<&Effect>) {
        match self {
            Self::Hac { time, panel, .. } => (time.as_deref(), panel.as_ref()),
            _ => (None, None),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Iid => "iid".to_owned(),
            Self::HeteroRaw => "HC0".to_owned(),
            Self::Hetero => "hetero".to_owned(),
            Self::Cluster(c) if c.len() == 2 => {
                format!("twoway:{}", c.iter().map(Effect::text).collect::<Vec<_>>().join(","))
            }
            Self::Cluster(c) => {
                format!("cluster:{}", c.iter().map(Effect::text).collect::<Vec<_>>().join(","))
            }
            Self::Hac { lags, time, panel } => {
                let mut out = format!("hac:{lags}");
                for part in [time.clone(), panel.as_ref().map(Effect::text)].into_iter().flatten() {
                    out.push(',');
                    out.push_str(&part);
                }
                out
            }
        }
    }
}

/// One regression, or one for each group.
#[derive(Clone, Debug)]
pub struct Spec {
    pub formula: Formula,
    pub family: Family,
    pub vcov: Vcov,
    pub weights: Option<Expr>,
    pub filter: Option<Expr>,
    /// The occasion that a choice belongs to, or the market that shares add up in.
    pub set: Option<Effect>,
    /// The share of intervals that should hold the truth.
    pub level: f64,
}

impl Spec {
    pub fn new(formula: &str) -> Result<Self> {
        Ok(Self {
            formula: parse_formula(formula)?,
            family: Family::default(),
            vcov: Vcov::default(),
            weights: None,
            filter: None,
            set: None,
            level: 0.95,
        })
    }

    pub fn vcov(mut self, text: &str) -> Result<Self> {
        self.vcov = Vcov::parse(text)?;
        Ok(self)
    }

    pub fn poisson(mut self) -> Self {
        self.family = Family::Poisson;
        self
    }
}
