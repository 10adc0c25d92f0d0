//! The image processor itself.

use std::borrow::Borrow;
use std::path::Path;

use rayon::prelude::*;

use super::decode::{MOST_PIXELS, holds};
use super::pixels::{Planes, center_crop, pad_to_square, to_planes};
use super::settings::{ImageSettings, Pad};
use super::{Image, resize};
use crate::processors::ProcessorError;

/// Turns images into the `pixel_values` of a vision model.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageProcessor {
    settings: ImageSettings,
}

/// A batch of images as a model takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelBatch {
    /// `[batch, channels, height, width]`, row-major.
    pub values: Vec<f32>,
    /// The four sizes.
    pub shape: [usize; 4],
    /// Of every image: `(height, width)` before processing, for mapping boxes and masks back.
    pub original_sizes: Vec<(usize, usize)>,
    /// Of every image: `(height, width)` of the pixels that are no padding.
    pub unpadded_sizes: Vec<(usize, usize)>,
}

/// Images that come out in one size, and where they were in what was given.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeGroup {
    /// The positions of the images.
    pub positions: Vec<usize>,
    /// Their pixels.
    pub batch: PixelBatch,
}

impl ImageProcessor {
    /// The processor of a checkpoint directory.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        Self::from_dir_as(dir, None)
    }

    /// Like [`from_dir`](Self::from_dir); `class` is the model type's image processor class in transformers,
    /// whose defaults hold when the files name no class.
    pub fn from_dir_as(dir: impl AsRef<Path>, class: Option<&str>) -> Result<Self, ProcessorError> {
        ImageSettings::from_dir(dir.as_ref(), class).map(Self::new)
    }

    /// A processor with these settings.
    pub fn new(settings: ImageSettings) -> Self {
        Self { settings }
    }

    /// The settings.
    pub fn settings(&self) -> &ImageSettings {
        &self.settings
    }

    /// Processes images, several at a time, into one batch in the same order. All must come out in one size,
    /// which a fixed size, a crop or padding sees to.
    pub fn process(&self, images: &[Image]) -> Result<PixelBatch, ProcessorError> {
        if images.is_empty() {
            return Err(ProcessorError::Pixels("expected at least one image, found none".to_owned()));
        }
        let planes = self.process_each(images)?;
        self.batch(planes, images.iter().map(Image::size).collect())
    }

    /// Processes images, several at a time, into as many batches as there are sizes that they come out in, so that
    /// none is padded because of another one.
    pub fn process_by_size<I: Borrow<Image> + Sync>(
        &self,
        images: &[I],
    ) -> Result<Vec<SizeGroup>, ProcessorError> {
        let mut groups: Vec<(Vec<usize>, Vec<Planes>)> = vec![];
        for (position, planes) in self.process_each(images)?.into_iter().enumerate() {
            match groups.iter_mut().find(|(_, group)| group[0].shape() == planes.shape()) {
                Some((positions, group)) => {
                    positions.push(position);
                    group.push(planes);
                }
                None => groups.push((vec![position], vec![planes])),
            }
        }
        let batch = |(positions, planes): (Vec<usize>, _)| {
            let sizes = positions.iter().map(|&position| images[position].borrow().size()).collect();
            Ok(SizeGroup { batch: self.batch(planes, sizes)?, positions })
        };
        groups.into_iter().map(batch).collect()
    }

    fn process_each<I: Borrow<Image> + Sync>(&self, images: &[I]) -> Result<Vec<Planes>, ProcessorError> {
        let one = |(i, image): (usize, &I)| {
            self.process_one(image.borrow()).map_err(|e| ProcessorError::Pixels(format!("image {i}: {e}")))
        };
        images.par_iter().enumerate().map(one).collect()
    }

    fn batch(
        &self,
        planes: Vec<Planes>,
        original_sizes: Vec<(usize, usize)>,
    ) -> Result<PixelBatch, ProcessorError> {
        let unpadded_sizes = planes.iter().map(|image| (image.height, image.width)).collect();
        let planes = self.pad(planes)?;
        let [channels, height, width] = common_shape(&planes)?;
        let mut values = Vec::with_capacity(planes.len() * channels * height * width);
        for image in &planes {
            values.extend_from_slice(&image.values);
        }
        let shape = [planes.len(), channels, height, width];
        Ok(PixelBatch { values, shape, original_sizes, unpadded_sizes })
    }

    fn process_one(&self, image: &Image) -> Result<Planes, String> {
        let settings = &self.settings;
        let mut image = image.clone();
        if settings.convert_rgb {
            image = image.into_rgb_on_white();
        }
        let channels = image.channels();
        if channels == 2 || channels == 4 {
            return Err(format!(
                "expected an image without transparency, found {channels} channels; the processor has \
                 do_convert_rgb off, so convert the image to RGB first"
            ));
        }
        if let Some(colour) = &settings.square {
            if colour.len() != channels {
                return Err(format!(
                    "image_mean: expected a number for each of {channels} channels, found {}",
                    colour.len()
                ));
            }
            let side = image.size().0.max(image.size().1);
            check_size("do_pad", image.size(), (side, side))?;
            let pixels = pad_to_square(image.pixels(), image.size(), colour);
            image = Image::from_pixels(pixels, side, side, channels).map_err(|e| e.to_string())?;
        }
        if let Some((size, filter)) = settings.resize {
            let (height, width) = size.target(image.size());
            if height == 0 || width == 0 {
                let (from_height, from_width) = image.size();
                return Err(format!(
                    "an image of {from_height} × {from_width} would shrink to {height} × {width}"
                ));
            }
            check_size("size", image.size(), (height, width))?;
            let pixels = resize(image.pixels(), channels, image.size(), (height, width), filter);
            image = Image::from_pixels(pixels, height, width, channels).map_err(|e| e.to_string())?;
        }
        if let Some((height, width)) = settings.center_crop {
            check_size("crop_size", image.size(), (height, width))?;
            let pixels = center_crop(image.pixels(), channels, image.size(), (height, width));
            image = Image::from_pixels(pixels, height, width, channels).map_err(|e| e.to_string())?;
        }
        to_planes(&image, settings)
    }

    fn pad(&self, planes: Vec<Planes>) -> Result<Vec<Planes>, ProcessorError> {
        let (height, width) = match self.settings.pad {
            None => return Ok(planes),
            Some(Pad::To(height, width)) => (height, width),
            Some(Pad::Longest) => {
                let most = |size: fn(&Planes) -> usize| planes.iter().map(size).max().unwrap_or(0);
                (most(|image| image.height), most(|image| image.width))
            }
        };
        let padded = planes.into_iter().map(|image| {
            check_size("pad_size", (image.height, image.width), (height, width))?;
            image.pad(height, width)
        });
        padded.collect::<Result<_, _>>().map_err(ProcessorError::Pixels)
    }
}

/// Refuses to make an image larger than one may be that is read from a file. A long and narrow image grows to
/// such a size by its short edge.
fn check_size(setting: &str, from: (usize, usize), to: (usize, usize)) -> Result<(), String> {
    if holds(to.0, to.1) {
        return Ok(());
    }
    Err(format!(
        "{setting}: an image of {} × {} would become {} × {}, expected at most {MOST_PIXELS} pixels",
        from.0, from.1, to.0, to.1
    ))
}

fn common_shape(planes: &[Planes]) -> Result<[usize; 3], ProcessorError> {
    let first = planes[0].shape();
    match planes.iter().position(|image| image.shape() != first) {
        None => Ok(first),
        Some(other) => Err(ProcessorError::Pixels(format!(
            "expected images of one shape for a batch, found {first:?} and {:?} (image {other}); process them one by one",
            planes[other].shape()
        ))),
    }
}
