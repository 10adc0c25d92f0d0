//! Sizes: as text in types, and as tensors where an operator needs their value.

use super::WriteError;
use super::lowering::{Lowering, SymbolSource};
use crate::engine::onnx::proto::{AttributeProto, DimensionProto, DimensionValue};
use crate::ir::{Dim, Factor};

/// Where nodes that compute sizes are shown.
const PATH: &str = "dims";

/// The name of a symbol in files: a cache's length is what exporters call it, the rest is as in the graph.
pub(super) fn symbol_name(symbol: &str) -> &str {
    if symbol == "past" { "past_sequence_length" } else { symbol }
}

/// A size as it stands in a type: a number, a name, or an expression as text.
pub(super) fn dimension(dim: &Dim) -> DimensionProto {
    let value = match dim.as_constant() {
        Some(value) => DimensionValue::DimValue(value),
        None => DimensionValue::DimParam(text(dim)),
    };
    DimensionProto { value: Some(value) }
}

fn text(dim: &Dim) -> String {
    let mut sum = String::new();
    // Symbols first, the constant last, as one writes it.
    let terms: Vec<_> = dim.terms().collect();
    for (coefficient, factors) in terms.into_iter().rev() {
        sum += match (sum.is_empty(), coefficient < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let mut product: Vec<String> = factors.iter().map(factor_text).collect();
        if coefficient.unsigned_abs() != 1 || product.is_empty() {
            product.insert(0, coefficient.unsigned_abs().to_string());
        }
        sum += &product.join("*");
    }
    sum
}

fn factor_text(factor: &Factor<'_>) -> String {
    match factor {
        Factor::Symbol(name) => symbol_name(name).to_owned(),
        Factor::Quotient { of, by } => format!("floor(({})/{by})", text(of)),
    }
}

impl Lowering<'_> {
    /// The value of `dim` as `i64[1]`.
    pub fn dim(&mut self, dim: &Dim) -> Result<String, WriteError> {
        let path = std::mem::replace(&mut self.path, PATH.into());
        let name = self.sum(dim);
        self.path = path;
        name
    }

    /// The value of `dim` as an `i64` scalar.
    pub fn dim_scalar(&mut self, dim: &Dim) -> Result<String, WriteError> {
        let vector = self.dim(dim)?;
        let axis = self.ints(&[0]);
        Ok(self.op("Squeeze", &[&vector, &axis]))
    }

    /// Sizes as a vector, some of which may be markers such as ONNX Reshape's −1.
    pub fn dims(&mut self, dims: &[Dim]) -> Result<String, WriteError> {
        if let Some(known) = dims.iter().map(Dim::as_constant).collect::<Option<Vec<i64>>>() {
            return Ok(self.ints(&known));
        }
        let parts = dims.iter().map(|dim| self.dim(dim)).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Ok(self.node("Concat", &parts, vec![AttributeProto::int("axis", 0)]))
    }

    fn sum(&mut self, dim: &Dim) -> Result<String, WriteError> {
        if let Some(value) = dim.as_constant() {
            return Ok(self.ints(&[value]));
        }
        let mut sum: Option<String> = None;
        for (coefficient, factors) in dim.terms() {
            let product = self.product(coefficient, &factors)?;
            sum = Some(match sum {
                Some(sum) => self.op("Add", &[&sum, &product]),
                None => product,
            });
        }
        Ok(sum.expect("a dim without terms is the constant 0"))
    }

    fn product(&mut self, coefficient: i64, factors: &[Factor<'_>]) -> Result<String, WriteError> {
        let mut product = (coefficient != 1 || factors.is_empty()).then(|| self.ints(&[coefficient]));
        for factor in factors {
            let value = match factor {
                Factor::Symbol(name) => self.symbol_value(name)?,
                Factor::Quotient { of, by } => self.quotient(of, *by)?,
            };
            product = Some(match product {
                Some(product) => self.op("Mul", &[&product, &value]),
                None => value,
            });
        }
        Ok(product.expect("a product without factors has its coefficient"))
    }

    fn symbol_value(&mut self, symbol: &str) -> Result<String, WriteError> {
        if symbol == "past" && self.symbol(symbol).is_none() && !self.graph.states.is_empty() {
            self.take_past_length()?;
        }
        let source = self.symbol(symbol).ok_or_else(|| WriteError::UnknownSymbol {
            graph: self.graph.name.clone(),
            symbol: symbol.to_owned(),
        })?;
        let (input, axis) = match source {
            SymbolSource::Axis(input, axis) => (input, axis as i64),
            SymbolSource::Element(input) => return Ok(input),
        };
        let range = vec![AttributeProto::int("start", axis), AttributeProto::int("end", axis + 1)];
        Ok(self.node("Shape", &[&input], range))
    }

    /// `⌊of / by⌋`. ONNX divides integers towards zero, so a negative constant term, as in
    /// `⌊(length − 3) / 2⌋`, is lifted above zero by a multiple of the divisor first.
    fn quotient(&mut self, of: &Dim, by: i64) -> Result<String, WriteError> {
        let constant =
            of.terms().find(|(_, factors)| factors.is_empty()).map_or(0, |(coefficient, _)| coefficient);
        let lift = if constant < 0 { (-constant + by - 1) / by } else { 0 };
        let lifted = self.sum(&(of.clone() + Dim::constant(lift * by)))?;
        let divisor = self.ints(&[by]);
        let quotient = self.op("Div", &[&lifted, &divisor]);
        if lift == 0 {
            return Ok(quotient);
        }
        let lift = self.ints(&[-lift]);
        Ok(self.op("Add", &[&quotient, &lift]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dims_are_named_as_exporters_do() {
        let all = Dim::symbol("past") + Dim::symbol("sequence");
        assert_eq!(text(&all), "sequence + past_sequence_length");
        let frames = (Dim::symbol("samples") - Dim::from(3)).floor_div(2) + Dim::from(1);
        assert_eq!(text(&frames), "floor((samples - 3)/2) + 1");
    }
}
