//! Binary packages in a folder: found, and checked before anybody else sees them.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use binpkg::check::{CheckError, Checked};
use binpkg::recipe::{MaybeToolchain, Recipe, RecipeError};
use digest::Sha256;

/// A package that is what its sidecar, its manifest and its recipe say.
#[derive(Debug)]
pub struct LocalPackage {
    /// The tarball.
    pub tarball: PathBuf,
    /// What is in it, and its sidecar.
    pub checked: Checked,
    /// Its recipe, if it lies beside it.
    pub recipe: Option<Recipe>,
}

/// Why a package is not published.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The file system refused.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Tarball and sidecar do not belong together.
    #[error("{} does not verify", path.display())]
    Check {
        /// The tarball.
        path: PathBuf,
        /// Why not.
        source: Box<CheckError>,
    },
    /// A tarball under another name than its own.
    #[error("expected {} to be called `{name}`, which is what its metadata say", path.display())]
    Name {
        /// The tarball.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// A recipe that cannot be read.
    #[error("{} is no recipe", path.display())]
    Recipe {
        /// The recipe.
        path: PathBuf,
        /// Why not.
        source: RecipeError,
    },
    /// Somebody else's recipe.
    #[error("expected {} to have the config hash {expected}, found {found}", path.display())]
    OtherRecipe {
        /// The recipe.
        path: PathBuf,
        /// What the metadata say.
        expected: String,
        /// What it has.
        found: Sha256,
    },
}

fn file_error(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LocalError {
    let path = path.to_owned();
    move |source| LocalError::File { verb, path, source }
}

/// The tarballs of binary packages in a folder and the folders below it, in order.
///
/// # Errors
/// A folder that cannot be read.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, LocalError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(file_error("read", &folder))? {
            let entry = entry.map_err(file_error("read", &folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(file_error("look at", &path))?;
            if kind.is_dir() {
                folders.push(path);
            } else if is_tarball(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Also a foreign name counts: it is refused later, with the name that it should have.
fn is_tarball(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !name.starts_with('.') && (name.ends_with(".tar.gz") || name.ends_with(".tar.zst"))
}

/// `path` with something after its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

impl LocalPackage {
    /// Reads the package whose tarball is at `path`, every byte of it.
    ///
    /// # Errors
    /// See [`LocalError`].
    pub fn read(path: &Path) -> Result<Self, LocalError> {
        let sidecar_path = beside(path, ".sha256");
        let sidecar = fs::read(&sidecar_path).map_err(file_error("read", &sidecar_path))?;
        let file = File::open(path).map_err(file_error("open", path))?;
        let checked = Checked::read(BufReader::with_capacity(256 << 10, file), &sidecar).map_err(|source| {
            let (path, source) = (path.to_owned(), Box::new(source));
            LocalError::Check { path, source }
        })?;
        let name = &checked.sidecar.file;
        if path.file_name().and_then(|name| name.to_str()) != Some(name) {
            let (path, name) = (path.to_owned(), name.clone());
            return Err(LocalError::Name { path, name });
        }
        let recipe = read_recipe(&beside(path, ".recipe.json"), &checked)?;
        let tarball = path.to_owned();
        Ok(Self {
            tarball,
            checked,
            recipe,
        })
    }

    /// Whether its toolchain was the machine's own, which no recipe can pin.
    pub fn is_host_built(&self) -> bool {
        let host = |recipe: &Recipe| matches!(&recipe.toolchain, MaybeToolchain::Some(tools) if tools.identity.contains("host"));
        self.recipe.as_ref().is_some_and(host)
    }
}

fn read_recipe(path: &Path, checked: &Checked) -> Result<Option<Recipe>, LocalError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error("read", path)(error)),
    };
    let found = Sha256::of(text.as_bytes());
    let expected = checked.package.metadata.config_hash_full;
    if expected != Some(found) {
        return Err(LocalError::OtherRecipe {
            path: path.to_owned(),
            expected: expected.map_or_else(|| "none".to_owned(), |hash| hash.hex()),
            found,
        });
    }
    Recipe::parse(&text).map(Some).map_err(|source| {
        let path = path.to_owned();
        LocalError::Recipe { path, source }
    })
}
