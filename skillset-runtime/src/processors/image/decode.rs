//! Reading image files as PIL's `Image.open` does.
//!
//! Lossless files give exactly PIL's pixels. JPEG files differ from libjpeg-turbo's by up to 3 of 255, because the
//! inverse cosine transform and the interpolation of subsampled colours round differently. CMYK JPEGs come as RGB,
//! and palettes are always resolved, where PIL would hand on their indices unless converted.

use std::io::Cursor;
use std::path::Path;

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageReader};
use rayon::prelude::*;

use crate::processors::ProcessorError;

/// More pixels than this are refused, as PIL refuses them: a small file can claim any size. (PIL's limit
/// against decompression bombs: twice its `MAX_IMAGE_PIXELS`, a quarter of a gibibyte of RGB.)
pub(super) const MOST_PIXELS: usize = 2 * (1024 * 1024 * 1024 / 4 / 3);

/// A decoded image: interleaved 8-bit pixels, `[height, width, channels]`, with 1 (grey), 2 (grey and alpha),
/// 3 (RGB) or 4 (RGBA) channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pixels: Vec<u8>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Image {
    /// Decodes a file. As PIL does, this leaves the orientation in a photo's EXIF data alone.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        let path = path.as_ref();
        let origin = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|e| ProcessorError::Image { origin: origin.clone(), message: e.to_string() })?;
        decode(&bytes, false).map_err(|message| ProcessorError::Image { origin, message })
    }

    /// Decodes the content of a file (PNG, JPEG, WebP, BMP or GIF, found out from its first bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProcessorError> {
        decode(bytes, false).map_err(anonymous)
    }

    /// Decodes as transformers' pipelines do (`load_image`): photos are turned upright by their EXIF
    /// orientation, and everything becomes RGB, with transparency dropped rather than blended.
    pub fn from_bytes_upright(bytes: &[u8]) -> Result<Self, ProcessorError> {
        decode(bytes, true).map(Self::into_rgb).map_err(anonymous)
    }

    /// An image from decoded pixels, `[height, width, channels]`, with 1 to 4 channels.
    pub fn from_pixels(
        pixels: Vec<u8>,
        height: usize,
        width: usize,
        channels: usize,
    ) -> Result<Self, ProcessorError> {
        let expected = height.checked_mul(width).and_then(|n| n.checked_mul(channels));
        if !(1..=4).contains(&channels) || height == 0 || width == 0 || expected != Some(pixels.len()) {
            return Err(anonymous(format!(
                "expected height × width × channels bytes with 1 to 4 channels, found {} bytes for \
                 {height} × {width} × {channels}",
                pixels.len()
            )));
        }
        Ok(Self { pixels, height, width, channels })
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    /// The number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The pixels, `[height, width, channels]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// RGB by PIL's `convert("RGB")`: grey is repeated, alpha is dropped.
    pub fn into_rgb(self) -> Self {
        self.map_to_rgb(|_, _| {})
    }

    /// RGB by transformers' `convert_to_rgb`: what is transparent shows white.
    pub(super) fn into_rgb_on_white(self) -> Self {
        self.map_to_rgb(blend_on_white)
    }

    /// Converts to RGB; `blend` changes a colour by its alpha.
    fn map_to_rgb(self, blend: impl Fn(&mut [u8; 3], u8) + Sync) -> Self {
        let Self { pixels, height, width, channels } = self;
        if channels == 3 {
            return Self { pixels, height, width, channels };
        }
        let mut rgb = vec![0; height * width * 3];
        let (out, _) = rgb.as_chunks_mut::<3>();
        out.par_iter_mut().zip(pixels.par_chunks_exact(channels)).for_each(|(out, pixel)| match *pixel {
            [grey] => *out = [grey; 3],
            [grey, alpha] => {
                *out = [grey; 3];
                blend(out, alpha);
            }
            [r, g, b, alpha] => {
                *out = [r, g, b];
                blend(out, alpha);
            }
            _ => {}
        });
        Self { pixels: rgb, height, width, channels: 3 }
    }
}

/// PIL's `alpha_composite` over opaque white, which works in fixed point with 7 extra bits.
fn blend_on_white(color: &mut [u8; 3], alpha: u8) {
    const EXTRA: u32 = 7;
    let round = |x: u32| ((x >> 8) + x) >> 8;
    let alpha = u32::from(alpha);
    // The background is opaque, so the result is too: its weight in 1/255 units is 255².
    let source = alpha * 255 * 255 * (1 << EXTRA) / (255 * 255);
    let background = 255 * (1 << EXTRA) - source;
    for value in color {
        let sum = u32::from(*value) * source + 255 * background;
        *value = (round(sum + (0x80 << EXTRA)) >> EXTRA) as u8;
    }
}

fn anonymous(message: String) -> ProcessorError {
    ProcessorError::Image { origin: "image".to_owned(), message }
}

fn decode(bytes: &[u8], upright: bool) -> Result<Image, String> {
    let explain = |e: ImageError| match e {
        ImageError::Unsupported(e) => format!("{e}; supported are PNG, JPEG, WebP, BMP and GIF"),
        other => format!("broken image: {other}"),
    };
    if is_truncated_jpeg(bytes) {
        return Err("broken image: the JPEG data end early".to_owned());
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    if !holds(height as usize, width as usize) {
        return Err(format!("expected at most {MOST_PIXELS} pixels, found {height} × {width}"));
    }
    let orientation = decoder.orientation().map_err(explain)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    if upright {
        image.apply_orientation(orientation);
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width == 0 || height == 0 {
        return Err(format!("expected an image with pixels, found {height} × {width}"));
    }
    let (pixels, channels) = match image {
        DynamicImage::ImageLuma8(image) => (image.into_raw(), 1),
        DynamicImage::ImageLumaA8(image) => (image.into_raw(), 2),
        DynamicImage::ImageRgb8(image) => (image.into_raw(), 3),
        DynamicImage::ImageRgba8(image) => (image.into_raw(), 4),
        // PIL keeps 16-bit grey as it is, and clips it when it is converted.
        DynamicImage::ImageLuma16(image) => {
            (image.into_raw().into_iter().map(|v| v.min(255) as u8).collect(), 1)
        }
        // Other 16-bit images lose their low byte as they are read.
        DynamicImage::ImageLumaA16(image) => (high_bytes(&image), 2),
        DynamicImage::ImageRgb16(image) => (high_bytes(&image), 3),
        DynamicImage::ImageRgba16(image) => (high_bytes(&image), 4),
        other => {
            let color: ColorType = other.color();
            return Err(format!("expected 8-bit or 16-bit pixels, found {color:?}"));
        }
    };
    Ok(Image { pixels, height, width, channels })
}

/// Whether an image of this size may be held in memory.
pub(super) fn holds(height: usize, width: usize) -> bool {
    height.checked_mul(width).is_some_and(|pixels| pixels <= MOST_PIXELS)
}

/// Whether a JPEG file ends inside of its last scan; the decoder would fill the rest with grey.
///
/// Neither marker can occur in a scan's data, where 0xFF is always followed by 0 or a restart marker.
fn is_truncated_jpeg(bytes: &[u8]) -> bool {
    const START_OF_IMAGE: &[u8] = &[0xff, 0xd8, 0xff];
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    let (scan, end) = (last([0xff, 0xda]), last([0xff, 0xd9]));
    bytes.starts_with(START_OF_IMAGE) && scan.is_some_and(|scan| end.is_none_or(|end| end < scan))
}

fn high_bytes(samples: &[u16]) -> Vec<u8> {
    samples.iter().map(|sample| (sample >> 8) as u8).collect()
}
