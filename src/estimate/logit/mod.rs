//! Discrete choice: market shares (Berry 1994) and single choices.

pub mod berry;
pub mod choice;
pub mod regression;
