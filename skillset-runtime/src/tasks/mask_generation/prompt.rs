//! What is meant of an image.

/// What is meant of an image: points and a box, of which there is at least one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaskPrompt {
    /// Points in pixels of the image.
    pub points: Vec<PromptPoint>,
    /// The left, upper, right and lower edge of a box around it, in pixels of the image.
    pub bounds: Option<[f64; 4]>,
}

/// A place in an image that is part of what is meant, or is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PromptPoint {
    /// Pixels from the left edge.
    pub x: f64,
    /// Pixels from the upper edge.
    pub y: f64,
    /// Whether it is part of what is meant.
    pub inside: bool,
}

/// What a call to [`MaskGenerator::segment`](super::MaskGenerator::segment) can ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptOptions {
    /// Several masks for each prompt, as a point may mean a thing or a part of it; if not, one. Default: true.
    pub multimask: bool,
    /// A pixel whose logit is above this is part of a mask. Default: 0.
    pub mask_threshold: f64,
}

impl Default for PromptOptions {
    fn default() -> Self {
        Self { multimask: true, mask_threshold: 0.0 }
    }
}

impl MaskPrompt {
    /// What is at a point.
    pub fn point(x: f64, y: f64) -> Self {
        Self { points: vec![PromptPoint { x, y, inside: true }], bounds: None }
    }

    /// What is in a box.
    pub fn bounds(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { points: vec![], bounds: Some([left, top, right, bottom]) }
    }

    /// The same with another point, which is part of it or is not.
    #[must_use]
    pub fn and(mut self, x: f64, y: f64, inside: bool) -> Self {
        self.points.push(PromptPoint { x, y, inside });
        self
    }

    /// What prompts that run together have in common: how many points they have, and whether they have a box.
    pub(super) fn kind(&self) -> (usize, bool) {
        (self.points.len(), self.bounds.is_some())
    }
}
