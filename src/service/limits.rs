//! Every limit of the service. Nothing is inherited: libraries below leave several of them off.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connections: usize,
    /// From one address of another machine.
    pub connections_per_address: usize,
    /// A connection that has not said what it is within this time is closed.
    pub first_byte: Duration,
    pub handshake: Duration,
    /// TLS handshakes at once.
    pub handshakes: usize,
    pub streams_per_connection: u32,
    /// Streams that the server itself had to reset before a connection is closed (CVE-2025-8671).
    pub local_resets: usize,
    /// Streams that the client reset before they were accepted (CVE-2023-44487).
    pub pending_resets: usize,
    pub header_bytes: u32,
    pub frame_bytes: u32,
    pub request_bytes: usize,
    pub response_bytes: usize,
    /// What may be written ahead for one stream whose client does not read.
    pub unsent_bytes: usize,
    pub quotes: usize,
    pub quotes_waiting: usize,
    pub batches: usize,
    pub batches_waiting: usize,
    pub streams: usize,
    /// Keys of uploaded rows that are kept.
    pub uploaded_rows: usize,
    /// A call that waited longer is refused: its caller has likely given up.
    pub queue_age: Duration,
    pub batch_queue_age: Duration,
    /// From the headers of a quote to the end of its answer.
    pub quote_deadline: Duration,
    pub batch_deadline: Duration,
    pub keepalive: Duration,
    pub keepalive_answer: Duration,
    pub connection_age: Duration,
    pub connection_age_grace: Duration,
    /// How long calls may take to end when the service is told to.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_address: 256,
            first_byte: Duration::from_secs(10),
            handshake: Duration::from_secs(5),
            handshakes: 256,
            streams_per_connection: 100,
            local_resets: 1_024,
            pending_resets: 20,
            header_bytes: 16 << 10,
            frame_bytes: 64 << 10,
            request_bytes: 4 << 20,
            response_bytes: 16 << 20,
            unsent_bytes: 256 << 10,
            quotes: 256,
            quotes_waiting: 1_024,
            batches: 4,
            batches_waiting: 64,
            streams: 256,
            uploaded_rows: 20_000_000,
            queue_age: Duration::from_millis(50),
            batch_queue_age: Duration::from_secs(2),
            quote_deadline: Duration::from_secs(2),
            batch_deadline: Duration::from_secs(60),
            keepalive: Duration::from_secs(60),
            keepalive_answer: Duration::from_secs(20),
            connection_age: Duration::from_secs(3_600),
            connection_age_grace: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
