//! The exact message of every kind of mistake, each in a spec that is right but for it.

use serde_json::{Value, json};
use skillset_codegen::{Selection, SpecFile, compile};

/// A spec without mistakes.
fn spec(model_type: &str) -> Value {
    json!({
        "model_type": model_type,
        "title": "Toy",
        "modality": "text",
        "description": "A toy.",
        "class": "ToyModel",
        "config": {
            "width": { "type": "usize", "default": 8, "doc": "Width." },
            "heads": { "type": "usize", "default": 2, "doc": "Heads." },
            "head_dim": { "type": "usize?", "doc": "Width of a head." },
            "eps": { "type": "f64", "default": 1e-5, "doc": "Epsilon." },
        },
        "inputs": {
            "input_ids": { "dtype": "i64", "dims": ["batch", "sequence"] },
            "attention_mask": { "dtype": "i64", "dims": ["batch", "sequence"], "optional": true },
        },
        "architecture": [
            { "let": "x", "do": "embedding", "of": "input_ids", "at": "tokens", "count": 5, "width": "width" },
            { "let": "mask", "do": "padding_mask", "of": "attention_mask" },
            { "repeat": "2", "name": "layers", "at": "layers.{i}", "do": [
                { "let": "x", "do": "attention", "of": "x", "name": "attention", "heads": "heads", "mask": "mask" },
            ] },
        ],
        "outputs": { "last_hidden_state": "x" },
        "tasks": { "feature-extraction": { "class": "ToyModel" } },
    })
}

fn file(path: &str, spec: &Value) -> SpecFile {
    SpecFile { path: format!("specs/text/{path}.json"), text: spec.to_string() }
}

/// What is wrong with `files`, one line each, without the folder.
fn errors(files: &[SpecFile]) -> Vec<String> {
    match compile(files, None, &Selection::default(), "skillset_runtime") {
        Ok(_) => vec![],
        Err(errors) => errors.to_string().lines().map(|line| line.replace("specs/text/", "")).collect(),
    }
}

/// What is wrong with the right spec after `change`, without the file.
fn errors_after(change: impl Fn(&mut Value)) -> Vec<String> {
    let mut changed = spec("toy");
    change(&mut changed);
    errors(&[file("toy", &changed)]).iter().map(|line| line.replace("toy.json: ", "")).collect()
}

/// The one error after setting `pointer` to `value`.
fn error_at(pointer: &str, value: Value) -> String {
    let errors = errors_after(|spec| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = spec.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    });
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors[0].clone()
}

#[test]
fn nothing_is_wrong_to_begin_with() {
    assert_eq!(errors_after(|_| ()), Vec::<String>::new());
}

#[test]
fn fields() {
    assert_eq!(error_at("/titel", json!("Toy")), "/titel: unknown field \"titel\"; did you mean \"title\"?");
    assert_eq!(
        error_at("/config/width/typ", json!(1)),
        "/config/width/typ: unknown field \"typ\"; did you mean \"type\"?"
    );
    assert_eq!(error_at("/title", json!(3)), "/title: expected a string, found 3");
    assert_eq!(error_at("/config/width", json!(8)), "/config/width: expected an object, found 8");
    assert_eq!(
        error_at("/modality", json!("txt")),
        "/modality: unknown value \"txt\"; did you mean \"text\"?"
    );
    let missing = errors_after(|spec| drop(spec["config"]["width"].as_object_mut().unwrap().remove("doc")));
    assert_eq!(missing, ["/config/width: the field \"doc\" is missing"]);
}

#[test]
fn config() {
    assert_eq!(
        error_at("/config/width/type", json!("usizes")),
        "/config/width/type: unknown type \"usizes\"; did you mean \"usize\"?"
    );
    assert_eq!(
        error_at("/config/width/default", json!(-1)),
        "/config/width/default: expected usize, found -1"
    );
    let act = json!({ "type": "Activation", "default": "gleu", "doc": "Nonlinearity." });
    assert_eq!(
        error_at("/config/act", act),
        "/config/act/default: unknown Activation \"gleu\"; did you mean \"gelu\"?"
    );
    let check = json!([{ "require": "width > 0", "field": "wdth", "expected": "a width" }]);
    assert_eq!(
        error_at("/checks", check),
        "/checks/0/field: there is no config field \"wdth\"; did you mean \"width\"?"
    );
}

