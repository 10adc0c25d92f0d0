//! Tasks on time series. transformers has no pipelines for them: what they give is what its classes compute.

mod classification;
mod distribution;
mod model;
mod prediction;
mod regression;
mod series;

pub use classification::{SeriesClassificationOptions, SeriesClassifier};
pub use prediction::{Forecast, Forecaster};
pub use regression::{SeriesEstimate, SeriesRegressor};
pub use series::{Series, SeriesError, SeriesOptions};
