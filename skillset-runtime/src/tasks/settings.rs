//! What a pipeline is set to once, for all its calls.

use std::num::NonZeroUsize;

use super::pooling::{Pooling, PoolingMode};
use super::progress::Watcher;

/// What keeps the settings of a pipeline, which are of type `S`. It is changed in place, so that it can be any part of
/// the pipeline; see [`Pipeline::adjustable`](super::Pipeline::adjustable).
pub trait Adjustable<S> {
    /// Applies settings.
    fn apply(&mut self, settings: &S);

    /// Sets how many inputs run together at most, of which 0 means 1.
    fn set_batch_size(&mut self, size: usize);

    /// Sets who is told how far calls are, where there is something to tell.
    fn set_watcher(&mut self, watcher: Watcher) {
        drop(watcher);
    }
}

/// Settings of a task on texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextSettings {
    /// Cuts texts to this many tokens, or to what the model takes if that is less. Question answering, which cuts
    /// nothing, takes windows of at most this many. `None`: what a call's options say.
    pub max_length: Option<NonZeroUsize>,
}

/// Settings of sentence embeddings; what is `None` is as the checkpoint says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbeddingSettings {
    /// Cuts texts to this many tokens, or to what the model takes if that is less.
    pub max_length: Option<NonZeroUsize>,
    /// How a text's vector is made of its tokens' vectors.
    pub pooling: Option<PoolingMode>,
    /// Whether vectors are scaled to length 1.
    pub normalize: Option<bool>,
}

impl EmbeddingSettings {
    /// Changes the checkpoint's way to pool as these say.
    pub(super) fn apply(self, pooling: &mut Pooling) {
        if let Some(mode) = self.pooling {
            pooling.modes = vec![mode];
        }
        pooling.normalize = self.normalize.unwrap_or(pooling.normalize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_checkpoint_says() {
        let own = Pooling { modes: vec![PoolingMode::Cls], normalize: true };
        let applied = |settings: EmbeddingSettings| {
            let mut pooling = own.clone();
            settings.apply(&mut pooling);
            pooling
        };
        assert_eq!(applied(EmbeddingSettings::default()), own);
        let set = EmbeddingSettings {
            pooling: Some(PoolingMode::Max),
            normalize: Some(false),
            ..EmbeddingSettings::default()
        };
        assert_eq!(applied(set), Pooling { modes: vec![PoolingMode::Max], normalize: false });
    }
}
