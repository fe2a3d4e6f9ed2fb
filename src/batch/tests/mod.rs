//! Whole runs over small files.

mod bad_rows;
mod catalog;
mod files;
mod outputs;
mod parted;
mod same;
mod shop;
