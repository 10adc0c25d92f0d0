//! The settings of an image processor, from `preprocessor_config.json`.

use std::path::Path;

use serde_json::Value;

use super::Filter;
use super::classes::{self, Class, DetectionRule, PadRule, ResizeRule, SegmentationRule};
use crate::checkpoint::{CheckpointError, ConfigError, Reader};
use crate::processors::{ProcessorError, part};

/// No side of an image may be set above this: a size beyond it is damage, and would only exhaust the memory.
const MAX_SIDE: usize = 1 << 15;

/// What a size in a file must say.
const EXPECTED_SIZE: &str = "expected height and width, max_height and max_width, or shortest_edge";

/// What a processor does with every image, step by step; a step that is off is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSettings {
    /// Convert to RGB, putting transparent images on white.
    pub convert_rgb: bool,
    /// Pad to a square with this colour, a value for each channel, the image in its middle.
    pub square: Option<Vec<u8>>,
    /// Resize to this size with this filter.
    pub resize: Option<(Size, Filter)>,
    /// Cut out the centre, `(height, width)`; smaller images are padded with zeros.
    pub center_crop: Option<(usize, usize)>,
    /// Multiply by this factor.
    pub rescale: Option<f64>,
    /// Subtract the mean and divide by the standard deviation, each one number or one per channel.
    pub normalize: Option<(Vec<f64>, Vec<f64>)>,
    /// Pad at the bottom and on the right.
    pub pad: Option<Pad>,
    /// How detections are made of a detector's outputs, where the processor's class knows.
    pub detection: Option<DetectionRule>,
    /// How segments are made of a model's outputs, where the processor's class knows.
    pub segmentation: Option<SegmentationRule>,
}

/// What images are resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// This size, whatever the aspect ratio.
    Exact {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// The short edge becomes `shortest`; with `longest`, the long edge does not exceed that.
    ShortestEdge {
        /// Length of the short edge.
        shortest: usize,
        /// Limit of the long edge.
        longest: Option<usize>,
    },
    /// The short edge becomes `shortest` as long as the long edge does not exceed `longest`; then both are rounded
    /// down to multiples.
    Multiples {
        /// Length of the short edge.
        shortest: usize,
        /// Limit of the long edge.
        longest: usize,
        /// What both sides are multiples of.
        of: usize,
    },
    /// The long edge becomes this, whether the image grows or shrinks.
    LongestEdge(usize),
    /// The largest size of the same aspect ratio inside this one.
    Within {
        /// Most rows.
        height: usize,
        /// Most columns.
        width: usize,
    },
}

/// What images are padded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pad {
    /// The largest height and the largest width of the batch.
    Longest,
    /// This `(height, width)`.
    To(usize, usize),
}

impl ImageSettings {
    /// Reads the settings of a checkpoint directory: the `image_processor` object of `processor_config.json`, or
    /// else `preprocessor_config.json`. `class` is the processor class of the model type, for files that name
    /// none. What the file does not say is taken from the class.
    pub fn from_dir(dir: &Path, class: Option<&str>) -> Result<Self, ProcessorError> {
        let remedy = "a model that takes images needs one; `AutoImageProcessor.from_pretrained(…)\
                      .save_pretrained(DIR)` in Python writes it";
        let (value, file) = part(dir, "image_processor", remedy)?;
        Self::read(&value, &file, class)
    }