#[test]
fn blocks_and_their_parameters() {
    assert_eq!(
        error_at("/architecture/2/do/0/do", json!("atention")),
        "/architecture/2/do/0/do: unknown block \"atention\"; did you mean \"attention\"?"
    );
    assert_eq!(
        error_at("/architecture/2/do/0/head", json!("heads")),
        "/architecture/2/do/0/head: \"attention\" has no parameter \"head\"; did you mean \"heads\"?"
    );
    let missing = errors_after(|spec| drop(spec["architecture"][0].as_object_mut().unwrap().remove("count")));
    assert_eq!(missing, ["/architecture/0: \"embedding\" needs the parameter \"count\" (usize)"]);
    assert_eq!(
        error_at("/architecture/2/do/0/names", json!({ "query": "q" })),
        "/architecture/2/do/0/names/query: AttentionNames has no field \"query\"; expected one of k, k_norm, o, q, q_norm, v"
    );
    assert_eq!(
        error_at("/architecture/2/do/0/at", json!("{j}")),
        "/architecture/2/do/0/at: `{j}` is no number of a repeated step"
    );
}

#[test]
fn expressions() {
    let at = |text: &str| {
        error_at("/architecture/2/do/0/heads", json!(text)).replace("/architecture/2/do/0/heads: ", "")
    };
    assert_eq!(at("heds"), "unknown name \"heds\"; did you mean \"heads\"?");
    assert_eq!(at("heads +"), "`heads +` is no expression: unexpected end of input, expected an expression");
    assert_eq!(at("eps"), "expected usize, found f64");
    assert_eq!(at("x"), "expected usize, found Value");
    assert_eq!(at("head_dim"), "expected usize, found Option<usize>; `.unwrap_or(…)` gives it a default");
    assert_eq!(at("width / (heads - 1)"), "the divisor may be zero; use a config field, or `.max(1)`");
    assert_eq!(
        at("head_dim.unwrap_ro(1)"),
        "Option<usize> has no method \"unwrap_ro\"; did you mean \"unwrap_or\"?"
    );
    assert_eq!(at("width + eps"), "cannot combine usize and f64");
    assert_eq!(at("if heads > 1 { width } else { eps }"), "the branches of `if` are usize and f64");
    assert_eq!(
        error_at("/architecture/2/do/0/of", json!("1.0 - x")),
        "/architecture/2/do/0/of: the value must come first; write `x * -1.0 + 1.0` for `1.0 - x`"
    );
    assert_eq!(
        error_at("/architecture/2/do/0/of", json!("x.tan()")),
        "/architecture/2/do/0/of: there is no primitive \"tan\"; did you mean \"tanh\"?"
    );
    assert_eq!(
        error_at("/architecture/2/repeat", json!("width * heads * 2")),
        "/architecture/2/repeat: steps could be repeated too often; count by config fields or lists of sizes"
    );
    assert_eq!(
        error_at("/inputs/input_ids/dims/1", json!("sequenc")),
        "/inputs/input_ids/dims/1: unknown name \"sequenc\"; did you mean \"sequence\"?"
    );
}

#[test]
fn names() {
    let called = |name: &str| {
        errors_after(|spec| {
            spec["architecture"][1]["let"] = json!(name);
            spec["architecture"][2]["do"][0]["mask"] = json!(name);
        })
    };
    assert_eq!(
        called("width"),
        ["/architecture/1/let: \"width\" is a field of the config; choose another name"]
    );
    assert_eq!(called("g"), ["/architecture/1/let: the name \"g\" is taken by emitted code"]);
    let unused = errors_after(|spec| spec["architecture"][2]["do"][0]["mask"] = Value::Null);
    assert_eq!(
        unused,
        [
            "/architecture/1/let: \"mask\" is never used",
            "/inputs/attention_mask: \"attention_mask\" is never used"
        ]
    );
    let changed = json!({ "let": "x", "of": "width" });
    assert_eq!(
        error_at("/architecture/2/do/0", changed.clone()),
        "/architecture/2: \"x\" is Value before the repeated steps and usize after them"
    );
    let branches = json!({ "if": "width > 3", "then": [changed], "else": [] });
    assert_eq!(
        error_at("/architecture/2", branches),
        "/architecture/2: \"x\" is usize after `then` and Value after `else`"
    );
    let group = json!({ "at": "head", "tied": "width > 3", "do": [{ "let": "x", "of": "x" }] });
    assert_eq!(
        error_at("/architecture/2", group),
        "/architecture/2/tied: `tied` says whether `tied_to` holds, which is missing"
    );
}

