//! `extends`: a spec as the changes to another one.
//!
//! Works on located JSON, so whatever is wrong later is reported in the file that says it.

use std::collections::BTreeMap;

use crate::error::{Errors, Location, nearest, suggest};
use crate::source::{Data, Node};

/// Members of a spec that are its own even if it extends another one.
const OWN: [&str; 7] = ["$schema", "model_type", "extends", "title", "paper", "description", "facts"];

/// Specs by their model types: those to compile, and built-in ones that these may extend.
pub(crate) struct Family {
    /// What is compiled.
    pub own: BTreeMap<String, Node>,
    /// What may be extended; none if this is where all specs are.
    pub base: Option<BTreeMap<String, Node>>,
}

/// A spec of a family.
#[derive(Clone, Copy)]
struct Member<'a> {
    model_type: &'a str,
    node: &'a Node,
    is_base: bool,
}

impl Family {
    /// Every own spec with what it inherits; one whose chain of parents is broken is left out, with an error.
    pub(crate) fn merge(&self, errors: &mut Errors) -> BTreeMap<String, Node> {
        let mut merged = BTreeMap::new();
        for (model_type, node) in &self.own {
            let member = Member { model_type, node, is_base: false };
            if let Some(spec) = self.merge_chain(member, errors) {
                merged.insert(model_type.clone(), spec);
            }
        }
        merged
    }

    /// Follows `extends` to its root, then applies the changes from there.
    fn merge_chain(&self, first: Member<'_>, errors: &mut Errors) -> Option<Node> {
        let mut chain = vec![first];
        let mut child = first;
        while let Some(extends) = child.node.get("extends") {
            // A mistyped `extends` is reported when the spec is decoded.
            let Some(name) = extends.as_str() else { break };
            let Some(parent) = self.parent(child, name) else {
                errors
                    .push(&extends.at, format_args!("there is no model type {name:?}{}", self.suggest(name)));
                return None;
            };
            if let Some(start) = chain.iter().position(|member| std::ptr::eq(member.node, parent.node)) {
                // Each member of the cycle reports it, those that only lead to it do not.
                if start == 0 {
                    let at = first.node.get("extends").map_or(&first.node.at, |extends| &extends.at);
                    let names: Vec<&str> =
                        chain.iter().map(|member| member.model_type).chain([name]).collect();
                    errors.push(at, format_args!("cycle: {}", names.join(" extends ")));
                }
                return None;
            }
            chain.push(parent);
            child = parent;
        }
        let mut chain = chain.into_iter().rev().map(|member| member.node);
        let root = chain.next()?.clone();
        Some(chain.fold(root, |parent, child| merge_spec(parent, child, errors)))
    }

    /// The spec that `child` means by `name`: an own one before a built-in one, but for its own name, by which it
    /// means the built-in one that it replaces. Built-in specs do not see own ones.
    fn parent<'a>(&'a self, child: Member<'_>, name: &str) -> Option<Member<'a>> {
        let base = self.base.as_ref().and_then(|base| base.get_key_value(name));
        let base = base.map(|(model_type, node)| Member { model_type, node, is_base: true });
        if child.is_base || (child.model_type == name && base.is_some()) {
            return base;
        }
        let own = self.own.get_key_value(name);
        own.map(|(model_type, node)| Member { model_type, node, is_base: false }).or(base)
    }

    /// What else a name that there is not may stand for.
    fn suggest(&self, name: &str) -> String {
        let known = || self.own.keys().chain(self.base.iter().flat_map(BTreeMap::keys)).map(String::as_str);
        match (&self.base, nearest(name, known())) {
            (None, None) => {
                "; built-in specs can be extended by a crate that has `skillset` among its dependencies"
                    .into()
            }
            _ => suggest(name, known()),
        }
    }
}

fn merge_spec(mut parent: Node, child: &Node, errors: &mut Errors) -> Node {
    rename_classes(&mut parent, child);
    let mut members: Vec<(String, Node)> =
        parent.members().iter().filter(|(key, _)| !OWN.contains(&key.as_str())).cloned().collect();
    for (key, value) in child.members() {
        let known = members.iter_mut().find(|(known, _)| known == key);
        match (known, &value.data) {
            (Some((_, steps)), Data::Object(changes)) if key == "architecture" => {
                change_steps(steps, changes, errors);
            }
            (Some((_, known)), _) => merge_value(known, value),
            (None, _) => members.push((key.clone(), value.clone())),
        }
    }
    Node { at: child.at.clone(), data: Data::Object(members) }
}

