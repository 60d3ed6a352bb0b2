use binpkg::names::PackageName;

use super::Build;

/// What an installed package would miss afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The package that stays.
    pub package: PackageName,
    /// What it needs.
    pub name: String,
    /// The installed build that offers it, and would be replaced.
    pub offered_by: Build,
}

/// What packages that stay would miss when `new` builds are installed: names that a replaced build offers and nobody does
/// afterwards. What nobody offered before, such as the system's own libraries, is none of a transaction's business.
pub fn uncovered(installed: &[Build], new: &[Build]) -> Vec<Uncovered> {
    let (replaced, staying): (Vec<_>, Vec<_>) = installed
        .iter()
        .partition(|old| new.iter().any(|new| new.replaces(old)));
    let mut missing = Vec::new();
    for package in &staying {
        for name in &package.requires {
            let offered = |build: &Build| build.provides.contains(name);
            if staying.iter().any(|build| offered(build)) || new.iter().any(offered) {
                continue;
            }
            if let Some(old) = replaced.iter().find(|old| offered(old)) {
                missing.push(Uncovered {
                    package: package.name.clone(),
                    name: name.clone(),
                    offered_by: (*old).clone(),
                });
            }
        }
    }
    missing
}
