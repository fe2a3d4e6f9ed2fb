//! Rulebooks: files as written → checked → compiled into a `Release`.
//!
//! `syntax` reads texts, `book` knows what they may say, `compile` makes what the pipeline runs. No step stops at the first
//! mistake, and whatever is not understood is one.

mod analysis;
mod book;
mod boxes;
mod candidates;
mod clauses;
pub mod codes;
mod compile;
mod diagnostic;
mod files;
mod fix;
pub mod json_schema;
mod load;
mod origin;
mod precedence;
pub mod price_book;
pub mod render;
mod rule_test;
mod run_tests;
mod slips;
mod syntax;
pub mod tidy;
pub mod why;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use analysis::{Analysed, Catalog, Contest, Context, Crossed, Evidence, Shared, Witness, analyse};
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity, Span};
pub use files::{ELASTICITIES, Files, REFIT, fingerprint};
pub use fix::{Change, CureError, Cured, Cures, cure};
pub use load::{Loaded, Stats, load, load_with};
pub use origin::{Origin, Origins};
pub use rule_test::{AlwaysTest, Expectation, Expected, RuleTest};
pub use run_tests::{
    AlwaysReport, AlwaysVerdict, Counted, Coverage, Failure, Line, Mismatch, Report, Results, Verdict,
    run_always, run_tests,
};
pub use syntax::suggest::nearest;
