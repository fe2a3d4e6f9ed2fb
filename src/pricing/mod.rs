//! The pricing pipeline: `settle(propose(row, world, steer), directive)`.
//!
//! ```text
//! facts checked → cost → ranges → strategy → adjust → bound → round → Decision
//! ```
//!
//! A storefront quote, a row of a ten-million-row batch, a test of an analyst and an explanation all run [`price`]. The
//! explanation is a sink on it ([`Trace`]), never a second implementation.
//!
//! This room knows no file, clock, thread or serialization: time comes in with the [`World`].

mod adjust;
pub mod ahead;
mod bound;
mod calendar;
mod cost;
mod decision;
mod ending;
mod guard;
mod horizon;
mod index;
mod line;
mod pipeline;
mod place;
mod prospect;
mod release;
mod report;
mod rivals;
mod round;
mod scope;
mod season;
mod strategy;
mod trace;
mod twins;
mod view;
mod world;

pub use calendar::{DayRange, MonthDay, Now, TimeRange, When, Window, day_number};
pub use decision::{
    Because, Decision, Edge, Flag, Flags, GuardRef, HeldReason, Hits, Outcome, Range, Refusal, RefusalCode,
    Status, Winner,
};
pub use ending::{Band, Ending};
pub use horizon::Horizon;
pub use index::{Indexed, Scoped};
pub use pipeline::{Directive, Proposal, Steer, Target, price, propose, settle, view};
pub use place::{
    Adjustment, AdjustmentKind, AdjustmentVariant, Bound, CostBasis, Delivery, FeedName, Fees, Fixed,
    FixedRow, Fx, Guard, GuardClass, GuardVariant, Info, Limit, PerVat, Place, Plausibility, PricePart, Rank,
    Returns, RivalSet, RoundRule, Rule, Side, SourceAt, StaleFeed, Strategy, Vat, Way,
};
pub use prospect::{Day, Prospect};
pub use release::{Feed, Release, Segment};
pub use rivals::{Excluded, Valid};
pub use scope::{Bits, Clause, Cond, Scope, Test};
pub use season::Change;
pub use trace::{MarkedDown, NoPrice, Optimised, Outlook, Recorder, Step, Trace};
pub use twins::Twins;
pub use view::{Mismatch, View};
pub use world::{Moment, Row, World};
