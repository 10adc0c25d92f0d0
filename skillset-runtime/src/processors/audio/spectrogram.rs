//! Spectrograms: `spectrogram` of transformers' `audio_utils`.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::mel::MelFilters;

/// How a spectrogram's values are put on a logarithmic scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// The natural logarithm.
    Natural,
    /// The logarithm to base 10.
    Base10,
}

/// What makes the log-mel spectrogram of a waveform: short-time Fourier transform, power, mel filters, logarithm.
#[derive(Debug, Clone)]
pub(super) struct Spectrogram {
    /// Weights of the samples of a frame, as many as it has.
    pub window: Vec<f64>,
    /// Samples from frame to frame.
    pub hop: usize,
    /// The length of the Fourier transform; a frame is filled up with zeros.
    pub fft: usize,
    /// Whether frames are centred on multiples of the hop, the ends reflected.
    pub is_centered: bool,
    /// Whether each frame's mean is subtracted.
    pub removes_offset: bool,
    /// What part of the sample before is subtracted from each.
    pub preemphasis: Option<f64>,
    /// What sums up the frequencies.
    pub filters: MelFilters,
    /// No filter's sum is taken for less.
    pub floor: f64,
    /// The scale of the result.
    pub log: Log,
}

/// One value for each frame and filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frames {
    /// Row by row.
    pub values: Vec<f32>,
    /// The length of a row.
    pub width: usize,
}

impl Frames {
    /// The number of frames.
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }
}

impl Spectrogram {
    /// The spectrogram, a row for each frame.
    ///
    /// # Errors
    /// If the waveform is shorter than a frame.
    pub fn compute(&self, waveform: &[f32]) -> Result<Frames, String> {
        let length = self.window.len();
        let mut samples: Vec<f64> = waveform.iter().map(|&sample| f64::from(sample)).collect();
        if self.is_centered {
            samples = reflect(&samples, length / 2);
        }
        if samples.len() < length {
            return Err(format!(
                "expected at least the {length} samples of a frame, found {}; give a longer recording",
                waveform.len()
            ));
        }
        let mut frame = Frame::new(self.fft);
        let mut values = vec![];
        for start in (0..=samples.len() - length).step_by(self.hop) {
            frame.load(&samples[start..][..length], self);
            let powers = frame.powers();
            values.extend(self.filters.apply(powers).map(|sum| self.scale(sum)));
        }
        Ok(Frames { values, width: self.filters.len() })
    }

    fn scale(&self, sum: f64) -> f32 {
        let sum = sum.max(self.floor);
        (match self.log {
            Log::Natural => sum.ln(),
            Log::Base10 => sum.log10(),
        }) as f32
    }
}

/// The buffers of one Fourier transform.
struct Frame {
    transform: Arc<dyn RealToComplex<f64>>,
    input: Vec<f64>,
    output: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    powers: Vec<f64>,
}

impl Frame {
    fn new(length: usize) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        let (input, output) = (transform.make_input_vec(), transform.make_output_vec());
        let (scratch, powers) = (transform.make_scratch_vec(), vec![0.0; output.len()]);
        Self { transform, input, output, scratch, powers }
    }

    /// Takes the samples of a frame, weighted.
    fn load(&mut self, samples: &[f64], settings: &Spectrogram) {
        // The transform uses its input for scratch.
        self.input.fill(0.0);
        let frame = &mut self.input[..samples.len()];
        frame.copy_from_slice(samples);
        if settings.removes_offset {
            let mean = frame.iter().sum::<f64>() / frame.len() as f64;
            frame.iter_mut().for_each(|sample| *sample -= mean);
        }
        if let Some(part) = settings.preemphasis {
            for i in (1..frame.len()).rev() {
                frame[i] -= part * frame[i - 1];
            }
            frame[0] *= 1.0 - part;
        }
        frame.iter_mut().zip(&settings.window).for_each(|(sample, weight)| *sample *= weight);
    }

    /// The power of each frequency, by way of single precision as in transformers.
    fn powers(&mut self) -> &[f64] {
        self.transform
            .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch)
            .expect("the buffers are the transform's own");
        for (power, value) in self.powers.iter_mut().zip(&self.output) {
            let (re, im) = (f64::from(value.re as f32), f64::from(value.im as f32));
            *power = re * re + im * im;
        }
        &self.powers
    }
}

/// numpy's `pad` with mode "reflect": `width` more samples on both sides, the ends not repeated.
fn reflect(samples: &[f64], width: usize) -> Vec<f64> {
    let last = samples.len() as isize - 1;
    let at = |index: isize| {
        if last <= 0 {
            return samples.first().copied().unwrap_or(0.0);
        }
        // There and back again, as often as needed.
        let index = index.rem_euclid(2 * last);
        samples[index.min(2 * last - index) as usize]
    };
    let width = width as isize;
    (-width..=last + width).map(at).collect()
}
