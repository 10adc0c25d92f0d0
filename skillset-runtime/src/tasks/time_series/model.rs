//! Series in, outputs of a model out.

use crate::engine::Tensors;
use crate::ir::{Dim, Request};
use crate::load::Model;
use crate::tasks::batch::{RowOutputs, Runner};
use crate::tasks::error::TaskError;
use crate::tasks::settings::Adjustable;
use crate::tensor::Tensor;

use super::series::Series;

const VALUES: &str = "past_values";
const OBSERVED: &str = "past_observed_mask";

/// A model of time series.
pub(super) struct SeriesModel {
    task: &'static str,
    runner: Runner,
    /// Rows that the model sees, and channels.
    context: [usize; 2],
}

impl SeriesModel {
    /// Loads the model for `task`.
    pub(super) fn load(task: &'static str, model: &Model) -> Result<Self, TaskError> {
        let request = Request { inputs: vec![OBSERVED.to_owned()], ..Request::default() };
        let program = model.program(task, &request)?;
        let input = program.signature().inputs.iter().find(|input| input.name == VALUES);
        let context = input.and_then(|input| match &input.fact.shape[..] {
            [_, rows, channels] => Some([Dim::as_size(rows)?, Dim::as_size(channels)?]),
            _ => None,
        });
        let context = context.ok_or_else(|| {
            let expected = format!("expected an input {VALUES}: f32[batch, rows, channels] of fixed sizes");
            let problem = format!("{expected}, found {}", program.signature().list_inputs());
            TaskError::Model { task, problem }
        })?;
        Ok(Self { task, runner: Runner::new(task, program, &[VALUES, OBSERVED])?, context })
    }

    /// Runs the model on the last rows of `inputs` and makes a result of each one's outputs.
    pub(super) fn run<T>(
        &self,
        inputs: &[Series],
        mut finish: impl FnMut(RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        for (index, series) in inputs.iter().enumerate() {
            let [rows, channels] = self.context;
            if series.rows() < rows || series.channels() != channels {
                let (found, of) = (series.rows(), series.channels());
                let problem =
                    format!("expected at least {rows} rows of {channels} channels, found {found} of {of}");
                return Err(TaskError::Input { task: self.task, index, problem });
            }
        }
        let mut results = Vec::with_capacity(inputs.len());
        for batch in inputs.chunks(self.runner.batch_size()) {
            let positions = results.len()..;
            self.runner.run_batch(&self.tensors(batch), positions.take(batch.len()), |_, outputs| {
                results.push(finish(outputs)?);
                Ok(())
            })?;
        }
        Ok(results)
    }

    /// What was not observed is zero, as transformers expects it.
    fn tensors(&self, batch: &[Series]) -> Tensors {
        let [rows, channels] = self.context;
        let values: Vec<f32> = batch.iter().flat_map(|series| series.last(rows)).copied().collect();
        let observed: Vec<bool> = values.iter().map(|value| !value.is_nan()).collect();
        let values: Vec<f32> =
            values.into_iter().map(|value| if value.is_nan() { 0.0 } else { value }).collect();
        let shape = [batch.len(), rows, channels];
        let values = Tensor::new(shape, values).expect("every series has the rows that the model sees");
        let mut tensors = Tensors::from([(VALUES.to_owned(), values)]);
        if self.runner.takes(OBSERVED) {
            let observed = Tensor::new(shape, observed).expect("there is a truth value for each value");
            tensors.insert(OBSERVED.to_owned(), observed);
        }
        tensors
    }
}

impl Adjustable<()> for SeriesModel {
    fn apply(&mut self, (): &()) {}

    fn set_batch_size(&mut self, size: usize) {
        self.runner.set_batch_size(size);
    }
}
