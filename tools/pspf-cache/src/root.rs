//! Where the cache is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::CacheError;
use crate::names::EntryName;
use crate::safety::create_private_path;
use crate::system;

/// The folder of an entry that holds the program's files.
pub const WORKENV: &str = "workenv";

/// The list of the files in it.
pub const FILES: &str = "files";

/// Our folder in the cache root, beside those of FlavorPack's launchers.
const FOLDER: &str = "buckpack";

/// The environment variables that decide.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `FLAVOR_CACHE_DIR`
    pub cache_dir: Option<OsString>,
    /// `FLAVOR_WORKENV`
    pub workenv: Option<OsString>,
    /// `XDG_CACHE_HOME`
    pub xdg_cache_home: Option<OsString>,
    /// `HOME`; on Windows `LOCALAPPDATA`
    pub home: Option<OsString>,
    /// `TMPDIR`; on Windows `TEMP`
    pub tmpdir: Option<OsString>,
}

impl Variables {
    /// Reads the variables of this process; an empty one counts as absent.
    pub fn of_process() -> Self {
        let get = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Variables {
            cache_dir: get("FLAVOR_CACHE_DIR"),
            workenv: get("FLAVOR_WORKENV"),
            xdg_cache_home: get("XDG_CACHE_HOME"),
            home: get(system::HOME),
            tmpdir: get(system::TEMPORARY),
        }
    }
}

/// Which variable decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// `FLAVOR_CACHE_DIR`, used as it is.
    CacheDir,
    /// `FLAVOR_WORKENV`: the directory two levels up.
    Workenv,
    /// `XDG_CACHE_HOME/flavor`.
    XdgCacheHome,
    /// `HOME/.cache/flavor`; on Windows `LOCALAPPDATA\flavor`.
    Home,
    /// No home: a directory of this user alone in the temporary directory.
    Temporary,
}

/// The chosen cache root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The root; the entries are in `buckpack` below it.
    pub path: PathBuf,
    /// What decided.
    pub choice: Choice,
}

/// Chooses the cache root: `FLAVOR_CACHE_DIR`, then `FLAVOR_WORKENV`, then `XDG_CACHE_HOME`, then `HOME`, then a
/// directory named after the user's number in the temporary directory. A relative path is taken from `here`.
pub fn choose(variables: &Variables, user: u32, here: &Path) -> Root {
    let full = |path: &OsString| here.join(path);
    let (path, choice) = if let Some(path) = &variables.cache_dir {
        (full(path), Choice::CacheDir)
    } else if let Some(root) = variables.workenv.as_ref().and_then(|path| root_of_workenv(&full(path))) {
        (root, Choice::Workenv)
    } else if let Some(path) = &variables.xdg_cache_home {
        (full(path).join("flavor"), Choice::XdgCacheHome)
    } else if let Some(path) = &variables.home {
        (system::root_in_home(&full(path)), Choice::Home)
    } else {
        return temporary(variables, user, here);
    };
    Root { path, choice }
}

/// The root for somebody without a usable home. The name can be foreseen, which does no harm: a directory of that
/// name that is not the user's own, or open to others, is refused.
fn temporary(variables: &Variables, user: u32, here: &Path) -> Root {
    let base = variables
        .tmpdir
        .as_ref()
        .map_or_else(system::usual_temporary, |path| here.join(path));
    Root {
        path: base.join(format!("buckpack-{user}")),
        choice: Choice::Temporary,
    }
}

/// The root that a workenv belongs to. FlavorPack takes the directory two levels up; a workenv of ours (which a
/// packaged program finds in its environment and hands on to the packages that it starts) is three levels down.
fn root_of_workenv(workenv: &Path) -> Option<PathBuf> {
    let parent = workenv.parent()?;
    let ours = workenv.file_name()? == WORKENV
        && parent
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(EntryName::parse)
            .is_some()
        && parent.parent()?.file_name()? == FOLDER;
    let root = if ours {
        parent.parent()?.parent()?
    } else {
        parent.parent()?
    };
    Some(root.to_owned())
}

impl Root {
    /// The folder that holds the entries, whether or not it exists.
    pub fn entries(&self) -> PathBuf {
        self.path.join(FOLDER)
    }