    /// Reads the settings from parsed JSON; `file` is named in errors.
    pub fn read(value: &Value, file: &str, class: Option<&str>) -> Result<Self, ProcessorError> {
        let r = Reader::new(value, file)?;
        let class = class_of(&r, class)?;
        // `null` means the class default, so such fields are dropped before the two are merged.
        let own = value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let mut merged = class.defaults.clone();
        merged.extend(own.map(|(key, value)| (current_name(key).to_owned(), value.clone())));
        let merged = Value::Object(merged);
        let r = Reader::new(&merged, file)?;
        check_extras(&r, class)?;
        let on = |field: &str| r.bool(field, false);
        let required = |field: &str, by: &str| {
            if r.has(field) {
                Ok(())
            } else {
                Err(r.error(field, format!("expected a value, because {by} is on")))
            }
        };
        let mut settings = Self {
            convert_rgb: on("do_convert_rgb")?,
            square: None,
            resize: None,
            center_crop: None,
            rescale: None,
            normalize: None,
            pad: None,
            detection: class.detection,
            segmentation: class.segmentation,
        };
        if on("do_resize")? {
            required("size", "do_resize")?;
            let (size, crop) = resizing(&r, class)?;
            settings.resize = Some((size, filter(&r)?));
            settings.center_crop = crop;
        }
        if on("do_center_crop")? {
            required("crop_size", "do_center_crop")?;
            settings.center_crop = Some(exact(&r, "crop_size")?);
        }
        if on("do_rescale")? {
            settings.rescale = Some(r.f64("rescale_factor", 1.0 / 255.0)?);
        }
        if on("do_normalize")? {
            required("image_mean", "do_normalize")?;
            required("image_std", "do_normalize")?;
            let (mean, std) = (numbers(&r, "image_mean")?, numbers(&r, "image_std")?);
            r.require(!std.contains(&0.0), "image_std", "numbers other than 0")?;
            settings.normalize = Some((mean, std));
        }
        if on("do_pad")? && class.pad == Some(PadRule::Square) {
            required("image_mean", "do_pad")?;
            let colour = numbers(&r, "image_mean")?.into_iter().map(|mean| (mean * 255.0) as u8);
            settings.square = Some(colour.collect());
        } else if on("do_pad")? {
            let size = r.has("pad_size").then(|| exact(&r, "pad_size")).transpose()?;
            settings.pad = Some(size.map_or(Pad::Longest, |(height, width)| Pad::To(height, width)));
        }
        Ok(settings)
    }
}

