//! `fixed`: a printed price, neither adjusted nor rounded.

use super::{Input, Manner, Proposed, Reads};
use crate::pricing::{Fixed, NoPrice};

pub(super) fn propose(input: &Input<'_>, fixed: &Fixed) -> Result<Proposed, NoPrice> {
    let price = match fixed {
        Fixed::Value(price) => *price,
        Fixed::Table(rows) => rows.iter().find(|row| input.view.inside(&row.scope)).and_then(|row| row.price),
    };
    let target = price.ok_or(NoPrice::NoFixedPrice)?;
    Ok(Proposed { manner: Manner::Fixed, ..Proposed::free(target, Reads::default()) })
}
