//! The folder that a site is written into.
//!
//! A file lists what the catalog wrote. By it a folder is known to be the catalog's own, and pages that are no more are
//! removed; other files in it stay. Every file is put in its place at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

/// The list of the files of the site, a path a line.
const LIST: &str = ".skillset-catalog";

/// Why a site was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder has files, and no list of a catalog's.
    #[error("{}: expected a new or empty folder, or one that `skillset catalog` wrote, found other files; name another folder", .0.display())]
    Foreign(PathBuf),
    /// The path is that of a file.
    #[error("{}: expected a folder, found a file", .0.display())]
    NotAFolder(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Writes `pages`, by their paths with `/`, into `folder`, and removes what an earlier catalog wrote there and these
/// do not have.
///
/// # Errors
/// If the folder holds what no catalog wrote, before anything is written; or a file cannot be written.
pub fn write(folder: &Path, pages: &BTreeMap<String, String>) -> Result<(), OutputError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| OutputError::Io { path, source }
    };
    let list = folder.join(LIST);
    let earlier = match fs::read_to_string(&list) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) if !folder.exists() => BTreeSet::new(),
        Err(_) if !folder.is_dir() => return Err(OutputError::NotAFolder(folder.to_owned())),
        Err(_) => match fs::read_dir(folder).map_err(io(folder))?.next() {
            Some(_) => return Err(OutputError::Foreign(folder.to_owned())),
            None => BTreeSet::new(),
        },
    };
    let now: BTreeSet<String> = pages.keys().cloned().collect();

    // The list first, with old and new names: a run that is cut off leaves nothing behind that the next does not know.
    let listing =
        |names: &mut dyn Iterator<Item = &String>| names.map(|name| format!("{name}\n")).collect::<String>();
    fs::create_dir_all(folder).map_err(io(folder))?;
    replace(&list, &listing(&mut earlier.union(&now))).map_err(io(&list))?;
    for (name, text) in pages {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(io(parent))?;
        replace(&path, text).map_err(io(&path))?;
    }
    for name in earlier.difference(&now).filter(|name| is_inside(name)) {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(io(&path)(source)),
            _ => {}
        }
    }
    replace(&list, &listing(&mut now.iter())).map_err(io(&list))
}

/// Whether a path of the list stays in the folder; the list may have been edited.
fn is_inside(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Puts a file in its place at once, unless it is there already.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(());
    }
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        // Temporary files are for the user alone; a site is for a web server, too.
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(names: &[&str]) -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), format!("<p>{name}"))).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names = vec![];
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => names.extend(files(&entry.path()).iter().map(|inner| format!("{name}/{inner}"))),
                false => names.push(name),
            }
        }
        names.sort();
        names
    }

    #[test]
    fn writing_again_removes_what_is_no_more_and_keeps_what_is_not_ours() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("site");
        write(&folder, &pages(&["index.html", "types/old.html"])).unwrap();
        fs::write(folder.join("CNAME"), "example.org").unwrap();
        write(&folder, &pages(&["index.html", "types/new.html"])).unwrap();
        assert_eq!(files(&folder), [LIST, "CNAME", "index.html", "types/new.html"]);
    }

    #[test]
    fn a_folder_of_others_is_refused_and_left_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("thesis.tex"), "").unwrap();
        let error = write(temp.path(), &pages(&["index.html"])).unwrap_err();
        assert!(matches!(error, OutputError::Foreign(_)), "{error}");
        assert_eq!(files(temp.path()), ["thesis.tex"]);
        let error = write(&temp.path().join("thesis.tex"), &pages(&["index.html"])).unwrap_err();
        assert!(matches!(error, OutputError::NotAFolder(_)), "{error}");
    }

    #[test]
    fn a_list_that_names_files_elsewhere_removes_none() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("site");
        let precious = temp.path().join("precious");
        fs::write(&precious, "").unwrap();
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(LIST), format!("../precious\n{}\n", precious.display())).unwrap();
        write(&folder, &pages(&["index.html"])).unwrap();
        assert!(precious.exists());
    }
}
