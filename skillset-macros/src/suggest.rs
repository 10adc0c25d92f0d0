//! Names in messages.

/// The one of `known` that differs from `name` in case and separators only, else that which it is most like, if it is
/// like any.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '.', ' '], "-");
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(same) = known.iter().find(|known| plain(known) == plain(name)) {
        return Some(*same);
    }
    let similarity = |other: &str| strsim::jaro_winkler(name, other);
    let best = known.into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    best.filter(|best| similarity(best) > 0.8)
}

/// `; did you mean "…"?` if one of `known` is close to `name`, else nothing.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |best| format!("; did you mean `{best}`?"))
}

/// Names as a list in prose: `` `a`, `b` and `c` ``.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("brt", ["bert", "vit"]), "; did you mean `bert`?");
        assert_eq!(did_you_mean("tpu", ["cpu_only", "openvino"]), "");
        assert_eq!(did_you_mean("x", []), "");
        assert_eq!(did_you_mean("GPT-NeoX", ["gpt-neo", "gpt_neox"]), "; did you mean `gpt_neox`?");
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
