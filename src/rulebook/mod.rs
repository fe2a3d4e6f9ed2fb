//! Rulebooks: files as written → checked → compiled into a `Release`.

mod analysis;
mod boxes;
mod candidates;
mod clauses;
mod diagnostic;
mod files;
mod load;
mod origin;
mod precedence;
pub mod render;
mod rule_test;
mod run_tests;
#[cfg(test)]
mod sample;

pub use analysis::{Analysed, Catalog, Contest, Context, Shared, Witness, analyse};
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity, Span};
pub use files::Files;
pub use load::{Loaded, Stats, load};
pub use origin::{Origin, Origins};
pub use rule_test::{AlwaysTest, Expectation, Expected, RuleTest};
pub use run_tests::{Coverage, Failure, Line, Mismatch, Report, Results, Verdict, run_tests};
