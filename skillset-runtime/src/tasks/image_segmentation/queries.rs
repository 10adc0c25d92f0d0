//! Queries with a class and a mask each, as DETR and its relatives have them.

use super::options::ImageSegmentationOptions;
use crate::scores::{argmax, sigmoid, softmax};
use crate::tasks::batch::Row;
use crate::tasks::mask::Mask;
use crate::tasks::resize::bilinear;

/// Probabilities of classes and pixels.
pub(super) struct Queries {
    /// `[queries][classes]`, the last class for no object.
    classes: Vec<Vec<f32>>,
    /// `[queries][rows · columns]`
    masks: Vec<Vec<f32>>,
    /// Rows and columns of a mask.
    size: (usize, usize),
}

/// Some pixels and what they are.
pub(super) struct Region {
    pub class: usize,
    pub score: Option<f32>,
    pub mask: Mask,
}

/// A query that found something.
struct Found<'a> {
    class: usize,
    score: f32,
    mask: &'a [f32],
}

impl Queries {
    /// Of logits `[queries, classes + 1]` and `[queries, rows, columns]`.
    pub(super) fn new(logits: &Row<'_>, masks: &Row<'_>) -> Option<Self> {
        let (&[queries, classes], &[of, rows, columns]) = (&logits.shape[..], &masks.shape[..]) else {
            return None;
        };
        if queries != of || classes == 0 || rows * columns == 0 {
            return None;
        }
        let probabilities = |logits: &[f32]| {
            let mut scores = logits.to_vec();
            softmax(&mut scores);
            scores
        };
        let mask = |logits: &[f32]| logits.iter().copied().map(sigmoid).collect();
        Some(Self {
            classes: logits.values.chunks_exact(classes).map(probabilities).collect(),
            masks: masks.values.chunks_exact(rows * columns).map(mask).collect(),
            size: (rows, columns),
        })
    }

    /// `post_process_panoptic_segmentation`, and with it `post_process_instance_segmentation`, of an image of
    /// `(height, width)`.
    pub(super) fn objects(&self, size: (usize, usize), options: &ImageSegmentationOptions) -> Vec<Region> {
        let found = self.found(options.threshold);
        // Of each pixel: which object it is of most probably.
        let weighed: Vec<Vec<f32>> = found
            .iter()
            .map(|found| {
                bilinear(found.mask, self.size, size).iter().map(|share| share * found.score).collect()
            })
            .collect();
        let owners = best_of_each(&weighed, size.0 * size.1);
        let region = |(index, found): (usize, &Found<'_>)| {
            let pixels: Vec<bool> = owners.iter().map(|&owner| owner == index).collect();
            let area = pixels.iter().filter(|&&pixel| pixel).count();
            let whole = weighed[index].iter().filter(|&&share| share >= options.mask_threshold).count();
            let share = f64::from(area as f32 / whole as f32);
            let exists = area > 0 && whole > 0 && share > options.overlap_mask_area_threshold;
            let mask = Mask::new(size.1, pixels);
            exists.then(|| Region { class: found.class, score: Some(rounded(found.score)), mask })
        };
        found.iter().enumerate().filter_map(region).collect()
    }

    /// `post_process_semantic_segmentation` of an image of `(height, width)`.
    pub(super) fn classes_of_pixels(&self, size: (usize, usize)) -> Vec<Region> {
        let count = self.classes.first().map_or(0, Vec::len).saturating_sub(1);
        let class = |class: usize| {
            let mut sum = vec![0.0; self.size.0 * self.size.1];
            for (scores, mask) in self.classes.iter().zip(&self.masks) {
                sum.iter_mut().zip(mask).for_each(|(sum, share)| *sum += scores[class] * share);
            }
            bilinear(&sum, self.size, size)
        };
        let maps: Vec<Vec<f32>> = (0..count).map(class).collect();
        let best = best_of_each(&maps, size.0 * size.1);
        let region = |class: usize| {
            let pixels: Vec<bool> = best.iter().map(|&best| best == class).collect();
            let is_there = pixels.contains(&true);
            is_there.then(|| Region { class, score: None, mask: Mask::new(size.1, pixels) })
        };
        (0..count).filter_map(region).collect()
    }

    /// The queries that are sure to have found something.
    fn found<'a>(&'a self, threshold: f32) -> Vec<Found<'a>> {
        let find = |(scores, mask): (&'a Vec<f32>, &'a Vec<f32>)| {
            let class = argmax(scores)?;
            let is_object = class + 1 < scores.len() && scores[class] > threshold;
            is_object.then(|| Found { class, score: scores[class], mask })
        };
        self.classes.iter().zip(&self.masks).filter_map(find).collect()
    }
}

/// For each of `count` pixels the map that is largest there, the first one among equals.
fn best_of_each(maps: &[Vec<f32>], count: usize) -> Vec<usize> {
    let Some((first, rest)) = maps.split_first() else { return vec![usize::MAX; count] };
    let mut best: Vec<(usize, f32)> = first.iter().map(|&value| (0, value)).collect();
    for (index, map) in rest.iter().enumerate() {
        for (best, &value) in best.iter_mut().zip(map) {
            if value > best.1 {
                *best = (index + 1, value);
            }
        }
    }
    best.into_iter().map(|(index, _)| index).collect()
}

/// As Python's `round(score, 6)`.
fn rounded(score: f32) -> f32 {
    format!("{:.6}", f64::from(score)).parse().unwrap_or(score)
}
