//! The generated messages and services of `proto/pricer/v1`. They enter here and go no further inward than this room.

#![expect(
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes,
    clippy::large_enum_variant,
    reason = "generated"
)]

tonic::include_proto!("pricer.v1");

pub use super::result::{QuoteResult, quote_result};

/// The compiled proto files, for the reflection service.
pub const DESCRIPTOR: &[u8] = tonic::include_file_descriptor_set!("pricer_descriptor");
