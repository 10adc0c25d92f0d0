//! The held-out digits: one sheet of tiles, their labels, and the predictions that transformers made.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use skillset::runtime::processors::image::Image;
use skillset::skillset;
use skillset::tasks::ImageClassificationOptions;

/// Classifies images of digits.
#[skillset(model = "vit", task = "image-classification", backends(cpu))]
pub struct DigitSkill;

/// `held_out.json`
#[derive(Deserialize)]
struct HeldOut {
    tile: Tile,
    columns: usize,
    labels: Vec<usize>,
    predictions: Vec<usize>,
}

#[derive(Deserialize)]
struct Tile {
    height: usize,
    width: usize,
}

/// How the classification went.
pub struct Report {
    /// Images.
    pub total: usize,
    /// Images whose label was predicted.
    pub right: usize,
    /// Images for which transformers predicted something else.
    pub differing: usize,
}

impl Report {
    /// The share of right predictions in percent.
    pub fn accuracy(&self) -> f64 {
        100.0 * self.right as f64 / self.total as f64
    }
}

/// Classifies every tile of the sheet in `folder`.
pub fn classify(folder: &Path) -> Result<Report, Box<dyn Error>> {
    let held_out: HeldOut = serde_json::from_str(&fs::read_to_string(folder.join("held_out.json"))?)?;
    let tiles = tiles(&Image::open(folder.join("held_out.png"))?.into_rgb(), &held_out)?;

    let skill = DigitSkill::from_dir(folder)?;
    let options = ImageClassificationOptions { top_k: 1, ..ImageClassificationOptions::default() };
    let mut report = Report { total: tiles.len(), right: 0, differing: 0 };
    for (index, best) in skill.run_batch_with(&tiles, &options)?.iter().enumerate() {
        let digit: usize = best.first().ok_or("an image has no class")?.label.parse()?;
        report.right += usize::from(digit == held_out.labels[index]);
        report.differing += usize::from(digit != held_out.predictions[index]);
    }
    Ok(report)
}

/// Cuts the sheet into tiles, row by row.
fn tiles(sheet: &Image, held_out: &HeldOut) -> Result<Vec<Image>, Box<dyn Error>> {
    let Tile { height, width } = held_out.tile;
    let (sheet_height, sheet_width) = sheet.size();
    let channels = sheet.channels();
    let rows = held_out.labels.len().div_ceil(held_out.columns);
    if (sheet_width, sheet_height) != (held_out.columns * width, rows * height) {
        return Err(format!("held_out.png is {sheet_width}x{sheet_height}, not {rows} rows of tiles").into());
    }
    let cut = |index: usize| {
        let (row, column) = (index / held_out.columns, index % held_out.columns);
        let line = |y: usize| {
            let start = ((row * height + y) * sheet_width + column * width) * channels;
            &sheet.pixels()[start..start + width * channels]
        };
        let pixels: Vec<u8> = (0..height).flat_map(line).copied().collect();
        Ok(Image::from_pixels(pixels, height, width, channels)?)
    };
    (0..held_out.labels.len()).map(cut).collect()
}
