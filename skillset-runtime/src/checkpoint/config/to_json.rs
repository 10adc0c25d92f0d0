//! Typed fields back as JSON, to show and to compare.

use serde_json::{Map, Value, json};

use super::{AnyConfig, OneOrMany, OrString};
use crate::blocks::GatedActivation;
use crate::ir::Activation;

/// A type of a config's field.
pub trait ToJson {
    /// The value as `config.json` has it.
    fn to_json(&self) -> Value;
}

/// That a task does not support what `field` of the config is: "config.json: /field: expected …, found …".
pub fn unsupported(field: &str, expected: &str, found: &impl ToJson) -> String {
    format!("config.json: /{field}: expected {expected}, found {}", super::show(&found.to_json()))
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl ToJson for $type {
            fn to_json(&self) -> Value {
                Value::from(self.clone())
            }
        }
    )*};
}

plain!(usize, i64, bool, String, Value);

impl ToJson for f64 {
    fn to_json(&self) -> Value {
        // transformers' spelling of numbers that JSON lacks.
        if self.is_nan() {
            json!({"__float__": "NaN"})
        } else if self.is_infinite() {
            json!({"__float__": if *self > 0.0 { "Infinity" } else { "-Infinity" }})
        } else {
            Value::from(*self)
        }
    }
}

impl ToJson for Activation {
    fn to_json(&self) -> Value {
        self.to_string().into()
    }
}

impl ToJson for GatedActivation {
    fn to_json(&self) -> Value {
        self.to_string().into()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(T::to_json).collect()
    }
}

impl<T: ToJson> ToJson for [T; 2] {
    fn to_json(&self) -> Value {
        self.iter().map(T::to_json).collect()
    }
}

impl<T: ToJson> ToJson for OneOrMany<T> {
    fn to_json(&self) -> Value {
        match self {
            Self::One(one) => one.to_json(),
            Self::Many(many) => many.to_json(),
        }
    }
}

impl<T: ToJson> ToJson for OrString<T> {
    fn to_json(&self) -> Value {
        match self {
            Self::Plain(value) => value.to_json(),
            Self::Word(word) => word.as_str().into(),
        }
    }
}

impl ToJson for AnyConfig {
    fn to_json(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("model_type".to_owned(), self.model_type.as_str().into());
        Value::Object(fields)
    }
}

/// An object of fields, in the order given.
pub fn object(fields: &[(&str, &dyn ToJson)]) -> Value {
    let members: Map<_, _> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_json())).collect();
    Value::Object(members)
}
