//! Steps after checking.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;

use crate::error::Location;

use super::path::Path;

/// A checked step.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// `let name = value;`
    Let {
        /// The name.
        name: String,
        /// The value.
        value: TokenStream,
        /// The names that the value reads.
        uses: BTreeSet<String>,
        /// Where the name stands.
        at: Location,
    },
    /// Something that binds no name.
    Do {
        /// The statement.
        tokens: TokenStream,
        /// The names that it reads.
        uses: BTreeSet<String>,
    },
    /// `for index in 0..count { … }`
    For {
        /// The name of the turn's number.
        index: String,
        /// How many turns.
        count: TokenStream,
        /// The names that the count reads.
        uses: BTreeSet<String>,
        /// The checkpoint path of a turn.
        path: Path,
        /// What is done.
        body: Vec<Statement>,
        /// Names from before the loop that the body binds anew.
        carried: BTreeSet<String>,
        /// Where the step stands.
        at: Location,
    },
    /// A condition with two branches.
    If(Choice),
}

/// `let names = if condition { … } else { … };`
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The condition.
    pub condition: TokenStream,
    /// The names that the condition reads.
    pub uses: BTreeSet<String>,
    /// The optional value that the condition finds given: what is done then has the value itself.
    pub given: Option<String>,
    /// What is done if it holds.
    pub then: Vec<Statement>,
    /// What is done if it does not.
    pub otherwise: Vec<Statement>,
    /// The names that are bound afterwards.
    pub flows: BTreeSet<String>,
    /// Where the step stands.
    pub at: Location,
}
