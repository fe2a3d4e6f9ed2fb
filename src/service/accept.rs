//! The listener: bounded connections, in all and from each address, handshakes that end, and back-off when descriptors
//! run out.
//!
//! tonic's own accept loop spins on EMFILE, accepts without bound, waits for a handshake as long as it takes, and cannot
//! close a connection that does not end.

use super::connection::{Stream, drive};
use super::credentials::Credentials;
use super::gate::{Gate, Peer, Shared};
use super::server::Phase;
use super::tls::Names;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tracing::warn;

/// How long to wait when the machine cannot accept: descriptors come back when connections end.
const BACK_OFF: Duration = Duration::from_millis(50);

/// What all connections need.
pub struct Door {
    pub shared: Arc<Shared>,
    pub routes: Routes,
    /// With TLS if its files say so.
    pub credentials: Option<Arc<Credentials>>,
    /// One for each open connection.
    pub permits: Arc<Semaphore>,
    handshakes: Semaphore,
    addresses: Mutex<HashMap<IpAddr, usize>>,
}

impl Door {
    #[must_use]
    pub fn new(shared: Arc<Shared>, routes: Routes, credentials: Option<Arc<Credentials>>) -> Self {
        let limits = &shared.limits;
        let permits = Arc::new(Semaphore::new(limits.connections));
        let handshakes = Semaphore::new(limits.handshakes);
        Self { shared, routes, credentials, permits, handshakes, addresses: Mutex::default() }
    }

    /// Accepts until draining begins.
    pub async fn open(self: Arc<Self>, listener: TcpListener) {
        let mut phase = self.shared.phase.clone();
        let mut is_backing_off = false;
        loop {
            let next = async {
                let permit = self.permits.clone().acquire_owned().await;
                (permit, listener.accept().await)
            };
            let accepted = tokio::select! {
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
                accepted = next => accepted,
            };
            match accepted {
                (Ok(permit), Ok((stream, address))) => {
                    is_backing_off = false;
                    if let Some(place) = Place::take(&self, address, permit) {
                        tokio::spawn(self.clone().welcome(stream, address, place));
                    }
                }
                (Ok(_), Err(error)) if concerns_one_connection(&error) => {}
                (Ok(_), Err(error)) => {
                    self.shared.metrics.accept_errors.increment(1);
                    if !is_backing_off {
                        warn!(%error, "connections cannot be accepted");
                    }
                    is_backing_off = true;
                    tokio::time::sleep(BACK_OFF).await;
                }
                (Err(_), _) => return,
            }
        }
    }

    async fn welcome(self: Arc<Self>, stream: TcpStream, address: SocketAddr, place: Place) {
        // Answers are small and complete: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let mut phase = self.shared.phase.clone();
        let shaken = tokio::select! {
            shaken = self.shake(stream) => shaken,
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
        };
        let Some((stream, names)) = shaken else {
            self.shared.metrics.handshake_failures.increment(1);
            return;
        };
        let peer = Arc::new(Peer { address, names });
        let gate = Gate { routes: self.routes.clone(), shared: self.shared.clone(), peer };
        drive(stream, gate, &self.shared.limits, phase).await;
        drop(place);
    }

    /// TLS, if there is any.
    async fn shake(&self, stream: TcpStream) -> Option<(Stream, Names)> {
        let Some(tls) = self.credentials.as_ref().and_then(|credentials| credentials.tls()) else {
            return Some((Stream::Plain(stream), Names::default()));
        };
        let shaking = async {
            let _place = self.handshakes.acquire().await.ok()?;
            TlsAcceptor::from(tls).accept(stream).await.ok()
        };
        let stream = tokio::time::timeout(self.shared.limits.handshake, shaking).await.ok()??;
        let names = Names::of(stream.get_ref().1.peer_certificates());
        Some((Stream::Tls(Box::new(stream)), names))
    }
}

/// The client went away before it was accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// A connection's share of what is bounded; given back when it ends.
struct Place {
    door: Arc<Door>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// This machine's own connections are bounded by their total alone.
    fn take(door: &Arc<Door>, address: SocketAddr, permit: OwnedSemaphorePermit) -> Option<Self> {
        let address = address.ip().to_canonical();
        let place = Self { door: door.clone(), address, _permit: permit };
        let mut addresses = door.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let open = addresses.entry(address).or_default();
        *open += 1;
        let is_welcome = address.is_loopback() || *open <= door.shared.limits.connections_per_address;
        drop(addresses);
        door.shared.metrics.connections.increment(1.0);
        if !is_welcome {
            door.shared.metrics.connections_refused.increment("address", 1);
        }
        is_welcome.then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.shared.metrics.connections.decrement(1.0);
        let mut addresses = self.door.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = addresses.get_mut(&self.address) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}
