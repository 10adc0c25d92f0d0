//! From located JSON to the types of a spec.
//!
//! serde's derive stops at the first error and does not know where it is. Here every error of a file is
//! recorded with its place and a suggestion, and what is right is decoded all the same.

use crate::error::{Errors, Location, suggest};
use crate::source::{Data, Node};

/// A type that is read from JSON.
pub(crate) trait Decode: Sized {
    /// Reads `node`; `None` if that recorded an error.
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self>;

    /// What a missing member means; `None`: it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// A string and its place: a name, a path, an expression.
#[derive(Clone, Debug)]
pub struct Text {
    /// The string.
    pub text: String,
    /// Where it stands.
    pub at: Location,
}

impl Decode for Text {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        match &node.data {
            Data::String(text) => Some(Self { text: text.clone(), at: node.at.clone() }),
            _ => mismatch("a string", node, errors),
        }
    }
}

impl Decode for String {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        Text::decode(node, errors).map(|text| text.text)
    }
}

impl Decode for bool {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        match node.data {
            Data::Bool(value) => Some(value),
            _ => mismatch("true or false", node, errors),
        }
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl Decode for usize {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        let count = match &node.data {
            Data::Number(number) => number.as_u64().and_then(|count| count.try_into().ok()),
            _ => None,
        };
        count.or_else(|| mismatch("a count", node, errors))
    }
}

impl Decode for Node {
    fn decode(node: &Node, _: &mut Errors) -> Option<Self> {
        Some(node.clone())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        T::decode(node, errors).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        let Data::Array(items) = &node.data else { return mismatch("a list", node, errors) };
        let decoded: Vec<Option<T>> = items.iter().map(|item| T::decode(item, errors)).collect();
        decoded.into_iter().collect()
    }

    fn absent() -> Option<Self> {
        Some(vec![])
    }
}

/// Named things in the order of the file.
#[derive(Clone, Debug)]
pub struct Table<T>(Vec<(Text, T)>);

impl<T> Table<T> {
    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &T)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.text.as_str())
    }

    /// The entry called `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known.text == name).map(|(_, value)| value)
    }
}

impl<T: Decode> Decode for Table<T> {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        let Data::Object(members) = &node.data else { return mismatch("an object", node, errors) };
        let entries = members.iter().map(|(name, value)| {
            let name = Text { text: name.clone(), at: value.at.clone() };
            T::decode(value, errors).map(|value| (name, value))
        });
        let entries: Vec<Option<(Text, T)>> = entries.collect();
        entries.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self(vec![]))
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Table<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Table of {}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        std::collections::BTreeMap::<String, T>::json_schema(generator)
    }
}

/// Records that `node` is not what it should be.
pub(crate) fn mismatch<T>(expected: &str, node: &Node, errors: &mut Errors) -> Option<T> {
    errors.push(&node.at, format_args!("expected {expected}, found {}", node.describe()));
    None
}

/// Records members of an object that `known` does not list.
pub(crate) fn check_keys(node: &Node, known: &[&str], errors: &mut Errors) {
    for (key, value) in node.members() {
        if !known.contains(&key.as_str()) {
            let hint = suggest(key, known.iter().copied());
            errors.push(&value.at, format_args!("unknown field {key:?}{hint}"));
        }
    }
}

/// Reads the member `key` of an object, recording an error if it must be there and is not.
pub(crate) fn member<T: Decode>(node: &Node, key: &str, errors: &mut Errors) -> Option<T> {
    if let Some(value) = node.get(key) {
        return T::decode(value, errors);
    }
    let absent = T::absent();
    if absent.is_none() {
        errors.push(&node.at, format_args!("the field {key:?} is missing"));
    }
    absent
}

/// Defines a type that is read from an object: one member a field, no others allowed.
macro_rules! object {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident $(= $key:literal)?: $type:ty,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        pub struct $name {
            $(
                $(#[$field_meta])*
                $(#[cfg_attr(feature = "schema", schemars(rename = $key))])?
                pub $field: $type,
            )*
            /// Where it stands.
            #[cfg_attr(feature = "schema", schemars(skip))]
            pub at: $crate::error::Location,
        }

        impl $crate::decode::Decode for $name {
            fn decode(node: &$crate::source::Node, errors: &mut $crate::error::Errors) -> Option<Self> {
                if !matches!(node.data, $crate::source::Data::Object(_)) {
                    return $crate::decode::mismatch("an object", node, errors);
                }
                $(let $field = $crate::decode::key!($field $(= $key)?);)*
                $crate::decode::check_keys(node, &[$($field),*], errors);
                $(let $field = $crate::decode::member(node, $field, errors);)*
                Some(Self { $($field: $field?,)* at: node.at.clone() })
            }
        }
    };
}

/// The key of a field: its name unless another one is given.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident = $key:literal) => {
        $key
    };
}

/// Defines an enum that is read from a string.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[$variant_meta])* #[cfg_attr(feature = "schema", schemars(rename = $word))] $variant,)*
        }

        impl $crate::decode::Decode for $name {
            fn decode(node: &$crate::source::Node, errors: &mut $crate::error::Errors) -> Option<Self> {
                let word = $crate::decode::Text::decode(node, errors)?.text;
                match word.as_str() {
                    $($word => Some(Self::$variant),)*
                    _ => {
                        let hint = $crate::error::suggest(&word, [$($word),*]);
                        errors.push(&node.at, format_args!("unknown value {word:?}{hint}"));
                        None
                    }
                }
            }
        }
    };
}

pub(crate) use {key, object, words};
