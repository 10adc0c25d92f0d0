//! Dimensions: numbers, names, and arithmetic over them.
//!
//! A [`Dim`] is kept in one normal form, a polynomial with integer coefficients over *atoms* (a
//! symbol, or a floor division that does not come out even). Two dims are equal exactly when their
//! normal forms are, so `past + sequence` built in two places is one dim, and
//! `(2 * sequence) / 2` is `sequence` again.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Div, Mul, Sub};
use std::sync::Arc;

/// The size of one axis: a number, or an expression over symbols such as `batch` or `sequence`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dim {
    /// Product of atoms → coefficient; the empty product is the constant term. No zero coefficients.
    terms: BTreeMap<Vec<Atom>, i64>,
}

/// What a term multiplies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Atom {
    Symbol(Arc<str>),
    /// `⌊of / by⌋` that has no polynomial form.
    Quotient {
        of: Box<Dim>,
        by: i64,
    },
}

/// The values that symbols have in one run.
#[derive(Clone, Debug, Default)]
pub struct Bindings(BTreeMap<Arc<str>, usize>);

impl Bindings {
    /// Binds `symbol` to `value`; returns the earlier value if it was bound to a different one.
    pub fn bind(&mut self, symbol: &str, value: usize) -> Result<(), usize> {
        match self.0.get(symbol) {
            Some(&bound) if bound != value => Err(bound),
            Some(_) => Ok(()),
            None => {
                self.0.insert(symbol.into(), value);
                Ok(())
            }
        }
    }

    /// The value of `symbol`, if bound.
    pub fn get(&self, symbol: &str) -> Option<usize> {
        self.0.get(symbol).copied()
    }
}

impl Dim {
    /// A named size, known only when the graph runs.
    pub fn symbol(name: &str) -> Self {
        Self { terms: BTreeMap::from([(vec![Atom::Symbol(name.into())], 1)]) }
    }

    /// A fixed size; negative values only make sense inside of an expression.
    pub fn constant(value: i64) -> Self {
        let terms = if value == 0 { BTreeMap::new() } else { BTreeMap::from([(vec![], value)]) };
        Self { terms }
    }

    /// The number, if the dim is one.
    pub fn as_constant(&self) -> Option<i64> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// The number as a size; `None` if symbolic or negative.
    pub fn as_size(&self) -> Option<usize> {
        self.as_constant().and_then(|value| usize::try_from(value).ok())
    }

    /// The name, if the dim is a bare symbol.
    pub fn as_symbol(&self) -> Option<&str> {
        let (product, 1) = self.terms.first_key_value()? else { return None };
        match (self.terms.len(), product.as_slice()) {
            (1, [Atom::Symbol(name)]) => Some(name),
            _ => None,
        }
    }

