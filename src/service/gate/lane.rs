//! Calls wait in lanes: each has its places, a queue that ends, and a limit on how long one may wait in it.

use super::super::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Kinds of calls, by how much they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Health: never refused under load.
    Free,
    /// Microseconds.
    Quote,
    /// Milliseconds to seconds.
    Batch,
    /// As long as the caller likes.
    Stream,
}

/// Why a call is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    QueueFull,
    QueueAge,
}

impl Shed {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::QueueAge => "queue_age",
        }
    }
}

#[derive(Debug)]
struct Queue {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

impl Queue {
    fn new(places: usize, waiting_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), waiting: AtomicUsize::new(0), waiting_max }
    }

    async fn enter(&self, give_up: Instant) -> Result<OwnedSemaphorePermit, Shed> {
        if let Ok(permit) = self.places.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let Some(_waiting) = Waiting::begin(self) else { return Err(Shed::QueueFull) };
        match timeout_at(give_up, self.places.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Shed::QueueAge),
        }
    }
}

/// One place in the queue, given back also when the caller goes away.
struct Waiting<'a>(&'a Queue);

impl<'a> Waiting<'a> {
    fn begin(queue: &'a Queue) -> Option<Self> {
        let waiting = Self(queue);
        (queue.waiting.fetch_add(1, Relaxed) < queue.waiting_max).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

#[derive(Debug)]
pub struct Lanes {
    quotes: Queue,
    batches: Queue,
    streams: Queue,
}

impl Lanes {
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            quotes: Queue::new(limits.quotes, limits.quotes_waiting),
            batches: Queue::new(limits.batches, limits.batches_waiting),
            streams: Queue::new(limits.streams, 0),
        }
    }

    /// Waits for a place until `give_up`.
    ///
    /// # Errors
    /// There is none, or none in time.
    pub async fn enter(&self, lane: Lane, give_up: Instant) -> Result<Option<OwnedSemaphorePermit>, Shed> {
        let queue = match lane {
            Lane::Free => return Ok(None),
            Lane::Quote => &self.quotes,
            Lane::Batch => &self.batches,
            Lane::Stream => &self.streams,
        };
        queue.enter(give_up).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_queue_is_bounded_in_length_and_in_time() {
        let queue = Queue::new(1, 1);
        let soon = || Instant::now() + Duration::from_millis(20);
        let place = queue.enter(soon()).await.unwrap();
        let (second, third) = tokio::join!(queue.enter(soon()), queue.enter(soon()));
        assert_eq!((second.err(), third.err()), (Some(Shed::QueueAge), Some(Shed::QueueFull)));
        assert_eq!(queue.waiting.load(Relaxed), 0);
        drop(place);
        assert!(queue.enter(soon()).await.is_ok());
    }
}
