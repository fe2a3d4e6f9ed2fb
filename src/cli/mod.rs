//! One file per command.

pub mod quote;
