//! The rulebook of Orda, as it is built in.

/// The moment that its invented feeds are of.
pub const AT: &str = "2026-11-18T10:00:00+01:00";

macro_rules! orda {
    ($($path:literal,)*) => {
        /// Path and text of each file.
        pub const FILES: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../models/orda/", $path)))),*];
    };
}

orda! {
    "README.md",
    "feeds/README.md",
    "feeds/fx.csv",
    "feeds/history.csv",
    "feeds/items.csv",
    "feeds/offers.csv",
    "rulebook.toml",
    "rules/adjust.toml",
    "rules/guards.toml",
    "rules/shelf.toml",
    "rules/strategy.toml",
    "schema.toml",
    "tables/doorbusters.csv",
    "tables/holidays.csv",
    "tables/markdown.csv",
    "tables/plan_margins.csv",
    "tests/ahead.toml",
    "tests/leaflet.toml",
    "tests/prices.toml",
}
