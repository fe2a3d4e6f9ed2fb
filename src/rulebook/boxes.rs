//! Placeholder for R2's `boxes.rs`: see `precedence.rs`.
