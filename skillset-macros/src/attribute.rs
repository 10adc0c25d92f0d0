//! An attribute as it was written.

use syn::ItemStruct;

use crate::arguments::Arguments;

/// The attribute and its struct.
pub struct Attribute {
    /// The struct.
    pub item: ItemStruct,
    /// The arguments.
    pub arguments: Arguments,
}
