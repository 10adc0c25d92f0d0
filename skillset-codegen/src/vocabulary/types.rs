//! The types of expressions and parameters.

use std::fmt;

/// A type that an expression can have or a parameter can want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// An integer literal, which becomes any number.
    Integer,
    /// A literal with a decimal point.
    Decimal,
    /// A size.
    Usize,
    /// An axis.
    Isize,
    /// A signed integer.
    I64,
    /// A number.
    F64,
    /// A truth value.
    Bool,
    /// A string of the config.
    String,
    /// A string that is fixed in the spec: a checkpoint name.
    Str,
    /// A value of the graph.
    Value,
    /// The size of an axis of a value.
    Dim,
    /// A value or a number, as the second operand of arithmetic.
    Operand,
    /// `None`, of any optional type.
    None,
    /// Something or nothing.
    Option(Box<Type>),
    /// A list.
    List(Box<Type>),
    /// `[height, width]`
    Pair(Box<Type>),
    /// A nested config, by the field that it is.
    Config(String),
    /// What the model of a nested config gives in a task.
    Outputs {
        /// The field that the config is.
        config: String,
        /// The task; `base` is the base model.
        task: String,
    },
    /// A type of the runtime, by name.
    Named(String),
}

impl Type {
    /// Reads a Rust type as the runtime's source spells it.
    pub fn parse(text: &str) -> Self {
        let inner = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
        if let Some(inner) = inner("Option<", ">") {
            return Self::Option(Box::new(Self::parse(inner)));
        }
        if let Some(inner) = inner("impl Into<", ">") {
            return Self::parse(inner);
        }
        if let Some(inner) = inner("[", "; 2]") {
            return Self::Pair(Box::new(Self::parse(inner)));
        }
        if let Some(inner) = inner("&[", "]").or_else(|| inner("[", "]")).or_else(|| inner("Vec<", ">")) {
            return Self::List(Box::new(Self::parse(inner)));
        }
        match text {
            "usize" => Self::Usize,
            "isize" => Self::Isize,
            "i64" => Self::I64,
            "f64" => Self::F64,
            "bool" => Self::Bool,
            "String" => Self::String,
            "&'static str" | "&str" => Self::Str,
            "Value" => Self::Value,
            "Dim" => Self::Dim,
            "Operand" => Self::Operand,
            named => Self::Named(named.to_owned()),
        }
    }

    /// Whether Rust copies it on use.
    pub fn is_copy(&self) -> bool {
        match self {
            Self::String | Self::Dim | Self::List(_) | Self::Config(_) | Self::Outputs { .. } => false,
            Self::Option(inner) | Self::Pair(inner) => inner.is_copy(),
            // Enums and most of what blocks hand on are `Copy`; what a config reads as a whole is not.
            Self::Named(name) => !matches!(
                name.as_str(),
                "Labels" | "LayerTypes" | "LayerRopeParameters" | "Levels" | "RopeParameters" | "Words"
            ),
            _ => true,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("an integer"),
            Self::Decimal | Self::F64 => f.write_str("f64"),
            Self::Usize => f.write_str("usize"),
            Self::Isize => f.write_str("isize"),
            Self::I64 => f.write_str("i64"),
            Self::Bool => f.write_str("bool"),
            Self::String => f.write_str("String"),
            Self::Str => f.write_str("a fixed string"),
            Self::Value => f.write_str("Value"),
            Self::Dim => f.write_str("Dim"),
            Self::Operand => f.write_str("Value or a number"),
            Self::None => f.write_str("None"),
            Self::Option(inner) => write!(f, "Option<{inner}>"),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::Pair(inner) => write!(f, "[{inner}; 2]"),
            Self::Config(_) => f.write_str("a nested config"),
            Self::Outputs { .. } => f.write_str("Outputs"),
            Self::Named(name) => f.write_str(name),
        }
    }
}
