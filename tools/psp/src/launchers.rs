//! Which launchers there are, and which one is chosen.

use std::path::{Path, PathBuf};

use digest::Sha256;
use pspf::Platform;

/// Whose launcher a file is, by its name; in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `psp-launcher`.
    Ours,
    /// `flavor-rs-launcher`.
    FlavorRust,
    /// `flavor-go-launcher`.
    FlavorGo,
}

/// A launcher on this machine.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whose it is.
    pub origin: Origin,
    /// Where it is.
    pub path: PathBuf,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Platforms that its header names.
    pub platforms: Vec<Platform>,
}

impl Origin {
    /// The word in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ours => "psp-launcher",
            Self::FlavorRust => "flavor-rs-launcher",
            Self::FlavorGo => "flavor-go-launcher",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Ours, Self::FlavorRust, Self::FlavorGo];
        all.into_iter().find(|origin| {
            let rest = name.strip_prefix(origin.word());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
        })
    }
}

/// Folders that are looked at: the given ones, that of this program, `dist/bin`, and those of PATH.
pub fn folders(given: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders = given.to_vec();
    folders.extend(
        std::env::current_exe()
            .ok()
            .and_then(|program| program.parent().map(Path::to_owned)),
    );
    folders.push(PathBuf::from("dist/bin"));
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// All launchers in `folders`, the preferred first: by origin, then by folder. A file that cannot be
/// read or is no executable of a known system is left out.
pub fn find(folders: &[PathBuf]) -> Vec<Found> {
    let mut found: Vec<Found> = folders.iter().flat_map(|folder| in_folder(folder)).collect();
    found.sort_by_key(|launcher| launcher.origin);
    found
}

fn in_folder(folder: &Path) -> Vec<Found> {
    let Ok(list) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = list.filter_map(|item| item.ok().map(|item| item.path())).collect();
    paths.sort();
    paths.into_iter().filter_map(look).collect()
}

fn look(path: PathBuf) -> Option<Found> {
    let origin = Origin::of_name(path.file_name()?.to_str()?)?;
    let bytes = std::fs::read(&path).ok()?;
    let platforms = Platform::of_executable(&bytes);
    let known = !platforms.is_empty();
    known.then(|| Found {
        origin,
        size: bytes.len() as u64,
        digest: Sha256::of(&bytes),
        platforms,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_three() {
        for (name, origin) in [
            ("psp-launcher", Some(Origin::Ours)),
            ("psp-launcher.exe", Some(Origin::Ours)),
            ("flavor-rs-launcher-0.5.4-linux_amd64", Some(Origin::FlavorRust)),
            ("flavor-go-launcher-linux_amd64", Some(Origin::FlavorGo)),
            ("psp-launchers", None),
            ("flavor-rs-builder", None),
        ] {
            assert_eq!(Origin::of_name(name), origin, "{name}");
        }
    }
}