/// `LlamaForCausalLM` becomes `MistralForCausalLM` where `LlamaModel` becomes `MistralModel`.
fn rename_classes(parent: &mut Node, child: &Node) {
    let stem = |node: &Node| {
        let class = node.get("class").and_then(Node::as_str)?;
        Some(class.strip_suffix("Model").unwrap_or(class).to_owned())
    };
    let (Some(old), Some(new)) = (stem(parent), stem(child)) else { return };
    let Data::Object(members) = &mut parent.data else { return };
    let tasks = members.iter_mut().find(|(key, _)| key == "tasks");
    let Some((_, Node { data: Data::Object(tasks), .. })) = tasks else { return };
    for (_, task) in tasks {
        let Data::Object(members) = &mut task.data else { continue };
        let class = members.iter_mut().find(|(key, _)| key == "class");
        if let Some((_, Node { data: Data::String(class), .. })) = class
            && let Some(rest) = class.strip_prefix(&old)
        {
            *class = format!("{new}{rest}");
        }
    }
}

/// Objects are merged member by member, `null` removes a member, anything else is replaced.
fn merge_value(known: &mut Node, change: &Node) {
    let (Data::Object(known_members), Data::Object(changes)) = (&mut known.data, &change.data) else {
        *known = change.clone();
        return;
    };
    for (key, value) in changes {
        let position = known_members.iter().position(|(name, _)| name == key);
        match (position, &value.data) {
            (Some(position), Data::Null) if key != "default" => {
                known_members.remove(position);
            }
            (Some(position), _) => merge_value(&mut known_members[position].1, value),
            (None, _) => known_members.push((key.clone(), value.clone())),
        }
    }
}

/// Applies changes to steps by dotted name (`layers.attention`).
fn change_steps(steps: &mut Node, changes: &[(String, Node)], errors: &mut Errors) {
    for (path, change) in changes {
        let Some((list, position)) = find_step(steps, path, &change.at, errors) else { continue };
        match &change.data {
            Data::Null => {
                list.remove(position);
            }
            Data::Array(replacement) => {
                list.splice(position..=position, replacement.iter().cloned());
            }
            Data::Object(members) => {
                let beside = |key: &str| match change.get(key).map(|node| &node.data) {
                    Some(Data::Array(steps)) => steps.clone(),
                    _ => vec![],
                };
                let params = members.iter().filter(|(key, _)| key != "before" && key != "after").cloned();
                let params = Node { at: change.at.clone(), data: Data::Object(params.collect()) };
                merge_value(&mut list[position], &params);
                let (before, after) = (beside("before"), beside("after"));
                list.splice(position + 1..position + 1, after);
                list.splice(position..position, before);
            }
            _ => errors.push(
                &change.at,
                format_args!(
                    "expected changes to a step, a list of steps or null, found {}",
                    change.describe()
                ),
            ),
        }
    }
}

/// The list that holds the step of that dotted name, and its position there.
fn find_step<'a>(
    steps: &'a mut Node,
    path: &str,
    at: &Location,
    errors: &mut Errors,
) -> Option<(&'a mut Vec<Node>, usize)> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Data::Array(list) = &mut steps.data else { return None };
    let has_name = |step: &Node| step.get("name").and_then(Node::as_str) == Some(name);
    let Some(position) = list.iter().position(has_name) else {
        let known: Vec<&str> = list.iter().filter_map(|step| step.get("name")?.as_str()).collect();
        errors.push(at, format_args!("there is no step named {name:?}{}", suggest(name, known)));
        return None;
    };
    let Some(rest) = rest else { return Some((list, position)) };
    let Data::Object(members) = &mut list[position].data else { return None };
    // A named step further in stands in one of the lists of this one.
    let next = rest.split_once('.').map_or(rest, |(next, _)| next);
    let holds = |list: &Node| match &list.data {
        Data::Array(steps) => steps.iter().any(|step| step.get("name").and_then(Node::as_str) == Some(next)),
        _ => false,
    };
    let lists =
        members.iter().enumerate().filter(|(_, (key, _))| ["do", "then", "else"].contains(&key.as_str()));
    let mut lists: Vec<(usize, bool)> = lists.map(|(index, (_, list))| (index, holds(list))).collect();
    lists.sort_by_key(|(_, holds)| !holds);
    match lists.first() {
        Some(&(index, _)) => find_step(&mut members[index].1, rest, at, errors),
        None => {
            errors.push(at, format_args!("the step {name:?} has no steps of its own"));
            None
        }
    }
}
