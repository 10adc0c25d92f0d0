//! The catalog in a browser: `tests/catalog/*.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::command::{cargo, root, run};

/// Where browsers are; the variable `CHROMIUM` names another one.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
];

/// Writes the catalog to `target/catalog/site` and reads it in a browser, with pictures in `target/catalog/pictures`.
/// Installs what that takes: a package of npm, and Chromium by apt where there is no browser.
pub(crate) fn run_catalog_tests() -> Result<(), Error> {
    let out = root().join("target/catalog");
    let site = out.join("site");
    let site_argument = site.display().to_string();
    run(&mut cargo(["run", "--quiet", "--bin", "skillset", "--", "catalog", "--output", &site_argument]))?;
    let tests = root().join("tests/catalog");
    let npm = |arguments: &[&str]| {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(&tests);
        npm
    };
    let browser = browser()?;
    run(&mut npm(&["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))
        .map_err(|error| format!("{error}; the tests of the catalog need Node 20 or later with npm"))?;
    let mut test = npm(&["test", "--silent"]);
    run(test.env("CHROMIUM", browser).env("SITE", site).env("PICTURES", out.join("pictures")))
}

/// A browser, installed if there is none.
fn browser() -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let found = || BROWSERS.iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned);
    if let Some(browser) = found() {
        return Ok(browser);
    }
    let installed = run(Command::new("apt-get").args(["update", "--quiet"]))
        .and_then(|()| run(Command::new("apt-get").args(["install", "--quiet", "--yes", "chromium"])));
    found().ok_or_else(|| {
        let why = installed.err().map(|error| format!(" ({error})")).unwrap_or_default();
        let places = BROWSERS.join(", ");
        format!("the catalog is tested in a browser: expected one at {places}, found none, and apt installed none{why}; install chromium, or name a browser in CHROMIUM").into()
    })
}
