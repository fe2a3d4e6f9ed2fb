//! `fixed`: a printed price, neither adjusted nor rounded.

use super::{Input, Manner, Proposed, Reads};
use crate::pricing::{Fixed, NoPrice};

pub(super) fn propose(input: &Input<'_>, fixed: &Fixed) -> Result<Proposed, NoPrice> {
    let price = match fixed {
        Fixed::Value(price) => *price,
        Fixed::Table(rows) => {
            let mut rows = rows.candidates(input.view.item);
            rows.find(|(_, row)| input.view.inside(&row.scope)).and_then(|(_, row)| row.price)
        }
    };
    let target = price.ok_or(NoPrice::NoFixedPrice)?;
    Ok(Proposed { manner: Manner::Fixed, ..Proposed::free(target, Reads::default()) })
}
