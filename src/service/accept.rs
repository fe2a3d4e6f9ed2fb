//! The listener in front of tonic: bounded connections, a limit on silence, and back-off when descriptors run out.
//!
//! tonic's own accept loop spins on EMFILE, accepts without bound, and cannot close a connection that does not end.

use super::metrics::Metrics;
use super::server::{Limits, Phase};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Sleep;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::warn;

/// How long to wait when the machine cannot accept: descriptors come back when connections end.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Accepts until draining begins.
pub fn accept(
    listener: TcpListener,
    limits: &Limits,
    metrics: Arc<Metrics>,
    mut phase: watch::Receiver<Phase>,
) -> ReceiverStream<io::Result<Connection>> {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let first_byte = limits.first_byte;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut is_backing_off = false;
        loop {
            let next = async {
                let permit = permits.clone().acquire_owned().await;
                (permit, listener.accept().await)
            };
            let accepted = tokio::select! {
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
                accepted = next => accepted,
            };
            match accepted {
                (Ok(permit), Ok((stream, _))) => {
                    is_backing_off = false;
                    let connection =
                        Connection::new(stream, permit, first_byte, metrics.clone(), phase.clone());
                    if sender.send(Ok(connection)).await.is_err() {
                        return;
                    }
                }
                (Ok(_), Err(error)) if concerns_one_connection(&error) => {}
                (Ok(_), Err(error)) => {
                    metrics.accept_errors.increment(1);
                    if !is_backing_off {
                        warn!(%error, "connections cannot be accepted");
                    }
                    is_backing_off = true;
                    tokio::time::sleep(BACK_OFF).await;
                }
                (Err(_), _) => return,
            }
        }
    });
    ReceiverStream::new(receiver)
}

/// The client went away before it was accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// One connection. It ends by itself if nothing ever arrives, or when the service closes.
pub struct Connection {
    stream: TcpStream,
    /// Until the first byte.
    silence: Option<Pin<Box<Sleep>>>,
    closed: Pin<Box<dyn Future<Output = ()> + Send>>,
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    fn new(
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        first_byte: Duration,
        metrics: Arc<Metrics>,
        mut phase: watch::Receiver<Phase>,
    ) -> Self {
        // Answers are small and complete: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        metrics.connections.increment(1.0);
        Self {
            stream,
            silence: Some(Box::pin(tokio::time::sleep(first_byte))),
            closed: Box::pin(async move {
                let _ = phase.wait_for(|phase| *phase == Phase::Closed).await;
            }),
            metrics,
            _permit: permit,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.connections.decrement(1.0);
    }
}

impl AsyncRead for Connection {
    /// An HTTP/2 connection always waits for the next frame, so this is polled whenever anything happens to it.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.silence = None;
        } else if let Some(silence) = &mut self.silence
            && silence.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}
