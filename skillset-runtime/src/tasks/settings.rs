//! What a pipeline is set to once, for all its calls.

use std::num::NonZeroUsize;

use super::pooling::{Pooling, PoolingMode};

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
    /// The checkpoint's way to pool, changed as these say.
    pub(super) fn apply(self, mut pooling: Pooling) -> Pooling {
        if let Some(mode) = self.pooling {
            pooling.modes = vec![mode];
        }
        pooling.normalize = self.normalize.unwrap_or(pooling.normalize);
        pooling
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_checkpoint_says() {
        let own = Pooling { modes: vec![PoolingMode::Cls], normalize: true };
        assert_eq!(EmbeddingSettings::default().apply(own.clone()), own);
        let set = EmbeddingSettings {
            pooling: Some(PoolingMode::Max),
            normalize: Some(false),
            ..EmbeddingSettings::default()
        };
        assert_eq!(set.apply(own), Pooling { modes: vec![PoolingMode::Max], normalize: false });
    }
}
