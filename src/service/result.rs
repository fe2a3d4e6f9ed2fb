//! `QuoteResult`: one answer among many, which a server writes as soon as it has it.
//!
//! A batch would otherwise hold a thousand decisions of thirty texts each before the first of them is written.

use super::proto::{Decision, ItemError};
use bytes::{Buf, BufMut};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, skip_field};

/// A price or the reason why there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuoteResult {
    /// Exactly one of the two is set, unless it is written already.
    pub outcome: Option<quote_result::Outcome>,
    /// The message as it goes over the wire, in the place of `outcome`.
    written: Vec<u8>,
}

pub mod quote_result {
    //! What a [`super::QuoteResult`] holds.

    /// Exactly one of the two is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    #[expect(clippy::large_enum_variant, reason = "as it would be generated")]
    pub enum Outcome {
        /// The price and why.
        #[prost(message, tag = "1")]
        Decision(super::Decision),
        /// What `QuotePrice` would have failed with. Field paths start at the item's own request.
        #[prost(message, tag = "2")]
        Error(super::ItemError),
    }
}

impl QuoteResult {
    #[must_use]
    pub fn new(outcome: quote_result::Outcome) -> Self {
        Self { outcome: Some(outcome), written: Vec::new() }
    }

    /// The same, for the wire alone.
    #[must_use]
    pub fn written(outcome: &quote_result::Outcome) -> Self {
        let mut written = vec![0; outcome.encoded_len()];
        outcome.encode(&mut written.as_mut_slice());
        Self { outcome: None, written }
    }
}

impl Message for QuoteResult {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        buffer.put_slice(&self.written);
        if let Some(outcome) = &self.outcome {
            outcome.encode(buffer);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        match tag {
            1 | 2 => quote_result::Outcome::merge(&mut self.outcome, tag, wire_type, buffer, context),
            _ => skip_field(wire_type, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        self.written.len() + self.outcome.as_ref().map_or(0, quote_result::Outcome::encoded_len)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::proto::{BatchQuotePricesResponse, Money};
    use quote_result::Outcome;

    #[test]
    fn what_is_written_early_is_what_would_have_been_written_late() {
        let money = |units| Some(Money { currency_code: "EUR".to_owned(), units, nanos: 990_000_000 });
        let outcomes = [
            Outcome::Decision(Decision {
                sku: "A".to_owned(),
                previous_price: money(12),
                ..Default::default()
            }),
            Outcome::Decision(Decision { explanation: "why ".repeat(2_000), ..Default::default() }),
            Outcome::Error(ItemError { message: "no".to_owned(), ..Default::default() }),
            Outcome::Decision(Decision::default()),
        ];
        let batch = |results: Vec<QuoteResult>| BatchQuotePricesResponse {
            results,
            release: "r".to_owned(),
            fact_set: "f".to_owned(),
        };
        let late = batch(outcomes.iter().cloned().map(QuoteResult::new).collect());
        let early = batch(outcomes.iter().map(QuoteResult::written).collect());
        assert_eq!(late.encode_to_vec(), early.encode_to_vec());
        assert_eq!(early.encoded_len(), early.encode_to_vec().len());
        assert_eq!(BatchQuotePricesResponse::decode(early.encode_to_vec().as_slice()), Ok(late));
        // What a later release may add is passed over.
        let more = [0x1a, 1, 7];
        assert_eq!(QuoteResult::decode(more.as_slice()), Ok(QuoteResult::default()));
    }
}
