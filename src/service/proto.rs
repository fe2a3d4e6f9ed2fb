//! The generated messages and services of `proto/pricer/v1`. They enter here and go no further inward than `convert`.

#![allow(missing_docs, reason = "generated from the commented proto files")]
#![allow(clippy::all, clippy::pedantic, reason = "generated")]

tonic::include_proto!("pricer.v1");

/// The compiled proto files, for the reflection service.
pub const DESCRIPTOR: &[u8] = tonic::include_file_descriptor_set!("pricer_descriptor");
