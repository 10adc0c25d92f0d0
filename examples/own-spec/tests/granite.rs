//! The spec as the crate's users see it.

use own_spec::{Writer, models};

#[test]
fn the_config_is_that_of_llama_with_four_more_fields() {
    let names = |model_type: &skillset::runtime::model::ModelType| -> Vec<&str> {
        model_type.config.iter().map(|field| field.name).collect()
    };
    let (inherited, own) = (names(&skillset::models::llama::MODEL), names(&models::granite::MODEL));
    let added = ["embedding_multiplier", "residual_multiplier", "attention_multiplier", "logits_scaling"];
    assert_eq!(own, [inherited, added.to_vec()].concat());
}

#[test]
fn tasks_that_granite_has_no_class_for_are_gone() {
    let tasks: Vec<&str> = models::granite::MODEL.tasks.iter().map(|task| task.name).collect();
    assert_eq!(tasks, ["feature-extraction", "text-generation"]);
    assert_eq!((Writer::MODEL_TYPE, Writer::TASK), ("granite", "text-generation"));
}
