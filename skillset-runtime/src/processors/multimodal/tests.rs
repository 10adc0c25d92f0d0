//! Settings, and texts in which images stand. That tokens are those of transformers is held by recorded pipelines.

use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::checkpoint::Reader;
use crate::processors::text::TextSettings;

fn read(config: Value) -> Result<ImageTokens, String> {
    let nothing = json!({});
    let tokenizer =
        TextSettings::read(&Reader::new(&nothing, "tokenizer_config.json").unwrap(), None, None).unwrap();
    let reader = Reader::new(&config, "processor_config.json").unwrap();
    ImageTokens::read(&reader, &tokenizer).map_err(|error| error.to_string())
}

/// A tokenizer of a few words, images of 8 × 8 in patches of 4.
fn processor(tokenizer_config: &Value, processor_config: &Value) -> Result<MultimodalProcessor, String> {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| fs::write(dir.path().join(name), value.to_string()).unwrap();
    let special = json!({ "id": 3, "content": "<image>", "special": true, "normalized": false, "single_word": false,
        "lstrip": false, "rstrip": false });
    write(
        "tokenizer.json",
        &json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special], "normalizer": null,
            "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
            "model": { "type": "WordLevel", "vocab": { "[UNK]": 0, "see": 1, "and": 2, "<image>": 3 }, "unk_token": "[UNK]" },
        }),
    );
    write("tokenizer_config.json", tokenizer_config);
    write("processor_config.json", processor_config);
    write("preprocessor_config.json", &json!({ "do_resize": true, "size": { "height": 8, "width": 8 } }));
    let name = dir.path().display().to_string();
    MultimodalProcessor::from_dir(dir.path()).map_err(|error| error.to_string().replace(&name, "DIR"))
}

#[test]
fn a_file_needs_little() {
    let tokens = read(json!({ "patch_size": 14, "vision_feature_select_strategy": "default" })).unwrap();
    assert_eq!(
        tokens,
        ImageTokens { token: "<image>".to_owned(), patch_size: 14, additional: 0, drops_first: true }
    );
    assert_eq!([tokens.count((336, 336)), tokens.count((336, 13))], [575, 0]);
    let full = json!({ "patch_size": 14, "num_additional_image_tokens": 1, "vision_feature_select_strategy": "full" });
    assert_eq!(read(full).unwrap().count((336, 350)), 601);
}

#[test]
fn mistakes_are_named() {
    let error = |config: Value| read(config).unwrap_err();
    assert_eq!(
        error(json!({})),
        "processor_config.json: /patch_size: expected the size of a patch, as `patch_size` of `vision_config` in config.json"
    );
    assert_eq!(
        error(json!({ "processor_class": "LlavaNextProcessor", "patch_size": 14 })),
        "processor_config.json: /processor_class: expected LlavaProcessor, found LlavaNextProcessor: its way to place \
         images is not supported yet"
    );
    assert_eq!(
        error(json!({ "patch_size": 14, "vision_feature_select_strategy": "first" })),
        "processor_config.json: /vision_feature_select_strategy: expected \"default\" or \"full\", found \"first\""
    );
}

#[test]
fn each_image_has_its_tokens() {
    let settings = json!({ "patch_size": 4, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1 });
    let processor = processor(&json!({}), &settings).unwrap();
    let encode = |text: &str, images: &[(usize, usize)]| {
        processor.encode(text, images, true).map_err(|error| error.to_string())
    };
    assert_eq!(encode("see<image> and <image>", &[(8, 8), (4, 8)]).unwrap(), [1, 3, 3, 3, 3, 2, 3, 3]);
    assert_eq!(encode("see", &[]).unwrap(), [1]);
    assert_eq!(encode("<image>", &[(8, 3)]).unwrap_err(), "an image of 8 × 3 has no patch of 4 × 4");
    assert_eq!(
        encode("see", &[(8, 8)]).unwrap_err(),
        "expected as many images as \"<image>\" in the text, found 1 images for 0"
    );
}

#[test]
fn the_tokenizer_may_name_the_token_and_must_know_it() {
    let settings = json!({ "patch_size": 4, "image_token": "<picture>" });
    assert_eq!(
        processor(&json!({}), &settings).unwrap_err(),
        "DIR/tokenizer.json: expected the token \"<picture>\" of images, which is not in the vocabulary"
    );
    for named in
        [json!({ "image_token": "<image>" }), json!({ "extra_special_tokens": { "image_token": "<image>" } })]
    {
        assert_eq!(processor(&named, &settings).unwrap().image_token_id(), 3);
    }
}