    /// `⌊self / by⌋`.
    ///
    /// # Panics
    /// If `by` is not positive; a graph's divisors are constants of its builder.
    pub fn floor_div(&self, by: i64) -> Self {
        assert!(by > 0, "a dim is divided by a positive number");
        if let Some(value) = self.as_constant() {
            return Self::constant(value.div_euclid(by));
        }
        if by == 1 {
            return self.clone();
        }
        // ⌊(by·a + b) / by⌋ = a + ⌊b / by⌋
        let (even, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.terms.clone().into_iter().partition(|(_, coefficient)| coefficient % by == 0);
        let even = Self { terms: even.into_iter().map(|(atoms, c)| (atoms, c / by)).collect() };
        let rest = Self { terms: rest };
        match rest.as_constant() {
            Some(value) => even + Self::constant(value.div_euclid(by)),
            None => even + Self::atom(Atom::Quotient { of: Box::new(rest), by }),
        }
    }

    /// `⌈self / by⌉`, see [`Dim::floor_div`].
    pub fn ceil_div(&self, by: i64) -> Self {
        (self.clone() + Self::constant(by - 1)).floor_div(by)
    }

    /// `self / by`, if it comes out even for every value of the symbols.
    pub fn exact_div(&self, by: &Dim) -> Option<Self> {
        if self == by {
            return Some(Self::constant(1));
        }
        if let Some(by) = by.as_constant() {
            let even = by != 0 && self.terms.values().all(|c| c % by == 0);
            let divided = |(atoms, c): (&Vec<Atom>, &i64)| (atoms.clone(), c / by);
            return even.then(|| Self { terms: self.terms.iter().map(divided).collect() });
        }
        // One monomial divides every term: `batch·sequence·64 / (batch·sequence)`.
        let (divisor, &coefficient) = by.terms.first_key_value()?;
        if by.terms.len() != 1 {
            return None;
        }
        let mut terms = BTreeMap::new();
        for (atoms, c) in &self.terms {
            let mut atoms = atoms.clone();
            for atom in divisor {
                let at = atoms.iter().position(|a| a == atom)?;
                atoms.remove(at);
            }
            if c % coefficient != 0 {
                return None;
            }
            terms.insert(atoms, c / coefficient);
        }
        Some(Self { terms })
    }

    /// The value under `bindings`; `None` if a symbol is unbound, the result is negative or too large.
    pub fn evaluate(&self, bindings: &Bindings) -> Option<usize> {
        self.evaluate_signed(bindings).and_then(|value| usize::try_from(value).ok())
    }

    fn evaluate_signed(&self, bindings: &Bindings) -> Option<i64> {
        let mut sum = 0i64;
        for (atoms, coefficient) in &self.terms {
            let mut product = *coefficient;
            for atom in atoms {
                let value = match atom {
                    Atom::Symbol(name) => i64::try_from(bindings.get(name)?).ok()?,
                    Atom::Quotient { of, by } => of.evaluate_signed(bindings)?.div_euclid(*by),
                };
                product = product.checked_mul(value)?;
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }

    /// Calls `visit` with every symbol of the expression.
    pub fn for_each_symbol(&self, visit: &mut impl FnMut(&str)) {
        for atom in self.terms.keys().flatten() {
            match atom {
                Atom::Symbol(name) => visit(name),
                Atom::Quotient { of, .. } => of.for_each_symbol(visit),
            }
        }
    }

    /// Whether the dim depends on `symbol`.
    pub fn contains(&self, symbol: &str) -> bool {
        let mut found = false;
        self.for_each_symbol(&mut |name| found |= name == symbol);
        found
    }

    /// The expression as a tree that a back end can emit: a sum of products.
    pub fn terms(&self) -> impl Iterator<Item = (i64, Vec<Factor<'_>>)> {
        fn factor(atom: &Atom) -> Factor<'_> {
            match atom {
                Atom::Symbol(name) => Factor::Symbol(name),
                Atom::Quotient { of, by } => Factor::Quotient { of, by: *by },
            }
        }
        self.terms.iter().map(|(atoms, coefficient)| (*coefficient, atoms.iter().map(factor).collect()))
    }

    fn atom(atom: Atom) -> Self {
        Self { terms: BTreeMap::from([(vec![atom], 1)]) }
    }

    fn insert(&mut self, atoms: Vec<Atom>, coefficient: i64) {
        let sum = self.terms.get(&atoms).copied().unwrap_or(0).saturating_add(coefficient);
        if sum == 0 {
            self.terms.remove(&atoms);
        } else {
            self.terms.insert(atoms, sum);
        }
    }
}

/// One factor of a term of [`Dim::terms`].
#[derive(Clone, Copy, Debug)]
pub enum Factor<'a> {
    /// The value of a symbol.
    Symbol(&'a str),
    /// `⌊of / by⌋`.
    Quotient {
        /// The dividend.
        of: &'a Dim,
        /// The divisor, positive.
        by: i64,
    },
}

impl Add for Dim {
    type Output = Dim;
    fn add(mut self, other: Dim) -> Dim {
        for (atoms, coefficient) in other.terms {
            self.insert(atoms, coefficient);
        }
        self
    }
}

impl Sub for Dim {
    type Output = Dim;
    fn sub(self, other: Dim) -> Dim {
        self + other * Dim::constant(-1)
    }
}

impl Mul for Dim {
    type Output = Dim;
    fn mul(self, other: Dim) -> Dim {
        let mut product = Dim::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                let mut atoms = [a.as_slice(), b.as_slice()].concat();
                atoms.sort();
                product.insert(atoms, x.saturating_mul(*y));
            }
        }
        product
    }
}

impl Div<usize> for Dim {
    type Output = Dim;
    /// See [`Dim::floor_div`].
    fn div(self, by: usize) -> Dim {
        self.floor_div(i64::try_from(by).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Dim {
    fn from(value: usize) -> Self {
        // Sizes beyond i64 cannot be allocated; saturating keeps them absurd instead of negative.
        Self::constant(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&Dim> for Dim {
    fn from(dim: &Dim) -> Self {
        dim.clone()
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        // Symbols first, the constant last, as one writes it.
        for (position, (atoms, &coefficient)) in self.terms.iter().rev().enumerate() {
            match (position, coefficient < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let magnitude = coefficient.unsigned_abs();
            if magnitude != 1 || atoms.is_empty() {
                write!(f, "{magnitude}")?;
            }
            for (index, atom) in atoms.iter().enumerate() {
                if index > 0 || magnitude != 1 {
                    f.write_str("·")?;
                }
                match atom {
                    Atom::Symbol(name) => f.write_str(name)?,
                    Atom::Quotient { of, by } => write!(f, "⌊({of})/{by}⌋")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence() -> Dim {
        Dim::symbol("sequence")
    }

    #[test]
    fn equal_expressions_have_one_form() {
        let a = Dim::symbol("past") + sequence();
        let b = sequence() + Dim::symbol("past");
        assert_eq!(a, b);
        assert_eq!((sequence() * Dim::from(2)).floor_div(2), sequence());
        assert_eq!(sequence() - sequence(), Dim::from(0));
    }

    #[test]
    fn convolution_length_evaluates_by_floor_division() {
        let length = (sequence() - Dim::from(3)).floor_div(2) + Dim::from(1);
        let mut bindings = Bindings::default();
        bindings.bind("sequence", 10).unwrap();
        assert_eq!(length.evaluate(&bindings), Some(4));
        assert_eq!(length.to_string(), "⌊(sequence - 3)/2⌋ + 1");
    }

    #[test]
    fn exact_division_cancels_common_factors() {
        let batch = Dim::symbol("batch");
        let all = batch.clone() * sequence() * Dim::from(64);
        assert_eq!(all.exact_div(&(batch * sequence())), Some(Dim::from(64)));
        assert_eq!(all.exact_div(&Dim::from(48)), None);
    }

    #[test]
    fn unbound_and_negative_dims_have_no_value() {
        assert_eq!(sequence().evaluate(&Bindings::default()), None);
        assert_eq!(Dim::constant(-1).evaluate(&Bindings::default()), None);
    }
}