#[test]
fn inputs() {
    let mask = |changes: Value| {
        let mut input = json!({ "dtype": "i64", "dims": ["batch", "sequence"] });
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        error_at("/inputs/attention_mask", input)
    };
    assert_eq!(
        mask(json!({ "optional": true, "when": "width" })),
        "/inputs/attention_mask/when: expected bool, found usize"
    );
    assert_eq!(
        mask(json!({ "optional": true, "dims": ["batch", "input_ids.dim(1) / input_ids.dim(0)"] })),
        "/inputs/attention_mask/dims/1: there is no arithmetic of Dim"
    );
    assert_eq!(
        error_at("/inputs/fast", json!({ "dtype": "flag", "special": true })),
        "/inputs/fast: a flag has none of `dims`, `optional`, `special` and `when`"
    );
    assert_eq!(mask(json!({ "default": true })), "/inputs/attention_mask: only a flag has a `default`");
    assert_eq!(mask(json!({ "private": true })), "/inputs/attention_mask: only a flag is `private`");
}

#[test]
fn tasks() {
    assert_eq!(
        error_at("/tasks/feature-extraction/outputs", json!({ "y": "x" })),
        "/tasks/feature-extraction: a task without `head` has the outputs of the base model; remove `outputs`"
    );
    assert_eq!(
        error_at("/tasks/feature-extraction/aliases", json!(["feature-extraction"])),
        "/tasks/feature-extraction/aliases/0: the task \"feature-extraction\" is there twice"
    );
    let after = |first: &str| {
        let head = json!([{ "let": "y", "do": "linear", "of": "x", "out": 1 }]);
        let task = json!({ "class": "ToyHead", "after": first, "head": head, "outputs": { "y": "y" } });
        error_at("/tasks/fill-mask", task)
    };
    assert_eq!(
        after("feature-extracton"),
        "/tasks/fill-mask/after: there is no task \"feature-extracton\"; did you mean \"feature-extraction\"?"
    );
    assert_eq!(
        after("feature-extraction"),
        "/tasks/fill-mask/after: the task \"feature-extraction\" has no head"
    );
    assert_eq!(
        error_at("/outputs/last_hidden_state", json!("width")),
        "/outputs/last_hidden_state: an output is a Value, found usize"
    );
    assert_eq!(
        error_at("/tasks/feature-extraction/serves", json!("fill-mask")),
        "/tasks/feature-extraction/serves: there is no task \"fill-mask\"; expected one of feature-extraction"
    );
    assert_eq!(
        error_at("/tasks/feature-extraction/serves", json!("feature-extracton")),
        "/tasks/feature-extraction/serves: there is no task \"feature-extracton\"; did you mean \
         \"feature-extraction\"?"
    );
}

