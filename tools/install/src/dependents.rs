//! Who needs whom among the installed packages (sections 13.5 and 14.5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use binpkg::metadata::Metadata;

use crate::database::{Database, PackageId};
use crate::error::InstallError;

/// What the installed packages need of each other. A package needs the builds that its `runtime_deps` name (of a name that is
/// there with another build only, that one), and somebody who provides each of its `requires`, unless nobody ever did: that is
/// what the system brings.
#[derive(Debug, Default)]
pub struct Dependents {
    packages: BTreeMap<PackageId, Node>,
}

#[derive(Debug)]
struct Node {
    metadata: Metadata,
    explicit: bool,
}

/// What is removed, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// What was asked for.
    pub asked: BTreeSet<PackageId>,
    /// What needs that.
    pub cascaded: BTreeSet<PackageId>,
    /// What came as a dependency and is needed by nothing that stays.
    pub unneeded: BTreeSet<PackageId>,
}

/// How far a removal goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemovalOptions {
    /// What needs a removed package is removed, too.
    pub cascade: bool,
    /// What needs a removed package stays, although it will not work.
    pub force: bool,
    /// Dependencies that are needed no more are removed, too.
    pub autoremove: bool,
}

impl Removal {
    /// All packages that go.
    pub fn all(&self) -> impl Iterator<Item = &PackageId> {
        self.asked.iter().chain(&self.cascaded).chain(&self.unneeded)
    }
}

