//! What is written: TOML trees, CSV tables, values with units and cells, each with the place it came from.
//!
//! Nothing here knows markets or rules. Every mistake becomes a finding with the exact bytes, and reading goes on.

mod cell;
mod doc;
mod fields;
mod findings;
mod quantity;
pub mod suggest;
mod table;
mod value;

pub use cell::{Atom, parse_cell, straight_branch};
pub use doc::{Keyed, Node, Table, Value, parse_toml};
pub use fields::{Fields, unknown_name};
pub use findings::Findings;
pub use quantity::{Mistake, parse_quantity, parse_span};
pub use suggest::{list, near_miss, nearest, offer};
pub use table::{Csv, Row, node_text, parse_csv};
pub use value::{
    Amounts, Sign, boolean, choice, closed_percents, duration, integer, money, not_supported, out_of_range,
    percent, pieces, push_mistake, text, texts, wrong_type,
};
