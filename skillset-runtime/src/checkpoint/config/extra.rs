//! What a config has beside the fields that are known of its type.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::Reader;

impl Reader<'_> {
    /// A reader of the same object that remembers which of its keys something was read from: what
    /// [`extra`](Self::extra) leaves out.
    #[must_use]
    pub fn tracking(&self) -> Self {
        Self { claimed: Some(Rc::default()), ..self.clone() }
    }

    /// A reader of the same object that does not remember what it is asked for: for fields that are looked at where
    /// another one is read.
    #[must_use]
    pub fn untracked(&self) -> Self {
        Self { claimed: None, ..self.clone() }
    }

    /// The fields that nothing was read from under any name, in file order; all of them if this reader does not
    /// [track](Self::tracking).
    pub fn extra(&self) -> Map<String, Value> {
        let is_claimed =
            |key: &str| self.claimed.as_ref().is_some_and(|claimed| claimed.borrow().contains(key));
        let rest = self.object.iter().filter(|(key, _)| !is_claimed(key));
        rest.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub(super) fn claim<'k>(&self, keys: impl Iterator<Item = &'k str>) {
        let Some(claimed) = &self.claimed else { return };
        claimed.borrow_mut().extend(keys.map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_nobody_reads_are_kept_in_order() {
        let config = json!({"z": 1, "width": 3, "n_embd": 4, "nested": {"a": 1}, "a": null});
        let r = Reader::new(&config, "config.json").unwrap();
        assert_eq!(r.extra().len(), 5);
        let tracking = r.tracking().alias(&[("n_embd", "width")]);
        assert_eq!(tracking.usize("width", None), Ok(3));
        assert_eq!(tracking.opt_usize("depth"), Ok(None));
        assert_eq!(Value::Object(tracking.extra()), json!({"z": 1, "nested": {"a": 1}, "a": null}));
        // What one reader was asked for says nothing of another one.
        assert_eq!(r.tracking().extra().len(), 5);
    }
}
