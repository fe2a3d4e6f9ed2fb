//! Who may do what: roles, the row of each method, and callers.

pub mod principals;
pub mod token;

pub use principals::{Directory, Principal};

use super::gate::Lane;
use super::method::Method;
use super::status::{Condition, Failure};
use std::fmt;
use std::sync::Arc;

/// What somebody is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Asks for single prices: a storefront.
    Quoter,
    /// Asks for many, and brings facts: a batch job.
    Batcher,
    /// Writes rules: sees how a price came about.
    Author,
    /// Releases what others wrote.
    Approver,
    /// Runs the service: jobs, reloads.
    Operator,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Quoter, Self::Batcher, Self::Author, Self::Approver, Self::Operator, Self::Auditor];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quoter => "quoter",
            Self::Batcher => "batcher",
            Self::Author => "author",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// Whether cost, margin and floor are shown to it.
    #[must_use]
    pub fn sees_costs(self) -> bool {
        match self {
            Self::Author | Self::Approver | Self::Auditor => true,
            Self::Quoter | Self::Batcher | Self::Operator => false,
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join("`, `");
            format!("`{text}` is no role; roles are `{all}`")
        })
    }
}

/// The row of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who may call it; `None` is anybody, without credentials too.
    pub roles: Option<&'static [Role]>,
    pub lane: Lane,
}

/// The matrix of methods and roles. A method without a row does not compile.
#[must_use]
pub fn row(method: Method) -> Row {
    use Role::{Approver, Auditor, Author, Batcher, Operator, Quoter};
    let row = |roles, lane| Row { roles: Some(roles), lane };
    match method {
        Method::PricingServiceQuotePrice => {
            row(&[Quoter, Batcher, Author, Approver, Operator, Auditor], Lane::Quote)
        }
        Method::PricingServiceVerifyQuote => {
            row(&[Quoter, Batcher, Author, Approver, Operator, Auditor], Lane::Quote)
        }
        Method::PricingServiceBatchQuotePrices => {
            row(&[Batcher, Author, Approver, Operator, Auditor], Lane::Batch)
        }
        Method::PricingServiceStreamQuotePrices => {
            row(&[Batcher, Author, Approver, Operator, Auditor], Lane::Stream)
        }
        Method::FactServiceUpsertItems
        | Method::FactServiceUpsertOffers
        | Method::FactServiceUpdateStock
        | Method::FactServiceSetExchangeRates => row(&[Batcher, Operator], Lane::Stream),
        // They show costs.
        Method::FactServiceGetItem | Method::FactServiceListItems | Method::RulebookServiceExplainPrice => {
            row(&[Author, Approver, Auditor], Lane::Quote)
        }
        Method::ElasticityServiceEstimateElasticity | Method::RulebookServiceCheckRulebook => {
            row(&[Author, Approver, Auditor], Lane::Batch)
        }
        Method::RulebookServiceGetRelease | Method::RulebookServiceListReleases => {
            row(&[Author, Approver, Operator, Auditor], Lane::Quote)
        }
        Method::RepricingServiceStartRepricing | Method::RepricingServiceCancelRepricing => {
            row(&[Batcher, Operator], Lane::Quote)
        }
        Method::RepricingServiceGetRepricing => {
            row(&[Batcher, Author, Approver, Operator, Auditor], Lane::Quote)
        }
        Method::RepricingServiceWatchRepricing | Method::RepricingServiceReadRepricing => {
            row(&[Batcher, Author, Approver, Operator, Auditor], Lane::Stream)
        }
        Method::HealthCheck | Method::HealthWatch => Row { roles: None, lane: Lane::Free },
        Method::ServerReflectionServerReflectionInfo => {
            row(&[Quoter, Batcher, Author, Approver, Operator, Auditor], Lane::Free)
        }
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// No authentication is configured: whoever is on this machine may do everything.
    Local,
    /// Nobody in particular, at a method that is open to all.
    Nobody,
    Known(Arc<Principal>),
}

impl Caller {
    /// Whether cost, margin and floor are shown.
    #[must_use]
    pub fn sees_costs(&self) -> bool {
        match self {
            Self::Local => true,
            Self::Nobody => false,
            Self::Known(principal) => principal.roles.iter().any(|role| role.sees_costs()),
        }
    }

    /// # Errors
    /// None of the caller's roles is in the method's row.
    pub fn may_call(&self, method: Method) -> Result<(), Failure> {
        let Some(allowed) = row(method).roles else { return Ok(()) };
        match self {
            Self::Local => Ok(()),
            Self::Nobody => Err(credentials_required("no credentials were given")),
            Self::Known(principal) if principal.roles.iter().any(|role| allowed.contains(role)) => Ok(()),
            Self::Known(principal) => {
                let allowed = allowed.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("`, `");
                let message = format!(
                    "`{}` has no role that may call {}: it takes one of `{allowed}`",
                    principal.name,
                    method.path()
                );
                Err(Failure::new(Condition::RoleLacksMethod, message))
            }
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Nobody => "nobody",
            Self::Known(principal) => &principal.name,
        })
    }
}

/// One answer for all that is wrong with credentials: what exactly would help who guesses.
#[must_use]
pub fn credentials_required(why: &str) -> Failure {
    let message = format!("{why}; send `authorization: Bearer TOKEN` with a token of `pricer token`");
    Failure::new(Condition::CredentialsRequired, message)
}

/// The matrix as Markdown, for the documentation.
#[must_use]
pub fn matrix() -> String {
    let names = Role::ALL.map(Role::as_str).join(" | ");
    let mut text = format!("| method | anybody | {names} |\n|---|---|---|---|---|---|---|---|\n");
    for method in Method::ALL {
        let roles = row(*method).roles;
        let mark = |holds| if holds { "✓" } else { "" };
        let cells = Role::ALL.map(|role| mark(roles.is_none_or(|roles| roles.contains(&role))));
        let path = method.path().trim_start_matches('/');
        text += &format!("| `{path}` | {} | {} |\n", mark(roles.is_none()), cells.join(" | "));
    }
    text
}
