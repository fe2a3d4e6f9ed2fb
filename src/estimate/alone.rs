//! Work that keeps to one thread, whatever it would take by itself.

/// A thread of its own.
#[derive(Debug)]
pub struct Alone(rayon::ThreadPool);

impl Alone {
    /// # Errors
    /// The thread cannot be made.
    pub fn new() -> Result<Self, rayon::ThreadPoolBuildError> {
        rayon::ThreadPoolBuilder::new().num_threads(1).build().map(Self)
    }

    /// Runs `work` there and waits.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}
