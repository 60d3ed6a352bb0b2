//! Targets and packages as they were loaded.

use super::package_file::PackageInfo;
use super::rule::Rule;
use super::visibility::Visibility;
use crate::attrs::{Attr, AttrSpec, closest};
use crate::label::{PackageLabel, TargetLabel};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One use of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) label: TargetLabel,
    pub(crate) rule: Arc<Rule>,
    /// Values in the order of the rule's attributes.
    pub(crate) attrs: Vec<Attr>,
    /// `file:line` of the call in the build file.
    pub(crate) location: Arc<str>,
    pub(crate) visibility: Visibility,
    pub(crate) within_view: Visibility,
    pub(crate) info: Arc<PackageInfo>,
}

impl Target {
    /// All attributes with their declarations.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &AttrSpec, &Attr)> {
        self.rule
            .attrs
            .iter()
            .zip(&self.attrs)
            .map(|((name, spec), value)| (&**name, spec, value))
    }

    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&Attr> {
        self.attributes()
            .find(|(other, ..)| *other == name)
            .map(|(_, _, value)| value)
    }

    /// Refuses a dependent that may not see this target.
    pub(crate) fn check_visible_to(&self, dependent: &TargetLabel) -> Result<()> {
        if self.label.package == dependent.package || self.visibility.includes(dependent) {
            return Ok(());
        }
        bail!(
            "`{}` is not visible to `{dependent}`; add it to `visibility` of the target ({})",
            self.label,
            self.location
        )
    }
}

/// A loaded package.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) label: PackageLabel,
    /// Path of its build file in the project.
    pub(crate) build_file: String,
    pub(crate) targets: BTreeMap<Arc<str>, Arc<Target>>,
}

impl Package {
    /// The target of this name.
    ///
    /// # Errors
    /// There is none; the message suggests one that is spelt alike.
    pub(crate) fn target(&self, name: &str) -> Result<&Arc<Target>> {
        if let Some(target) = self.targets.get(name) {
            return Ok(target);
        }
        let names = || self.targets.keys().map(|name| &**name);
        match closest(name, names()) {
            Some(near) => bail!(
                "no target `{name}` in package `{}` ({}); did you mean `:{near}`?",
                self.label,
                self.build_file
            ),
            None => {
                let all: Vec<_> = names().take(8).collect();
                let more = if self.targets.len() > 8 { ", …" } else { "" };
                bail!(
                    "no target `{name}` in package `{}` ({}); it has: {}{more}",
                    self.label,
                    self.build_file,
                    all.join(", ")
                )
            }
        }
    }
}
