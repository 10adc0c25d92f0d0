//! Which masks are worth keeping.

use super::crops::Crop;
use super::{GeneratedMask, MaskGenerationOptions};
use crate::tasks::Bounds;
use crate::tasks::mask::Mask;

/// A mask that ends so many pixels from the edge of a crop may be cut off by it.
const EDGE: f32 = 20.0;

/// The mask of `logits` of the pixels of `crop`, in an image of `size`, if it is kept (`filter_masks`). `score` is the model's
/// estimate of its quality.
pub(super) fn keep(
    logits: &[f32],
    score: f32,
    crop: &Crop,
    size: (usize, usize),
    options: &MaskGenerationOptions,
) -> Option<GeneratedMask> {
    if !is_stable(logits, options) {
        return None;
    }
    let threshold = options.mask_threshold as f32;
    let pixels: Vec<bool> = logits.iter().map(|&logit| logit > threshold).collect();
    let edges = edges(&pixels, crop.size().1).map(|edge| edge as f32);
    let [left, top] = [crop.left as f32, crop.top as f32];
    let [xmin, ymin, xmax, ymax] = [edges[0] + left, edges[1] + top, edges[2] + left, edges[3] + top];
    let of_crop = [left, top, crop.right as f32, crop.bottom as f32];
    let of_image = [0.0, 0.0, size.1 as f32, size.0 as f32];
    let is_near = |edge: f32, other: f32| (edge - other).abs() <= EDGE;
    let is_cut = [xmin, ymin, xmax, ymax]
        .iter()
        .zip(of_crop.iter().zip(of_image))
        .any(|(&edge, (&of_crop, of_image))| is_near(edge, of_crop) && !is_near(edge, of_image));
    if is_cut {
        return None;
    }
    let [xmin, ymin, xmax, ymax] = [xmin, ymin, xmax, ymax].map(|edge| edge as i32);
    let mask = Mask::new(size.1, in_image(&pixels, crop, size));
    Some(GeneratedMask { score, mask, bounds: Bounds { xmin, ymin, xmax, ymax } })
}

/// Whether about the same pixels are part of a mask by a stricter threshold and by a laxer one
/// (`_compute_stability_score`).
fn is_stable(logits: &[f32], options: &MaskGenerationOptions) -> bool {
    if options.stability_score_thresh <= 0.0 {
        return true;
    }
    let above = |threshold: f64| logits.iter().filter(|&&logit| logit > threshold as f32).count() as f32;
    let strict = above(options.mask_threshold + options.stability_score_offset);
    let lax = above(options.mask_threshold - options.stability_score_offset);
    strict / lax > options.stability_score_thresh
}

/// The first and last column and row of a mask, `[left, top, right, bottom]`; zeros if it has no pixel.
pub(super) fn edges(pixels: &[bool], width: usize) -> [usize; 4] {
    let inside = pixels.iter().enumerate().filter(|(_, inside)| **inside);
    let places = inside.map(|(at, _)| (at % width.max(1), at / width.max(1)));
    let grown = places.fold(None, |edges: Option<[usize; 4]>, (x, y)| {
        let [left, top, right, bottom] = edges.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    });
    grown.unwrap_or_default()
}

/// The pixels of a crop's mask as those of an image of `size`.
fn in_image(pixels: &[bool], crop: &Crop, size: (usize, usize)) -> Vec<bool> {
    let mut all = vec![false; size.0 * size.1];
    let rows = pixels.chunks_exact(crop.size().1);
    for (row, line) in rows.zip(all.chunks_exact_mut(size.1).skip(crop.top)) {
        line[crop.left..crop.right].copy_from_slice(row);
    }
    all
}

/// The best masks, the best one first, without those whose box is about that of a better one (non-maximum suppression, as
/// torchvision's `nms`).
pub(super) fn without_duplicates(mut masks: Vec<GeneratedMask>, most_overlap: f64) -> Vec<GeneratedMask> {
    masks.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<GeneratedMask> = vec![];
    for mask in masks {
        if !kept.iter().any(|better| f64::from(overlap(&better.bounds, &mask.bounds)) > most_overlap) {
            kept.push(mask);
        }
    }
    kept
}

/// Intersection over union; NaN for two boxes without area.
fn overlap(a: &Bounds, b: &Bounds) -> f32 {
    let area = |b: &Bounds| (b.xmax - b.xmin) as f32 * (b.ymax - b.ymin) as f32;
    let side = |low: i32, high: i32| (high - low).max(0) as f32;
    let shared = side(a.xmin.max(b.xmin), a.xmax.min(b.xmax)) * side(a.ymin.max(b.ymin), a.ymax.min(b.ymax));
    shared / (area(a) + area(b) - shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(score: f32, [xmin, ymin, xmax, ymax]: [i32; 4]) -> GeneratedMask {
        GeneratedMask { score, mask: Mask::new(1, vec![false]), bounds: Bounds { xmin, ymin, xmax, ymax } }
    }

    #[test]
    fn the_worse_of_two_masks_in_one_place_is_left_out() {
        let masks = vec![mask(0.5, [0, 0, 10, 10]), mask(0.9, [0, 0, 10, 9]), mask(0.7, [20, 0, 30, 10])];
        let scores: Vec<f32> = without_duplicates(masks.clone(), 0.7).iter().map(|mask| mask.score).collect();
        assert_eq!(scores, [0.9, 0.7]);
        assert_eq!(without_duplicates(masks, 0.95).len(), 3);
    }

    #[test]
    fn what_a_crop_may_cut_off_is_left_out() {
        let options =
            MaskGenerationOptions { stability_score_thresh: 0.0, ..MaskGenerationOptions::default() };
        let crop = Crop { left: 40, top: 0, right: 100, bottom: 60 };
        let mut logits = vec![-1.0; 60 * 60];
        // Far from the left edge of the crop, which is none of the image's.
        logits[30 * 60 + 25] = 1.0;
        let kept = keep(&logits, 0.9, &crop, (60, 100), &options).unwrap();
        assert_eq!(kept.bounds, Bounds { xmin: 65, ymin: 30, xmax: 65, ymax: 30 });
        assert!(kept.mask.pixels()[30 * 100 + 65]);
        logits[30 * 60 + 19] = 1.0;
        assert_eq!(keep(&logits, 0.9, &crop, (60, 100), &options), None);
    }
}
