//! Fields that a class computes from others where they are not given.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::config::{Config, Field};
use crate::lower::expr::{Checked, ident};
use crate::source::{Data, Node};
use crate::spec::Fact;

use super::kind::Kind;
use super::literal::literal;

/// The statement that computes the field `key`; none if facts have no rule for it.
///
/// The arithmetic needs no sane values: it cannot panic on any.
pub(super) fn lower_derived(config: &Config, key: &str, fact: &Fact) -> Checked<Option<TokenStream>> {
    let Some(Node { data: Data::Object(members), .. }) = &fact.derived else { return Ok(None) };
    let rule = Rule { config, members };
    let field = rule.field(key)?;
    let place = field.place();
    let Some((kind, of)) = members.first().map(|(kind, node)| (kind.as_str(), node)) else { return Ok(None) };
    if kind == "stages" {
        return rule.stages(key, of);
    }
    // A list of kinds knows by itself whether it was given.
    if field.inner().is_none() && field.rust_type.to_string() != "LayerTypes" {
        return Err(format!("{key:?} may not be null, so nothing can be derived for it"));
    }
    let alternative = match kind {
        "only_if" => {
            let switch = rule.plain(of, "bool")?;
            return Ok(Some(quote!(#place = #place.filter(|_| #switch);)));
        }
        "value" => {
            let kind_name = Kind::parse(&fact.kind.text).name;
            let value = literal(of, kind_name)?;
            // What is allocated is so only where it is needed.
            let is_copy = matches!(of.data, Data::Number(_) | Data::Bool(_)) || kind_name == "Size2";
            return Ok(Some(match is_copy {
                true => quote!(#place = #place.or(Some(#value));),
                false => quote!(#place = #place.or_else(|| Some(#value));),
            }));
        }
        "same" => rule.same(field, of)?,
        "product" => rule.product(of)?,
        "quotient" => rule.quotient(of)?,
        "cycle" => rule.cycle(of)?,
        "every" => rule.by_number(of, rule.text("at")?)?,
        "first" => rule.by_number(of, "")?,
        _ => return Err(format!("unknown rule {kind:?}")),
    };
    Ok(Some(quote!(#place = #place.or(#alternative);)))
}

/// A rule and the config that it is about.
struct Rule<'a> {
    config: &'a Config,
    members: &'a [(String, Node)],
}

impl<'a> Rule<'a> {
    fn get(&self, key: &str) -> Checked<&'a Node> {
        let found = self.members.iter().find(|(name, _)| name == key).map(|(_, node)| node);
        found.ok_or_else(|| format!("the rule lacks {key:?}"))
    }

    fn text(&self, key: &str) -> Checked<&'a str> {
        self.get(key)?.as_str().ok_or_else(|| format!("expected a string as {key:?}"))
    }

    fn field(&self, key: &str) -> Checked<&'a Field> {
        let found = self.config.fields.iter().find(|field| field.key == key);
        found.ok_or_else(|| format!("there is no config field {key:?}"))
    }

    /// A field of the type `expected`; null is 0 or false.
    fn plain(&self, node: &Node, expected: &str) -> Checked<TokenStream> {
        let field = self.field(node.as_str().unwrap_or_default())?;
        let (place, found) = (field.place(), field.rust_type.to_string());
        if found == expected {
            Ok(place)
        } else if field.inner().as_deref() == Some(expected) {
            Ok(quote!(#place.unwrap_or_default()))
        } else {
            Err(format!("expected {:?} to be of type {expected}, found {found}", field.key))
        }
    }

    fn same(&self, field: &Field, of: &Node) -> Checked<TokenStream> {
        let other = self.field(of.as_str().unwrap_or_default())?;
        let (place, inner) = (other.place(), field.inner());
        if inner == other.inner() {
            Ok(place)
        } else if inner.as_deref() == Some(&other.rust_type.to_string()) {
            Ok(quote!(Some(#place)))
        } else {
            Err(format!("{:?} has another type than {:?}", other.key, field.key))
        }
    }

    fn product(&self, of: &Node) -> Checked<TokenStream> {
        match of {
            Node { data: Data::Array(items), .. } if items.len() == 2 => {
                let factor = match &items[0].data {
                    Data::Number(_) => literal(&items[0], "usize")?,
                    _ => self.plain(&items[0], "usize")?,
                };
                let other = self.plain(&items[1], "usize")?;
                Ok(quote!(Some(#other.saturating_mul(#factor))))
            }
            _ => Err("expected two factors".into()),
        }
    }

    fn quotient(&self, of: &Node) -> Checked<TokenStream> {
        match of {
            Node { data: Data::Array(items), .. } if items.len() == 2 => {
                let (over, under) = (self.plain(&items[0], "usize")?, self.plain(&items[1], "usize")?);
                Ok(quote!(#over.checked_div(#under)))
            }
            _ => Err("expected a dividend and a divisor".into()),
        }
    }

    fn cycle(&self, of: &Node) -> Checked<TokenStream> {
        let Data::Array(kinds) = &of.data else { return Err("expected a list of kinds".into()) };
        let (kinds, count) = (kinds.iter().filter_map(Node::as_str), self.count()?);
        Ok(match self.text("last") {
            Ok(last) => quote!(cycle_then(#count, &[#(#kinds),*], #last)),
            Err(_) => quote!(cycle(#count, &[#(#kinds),*])),
        })
    }

    /// Kinds of layers by a number, which is always the same, a field, or a key that only this rule reads; `where` a field
    /// is null, all are of the first kind.
    fn by_number(&self, number: &Node, at: &str) -> Checked<TokenStream> {
        let key = number.as_str().unwrap_or_default();
        let number = match (&number.data, self.field(key)) {
            (Data::Number(_), _) => literal(number, "usize")?,
            (_, Ok(_)) => self.plain(number, "usize")?,
            (_, Err(_)) => {
                let default = literal(self.get("default")?, "usize")?;
                quote!(r.usize(#key, #default)?)
            }
        };
        let (count, kind, other) = (self.count()?, self.text("kind")?, self.text("other")?);
        let number = match self.get("where") {
            Ok(given) => {
                let given = self.field(given.as_str().unwrap_or_default())?.place();
                quote!(#given.map_or(#count, |_| #number))
            }
            Err(_) => number,
        };
        let function = ident(match at {
            "last" => "last_of_every",
            "first" => "first_of_every",
            _ => "first_layers",
        });
        Ok(quote!(#function(#count, #number, #kind, #other)))
    }

    fn count(&self) -> Checked<TokenStream> {
        self.plain(self.get("count")?, "usize")
    }

    /// The stages of a backbone, of which two fields say which ones it hands out.
    fn stages(&self, key: &str, of: &Node) -> Checked<Option<TokenStream>> {
        // One statement computes both.
        if key != "out_indices" {
            return Ok(None);
        }
        let (names, indices) = (self.field("out_features")?.place(), self.field(key)?.place());
        let field = self.field(of.as_str().unwrap_or_default())?;
        let place = field.place();
        let count = match (field.inner(), field.rust_type.to_string().as_str()) {
            (Some(_), _) => quote!(#place.as_ref().map_or(0, Vec::len)),
            (None, "usize") => place,
            _ => quote!(#place.len()),
        };
        Ok(Some(quote!((#names, #indices) = align_stages(#count, #names, #indices);)))
    }
}

impl Field {
    fn place(&self) -> TokenStream {
        let name = &self.ident;
        quote!(config.#name)
    }

    /// The type without its `Option`; none if it has none.
    fn inner(&self) -> Option<String> {
        let text = self.rust_type.to_string();
        Some(text.strip_prefix("Option <")?.strip_suffix('>')?.trim().to_owned())
    }
}
