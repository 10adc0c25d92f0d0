//! Weights from a tensor's name: the same bits here and in `tools/oracle/weights.py`.
//!
//! ```text
//! key   = fnv1a64(utf8(name)) ^ seed
//! bits  = splitmix64(key + (i + 1) * 0x9E3779B97F4A7C15)        (wrapping)
//! u     = (bits >> 40) * 2^-24                                  in [0, 1), exact
//! value = f32(center + (2 * u - 1) * half_range)                computed in f64
//! ```
//!
//! A counter instead of a running state makes every element independent of the others, so either
//! side may fill a tensor in any order. `tests/parity/weights.json` holds the two together.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Fills `out` with the first elements, in C order, of the tensor `name`: uniform in
/// `[center - half_range, center + half_range)`.
pub fn fill(name: &str, seed: u64, center: f64, half_range: f64, out: &mut [f32]) {
    let mut state = fnv1a64(name.as_bytes()) ^ seed;
    for value in out {
        state = state.wrapping_add(GOLDEN);
        let unit = (splitmix64(state) >> 40) as f64 / f64::from(1 << 24);
        *value = (center + (2.0 * unit - 1.0) * half_range) as f32;
    }
}

/// The tensor `name` of `len` elements; see [`fill`].
pub fn generate(name: &str, seed: u64, center: f64, half_range: f64, len: usize) -> Vec<f32> {
    let mut out = vec![0.0; len];
    fill(name, seed, center, half_range, &mut out);
    out
}

fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |digest, &byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The finaliser of Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
fn splitmix64(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::generate;

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        seed: u64,
        center: f64,
        half_range: f64,
        bits: Vec<u32>,
        xor_of_1000: u32,
    }

    #[test]
    fn same_bits_as_python() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/parity/weights.json");
        let text = std::fs::read_to_string(path).unwrap();
        let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
        assert!(!vectors.is_empty());
        for v in vectors {
            let bits: Vec<u32> = generate(&v.name, v.seed, v.center, v.half_range, 1000)
                .into_iter()
                .map(f32::to_bits)
                .collect();
            assert_eq!(bits[..v.bits.len()], v.bits, "first elements of {:?}", v.name);
            assert_eq!(bits.iter().fold(0, |a, b| a ^ b), v.xor_of_1000, "{:?}", v.name);
        }
    }
}