#[test]
fn heads_that_apply_the_base_model() {
    let error_of = |step: Value, outputs: Value| {
        let offer = json!({ "output": "states", "of": "x" });
        let head = json!([step, { "repeat": "heads", "do": [{ "output": "maps", "of": "toy.states[i]" }] }]);
        let task =
            json!({ "class": "ToyBackbone", "inputs": ["input_ids"], "head": head, "outputs": outputs });
        let errors = errors_after(|spec| {
            spec["architecture"].as_array_mut().unwrap().push(offer.clone());
            spec["tasks"]["backbone"] = task.clone();
        });
        errors.join("\n")
    };
    let step = |changes: Value| {
        let mut step = json!({ "let": "toy", "do": "model", "of": { "input_ids": "input_ids" } });
        step.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        step
    };
    let maps = || json!({ "maps": "maps" });
    assert_eq!(error_of(step(json!({})), maps()), "");
    assert_eq!(
        error_of(step(json!({})), json!({ "maps": "toy.states[0]" })),
        "/tasks/backbone/outputs/maps: steps give the values of \"maps\": expected \"maps\""
    );
    assert_eq!(
        error_of(step(json!({ "cache": 0 })), maps()),
        "/tasks/backbone/head/0/cache: \"cache\" goes with \"config\"; the base model keeps the cache of its class"
    );
    assert_eq!(
        error_of(step(json!({ "task": "fill-mask" })), maps()),
        "/tasks/backbone/head/0: \"toy\" has no task \"fill-mask\"; expected one of base"
    );
    assert_eq!(
        error_of(step(json!({ "of": { "ids": "input_ids" } })), maps()),
        "/tasks/backbone/head/0/of/ids: the model has no input \"ids\"; expected one of attention_mask, input_ids"
    );
    let errors = errors_after(|spec| {
        spec["inputs"]["attention_mask"]["dims"] = json!(["batch", "input_ids.dim(1)"]);
        let outputs = json!({ "mask": "attention_mask" });
        spec["tasks"]["mask"] =
            json!({ "class": "ToyMask", "inputs": ["attention_mask"], "head": [], "outputs": outputs });
    });
    assert_eq!(
        errors.join("\n"),
        "/tasks/mask/inputs/0: it depends on the input \"input_ids\", which has to be there, too"
    );
    let errors = errors_after(|spec| {
        spec["architecture"].as_array_mut().unwrap().push(step(json!({})));
    });
    assert_eq!(errors[0], "/architecture/3: \"model\" needs the parameter \"config\", a field of the config");
}

#[test]
fn inheritance() {
    let child = |name: &str, parent: &str| {
        file(
            name,
            &json!({ "model_type": name, "extends": parent, "title": "Child", "description": "A child." }),
        )
    };
    let toy = file("toy", &spec("toy"));
    assert_eq!(errors(&[toy.clone(), child("a", "toy")]), Vec::<String>::new());
    assert_eq!(
        errors(&[toy.clone(), child("a", "tyo")]),
        ["a.json: /extends: there is no model type \"tyo\"; did you mean \"toy\"?"]
    );
    assert_eq!(
        errors(&[child("a", "b"), child("b", "c"), child("c", "b")]),
        ["b.json: /extends: cycle: b extends c extends b", "c.json: /extends: cycle: c extends b extends c",]
    );
    let change = |path: &str| {
        let mut changed: Value = serde_json::from_str(&child("a", "toy").text).unwrap();
        changed["architecture"] = json!({ path: { "heads": "hedas" } });
        errors(&[toy.clone(), file("a", &changed)])
    };
    assert_eq!(
        change("layers.atention"),
        [
            "a.json: /architecture/layers.atention: there is no step named \"atention\"; did you mean \"attention\"?"
        ]
    );
    // What is wrong in a change is reported in the file that makes it.
    assert_eq!(
        change("layers.attention"),
        ["a.json: /architecture/layers.attention/heads: unknown name \"hedas\"; did you mean \"heads\"?"]
    );
}

