//! The config reader: types, defaults, aliases, errors.

use super::*;
use serde_json::json;

fn message<T: fmt::Debug>(result: Result<T, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn defaults_required_and_nullable() {
    let value = json!({"hidden_size": 32, "head_dim": null, "eps": 1, "layers": 3.0});
    let r = Reader::new(&value, "config.json").unwrap();
    assert_eq!(r.usize("hidden_size", 768), Ok(32));
    assert_eq!(r.usize("vocab_size", 99), Ok(99));
    assert_eq!(r.usize("layers", 12), Ok(3));
    assert_eq!(r.f64("eps", 1e-5), Ok(1.0));
    assert_eq!(r.opt_usize("head_dim"), Ok(None));
    assert_eq!(r.opt_usize_or("head_dim", 64), Ok(None));
    assert_eq!(r.opt_usize_or("sliding_window", 64), Ok(Some(64)));
    assert_eq!(
        message(r.usize("head_dim", 64)),
        "config.json: /head_dim: expected a non-negative integer, found null"
    );
    assert_eq!(
        message(r.bool("use_cache", None)),
        "config.json: /use_cache: expected a boolean, but the field is missing"
    );
}

#[test]
fn sizes_must_be_sane() {
    let value = json!({
        "word": "abc", "negative": -1, "half": 1.5, "huge": 1u64 << 41, "beyond": u64::MAX, "float": 1e30,
        "long": "x".repeat(100), "list": [1, "a"], "not_list": 3,
    });
    let r = Reader::new(&value, "config.json").unwrap();
    let size = |field: &str| message(r.usize(field, 1)).replace("config.json: ", "");
    assert_eq!(size("word"), r#"/word: expected a non-negative integer, found "abc""#);
    assert_eq!(size("negative"), "/negative: expected a non-negative integer, found -1");
    assert_eq!(size("half"), "/half: expected a non-negative integer, found 1.5");
    assert_eq!(size("huge"), "/huge: expected a sane size (below 2^31), found 2199023255552");
    assert_eq!(size("beyond"), "/beyond: expected a sane size (below 2^31), found 18446744073709551615");
    assert_eq!(size("float"), "/float: expected a sane size (below 2^31), found 1e+30");
    assert_eq!(size("long").chars().count(), "/long: expected a non-negative integer, found ".len() + 61);
    assert_eq!(
        message(r.list_usize("list", None)),
        r#"config.json: /list/1: expected a non-negative integer, found "a""#
    );
    assert_eq!(
        message(r.list_usize("not_list", None)),
        "config.json: /not_list: expected a list of non-negative integers, found 3"
    );
}

#[test]
fn aliases_and_nesting() {
    let value = json!({"n_embd": 12, "vision_config": {"hidden_size": "big"}});
    let r = Reader::new(&value, "config.json").unwrap().alias(&[("n_embd", "hidden_size")]);
    assert_eq!(r.usize("hidden_size", 768), Ok(12));
    let vision = r.object("vision_config").unwrap();
    assert_eq!(
        message(vision.usize("hidden_size", 1)),
        r#"config.json: /vision_config/hidden_size: expected a non-negative integer, found "big""#
    );
    let text = r.object("text_config").unwrap();
    assert_eq!(text.usize("hidden_size", 7), Ok(7));
    assert_eq!(text.pointer("a/b"), "/text_config/a~1b");
}

#[test]
fn a_key_may_win_over_the_name_of_a_field() {
    let value =
        json!({"text_config": {"width": 1}, "text_config_dict": {"width": 2}, "act": "x", "old_act": null});
    let r = Reader::new(&value, "config.json").unwrap();
    let r = r.replacing(&[("text_config_dict", "text_config"), ("old_act", "act")]);
    assert_eq!(r.object("text_config").unwrap().usize("width", None), Ok(2));
    assert_eq!(r.string("act", None).as_deref(), Ok("x"));
}

#[test]
fn non_finite_floats() {
    let value = json!({"limit": [0, {"__float__": "Infinity"}]});
    let r = Reader::new(&value, "config.json").unwrap();
    assert_eq!(r.list_f64("limit", None), Ok(vec![0.0, f64::INFINITY]));
    let value = json!({"eps": {"__float__": "NaN"}});
    let r = Reader::new(&value, "config.json").unwrap();
    assert_eq!(
        message(r.f64("eps", None)),
        r#"config.json: /eps: expected a number, found {"__float__":"NaN"}"#
    );
}

#[derive(Debug, PartialEq)]
struct Gelu;

impl FromStr for Gelu {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        if s == "gelu" { Ok(Self) } else { Err(format!("unknown activation `{s}`; known: gelu")) }
    }
}

#[test]
fn parsed_fields() {
    let value = json!({"act": "gelux", "good": "gelu", "wrong": 3});
    let r = Reader::new(&value, "config.json").unwrap();
    assert_eq!(
        message(r.parsed::<Gelu>("act", Gelu)),
        "config.json: /act: unknown activation `gelux`; known: gelu"
    );
    assert_eq!(r.parsed::<Gelu>("good", None), Ok(Gelu));
    assert_eq!(r.parsed::<Gelu>("absent", Gelu), Ok(Gelu));
    assert_eq!(r.opt_parsed::<Gelu>("absent"), Ok(None));
    assert_eq!(message(r.parsed::<Gelu>("wrong", Gelu)), "config.json: /wrong: expected a string, found 3");
    assert_eq!(
        message(r.parsed::<Gelu>("absent", None)),
        "config.json: /absent: expected a string, but the field is missing"
    );
}

#[test]
fn collecting_reports_all_at_once() {
    let value = json!({"a": "x", "act": "relu", "vision_config": {"b": true}, "text_config": 3});
    let r = Reader::new(&value, "config.json").unwrap().collecting();
    assert_eq!(r.usize("a", 1), Ok(0));
    assert_eq!(r.parsed("act", Gelu), Ok(Gelu));
    r.object("vision_config").unwrap().usize("b", 1).unwrap();
    r.object("text_config").unwrap();
    assert_eq!(
        message(r.finish()),
        "config.json: /a: expected a non-negative integer, found \"x\"\n\
         config.json: /act: unknown activation `relu`; known: gelu\n\
         config.json: /vision_config/b: expected a non-negative integer, found true\n\
         config.json: /text_config: expected an object, found 3"
    );
}

#[test]
fn root_must_be_an_object() {
    let value = json!([1]);
    assert_eq!(
        message(Reader::new(&value, "config.json").map(|_| ())),
        "config.json: expected an object, found [1]"
    );
}
