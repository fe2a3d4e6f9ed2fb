//! Whole runs over small files.

mod bad_rows;
mod files;
mod outputs;
mod same;
mod shop;