impl Dependents {
    /// Looks at everything that is installed.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn read(database: &Database) -> Result<Self, InstallError> {
        let mut dependents = Self::default();
        for installed in database.all()? {
            dependents.put(installed.id, installed.metadata, installed.origin.explicit);
        }
        Ok(dependents)
    }

    fn put(&mut self, id: PackageId, metadata: Metadata, explicit: bool) {
        self.packages.insert(id, Node { metadata, explicit });
    }

    /// Finds out what a removal takes with it.
    ///
    /// # Errors
    /// [`InstallError::Required`] when something that stays needs it.
    pub fn removal(&self, asked: &[PackageId], options: RemovalOptions) -> Result<Removal, InstallError> {
        let mut removal = Removal {
            asked: asked.iter().cloned().collect(),
            ..Removal::default()
        };
        let mut gone = removal.asked.clone();
        loop {
            let broken = self.broken_without(&gone);
            if broken.is_empty() || options.force {
                break;
            }
            if !options.cascade {
                return Err(self.required(&gone, &broken));
            }
            gone.extend(broken.iter().cloned());
            removal.cascaded.extend(broken);
        }
        if options.autoremove {
            // What goes may have needed something that nothing else does.
            loop {
                let unneeded = self.unneeded(&gone);
                if unneeded.is_empty() {
                    break;
                }
                gone.extend(unneeded.iter().cloned());
                removal.unneeded.extend(unneeded);
            }
        }
        Ok(removal)
    }

    /// Packages that stay and miss something when `gone` is gone.
    fn broken_without(&self, gone: &BTreeSet<PackageId>) -> BTreeSet<PackageId> {
        let needs = self.needs();
        let stays = self.packages.keys().filter(|id| !gone.contains(id));
        let broken = stays.filter(|id| {
            let needs = needs.get(id).into_iter().flatten();
            // Several packages may meet a need; it is missed when the last of them goes.
            needs.into_iter().any(|by| by.iter().all(|by| gone.contains(by)))
        });
        broken.cloned().collect()
    }

    fn provided(&self) -> HashMap<&str, Vec<&PackageId>> {
        let mut provided: HashMap<&str, Vec<&PackageId>> = HashMap::new();
        for (id, node) in &self.packages {
            for name in &node.metadata.provides {
                provided.entry(name).or_default().push(id);
            }
        }
        provided
    }

    /// Of each package its needs, each as the list of those who meet it.
    fn needs(&self) -> BTreeMap<&PackageId, Vec<Vec<&PackageId>>> {
        let provided = self.provided();
        let mut by_name: HashMap<&str, Vec<&PackageId>> = HashMap::new();
        for id in self.packages.keys() {
            by_name.entry(id.name().as_str()).or_default().push(id);
        }
        let mut needs = BTreeMap::new();
        for (id, node) in &self.packages {
            let mut of_package = Vec::new();
            for dependency in &node.metadata.runtime_deps {
                let named = by_name.get(dependency.name.as_str()).cloned().unwrap_or_default();
                let exact = |id: &&&PackageId| {
                    self.packages[**id].metadata.config_hash_full == Some(dependency.config_hash_full)
                };
                let exactly: Vec<_> = named.iter().filter(exact).copied().collect();
                of_package.push(if exactly.is_empty() { named } else { exactly });
            }
            let requires = node.metadata.requires.iter();
            of_package.extend(requires.filter_map(|name| provided.get(name.as_str()).cloned()));
            of_package.retain(|by| !by.is_empty() && !by.contains(&id));
            needs.insert(id, of_package);
        }
        needs
    }

    /// Dependencies that nothing that stays needs. A circle of them is one thing: what counts is whether somebody asked for
    /// anything that leads to it.
    fn unneeded(&self, gone: &BTreeSet<PackageId>) -> BTreeSet<PackageId> {
        let needs = self.needs();
        let asked = self
            .packages
            .iter()
            .filter(|(id, node)| node.explicit && !gone.contains(id));
        let mut reached: BTreeSet<&PackageId> = asked.map(|(id, _)| id).collect();
        let mut open: Vec<_> = reached.iter().copied().collect();
        while let Some(id) = open.pop() {
            for by in needs.get(id).into_iter().flatten().flatten() {
                if !gone.contains(by) && reached.insert(by) {
                    open.push(by);
                }
            }
        }
        // Only what the removal has to do with: it was needed by what goes.
        let needed_by_gone: BTreeSet<_> = gone
            .iter()
            .filter_map(|id| needs.get(id))
            .flatten()
            .flatten()
            .copied()
            .collect();
        let unneeded = needed_by_gone
            .into_iter()
            .filter(|id| !gone.contains(id) && !reached.contains(id));
        unneeded.cloned().collect()
    }

    fn required(&self, gone: &BTreeSet<PackageId>, broken: &BTreeSet<PackageId>) -> InstallError {
        let needs = self.needs();
        let mut removed = Vec::new();
        for id in gone {
            let needs_it = |other: &&PackageId| {
                let needs = needs.get(*other).into_iter().flatten();
                needs
                    .into_iter()
                    .any(|by| by.contains(&id) && by.iter().all(|by| gone.contains(*by)))
            };
            let by: Vec<_> = broken.iter().filter(needs_it).cloned().collect();
            if !by.is_empty() {
                removed.push((id.clone(), by));
            }
        }
        InstallError::Required { removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(dependents: &mut Dependents, name: &str, explicit: bool, hash: char, fields: &str) {
        let full: String = std::iter::repeat_n(hash, 64).collect();
        let text = format!(
            r#"{{"schema": "binpkg-metadata/1", "target": "//t:t", "name": "{name}", "version": "1", "config_hash": "{}",
                "config_hash_full": "{full}", "content_hash": "00000000"{fields}}}"#,
            &full[..8]
        );
        let metadata = Metadata::parse(text.as_bytes()).unwrap();
        dependents.put(PackageId::of(&metadata).unwrap(), metadata, explicit);
    }

    fn dep(name: &str, hash: char) -> String {
        let full: String = std::iter::repeat_n(hash, 64).collect();
        format!(r#", "runtime_deps": [{{"name": "{name}", "version": "1", "config_hash_full": "{full}"}}]"#)
    }

    fn ids(names: &[&str]) -> Vec<PackageId> {
        names.iter().map(|name| format!("{name}@0").parse().unwrap()).collect()
    }

    fn world() -> Dependents {
        let mut all = Dependents::default();
        add(&mut all, "bash", true, 'a', &dep("ncurses", 'b'));
        add(
            &mut all,
            "vim",
            true,
            'c',
            r#", "requires": ["so:libncursesw.so.6", "so:libc.so.6"]"#,
        );
        add(
            &mut all,
            "ncurses",
            false,
            'b',
            r#", "provides": ["so:libncursesw.so.6"]"#,
        );
        add(&mut all, "tool", true, 'd', "");
        all
    }

    #[test]
    fn what_is_required_stays() {
        let error = world()
            .removal(&ids(&["ncurses"]), RemovalOptions::default())
            .unwrap_err();
        assert!(error.is_conflict());
        assert!(
            error
                .to_string()
                .starts_with("ncurses@0 is required by bash@0, vim@0; remove"),
            "{error}"
        );
        let removal = world().removal(&ids(&["tool"]), RemovalOptions::default()).unwrap();
        assert_eq!(removal.all().count(), 1);
    }

    #[test]
    fn cascade_force_and_autoremove() {
        let with = |names: &[&str], options| {
            let removal = world().removal(&ids(names), options).unwrap();
            let mut all: Vec<_> = removal.all().map(|id| id.name().as_str().to_owned()).collect();
            all.sort();
            all
        };
        let cascade = RemovalOptions {
            cascade: true,
            ..RemovalOptions::default()
        };
        let force = RemovalOptions {
            force: true,
            ..RemovalOptions::default()
        };
        let autoremove = RemovalOptions {
            autoremove: true,
            ..RemovalOptions::default()
        };
        assert_eq!(with(&["ncurses"], cascade), ["bash", "ncurses", "vim"]);
        assert_eq!(with(&["ncurses"], force), ["ncurses"]);
        assert_eq!(with(&["bash"], autoremove), ["bash"], "vim still needs it");
        assert_eq!(with(&["bash", "vim"], autoremove), ["bash", "ncurses", "vim"]);
    }

    #[test]
    fn another_build_of_the_name_does() {
        let mut all = world();
        add(&mut all, "ncurses", false, 'e', "");
        let removed = all.removal(&ids(&["ncurses"]), RemovalOptions::default());
        assert!(removed.unwrap_err().to_string().contains("required by bash@0"));
    }

    #[test]
    fn a_circle_that_nobody_asked_for() {
        let mut all = Dependents::default();
        add(&mut all, "top", true, 'a', &dep("one", 'b'));
        add(&mut all, "one", false, 'b', &dep("two", 'c'));
        add(&mut all, "two", false, 'c', &dep("one", 'b'));
        let options = RemovalOptions {
            autoremove: true,
            ..RemovalOptions::default()
        };
        assert_eq!(all.removal(&ids(&["top"]), options).unwrap().all().count(), 3);
    }
}
