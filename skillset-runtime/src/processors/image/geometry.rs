//! The sizes that images are resized to. All sizes are `(height, width)`.
//!
//! The formulas are those of `image_transforms.py`, with Python's float division and truncation.

use super::Size;

impl Size {
    /// The size that an image of size `from` is resized to (`PilBackend.resize`).
    pub(super) fn target(self, from: (usize, usize)) -> (usize, usize) {
        match self {
            Self::Exact { height, width } => (height, width),
            Self::ShortestEdge { shortest, longest: None } => short_edge(from, shortest),
            Self::ShortestEdge { shortest, longest: Some(longest) } => edges(from, shortest, longest),
            Self::Multiples { shortest, longest, of } => multiples(from, shortest, longest, of),
            Self::LongestEdge(edge) => long_edge(from, edge),
            Self::Within { height, width } => within(from, height, width),
        }
    }
}

/// The short edge becomes `size`, the long one keeps the aspect ratio (`get_resize_output_image_size`).
fn short_edge((height, width): (usize, usize), size: usize) -> (usize, usize) {
    let long = |short: usize, long: usize| ((size * long) as f64 / short as f64) as usize;
    if width <= height { (long(width, height), size) } else { (size, long(height, width)) }
}

/// The long edge becomes `size`, the short one keeps the aspect ratio (`SamImageProcessor._get_preprocess_shape`).
fn long_edge((height, width): (usize, usize), size: usize) -> (usize, usize) {
    let scale = size as f64 / height.max(width) as f64;
    ((height as f64 * scale + 0.5) as usize, (width as f64 * scale + 0.5) as usize)
}

/// The short edge's length before and after rounding: `size`, unless the long one would exceed `longest`.
fn short_side((height, width): (usize, usize), size: usize, longest: usize) -> (f64, usize) {
    let (short, long) = (height.min(width) as f64, height.max(width) as f64);
    if long / short * size as f64 <= longest as f64 {
        return (size as f64, size);
    }
    let raw = longest as f64 * short / long;
    // Rounded to even at one half, as by Python's `round`.
    (raw, raw.round_ties_even() as usize)
}

/// The short edge becomes `size`, unless the long one would exceed `longest` (`get_size_with_aspect_ratio`).
fn edges((height, width): (usize, usize), size: usize, longest: usize) -> (usize, usize) {
    let (raw, size) = short_side((height, width), size, longest);
    if (height <= width && height == size) || (width <= height && width == size) {
        return (height, width);
    }
    let other = |a: usize, b: usize| (raw * a as f64 / b as f64) as usize;
    if width < height { (other(height, width), size) } else { (size, other(width, height)) }
}

/// As [`edges`], rounded down to multiples of `of` (`get_size_with_aspect_ratio_yolos`).
fn multiples((height, width): (usize, usize), size: usize, longest: usize, of: usize) -> (usize, usize) {
    let (raw, size) = short_side((height, width), size, longest);
    let other = |a: usize, b: usize| (raw * a as f64 / b as f64) as usize;
    let (to_height, to_width) = if width < height {
        (other(height, width), size)
    } else if height == size {
        (height, width)
    } else {
        (size, other(width, height))
    };
    (to_height - to_height % of, to_width - to_width % of)
}

/// The largest size with the same aspect ratio inside the given one (`get_image_size_for_max_height_width`).
fn within((height, width): (usize, usize), max_height: usize, max_width: usize) -> (usize, usize) {
    let scale = |max: usize, size: usize| max as f64 / size as f64;
    let scale = scale(max_height, height).min(scale(max_width, width));
    ((height as f64 * scale) as usize, (width as f64 * scale) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected sizes are printed by `tools/processors/record_images.py`.
    #[test]
    fn sizes_of_transformers() {
        let cases: serde_json::Value = serde_json::from_str(include_str!("testdata/sizes.json")).unwrap();
        let number = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
        for case in cases.as_array().unwrap() {
            let [kind, a, b, height, width, to_height, to_width] = case.as_array().unwrap().as_slice() else {
                panic!("{case}")
            };
            let (a, b) = (number(a), number(b));
            let size = match kind.as_str().unwrap() {
                "short" => Size::ShortestEdge { shortest: a, longest: None },
                "edges" => Size::ShortestEdge { shortest: a, longest: Some(b) },
                _ => Size::Within { height: a, width: b },
            };
            let target = size.target((number(height), number(width)));
            assert_eq!(target, (number(to_height), number(to_width)), "{case}");
        }
    }
}
