//! One connection: it must soon say what it is, is driven by hyper with every limit set, grows old, and can be cut.

use super::gate::Gate;
use super::limits::Limits;
use super::server::Phase;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// The preface of HTTP/2 and the head of its first frame: who has sent that much speaks HTTP/2.
const OPENING: usize = 24 + 9;

/// Answers until the client leaves, the connection is old, or the service ends.
pub async fn drive(stream: Stream, gate: Gate, limits: &Limits, mut phase: watch::Receiver<Phase>) {
    let age = jittered(limits.connection_age, &gate);
    let io = TokioIo::new(Opening { stream, silence: Some(Box::pin(sleep(limits.first_byte))), seen: 0 });
    let mut connection = pin!(builder(limits).serve_connection(io, gate));
    let mut ending = phase.clone();
    tokio::select! {
        // A client that misbehaved or left: hyper has told it, and nobody else needs to know.
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|phase| *phase != Phase::Serving) => {}
        () = sleep(age) => {}
    }
    connection.as_mut().graceful_shutdown();
    let grace = async {
        // Once the service ends, its end decides.
        let phase = *ending.borrow();
        match phase {
            Phase::Serving => sleep(limits.connection_age_grace).await,
            Phase::Draining | Phase::Ending | Phase::Closed => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = phase.wait_for(|phase| *phase == Phase::Closed) => {}
        () = grace => {}
    }
}

fn builder(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection)
        .max_local_error_reset_streams(limits.local_resets)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_header_list_size(limits.header_bytes)
        .max_frame_size(limits.frame_bytes)
        .max_send_buf_size(limits.unsent_bytes)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_answer);
    builder
}

/// Up to a tenth shorter, by the client's port: connections that began together do not all come back together.
fn jittered(age: Duration, gate: &Gate) -> Duration {
    age - age / 10 * u32::from(gate.peer.address.port() % 64) / 64
}

/// Plain or with TLS.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream that ends by itself unless the first bytes come in time.
struct Opening {
    stream: Stream,
    silence: Option<Pin<Box<Sleep>>>,
    seen: usize,
}

impl AsyncRead for Opening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        };
        if let Some(silence) = &mut self.silence {
            if read.is_pending() && silence.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.seen += buffer.filled().len() - before;
            if OPENING <= self.seen {
                self.silence = None;
            }
        }
        read
    }
}

impl AsyncWrite for Opening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
