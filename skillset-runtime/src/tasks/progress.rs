//! How far a call is that takes long.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// How much of a call's inputs is done, in the unit of the task: seconds of sound for speech recognition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What is done.
    pub done: f64,
    /// What there is to do.
    pub total: f64,
}

/// Whoever wants to be told how far calls are, or nobody, by default.
///
/// It is told in the thread of the call, after each batch that was computed; what it does there takes time of the call.
#[derive(Clone, Default)]
pub struct Watcher(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl Watcher {
    /// Calls `told` each time that there is progress.
    pub fn new(told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Counts what a call does of `total`.
    pub(super) fn count(&self, total: f64) -> Count<'_> {
        Count { watcher: self, done: Cell::new(0.0), total }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watcher" } else { "Watcher (nobody)" })
    }
}

/// What a call has done so far.
pub(super) struct Count<'w> {
    watcher: &'w Watcher,
    done: Cell<f64>,
    total: f64,
}

impl Count<'_> {
    /// Tells the watcher that so much more is done.
    pub(super) fn add(&self, amount: f64) {
        // Sums of parts may be more than the whole by rounding.
        self.done.set((self.done.get() + amount).min(self.total));
        self.tell();
    }

    /// Tells the watcher that all is done, unless that is known.
    pub(super) fn finish(self) {
        if self.done.replace(self.total) < self.total {
            self.tell();
        }
    }

    fn tell(&self) {
        if let Some(told) = &self.watcher.0 {
            told(Progress { done: self.done.get(), total: self.total });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn progress_never_passes_the_whole_and_ends_there() {
        let told = Arc::new(Mutex::new(vec![]));
        let watcher = Watcher::new({
            let told = Arc::clone(&told);
            move |progress: Progress| told.lock().unwrap().push((progress.done, progress.total))
        });
        let count = watcher.count(2.0);
        count.add(0.5);
        count.finish();
        let count = watcher.count(1.0);
        count.add(1.5);
        count.finish();
        assert_eq!(*told.lock().unwrap(), [(0.5, 2.0), (2.0, 2.0), (1.0, 1.0)]);
    }
}
