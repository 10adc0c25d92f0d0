//! A model type as text and as JSON.

use serde_json::{Value, json};

use super::{Error, print};
use crate::registry::{Entry, EntryTask, Resolved};
use crate::runtime::model::{FieldInfo, Modality, Support};

/// Prints a model type for people.
pub(super) fn summary(resolved: Resolved) -> Result<(), Error> {
    let entry = resolved.entry;
    let (metadata, model_type) = (entry.metadata(), entry.model_type());
    print::line(&format!("{} ({model_type})", entry.title()))?;
    let model = entry.architecture().ok();
    let lines = [
        ("alias", resolved.why),
        ("modality", entry.modality().map(Modality::name)),
        ("class", metadata.class),
        ("paper", model.and_then(|model| model.paper)),
        ("status", Some(entry.status())),
    ];
    for (name, value) in lines.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        print::line(&format!("{name:<10}{value}"))?;
    }
    for (kind, class) in metadata.processors {
        print::line(&format!("{:<10}{class}", kind.replace('_', " ")))?;
    }
    let row = |task: &EntryTask| vec![task.name.to_owned(), task.class.to_owned(), measured(task)];
    print::line("")?;
    print::table(
        &["task", "class", "relative error to transformers"],
        &entry.tasks().iter().map(row).collect::<Vec<_>>(),
    )?;
    if !metadata.fields.is_empty() {
        let row = |field: &FieldInfo| {
            [field.name, field.kind, field.default, field.doc].map(str::to_owned).to_vec()
        };
        print::line("")?;
        print::table(
            &["config field", "type", "default", ""],
            &metadata.fields.iter().map(row).collect::<Vec<_>>(),
        )?;
    }
    if entry.has_architecture() {
        return Ok(());
    }
    let task = entry.task_names().first().copied().unwrap_or("TASK");
    print::line("\nThere is no architecture for it here. A graph that was exported elsewhere runs:")?;
    print::line(&format!("  skillset run --model DIR|ID --onnx FILE --task {task} INPUT"))
}

/// What was measured of a task, in one cell.
fn measured(task: &EntryTask) -> String {
    match (task.support, task.has_head) {
        ([], true) => "not measured".to_owned(),
        ([], false) => "metadata only".to_owned(),
        (support, _) => support.iter().map(Support::to_string).collect::<Vec<_>>().join("; "),
    }
}

/// A model type for machines.
pub(super) fn json(entry: Entry) -> Value {
    let metadata = entry.metadata();
    let model = entry.architecture().ok();
    let task = |task: &EntryTask| {
        let head = model.and_then(|model| model.tasks.iter().find(|head| head.name == task.name));
        let head = head.filter(|_| task.has_head);
        json!({
            "name": task.name,
            "class": task.class,
            "has_head": task.has_head,
            "outputs": head.map(|head| head.outputs),
            "generates": head.map(|head| head.generates),
            "support": support_json(task.support),
        })
    };
    let processor = |&(kind, class): &(&'static str, &'static str)| (kind.to_owned(), Value::from(class));
    let field = |field: &FieldInfo| json!({ "name": field.name, "type": field.kind, "default": field.default, "doc": field.doc });
    json!({
        "model_type": entry.model_type(),
        "title": entry.title(),
        "modality": entry.modality().map(Modality::name),
        "class": metadata.class,
        "prefix": metadata.prefix,
        "paper": model.and_then(|model| model.paper),
        "status": entry.status(),
        "tasks": entry.tasks().iter().map(task).collect::<Vec<_>>(),
        "processors": metadata.processors.iter().map(processor).collect::<serde_json::Map<_, _>>(),
        "config": metadata.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

/// What was measured, an object an engine.
pub(super) fn support_json(support: &[Support]) -> Value {
    let entry = |support: &Support| {
        json!({
            "engine": support.engine.name(),
            "precision": support.precision.to_string(),
            "configs": support.configs,
            "runs": support.runs,
            "max_relative_error": support.max_relative_error,
        })
    };
    support.iter().map(entry).collect()
}
