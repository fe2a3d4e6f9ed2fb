//! Fuzz targets: see `fuzz/README.md`.

pub mod targets;
