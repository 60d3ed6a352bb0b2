//! Where a file was made is nobody's business: no payload file may tell it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use binpkg::payload::{Payload, Placement, files_with};
use binpkg::recipe::Recipe;

use super::{placeholders, plan, root};

/// Refuses a tree with a file that names a place of the build or its machine, but for those in `except`: files, folders with all
/// that is in them, or `.` for everything. What of the machine outside could get in, has
/// fixed names inside, so these are all there is to look for.
///
/// # Errors
/// The files, each with what it tells; a tree that cannot be packed.
pub fn check(recipe: &Recipe, tree: &Path, except: &BTreeSet<String>) -> Result<()> {
    let placement = Placement {
        name: &recipe.name,
        kind: Some(recipe.layout.kind),
        place: None,
        permissions: &[],
    };
    let payload = Payload::scan(tree, &placement)?;
    let inside = [
        placeholders::SOURCES,
        placeholders::OUT,
        placeholders::DEPS,
        placeholders::TOOLS,
        "/build/home",
        "/build/tmp",
        root::HOST,
    ];
    let outside = if plan::is_host(recipe) {
        host_places()
    } else {
        Vec::new()
    };
    let mut found = Vec::new();
    for text in inside.into_iter().chain(outside.iter().map(String::as_str)) {
        for path in files_with(&payload, text.as_bytes())? {
            let path = path.to_string();
            let folder =
                |known: &String| known == "." || path.strip_prefix(known).is_some_and(|rest| rest.starts_with('/'));
            if !except.contains(&path) && !except.iter().any(folder) {
                found.push(format!("{path} ({text})"));
            }
        }
    }
    ensure!(
        found.is_empty(),
        "the output tells where it was made: {}; keep the path out of it, or list the file in `mentions_build` if it does no harm \
         there",
        found.join(", ")
    );
    Ok(())
}

/// Where the machine's own toolchain lies, which a build with it can see.
fn host_places() -> Vec<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| value.len() > 1);
    let home = set("HOME").map(|home| [format!("{home}/.cargo"), format!("{home}/.rustup")]);
    let own = ["CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(set);
    home.into_iter().flatten().chain(own).collect()
}
