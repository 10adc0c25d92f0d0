//! Parameters of generation: their names, types and ranges.

use proc_macro2::Literal;
use syn::{Ident, Lit};

use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::suggest::{did_you_mean, list};

/// What a parameter may be.
#[derive(Clone, Copy)]
enum Kind {
    /// A number of tokens, at least this.
    Count(usize),
    /// A number.
    Number,
    /// A number above 0.
    Positive,
    /// A number from 0 to 1.
    Probability,
    /// Any whole number.
    Integer,
    /// A switch.
    Bool,
}

/// The parameters, by their names in transformers' `GenerationConfig`; the last says whether it shapes the draw.
const PARAMETERS: [(&str, Kind, bool); 10] = [
    ("max_new_tokens", Kind::Count(1), false),
    ("num_beams", Kind::Count(1), false),
    ("length_penalty", Kind::Number, false),
    ("do_sample", Kind::Bool, false),
    ("temperature", Kind::Positive, true),
    ("top_k", Kind::Count(0), true),
    ("top_p", Kind::Probability, true),
    ("min_p", Kind::Probability, true),
    ("repetition_penalty", Kind::Positive, false),
    ("seed", Kind::Integer, true),
];

/// The parameters with values of their types. Those that shape the draw ask for one.
pub fn check(arguments: &Arguments, errors: &mut Errors) -> Vec<(Ident, Lit)> {
    let Some(given) = &arguments.generation else { return vec![] };
    let mut checked: Vec<(Ident, Lit)> = vec![];
    if given.value.is_empty() {
        let names = list(PARAMETERS.map(|(name, ..)| name));
        errors.at(given.name.span(), format!("`generation` sets no parameter; the parameters are {names}"));
    }
    let greedy = given.value.iter().any(|parameter| {
        parameter.name == "do_sample" && matches!(&parameter.value, Lit::Bool(value) if !value.value)
    });
    for parameter in &given.value {
        let (name, value) = (&parameter.name, &parameter.value);
        let Some((_, kind, draws)) = PARAMETERS.iter().find(|(known, ..)| name == known) else {
            let names = PARAMETERS.map(|(name, ..)| name);
            let hint = did_you_mean(&name.to_string(), names);
            errors.at(
                name.span(),
                format!("unknown parameter `{name}`{hint}; the parameters are {}", list(names)),
            );
            continue;
        };
        if checked.iter().any(|(before, _)| before == name) {
            errors.at(name.span(), format!("duplicate parameter `{name}`; give it once"));
        }
        if greedy && *draws {
            let message =
                format!("`{name}` shapes the draw of tokens, and `do_sample = false` draws none; remove one");
            errors.at(name.span(), message);
        }
        match kind.read(value) {
            Ok(value) => checked.push((name.clone(), value)),
            Err(expected) => {
                let remedy = if name == "temperature" {
                    "; for the likeliest tokens set `do_sample = false`"
                } else {
                    ""
                };
                errors.at(value.span(), format!("`{name}` takes {expected}{remedy}"));
            }
        }
    }
    let draws = |name: &Ident| PARAMETERS.iter().any(|(known, _, draws)| name == known && *draws);
    let is_set = checked.iter().any(|(name, _)| name == "do_sample");
    if let Some((name, _)) = checked.iter().find(|(name, _)| draws(name) && !is_set) {
        checked.push((Ident::new("do_sample", name.span()), syn::parse_quote!(true)));
    }
    checked
}

impl Kind {
    /// The value as a literal that fits the parameter's type, whatever suffix it has; or what is expected.
    fn read(self, value: &Lit) -> Result<Lit, String> {
        let integer = match value {
            Lit::Int(value) => value.base10_parse::<i64>().ok(),
            _ => None,
        };
        let number = match value {
            Lit::Int(value) => value.base10_parse::<f64>().ok(),
            Lit::Float(value) => value.base10_parse::<f64>().ok(),
            _ => None,
        };
        let number = number.filter(|number| number.is_finite());
        let (literal, expected) = match self {
            Self::Count(least) => {
                let fits = |count: &i64| usize::try_from(*count).is_ok_and(|count| count >= least);
                (
                    integer.filter(fits).map(Literal::i64_unsuffixed),
                    format!("a whole number, at least {least}"),
                )
            }
            Self::Integer => (integer.map(Literal::i64_unsuffixed), "a whole number".to_owned()),
            Self::Number => (number.map(Literal::f64_unsuffixed), "a number".to_owned()),
            Self::Positive => {
                let positive = number.filter(|number| *number > 0.0);
                (positive.map(Literal::f64_unsuffixed), "a number above 0".to_owned())
            }
            Self::Probability => {
                let within = number.filter(|number| (0.0..=1.0).contains(number));
                (within.map(Literal::f64_unsuffixed), "a number from 0 to 1".to_owned())
            }
            Self::Bool if matches!(value, Lit::Bool(_)) => return Ok(value.clone()),
            Self::Bool => (None, "`true` or `false`".to_owned()),
        };
        let mut literal = literal.ok_or(expected)?;
        literal.set_span(value.span());
        Ok(Lit::new(literal))
    }
}