#[test]
fn files() {
    assert_eq!(
        errors(&[file("toys", &spec("toy"))]),
        ["toys.json: /model_type: the file of model type \"toy\" must be called toy.json"]
    );
    let elsewhere = SpecFile { path: "specs/vision/toy.json".into(), text: spec("toy").to_string() };
    assert_eq!(
        errors(&[file("toy", &spec("toy")), elsewhere]),
        ["specs/vision/toy.json: /model_type: model type \"toy\" is defined in toy.json already"]
    );
    let twice =
        SpecFile { path: "specs/text/toy.json".into(), text: r#"{"title": "a", "title": "b"}"#.into() };
    assert_eq!(
        errors(&[twice]),
        ["toy.json: broken JSON: the key \"title\" stands twice in one object at line 1 column 28"]
    );
}

#[test]
fn evidence() {
    let evidence = |measured: Value| {
        let engines = json!({ "toy": { "feature-extraction": measured } });
        let evidence = json!({ "transformers": "5.23.0", "model_types": engines });
        errors(&[file("toy", &spec("toy")), file("evidence", &evidence)])
            .iter()
            .map(|line| line.replace("evidence.json: /model_types/toy/feature-extraction/", ""))
            .collect::<Vec<_>>()
    };
    let measured = json!({ "precision": "f32", "configs": 1, "runs": 2, "max_relative_error": "1e-5" });
    assert_eq!(evidence(json!({ "onnx": measured })), Vec::<String>::new());
    assert_eq!(
        evidence(json!({ "onxn": measured })),
        ["onxn: unknown field \"onxn\"; did you mean \"onnx\"?"]
    );
    let measured = json!({ "precision": "f23", "configs": -1, "runs": 2, "max_relative_error": "small" });
    assert_eq!(
        evidence(json!({ "candle": measured })),
        [
            "candle/configs: expected a count, found -1",
            "candle/max_relative_error: expected a number such as 1e-5, found \"small\"",
            "candle/precision: unknown value \"f23\"; did you mean \"f32\"?",
        ]
    );
}

#[test]
fn errors_of_all_files_come_together_and_sorted() {
    let (mut a, mut b) = (spec("a"), spec("b"));
    a["architecture"][2]["do"][0]["heads"] = json!("hedas");
    a["config"]["eps"]["type"] = json!("f46");
    b["outputs"]["last_hidden_state"] = json!("y");
    assert_eq!(
        errors(&[file("b", &b), file("a", &a)]),
        [
            "a.json: /architecture/2/do/0/heads: unknown name \"hedas\"; did you mean \"heads\"?",
            "a.json: /config/eps/type: unknown type \"f46\"; did you mean \"f64\"?",
            "b.json: /outputs/last_hidden_state: unknown name \"y\"; expected one of attention_mask, eps, head_dim, heads, input_ids, mask, width, x",
        ]
    );
}

/// A spec that nests the right one, after `change`, and what is wrong with it.
fn nesting_errors_after(change: impl Fn(&mut Value)) -> Vec<String> {
    let mut outer = spec("outer");
    outer["config"]["inner"] = json!({ "type": "Config<toy>", "doc": "A model." });
    outer["config"]["any"] = json!({ "type": "Config", "doc": "Any model." });
    let inner = json!({ "let": "y", "do": "model", "config": "inner", "at": "inner",
        "of": { "input_ids": "input_ids", "attention_mask": "attention_mask" } });
    let any = json!({ "let": "z", "do": "model", "config": "any", "of": { "x": "y.last_hidden_state" } });
    let sum = json!({ "let": "x", "of": "x + y.last_hidden_state + z.first * (any.width + inner.width)" });
    outer["architecture"].as_array_mut().unwrap().extend([inner, any, sum]);
    change(&mut outer);
    let errors = errors(&[file("toy", &spec("toy")), file("outer", &outer)]);
    errors.iter().map(|line| line.replace("outer.json: ", "")).collect()
}

#[test]
fn submodels() {
    let step = |number: usize| format!("/architecture/{number}");
    let error_at = |pointer: &str, value: Value| {
        let errors = nesting_errors_after(|spec| {
            if let Some((parent, key)) = pointer.rsplit_once('/') {
                spec.pointer_mut(parent).unwrap()[key] = value.clone();
            }
        });
        errors.join("\n")
    };
    assert_eq!(nesting_errors_after(|_| {}), [""; 0]);
    assert_eq!(
        error_at("/config/inner/type", json!("Config<tpy>")),
        "/config/inner/type: there is no architecture of \"tpy\" among these specs; did you mean \"toy\"?"
    );
    assert_eq!(
        error_at(&(step(3) + "/config"), json!("iner")),
        "/architecture/3/config: there is no nested config \"iner\"; did you mean \"inner\"?"
    );
    assert_eq!(
        error_at(&(step(3) + "/of"), json!({ "input_id": "input_ids" })),
        "/architecture/3/of/input_id: the model has no input \"input_id\"; did you mean \"input_ids\"?"
    );
    assert_eq!(
        error_at(&(step(5) + "/of"), json!("y.last_hiden_state + z.first")),
        "/architecture/5/of: \"toy\" has no output \"last_hiden_state\"; did you mean \"last_hidden_state\"?"
    );
    assert_eq!(
        error_at(&(step(5) + "/of"), json!("y.last_hidden_state * inner.widht + z.first")),
        "/architecture/5/of: the config of \"toy\" has no field \"widht\"; did you mean \"width\"?"
    );
}

#[test]
fn a_config_that_nests_itself() {
    let mut toy = spec("toy");
    toy["config"]["inner"] = json!({ "type": "Config<toy>", "doc": "A model." });
    assert_eq!(errors(&[file("toy", &toy)]), ["toy.json: its config nests its own type, however far in"]);
}
