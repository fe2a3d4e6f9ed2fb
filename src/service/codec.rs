//! protobuf as tonic reads it, except that bytes which are no message are the sender's mistake, not an internal error.

use super::status::{Condition, Failure};
use bytes::BufMut as _;
use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{self, BufferSettings, DecodeBuf, EncodeBuf};
use tonic_prost::{ProstCodec, ProstDecoder};

/// The codec of all generated clients and servers: `build.rs` names it.
#[derive(Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Encoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Encoder<T> {
        Encoder(PhantomData)
    }

    fn decoder(&mut self) -> Decoder<U> {
        Decoder(ProstCodec::<T, U>::raw_decoder(BufferSettings::default()))
    }
}

/// Writes a message in one piece: tonic's own buffer takes each of its bytes by a call, which costs more than the message.
#[derive(Debug)]
pub struct Encoder<T>(PhantomData<T>);

impl<T: Message> codec::Encoder for Encoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut bytes = vec![0; message.encoded_len()];
        // Into a slice: a vector asks before each byte whether it is full.
        message.encode(&mut bytes.as_mut_slice()).map_err(|error| Status::internal(error.to_string()))?;
        buffer.reserve(bytes.len());
        buffer.put_slice(&bytes);
        Ok(())
    }
}

#[derive(Debug)]
pub struct Decoder<U>(ProstDecoder<U>);

impl<U: Message + Default> codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        self.0.decode(bytes).map_err(|status| {
            let message = format!("the bytes are no message of this method: {}", status.message());
            Failure::new(Condition::MalformedMessage, message).into()
        })
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}
