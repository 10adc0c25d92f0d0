//! The drawing of an architecture, at the default config.

use serde_json::json;

use super::entry::Drawing;
use crate::runtime::checkpoint::Reader;
use crate::runtime::ir;
use crate::runtime::load::export_request;
use crate::runtime::model::{Metadata, ModelError, ModelType};

/// The base model's drawing, or why there is none.
pub(super) fn draw(metadata: &Metadata, model: Option<&ModelType>) -> Drawing {
    let Some(model) = model else {
        return Drawing::None(
            "There is no drawing: it is made from the graph that runs, and this type has none.".to_owned(),
        );
    };
    match svg(metadata, model) {
        Ok(drawing) => drawing,
        Err(error) => {
            Drawing::None(format!("There is no drawing: the default config makes no graph ({error})."))
        }
    }
}

fn svg(metadata: &Metadata, model: &ModelType) -> Result<Drawing, ModelError> {
    let task = model.task("base").or_else(|error| model.tasks.first().ok_or(error))?;
    // Written out: there are types that make a graph only of nested configs that are given.
    let config = Reader::new(&json!({}), "the default config")?.all(metadata.config)?;
    let reader = Reader::new(&config, "the default config")?;
    let graph = model.graph(&reader, task.name, &export_request(model, task))?;
    Ok(Drawing::Svg { class: task.class.to_owned(), svg: ir::Drawing::Svg(&graph).to_string() })
}
