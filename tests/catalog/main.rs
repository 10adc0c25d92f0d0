//! The catalog as files: pages, links, numbers, escaping. `catalog.test.mjs` has it in a browser.

use std::collections::{BTreeMap, BTreeSet};

use skillset::catalog::{Catalog, Drawing, Status};
use skillset::models;
use skillset::registry::{self, Summary};

/// What stands in the attribute `name` of any element.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    let values = page.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    // Templates write slashes as entities.
    values.map(|value| value.replace("&#x2f;", "/")).collect()
}

/// The path of `link` on the page at `path`, and its fragment.
fn resolve(path: &str, link: &str) -> (String, Option<String>) {
    let (target, fragment) =
        link.split_once('#').map_or((link, None), |(target, id)| (target, Some(id.to_owned())));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = match target.strip_prefix("../") {
        _ if target.is_empty() => path.to_owned(),
        Some(above) => above.to_owned(),
        None if folder.is_empty() => target.to_owned(),
        None => format!("{folder}/{target}"),
    };
    (target, fragment)
}

#[test]
fn every_type_has_a_page_and_every_link_leads_somewhere() {
    let pages = Catalog::of_build().pages().unwrap();
    for metadata in models::METADATA {
        assert!(
            pages.contains_key(&format!("types/{}.html", metadata.model_type)),
            "{}",
            metadata.model_type
        );
    }
    let ids: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|(path, page)| (&**path, attributes(page, "id").into_iter().collect())).collect();
    let mut followed = 0;
    for (path, page) in pages.iter().filter(|(path, _)| path.ends_with(".html")) {
        for link in attributes(page, "href").into_iter().chain(attributes(page, "src")) {
            if link.starts_with("https://") || link.starts_with("data:image/svg+xml") {
                continue;
            }
            let (target, fragment) = resolve(path, &link);
            let known = ids.get(&*target).unwrap_or_else(|| panic!("{path}: {link} leads nowhere"));
            // Views of the table are fragments with values.
            let fragment = fragment.filter(|fragment| !fragment.contains('='));
            assert!(fragment.is_none_or(|id| known.contains(&id)), "{path}: {link} leads nowhere");
            followed += 1;
        }
    }
    assert!(followed > 5 * models::METADATA.len(), "{followed} links were followed");
}

#[test]
fn numbers_are_those_of_the_registry() {
    let catalog = Catalog::of_build();
    let choices = catalog.choices();
    let summary = Summary::of(registry::all());
    assert_eq!(catalog.entries.len(), summary.total);
    assert_eq!(choices.statuses.get("verified").copied().unwrap_or(0), summary.verified);
    assert_eq!(choices.tasks.len(), summary.tasks);
    for (modality, count) in summary.modalities {
        assert_eq!(choices.modalities.get(modality.name()).copied().unwrap_or(0), count, "{modality}");
    }
    for entry in &catalog.entries {
        let known = registry::find(&entry.model_type).unwrap();
        assert_eq!(entry.status == Status::Verified, known.is_verified(), "{}", entry.model_type);
        assert_eq!(
            entry.tasks.iter().map(|task| &*task.name).collect::<Vec<_>>(),
            known.task_names(),
            "{}",
            entry.model_type
        );
    }
}

#[test]
fn types_with_an_architecture_are_drawn() {
    for entry in Catalog::of_build().entries {
        let is_drawn = matches!(entry.drawing, Drawing::Svg { .. });
        assert_eq!(
            is_drawn,
            entry.status != Status::MetadataOnly,
            "{}: {:?}",
            entry.model_type,
            entry.drawing
        );
    }
}

#[test]
fn hostile_texts_stay_texts() {
    const HOSTILE: &str = "\"><script>alert('x')</script>&amp;{{ 7 * 7 }}";
    let mut catalog = Catalog::of_build();
    catalog.entries.retain(|entry| entry.model_type == "bert");
    let entry = &mut catalog.entries[0];
    for text in [&mut entry.title, &mut entry.description, &mut entry.class, &mut entry.modality] {
        HOSTILE.clone_into(text);
    }
    entry.aliases = vec![HOSTILE.to_owned()];
    entry.prefix = Some(HOSTILE.to_owned());
    for field in &mut entry.fields {
        for text in [&mut field.name, &mut field.kind, &mut field.default, &mut field.doc] {
            HOSTILE.clone_into(text);
        }
        field.aliases = vec![HOSTILE.to_owned()];
    }
    for task in &mut entry.tasks {
        HOSTILE.clone_into(&mut task.name);
        task.classes.iter_mut().for_each(|class| HOSTILE.clone_into(&mut class.name));
    }
    entry.processors = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
    for (path, page) in catalog.pages().unwrap().iter().filter(|(path, _)| path.ends_with(".html")) {
        assert_eq!(page.matches("<script").count(), 1, "{path}: only the catalog's own script");
        assert!(page.contains("&lt;script&gt;") && page.contains("{{ 7 * 7 }}"), "{path}");
    }
}

#[test]
fn the_same_build_gives_the_same_site() {
    assert!(Catalog::of_build().pages().unwrap() == Catalog::of_build().pages().unwrap());
}
