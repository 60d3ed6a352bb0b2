//! What a system needs to be told after its files have changed. Packages bring no scripts; this list is all there is.
//!
//! | when | what runs |
//! |---|---|
//! | shared libraries came, went or changed below `/usr` of the running system, by root | `/sbin/ldconfig`, if there is one |
//!
//! Nothing runs for another root: what is in there may not even run here.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use binpkg::manifest::{EntryKind, Manifest};
use install::{Database, PackageId, Place};

use crate::exit::Coded;

/// Where the programs are, whatever `PATH` says.
const LDCONFIG: [&str; 2] = ["/sbin/ldconfig", "/usr/sbin/ldconfig"];

/// Watches what a transaction does.
pub(crate) struct Triggers<'a> {
    database: &'a Database,
    libraries: bool,
}

impl<'a> Triggers<'a> {
    /// Looks at the packages that a transaction replaces or removes.
    pub(crate) fn before(database: &'a Database, leaving: &[PackageId]) -> Result<Self> {
        let mut triggers = Self {
            database,
            libraries: false,
        };
        triggers.look_at(leaving)?;
        Ok(triggers)
    }

    /// Looks at those that it has installed, and runs what is due. A failure is a warning: the transaction is done.
    pub(crate) fn after(mut self, installed: &[PackageId]) -> Result<()> {
        self.look_at(installed)?;
        let place = self.database.place();
        let prefix = place.prefix().to_string();
        if self.libraries && is_the_system(place.root(), &prefix) {
            refresh_libraries();
        }
        Ok(())
    }

    fn look_at(&mut self, packages: &[PackageId]) -> Result<()> {
        for id in packages {
            self.libraries = self.libraries || has_libraries(&self.database.manifest(id).coded()?);
        }
        Ok(())
    }
}

fn has_libraries(manifest: &Manifest) -> bool {
    let is_library = |path: &[u8]| {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        name.ends_with(b".so") || name.windows(4).any(|part| part == b".so.")
    };
    let entries = manifest.entries().iter();
    entries
        .filter(|entry| entry.kind != EntryKind::Directory)
        .any(|entry| is_library(entry.path.as_bytes()))
}

/// Whether this is the running system itself, and its own prefix.
fn is_the_system(root: &Path, prefix: &str) -> bool {
    root.canonicalize().is_ok_and(|root| root == Path::new("/")) && prefix == Place::USR
}

fn refresh_libraries() {
    let Some(program) = LDCONFIG.into_iter().find(|program| Path::new(program).is_file()) else {
        return;
    };
    let ended = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    let why = match ended {
        Ok(status) if status.success() => return,
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    eprintln!(
        "install-binary: warning: {program} has failed ({why}); programs may not find new libraries before it runs again"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries() {
        let digest = digest::Sha256::of(b"");
        let has = |path: &str| {
            let text = format!("binpkg-manifest/1\nf 0644 0 {digest} {path}\n");
            has_libraries(&Manifest::parse(text.as_bytes()).unwrap())
        };
        for path in ["libx.so", "libx.so.1.2", "x.so.1"] {
            assert!(has(path), "{path}");
        }
        for path in ["so", "libx.sox", "libx.a", "x.sound"] {
            assert!(!has(path), "{path}");
        }
    }

    #[test]
    fn only_the_running_system() {
        assert!(is_the_system(Path::new("/"), "/usr"));
        assert!(!is_the_system(Path::new("/"), "/opt/x"));
        assert!(!is_the_system(&std::env::temp_dir(), "/usr"));
    }
}
