//! What the registry finds, and what it says where it finds nothing.

use super::*;

#[test]
fn entries_are_found_by_name_and_in_order() {
    let names: Vec<&str> = all().map(Entry::model_type).collect();
    assert!(names.is_sorted());
    assert!(names.iter().all(|name| find(name).is_some_and(|entry| entry.model_type() == *name)));
    assert!(find("no such type").is_none());
}

#[test]
fn every_architecture_has_an_entry() {
    for model in models::ALL {
        assert!(std::ptr::eq(architecture(model.model_type).unwrap(), *model));
    }
}

#[test]
fn a_near_miss_is_suggested() {
    let error = get("brt").unwrap_err().to_string();
    let count = all().len();
    assert_eq!(
        error,
        format!(
            "unknown model type \"brt\" (did you mean \"bert\"?); this build has {count} model types (see `skillset list`)"
        )
    );
}

#[cfg(all(feature = "text", feature = "vision", feature = "audio", feature = "multimodal"))]
mod whole {
    use super::*;

    #[test]
    fn a_confused_separator_is_suggested() {
        for (name, meant) in
            [("deberta_v2", "deberta-v2"), ("gpt-neox", "gpt_neox"), ("XLM_RoBERTa", "xlm-roberta")]
        {
            let error = get(name).unwrap_err();
            assert_eq!(
                error,
                RegistryError::Unknown { model_type: name.to_owned(), suggestion: Some(meant) }
            );
        }
    }

    #[test]
    fn every_earlier_name_is_resolved_or_explained() {
        let text = include_str!("../../model_specs/earlier_names.json");
        let names: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        assert_eq!(names.len(), 353);
        for (name, meaning) in names {
            match (resolve(&name), meaning["note"].as_str()) {
                (Ok(found), None) => {
                    let expected = meaning["alias"].as_str().unwrap_or(&name);
                    assert_eq!(found.entry.model_type(), expected);
                    assert_eq!(found.why, meaning["why"].as_str());
                }
                (Err(RegistryError::Absent { note: found, .. }), Some(note)) => assert_eq!(found, note),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn another_name_is_explained() {
        assert_eq!(
            get("bigbird").unwrap_err().to_string(),
            "\"bigbird\" is no model type but stands for \"big_bird\" (another spelling); use that"
        );
        assert_eq!(
            resolve("beit3").unwrap_err().to_string(),
            "there is no model type \"beit3\": not in transformers"
        );
    }

    #[test]
    fn a_type_with_metadata_only_says_what_helps() {
        let entry = get("megatron-bert").unwrap();
        assert_eq!(entry.status(), "metadata only");
        assert!(entry.task_names().contains(&"fill-mask"));
        let error = architecture("megatron-bert").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "model type \"megatron-bert\" is known to transformers but has no architecture here, metadata only; \
                 run a graph of it that was exported elsewhere, with `skillset run --onnx FILE --task TASK`"
            ),
            "{error}"
        );
    }

    #[test]
    fn the_numbers_are_those_of_the_specs() {
        let summary = Summary::of(all());
        assert_eq!(summary.total, 649);
        assert_eq!(summary.modalities.iter().map(|(_, count)| count).sum::<usize>(), 649);
        assert_eq!(summary.verified, models::ALL.iter().filter(|model| model.is_verified()).count());
    }
}
