//! What a call can ask for.

use crate::checkpoint::{ConfigError, Reader};
use crate::tasks::TaskOptions;

/// What a call to a [`MaskGenerator`](super::MaskGenerator) can ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskGenerationOptions {
    /// Points along each side of the grid that is laid over a crop. Default: 32.
    pub points_per_crop: usize,
    /// How many points run together. More needs more memory. Default: 64.
    pub points_per_batch: usize,
    /// Beside the whole image, so many layers of crops are looked at: 4, then 16, and so on. Default: 0.
    pub crops_n_layers: usize,
    /// How much of the image's short side crops of the first layer overlap by; those of each further one by half of that.
    /// Default: 512 / 1500.
    pub crop_overlap_ratio: f64,
    /// Each further layer's crops have so many times fewer points along a side. As in transformers' pipeline, all crops
    /// that are looked at have to have as many. Default: 1.
    pub crop_n_points_downscale_factor: f64,
    /// The model's estimate of a mask's quality is above this. Default: 0.88.
    pub pred_iou_thresh: f32,
    /// A mask's stability is above this: how little it changes between a stricter and a laxer threshold. Default: 0.95.
    pub stability_score_thresh: f32,
    /// How far these thresholds are from `mask_threshold`. Default: 1.
    pub stability_score_offset: f64,
    /// A pixel whose logit is above this is part of a mask. Default: 0.
    pub mask_threshold: f64,
    /// Of two masks whose boxes overlap by more (intersection over union), the worse one is left out. Default: 0.7.
    pub crops_nms_thresh: f64,
    /// Whether JSON has the masks also in COCO's run-length encoding, column by column, as `rle_mask`. Default: false.
    pub output_rle_mask: bool,
    /// Whether JSON has their boxes, too, as `bounding_boxes`. Default: false.
    pub output_bboxes_mask: bool,
}

impl Default for MaskGenerationOptions {
    fn default() -> Self {
        Self {
            points_per_crop: 32,
            points_per_batch: 64,
            crops_n_layers: 0,
            crop_overlap_ratio: 512.0 / 1500.0,
            crop_n_points_downscale_factor: 1.0,
            pred_iou_thresh: 0.88,
            stability_score_thresh: 0.95,
            stability_score_offset: 1.0,
            mask_threshold: 0.0,
            crops_nms_thresh: 0.7,
            output_rle_mask: false,
            output_bboxes_mask: false,
        }
    }
}

/// More points along a side, or layers of crops, are a mistake that would only exhaust the machine.
const MOST_POINTS: usize = 1024;
const MOST_LAYERS: usize = 8;

impl TaskOptions for MaskGenerationOptions {
    const FIELDS: &'static [&'static str] = &[
        "points_per_crop",
        "points_per_batch",
        "crops_n_layers",
        "crop_overlap_ratio",
        "crop_n_points_downscale_factor",
        "pred_iou_thresh",
        "stability_score_thresh",
        "stability_score_offset",
        "mask_threshold",
        "crops_nms_thresh",
        "output_rle_mask",
        "output_bboxes_mask",
    ];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let own = Self::default();
        let options = Self {
            points_per_crop: r.positive("points_per_crop", own.points_per_crop)?,
            points_per_batch: r.positive("points_per_batch", own.points_per_batch)?,
            crops_n_layers: r.usize("crops_n_layers", own.crops_n_layers)?,
            crop_overlap_ratio: r.f64("crop_overlap_ratio", own.crop_overlap_ratio)?,
            crop_n_points_downscale_factor: r
                .f64("crop_n_points_downscale_factor", own.crop_n_points_downscale_factor)?,
            pred_iou_thresh: r.f64("pred_iou_thresh", f64::from(own.pred_iou_thresh))? as f32,
            stability_score_thresh: r.f64("stability_score_thresh", f64::from(own.stability_score_thresh))?
                as f32,
            stability_score_offset: r.f64("stability_score_offset", own.stability_score_offset)?,
            mask_threshold: r.f64("mask_threshold", own.mask_threshold)?,
            crops_nms_thresh: r.f64("crops_nms_thresh", own.crops_nms_thresh)?,
            output_rle_mask: r.bool("output_rle_mask", own.output_rle_mask)?,
            output_bboxes_mask: r.bool("output_bboxes_mask", own.output_bboxes_mask)?,
        };
        r.require(options.points_per_crop <= MOST_POINTS, "points_per_crop", "at most 1024")?;
        r.require(options.crops_n_layers <= MOST_LAYERS, "crops_n_layers", "at most 8")?;
        let overlaps = 0.0..=1.0;
        r.require(
            overlaps.contains(&options.crop_overlap_ratio),
            "crop_overlap_ratio",
            "a share from 0 to 1",
        )?;
        r.require(
            options.has_even_grids(),
            "crop_n_points_downscale_factor",
            "a factor that leaves crops of all layers as many points (transformers' pipeline takes no other)",
        )?;
        Ok(options)
    }
}

impl MaskGenerationOptions {
    /// Whether crops of all layers have as many points.
    fn has_even_grids(&self) -> bool {
        let points = |layer: usize| {
            (self.points_per_crop as f64 / self.crop_n_points_downscale_factor.powi(layer as i32)) as usize
        };
        (0..=self.crops_n_layers).all(|layer| points(layer) == self.points_per_crop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn grids_of_several_sizes_are_refused() {
        let read = |options| MaskGenerationOptions::read(&Reader::new(&options, "options").unwrap());
        let of = |layers: usize, factor: f64| {
            read(
                json!({ "points_per_crop": 4, "crops_n_layers": layers, "crop_n_points_downscale_factor": factor }),
            )
        };
        assert!(of(0, 2.0).is_ok() && of(1, 1.0).is_ok() && of(1, 0.9).is_ok());
        assert_eq!(
            of(1, 2.0).unwrap_err().to_string(),
            "options: /crop_n_points_downscale_factor: expected a factor that leaves crops of all layers as many points \
             (transformers' pipeline takes no other), found 2.0"
        );
        assert!(of(1, 0.0).is_err());
    }
}