    /// Creates and checks the folder that holds the entries.
    ///
    /// A home that cannot be written to, belongs to somebody else (as `sudo` may leave it) or can be changed by others is no
    /// place for a cache: the temporary directory takes over, and [`Opened::instead_of`] says why. What a person chose by
    /// `FLAVOR_CACHE_DIR`, `FLAVOR_WORKENV` or `XDG_CACHE_HOME` is used or refused, never replaced.
    ///
    /// # Errors
    /// What makes the directory unusable or unsafe.
    pub fn open(&self, variables: &Variables, user: u32, here: &Path) -> Result<Opened, CacheError> {
        match create_private_path(&self.entries(), user) {
            Ok(path) => Ok(Opened { path, instead_of: None }),
            Err(error) if self.choice == Choice::Home && no_place(&error) => {
                let other = temporary(variables, user, here);
                let path = create_private_path(&other.entries(), user)?;
                Ok(Opened {
                    path,
                    instead_of: Some(error),
                })
            }
            Err(error) => Err(error),
        }
    }
}

/// The folder that holds the entries, checked.
#[derive(Debug)]
pub struct Opened {
    /// Its path without links.
    pub path: PathBuf,
    /// What was wrong with the home, if this is not in it.
    pub instead_of: Option<CacheError>,
}

/// Whether the error says that this home is no place for this user's cache.
fn no_place(error: &CacheError) -> bool {
    use std::io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    match error {
        CacheError::Io { source, .. } => {
            matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem | NotADirectory)
        }
        CacheError::Unsafe { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let get = |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        };
        Variables {
            cache_dir: get("FLAVOR_CACHE_DIR"),
            workenv: get("FLAVOR_WORKENV"),
            xdg_cache_home: get("XDG_CACHE_HOME"),
            home: get("HOME"),
            tmpdir: get("TMPDIR"),
        }
    }

    fn chosen(pairs: &[(&str, &str)]) -> String {
        choose(&variables(pairs), 7, Path::new("/here"))
            .path
            .display()
            .to_string()
    }

    #[test]
    fn the_order_of_variables() {
        let all = [
            ("FLAVOR_CACHE_DIR", "/c d"),
            ("FLAVOR_WORKENV", "/w/workenv/app"),
            ("XDG_CACHE_HOME", "/x"),
            ("HOME", "/home/a b"),
            ("TMPDIR", "/t"),
        ];
        assert_eq!(chosen(&all), "/c d");
        assert_eq!(chosen(&all[1..]), "/w");
        assert_eq!(chosen(&all[2..]), "/x/flavor");
        assert_eq!(chosen(&all[3..]), "/home/a b/.cache/flavor");
        assert_eq!(chosen(&all[4..]), "/t/buckpack-7");
        assert_eq!(chosen(&[]), "/tmp/buckpack-7");
        assert_eq!(chosen(&[("FLAVOR_CACHE_DIR", "rel")]), "/here/rel");
    }

    /// A package started by a packaged program must not put its cache inside the other's cache.
    #[test]
    fn a_workenv_of_ours_leads_back_to_its_root() {
        let name = format!("{}-{}", "0".repeat(64), "1".repeat(16));
        assert_eq!(
            chosen(&[("FLAVOR_WORKENV", &format!("/root/buckpack/{name}/workenv"))]),
            "/root"
        );
        assert_eq!(chosen(&[("FLAVOR_WORKENV", "/")]), "/tmp/buckpack-7");
    }

    #[test]
    fn an_unusable_home_gives_way_and_a_chosen_directory_does_not() {
        let world = tempfile::tempdir().unwrap();
        let here = world.path().canonicalize().unwrap();
        std::fs::write(here.join("file"), "").unwrap();
        let user = crate::effective_user();
        let tmp = here.to_str().unwrap();
        let home = format!("{tmp}/file");
        let away = variables(&[("HOME", &home), ("TMPDIR", tmp)]);
        let opened = choose(&away, user, &here).open(&away, user, &here).unwrap();
        assert_eq!(opened.path, here.join(format!("buckpack-{user}/buckpack")));
        assert!(
            opened
                .instead_of
                .unwrap()
                .to_string()
                .contains("file is not a directory")
        );
        let firm = variables(&[("FLAVOR_CACHE_DIR", &home), ("TMPDIR", tmp)]);
        let error = choose(&firm, user, &here).open(&firm, user, &here).unwrap_err();
        assert!(error.to_string().contains("file is not a directory"), "{error}");
    }
}
