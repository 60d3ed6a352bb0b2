//! Modes, owners and capabilities: what a manifest grants, and nothing else (section 4.2).
//!
//! Only root can give files away, set capabilities, or make a set-id program that runs as somebody else. For everybody else a
//! package that grants one of these is refused before anything is changed; one without grants gets the caller's files.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use binpkg::manifest::Entry;
use rustix::io::Errno;

use super::Install;
use super::capabilities;
use crate::database::Database;
use crate::error::InstallError;
use crate::resolver::Resolver;
use crate::target_path::TargetPath;
use crate::tree::Tree;

/// What a new file or directory gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) mode: u32,
    /// Owner and group; none where they cannot be chosen.
    pub(super) owner: Option<(u32, u32)>,
    /// The value of the attribute of capabilities.
    pub(super) capabilities: Option<[u8; capabilities::LENGTH]>,
}

impl Rights {
    /// Those of a directory that no package asked for.
    pub(super) fn plain(mode: u32) -> Self {
        Self {
            mode,
            owner: is_root().then_some((0, 0)),
            capabilities: None,
        }
    }
}

/// True when owners can be chosen.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Users and groups of the target, read when they are first asked for.
#[derive(Debug)]
pub(crate) struct Accounts {
    root: bool,
    known: HashMap<&'static str, HashMap<String, u32>>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            root: is_root(),
            known: HashMap::new(),
        }
    }
}

impl Accounts {
    /// What an entry of a package gets.
    pub(super) fn rights(
        &mut self,
        database: &Database,
        install: &Install,
        place: &TargetPath,
        entry: &Entry,
    ) -> Result<Rights, InstallError> {
        let grants = &entry.grants;
        let refused = |reason| InstallError::Grant {
            path: place.clone(),
            package: install.id.clone(),
            reason,
        };
        if !self.root {
            if let Some(what) = privilege(entry) {
                return Err(InstallError::Privilege {
                    path: place.clone(),
                    package: install.id.clone(),
                    what,
                });
            }
            return Ok(Rights {
                mode: entry.mode,
                owner: None,
                capabilities: None,
            });
        }
        let owner = self.resolve(database, entry).map_err(refused)?;
        let capabilities = grants
            .cap
            .as_deref()
            .map(capabilities::parse)
            .transpose()
            .map_err(refused)?;
        Ok(Rights {
            mode: entry.mode,
            owner: Some(owner),
            capabilities,
        })
    }

    /// The owner that an entry should have, if its names are known.
    pub(crate) fn owner(&mut self, database: &Database, entry: &Entry) -> Option<(u32, u32)> {
        self.resolve(database, entry).ok()
    }

    fn resolve(&mut self, database: &Database, entry: &Entry) -> Result<(u32, u32), String> {
        let grants = &entry.grants;
        let uid = match &grants.user {
            Some(name) => self.number(database, "etc/passwd", name)?,
            None => grants.uid,
        };
        let gid = match &grants.group {
            Some(name) => self.number(database, "etc/group", name)?,
            None => grants.gid,
        };
        Ok((uid, gid))
    }

    fn number(&mut self, database: &Database, file: &'static str, name: &str) -> Result<u32, String> {
        if !self.known.contains_key(file) {
            let read = read_accounts(database, file).map_err(|error| format!("cannot read /{file}: {error}"))?;
            self.known.insert(file, read);
        }
        let known = self.known.get(file).and_then(|known| known.get(name));
        known
            .copied()
            .ok_or_else(|| format!("expected `{name}` in /{file} of the target, found none; add it first"))
    }
}

/// What of an entry only root can give.
fn privilege(entry: &Entry) -> Option<String> {
    let grants = &entry.grants;
    let owner = |what, name: &Option<String>, number: u32| match name {
        Some(name) => Some(format!("the {what} {name}")),
        None => (number != 0).then(|| format!("the {what} {number}")),
    };
    (entry.mode & 0o6000 != 0)
        .then(|| format!("the mode {:04o}", entry.mode))
        .or_else(|| grants.cap.as_ref().map(|cap| format!("the capabilities {cap}")))
        .or_else(|| owner("owner", &grants.user, grants.uid))
        .or_else(|| owner("group", &grants.group, grants.gid))
}

/// True when the file has exactly the capabilities of the text.
pub(crate) fn capabilities_of(tree: &Tree, place: &TargetPath, text: &str) -> std::io::Result<bool> {
    let file = tree.read(place)?;
    let mut value = [0; 2 * capabilities::LENGTH];
    match rustix::fs::fgetxattr(&file, capabilities::ATTRIBUTE, &mut value) {
        Ok(length) => Ok(capabilities::parse(text).is_ok_and(|expected| expected[..] == value[..length])),
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Names and numbers of `passwd` or `group`, in the root.
fn read_accounts(database: &Database, file: &str) -> std::io::Result<HashMap<String, u32>> {
    let path = TargetPath::absolute(Path::new(file)).map_err(std::io::Error::other)?;
    // The file itself may be a link, too.
    let place = Resolver::new(database.tree()).directory(&path)?;
    let mut text = Vec::new();
    database.tree().read(&place)?.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let account = |line: &str| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        Some((name.to_owned(), number.parse().ok()?))
    };
    Ok(text.lines().filter_map(account).collect())
}
