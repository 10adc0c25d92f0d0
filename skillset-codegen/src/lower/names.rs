//! What the names in an expression mean.

use std::collections::{BTreeMap, BTreeSet};

use crate::vocabulary::Type;

use super::nested::Nested;

/// A name that a step has bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// Its type.
    pub ty: Type,
    /// Whether it is a number that cannot be zero.
    pub positive: bool,
    /// How many bits its value can need, if it is a size.
    pub bits: u32,
}

impl Local {
    pub(crate) fn new(ty: Type) -> Self {
        Self { ty, positive: false, bits: 64 }
    }
}

/// The names that are bound at some step.
pub(crate) type Locals = BTreeMap<String, Local>;

/// The config as expressions see it.
#[derive(Debug, Default)]
pub(crate) struct ConfigNames {
    /// The type of every field.
    pub fields: BTreeMap<String, Type>,
    /// Fields that something is divided by: they are read as positive.
    pub positive: BTreeSet<String>,
    /// Fields that say how often steps are repeated: they are read with a limit.
    pub counts: BTreeSet<String>,
    /// Kinds of layers that expressions tell apart, by field: others are refused.
    pub layer_types: BTreeMap<String, BTreeSet<String>>,
    /// Lists that may be written as their only element.
    pub lenient: BTreeSet<String>,
    /// The models of nested configs.
    pub nested: BTreeMap<String, Nested>,
    /// Whether a head applies the base model by a step of its own.
    pub applies_base: bool,
}

/// Identifiers that emitted code uses for itself.
pub(crate) const RESERVED: [&str; 5] = ["base", "c", "config", "g", "r"];

/// The runtime's reader accepts sizes below 2³¹.
pub(crate) const SIZE_BITS: u32 = 31;
/// The runtime's reader accepts at most 2¹⁶ layers.
pub(crate) const COUNT_BITS: u32 = 17;
