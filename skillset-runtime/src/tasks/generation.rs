//! What tasks that generate have in common.

use std::ops::Range;

use super::batch::DEFAULT_BATCH_SIZE;
use super::error::TaskError;
use super::settings::Adjustable;
use crate::generate::{GenerationConfig, Sequence};
use crate::processors::text::{Role, TextProcessor};

/// What a task that generates is set to.
pub(super) struct GenerationSettings {
    /// The parameters that hold where a call does not set its own.
    pub config: GenerationConfig,
    /// How many inputs run together at most.
    pub batch_size: usize,
}

impl Default for GenerationSettings {
    fn default() -> Self {
        Self { config: GenerationConfig::default(), batch_size: DEFAULT_BATCH_SIZE }
    }
}

impl Adjustable<GenerationConfig> for GenerationSettings {
    fn apply(&mut self, settings: &GenerationConfig) {
        self.config = settings.clone();
    }

    fn set_batch_size(&mut self, size: usize) {
        self.batch_size = size.max(1);
    }
}

impl GenerationSettings {
    /// Generates for so many inputs by `config`, batch by batch, and gives what `finish` makes of the first sequence of
    /// each input, and of its others. `generate` is given a batch and its parameters.
    pub(super) fn in_batches<T>(
        &self,
        inputs: usize,
        mut config: GenerationConfig,
        generate: impl Fn(Range<usize>, &GenerationConfig) -> Result<Vec<Sequence>, TaskError>,
        finish: impl Fn(usize, Sequence) -> Result<T, TaskError>,
    ) -> Result<Vec<(T, Vec<T>)>, TaskError> {
        let mut results = Vec::with_capacity(inputs);
        for start in (0..inputs).step_by(self.batch_size) {
            let batch = start..inputs.min(start + self.batch_size);
            let sequences = generate(batch.clone(), &config)?;
            // A row draws by the seed plus its position among all rows, however inputs are cut into batches.
            config.seed = config.seed.map(|seed| seed.wrapping_add(sequences.len() as i64));
            let mut sequences = sequences.into_iter();
            for index in batch {
                let own = sequences.by_ref().take(config.num_return_sequences());
                let mut finished = own.map(|sequence| finish(index, sequence));
                let best = finished.next().expect("every input has a sequence")?;
                results.push((best, finished.collect::<Result<_, _>>()?));
            }
        }
        Ok(results)
    }
}

/// The parameters that were `set`, and else those that pipelines have for any model.
pub(super) fn with_defaults(set: GenerationConfig, processor: &TextProcessor) -> GenerationConfig {
    let pipeline = GenerationConfig {
        // A default number of new tokens must not win over a length that someone set.
        max_new_tokens: set.max_length.is_none().then_some(256),
        pad_token_id: processor.special_id(Role::Pad).map(i64::from),
        ..GenerationConfig::default()
    };
    set.or(&pipeline)
}
