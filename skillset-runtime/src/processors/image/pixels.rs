//! Cropping, arithmetic and padding of pixels.

use super::Image;
use super::settings::ImageSettings;

/// Planar floats, `[channels, height, width]`.
pub(super) struct Planes {
    pub values: Vec<f32>,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// Interleaved bytes of the centre of an image, `size` being `(height, width)` (`center_crop`). Where the image
/// is smaller, it is surrounded by zeros.
pub(super) fn center_crop(
    pixels: &[u8],
    channels: usize,
    from: (usize, usize),
    size: (usize, usize),
) -> Vec<u8> {
    let (rows, columns) = (CropAxis::new(from.0, size.0), CropAxis::new(from.1, size.1));
    let mut out = vec![0; size.0 * size.1 * channels];
    for row in 0..rows.length {
        let source = ((rows.from + row) * from.1 + columns.from) * channels;
        let target = ((rows.to + row) * size.1 + columns.to) * channels;
        let length = columns.length * channels;
        out[target..][..length].copy_from_slice(&pixels[source..][..length]);
    }
    out
}

/// Interleaved bytes of a square of `colour` with an image in its middle, `from` being `(height, width)` (`pad_to_square`).
pub(super) fn pad_to_square(pixels: &[u8], from: (usize, usize), colour: &[u8]) -> Vec<u8> {
    let (channels, side) = (colour.len(), from.0.max(from.1));
    let (top, left) = ((side - from.0) / 2, (side - from.1) / 2);
    let mut out = colour.repeat(side * side);
    for (row, source) in pixels.chunks_exact(from.1 * channels).enumerate() {
        out[((top + row) * side + left) * channels..][..source.len()].copy_from_slice(source);
    }
    out
}

/// What part of an axis a crop keeps: `length` pixels from `from` in the image, at `to` in the result.
struct CropAxis {
    from: usize,
    to: usize,
    length: usize,
}

impl CropAxis {
    fn new(image: usize, crop: usize) -> Self {
        if crop <= image {
            return Self { from: (image - crop) / 2, to: 0, length: crop };
        }
        // transformers pads by half the difference, rounded up, and cuts where that half begins.
        let to = (crop - image).div_ceil(2);
        Self { from: 0, to, length: image }
    }
}

/// Rescales and normalizes bytes, and separates the channels.
///
/// A byte has 256 values, so each channel's arithmetic is done once per value. The steps round as NumPy's do:
/// the product in double precision, then everything in single precision.
pub(super) fn to_planes(image: &Image, settings: &ImageSettings) -> Result<Planes, String> {
    let channels = image.channels();
    let tables = (0..channels).map(|c| table(settings, c, channels)).collect::<Result<Vec<_>, _>>()?;
    let (height, width) = image.size();
    let mut values = Vec::with_capacity(height * width * channels);
    for (channel, table) in tables.iter().enumerate() {
        let bytes = image.pixels().iter().skip(channel).step_by(channels);
        values.extend(bytes.map(|&byte| table[usize::from(byte)]));
    }
    Ok(Planes { values, channels, height, width })
}

fn table(settings: &ImageSettings, channel: usize, channels: usize) -> Result<[f32; 256], String> {
    let pick = |field: &str, values: &[f64]| match values {
        [one] => Ok(*one as f32),
        _ if values.len() == channels => Ok(values[channel] as f32),
        _ => Err(format!(
            "{field}: expected {channels} values for an image of {channels} channels, found {}",
            values.len()
        )),
    };
    let normalize = match &settings.normalize {
        Some((mean, std)) => Some((pick("image_mean", mean)?, pick("image_std", std)?)),
        None => None,
    };
    Ok(std::array::from_fn(|byte| {
        let value = match settings.rescale {
            Some(factor) => (byte as f64 * factor) as f32,
            None => byte as f32,
        };
        normalize.map_or(value, |(mean, std)| (value - mean) / std)
    }))
}

impl Planes {
    /// Channels, height and width.
    pub(super) fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// Adds zeros at the bottom and on the right up to `height` × `width`.
    pub(super) fn pad(self, height: usize, width: usize) -> Result<Self, String> {
        if self.height > height || self.width > width {
            return Err(format!(
                "pad_size: expected at least the image's {} × {}, found {height} × {width}",
                self.height, self.width
            ));
        }
        if (self.height, self.width) == (height, width) {
            return Ok(self);
        }
        let mut values = vec![0.0; self.channels * height * width];
        for (i, row) in self.values.chunks_exact(self.width).enumerate() {
            let (channel, y) = (i / self.height, i % self.height);
            values[(channel * height + y) * width..][..self.width].copy_from_slice(row);
        }
        Ok(Self { values, channels: self.channels, height, width })
    }
}
