//! Mel filter banks: `mel_filter_bank` of transformers' `audio_utils`.

/// A formula that puts frequencies on a scale of perceived pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MelScale {
    /// Kaldi's: 1127·ln(1 + f/700).
    Kaldi,
    /// The Auditory Toolbox's: linear below 1 kHz, logarithmic above.
    Slaney,
}

/// Below this frequency Slaney's scale is linear; what it is in mels.
const SLANEY_HERTZ: f64 = 1000.0;
const SLANEY_MELS: f64 = 15.0;

/// The natural logarithm of the frequencies a mel apart above.
fn slaney_step() -> f64 {
    6.4_f64.ln() / 27.0
}

impl MelScale {
    /// Hertz in mels.
    pub fn mels(self, hertz: f64) -> f64 {
        match self {
            Self::Kaldi => 1127.0 * (1.0 + hertz / 700.0).ln(),
            Self::Slaney if hertz >= SLANEY_HERTZ => {
                SLANEY_MELS + (hertz / SLANEY_HERTZ).ln() / slaney_step()
            }
            Self::Slaney => 3.0 * hertz / 200.0,
        }
    }

    /// Mels in hertz.
    pub fn hertz(self, mels: f64) -> f64 {
        match self {
            Self::Kaldi => 700.0 * ((mels / 1127.0).exp() - 1.0),
            Self::Slaney if mels >= SLANEY_MELS => {
                SLANEY_HERTZ * (slaney_step() * (mels - SLANEY_MELS)).exp()
            }
            Self::Slaney => 200.0 * mels / 3.0,
        }
    }
}

/// What a bank of triangular filters is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct MelBank {
    /// Frequencies of a spectrum: half the length of the Fourier transform, and one.
    pub bins: usize,
    /// The number of filters.
    pub filters: usize,
    /// The lowest and the highest frequency, in hertz.
    pub range: (f64, f64),
    /// Samples a second.
    pub rate: usize,
    /// Where the filters' edges are evenly spaced.
    pub scale: MelScale,
    /// Whether each filter is divided by its width (`norm="slaney"`).
    pub is_normalized: bool,
    /// Whether filters are triangles over mels, as in Kaldi, rather than over hertz.
    pub in_mel_space: bool,
}

/// One filter: the weights of consecutive frequencies. All others have none.
#[derive(Debug, Clone, PartialEq)]
struct Filter {
    first: usize,
    weights: Vec<f64>,
}

/// A bank of filters that sums a spectrum up, ready to use.
#[derive(Debug, Clone, PartialEq)]
pub struct MelFilters(Vec<Filter>);

impl MelBank {
    /// Computes the filters.
    pub fn filters(&self) -> MelFilters {
        let (low, high) = (self.scale.mels(self.range.0), self.scale.mels(self.range.1));
        let mels = linspace(low, high, self.filters + 2);
        let hertz: Vec<f64> = mels.iter().map(|&mel| self.scale.hertz(mel)).collect();
        let bins: Vec<f64> = if self.in_mel_space {
            let width = self.rate as f64 / ((self.bins - 1) * 2) as f64;
            (0..self.bins).map(|bin| self.scale.mels(width * bin as f64)).collect()
        } else {
            linspace(0.0, (self.rate / 2) as f64, self.bins)
        };
        let edges = if self.in_mel_space { &mels } else { &hertz };
        let filter = |index: usize| {
            let area = if self.is_normalized { 2.0 / (edges[index + 2] - edges[index]) } else { 1.0 };
            triangle(&bins, &edges[index..][..3], area)
        };
        MelFilters((0..self.filters).map(filter).collect())
    }
}

/// The triangle over three `edges`, scaled by `factor`.
fn triangle(bins: &[f64], edges: &[f64], factor: f64) -> Filter {
    let weight = |&bin: &f64| {
        let up = (bin - edges[0]) / (edges[1] - edges[0]);
        let down = (edges[2] - bin) / (edges[2] - edges[1]);
        up.min(down).max(0.0) * factor
    };
    let weights: Vec<f64> = bins.iter().map(weight).collect();
    let first = weights.iter().position(|&weight| weight != 0.0).unwrap_or(0);
    let end = weights.iter().rposition(|&weight| weight != 0.0).map_or(0, |last| last + 1);
    Filter { first, weights: weights[first..end.max(first)].to_vec() }
}

impl MelFilters {
    /// What each filter sums up of a spectrum.
    pub fn apply<'a>(&'a self, spectrum: &'a [f64]) -> impl ExactSizeIterator<Item = f64> + 'a {
        self.0.iter().map(|filter| {
            let part = &spectrum[filter.first..][..filter.weights.len()];
            filter.weights.iter().zip(part).map(|(weight, value)| weight * value).sum()
        })
    }

    /// The number of filters.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// numpy's `linspace`: `count` numbers from `start` to `end`, both included.
fn linspace(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = (end - start) / (count - 1) as f64;
    (0..count).map(|i| if i + 1 == count { end } else { start + i as f64 * step }).collect()
}
