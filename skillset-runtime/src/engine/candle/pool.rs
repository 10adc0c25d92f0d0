//! The threads that runs share.

use std::fmt;
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// A rayon pool, and how many runs it works on.
///
/// A thread that waits for a part of one run takes up other work, which may be another run, on top of
/// its stack. As many runs as there are threads keep all of them busy; more would only pile up.
pub(super) struct Pool {
    /// `None`: rayon's global pool.
    own: Option<ThreadPool>,
    running: Mutex<usize>,
    finished: Condvar,
}

impl Pool {
    /// Rayon's global pool.
    pub(super) fn global() -> Arc<Self> {
        static GLOBAL: LazyLock<Arc<Pool>> = LazyLock::new(|| Arc::new(Pool::of(None)));
        Arc::clone(&GLOBAL)
    }

    /// A pool of its own with that many threads.
    pub(super) fn new(threads: usize) -> Result<Arc<Self>, ThreadPoolBuildError> {
        Ok(Arc::new(Self::of(Some(ThreadPoolBuilder::new().num_threads(threads).build()?))))
    }

    fn of(own: Option<ThreadPool>) -> Self {
        Self { own, running: Mutex::new(0), finished: Condvar::new() }
    }

    /// Runs `work` on a thread of the pool, so that each of its many small parallel loops starts
    /// there instead of being handed in from outside.
    pub(super) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        // A thread of a pool must not wait here: the run that it would wait for may be on its stack.
        let _turn = rayon::current_thread_index().is_none().then(|| self.turn());
        match &self.own {
            Some(pool) => pool.install(work),
            None => rayon::scope(|_| work()),
        }
    }

    fn turn(&self) -> Turn<'_> {
        let threads =
            self.own.as_ref().map_or_else(rayon::current_num_threads, ThreadPool::current_num_threads);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |running: &mut usize| *running >= threads;
        let running = self.finished.wait_while(running, full);
        *running.unwrap_or_else(PoisonError::into_inner) += 1;
        Turn { pool: self }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("own", &self.own).finish_non_exhaustive()
    }
}

/// One of the runs that a pool works on.
struct Turn<'p> {
    pool: &'p Pool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.pool.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.pool.finished.notify_one();
    }
}
