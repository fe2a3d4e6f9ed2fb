//! Which offers count.

/// Why an offer does not count, in the order of decisions 2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    Own,
    Currency,
    Future,
    Shipping,
    Implausible,
    Match,
    Stale,
    Stock,
}
#[derive(Clone, Debug)]
pub struct Valid;
