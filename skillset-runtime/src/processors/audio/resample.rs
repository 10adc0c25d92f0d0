//! Changing the sampling rate: band-limited interpolation as torchaudio's `functional.resample` has it by default,
//! which transformers' pipelines use for samples of another rate than the model's.
//!
//! The method is Julius O. Smith's, "Digital Audio Resampling" (<https://ccrma.stanford.edu/~jos/resample/>), with
//! a Hann window.

use std::f64::consts::PI;

/// How many zero crossings of the sinc the window covers on either side.
const ZEROS: f64 = 6.0;
/// The cut-off as a part of the lower of the two Nyquist frequencies.
const ROLLOFF: f64 = 0.99;

/// The weights of consecutive samples that one output is the sum of.
struct Taps {
    /// The first sample, counted from the start of the output's period; before it if negative.
    first: isize,
    weights: Vec<f64>,
}

/// `samples` at rate `from`, at rate `to`; both rates are positive.
pub(super) fn resample(samples: &[f32], from: usize, to: usize) -> Vec<f32> {
    let divisor = gcd(from, to);
    // So many samples become so many, over and over.
    let (from, to) = (from / divisor, to / divisor);
    let count = (samples.len() * to).div_ceil(from);
    let phases: Vec<Taps> = (0..to.min(count)).map(|phase| taps(phase, from, to)).collect();
    let output = |index: usize| {
        let taps = &phases[index % to];
        let first = (index / to * from) as isize + taps.first;
        let terms = taps.weights.iter().zip(first..).filter_map(|(weight, at)| {
            // Before and after the recording there is silence.
            let sample = samples.get(usize::try_from(at).ok()?)?;
            Some(weight * f64::from(*sample))
        });
        terms.sum::<f64>() as f32
    };
    (0..count).map(output).collect()
}

/// The weights for output `phase` of a period: a windowed sinc around its place among the samples.
fn taps(phase: usize, from: usize, to: usize) -> Taps {
    let cutoff = from.min(to) as f64 * ROLLOFF;
    // In units of zero crossings of the sinc.
    let distance = |sample: isize| (sample as f64 / from as f64 - phase as f64 / to as f64) * cutoff;
    let width = (ZEROS * from as f64 / cutoff).ceil() as isize;
    let middle = (phase * from / to) as isize;
    let weight = |sample: isize| {
        let t = distance(sample);
        if t.abs() >= ZEROS {
            return 0.0;
        }
        let window = (t * PI / ZEROS / 2.0).cos().powi(2);
        let sinc = if t == 0.0 { 1.0 } else { (t * PI).sin() / (t * PI) };
        sinc * window * cutoff / from as f64
    };
    let first = middle - width;
    Taps { first, weights: (first..=middle + width + 1).map(weight).collect() }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
