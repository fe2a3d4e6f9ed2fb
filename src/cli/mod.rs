//! One file a command.

pub mod reprice;