/// The processor class that a file names (or the given one), if its pipeline is the standard one.
fn class_of(r: &Reader<'_>, given: Option<&str>) -> Result<&'static Class, ProcessorError> {
    let field = ["image_processor_type", "feature_extractor_type"].into_iter().find(|field| r.has(field));
    let name = match field {
        Some(field) => r.string(field, None)?,
        None => given.unwrap_or_default().to_owned(),
    };
    let field = field.unwrap_or("image_processor_type");
    if name.is_empty() {
        return Ok(classes::plain());
    }
    match classes::find(&name) {
        Some(class) if class.standard => Ok(class),
        Some(_) => Err(r
            .error(field, format!("{name} has a pipeline of its own, which is not supported yet"))
            .into()),
        None => {
            let near =
                classes::nearest(&name).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(r.error(field, format!("unknown image processor class {name}{near}")).into())
        }
    }
}

/// Settings outside the standard pipeline may be present, but must not ask for anything: switches are off, and
/// the class's own settings have their default values.
fn check_extras(r: &Reader<'_>, class: &Class) -> Result<(), CheckpointError> {
    const KNOWN: [&str; 8] = [
        "do_convert_rgb",
        "do_resize",
        "do_center_crop",
        "do_rescale",
        "do_normalize",
        "do_pad",
        // Concern the segmentation maps and annotations of training data, not images.
        "do_reduce_labels",
        "do_convert_annotations",
    ];
    for key in r.keys() {
        let value = r.value(key).unwrap_or(&Value::Null);
        let differs = class.extras.get(key).is_some_and(|default| default != value);
        let on = key.starts_with("do_") && !KNOWN.contains(&key) && value == &Value::Bool(true);
        if differs || on {
            return Err(r
                .error(key, format!("expected this step to be off, found {value}; it is not supported yet"))
                .into());
        }
    }
    Ok(())
}

fn filter(r: &Reader<'_>) -> Result<Filter, ConfigError> {
    let code = r.usize("resample", 2)?;
    Filter::from_code(code).ok_or_else(|| {
        r.error("resample", format!("expected a PIL filter from 0 (nearest) to 5 (Hamming), found {code}"))
    })
}

/// Today's name of a setting.
fn current_name(key: &str) -> &str {
    if key == "pad_and_return_pixel_mask" { "do_pad" } else { key }
}

/// What to resize to by the class's rule, and what to cut out of that.
fn resizing(r: &Reader<'_>, class: &Class) -> Result<(Size, Option<(usize, usize)>), ConfigError> {
    let mut to = size(r, "size", r.bool("default_to_square", true)?)?;
    // The long edge of the detectors' older files, where a size is a number.
    if class.defaults.contains_key("max_size")
        && let Size::ShortestEdge { shortest, longest: None } = to
    {
        r.require(r.value("size").is_some_and(Value::is_number), "size", "shortest_edge with longest_edge")?;
        to = Size::ShortestEdge { shortest, longest: Some(r.positive("max_size", None)?) };
    }
    match (class.resize, to) {
        (Some(ResizeRule::MultiplesOf16), Size::ShortestEdge { shortest, longest: Some(longest) }) => {
            Ok((Size::Multiples { shortest, longest, of: 16 }, None))
        }
        (Some(ResizeRule::CropShare), Size::ShortestEdge { shortest: edge, longest: None }) => {
            if edge >= 384 {
                return Ok((Size::Exact { height: edge, width: edge }, None));
            }
            let share = r.f64("crop_pct", None)?;
            r.require(share > 0.0 && share <= 1.0, "crop_pct", "a share above 0 and up to 1")?;
            let shortest = (edge as f64 / share) as usize;
            r.require(shortest <= MAX_SIDE, "crop_pct", "a share that keeps the image small enough")?;
            Ok((Size::ShortestEdge { shortest, longest: None }, Some((edge, edge))))
        }
        (Some(ResizeRule::CropShare), _) => Err(r.error("size", "expected shortest_edge and nothing else")),
        (
            Some(ResizeRule::LongestEdge),
            Size::LongestEdge(edge) | Size::ShortestEdge { longest: Some(edge), .. },
        ) => Ok((Size::LongestEdge(edge), None)),
        (Some(ResizeRule::LongestEdge), _) => Err(r.error("size", "expected longest_edge")),
        (_, Size::LongestEdge(_)) => Err(r.error("size", EXPECTED_SIZE)),
        _ => Ok((to, None)),
    }
}

/// A size in any of the forms that configs use: an integer, `[height, width]`, or an object.
fn size(r: &Reader<'_>, field: &str, to_square: bool) -> Result<Size, ConfigError> {
    let side = |size: usize| {
        let message = || r.error(field, format!("expected sides from 1 to {MAX_SIDE}, found {size}"));
        (1..=MAX_SIDE).contains(&size).then_some(size).ok_or_else(message)
    };
    match r.value(field) {
        Some(Value::Number(_)) => {
            let size = side(r.usize(field, None)?)?;
            Ok(if to_square {
                Size::Exact { height: size, width: size }
            } else {
                Size::ShortestEdge { shortest: size, longest: None }
            })
        }
        Some(Value::Array(_)) => match r.list_usize(field, None)?.as_slice() {
            &[height, width] => Ok(Size::Exact { height: side(height)?, width: side(width)? }),
            other => Err(r.error(field, format!("expected [height, width], found {other:?}"))),
        },
        _ => {
            let object = r.object(field)?;
            let get = |key: &str| object.opt_usize(key)?.map(side).transpose();
            let keys = (get("shortest_edge")?, get("longest_edge")?, get("max_height")?, get("max_width")?);
            match (keys, get("height")?, get("width")?) {
                ((Some(shortest), longest, _, _), _, _) => Ok(Size::ShortestEdge { shortest, longest }),
                ((_, _, Some(height), Some(width)), _, _) => Ok(Size::Within { height, width }),
                (_, Some(height), Some(width)) => Ok(Size::Exact { height, width }),
                ((_, Some(longest), ..), ..) => Ok(Size::LongestEdge(longest)),
                _ => Err(r.error(field, EXPECTED_SIZE)),
            }
        }
    }
}

fn exact(r: &Reader<'_>, field: &str) -> Result<(usize, usize), ConfigError> {
    match size(r, field, true)? {
        Size::Exact { height, width } => Ok((height, width)),
        _ => Err(r.error(field, "expected height and width")),
    }
}

/// One number, or one per channel.
fn numbers(r: &Reader<'_>, field: &str) -> Result<Vec<f64>, ConfigError> {
    match r.value(field) {
        Some(Value::Number(_)) => Ok(vec![r.f64(field, None)?]),
        _ => r.list_f64(field, None),
    }
}
