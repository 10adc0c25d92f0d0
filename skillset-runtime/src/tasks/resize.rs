//! Maps of numbers at another size.

/// A map of `(rows, columns)` at the size `to`, as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.
pub(super) fn bilinear(map: &[f32], (rows, columns): (usize, usize), to: (usize, usize)) -> Vec<f32> {
    let (down, across) = (taps(rows, to.0), taps(columns, to.1));
    let mut resized = Vec::with_capacity(to.0 * to.1);
    for vertical in &down {
        let [above, below] = vertical.at.map(|row| &map[row * columns..][..columns]);
        resized.extend(across.iter().map(|horizontal| {
            let line = |line: &[f32]| {
                let [left, right] = horizontal.at.map(|column| line[column]);
                horizontal.weights[0] * left + horizontal.weights[1] * right
            };
            vertical.weights[0] * line(above) + vertical.weights[1] * line(below)
        }));
    }
    resized
}

/// What one entry of the result is made of.
struct Taps {
    at: [usize; 2],
    weights: [f32; 2],
}

fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f32 / to as f32;
    let tap = |index: usize| {
        let place = ((index as f32 + 0.5) * scale - 0.5).max(0.0);
        let before = (place as usize).min(from - 1);
        let fraction = (place - before as f32).clamp(0.0, 1.0);
        Taps { at: [before, (before + 1).min(from - 1)], weights: [1.0 - fraction, fraction] }
    };
    (0..to).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_kept() {
        assert_eq!(bilinear(&[0.0, 4.0], (1, 2), (2, 4)), [0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 3.0, 4.0]);
        assert_eq!(bilinear(&[1.0, 2.0, 3.0, 4.0], (2, 2), (1, 1)), [2.5]);
    }
}
