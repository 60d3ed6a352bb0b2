//! From patterns to the targets that they mean.

use super::{PatternRequest, TargetPattern};
use crate::engine::Engine;
use crate::files::in_project;
use crate::label::{PackageLabel, Scope, TargetLabel, parse_target};
use crate::session::Request;
use anyhow::{Result, bail};

impl Engine {
    /// The label that a request names, which is always a full one.
    pub(crate) fn label(&self, text: &str) -> Result<TargetLabel> {
        let cells = &self.loader.cells;
        let scope = Scope {
            cells,
            cell: &cells.root().name,
            package: None,
        };
        parse_target(text, scope)
    }

    /// The targets that a pattern means; loads their packages.
    pub(crate) fn expand_pattern(&self, request: &PatternRequest) -> Result<Vec<Request>> {
        let (packages, named) = match &request.pattern {
            TargetPattern::Target(label) => {
                self.loader.target(label)?;
                return Ok(vec![self.request(request, label, true)]);
            }
            TargetPattern::Package(package) => (vec![package.clone()], false),
            TargetPattern::Below(folder) => (self.packages_below(folder)?, false),
        };
        let mut found = Vec::new();
        for package in packages {
            for target in self.loader.package(&package)?.targets.values() {
                found.push(self.request(request, &target.label, named));
            }
        }
        Ok(found)
    }

    fn request(&self, request: &PatternRequest, label: &TargetLabel, named: bool) -> Request {
        Request {
            target: label.to_string().into(),
            sub_target: request.sub_target.clone(),
            modifiers: request.modifiers.clone(),
            named,
        }
    }

    /// Every package in and below a folder, in order of path.
    pub(crate) fn packages_below(&self, folder: &PackageLabel) -> Result<Vec<PackageLabel>> {
        let cell = self.loader.cells.get(&folder.cell);
        if !cell.tree.is_directory(&folder.path) {
            bail!("no folder `{folder}`");
        }
        let mut found = Vec::new();
        let mut waiting = vec![folder.path.to_string()];
        while let Some(path) = waiting.pop() {
            if !path.is_empty() && cell.ignores(&path) {
                continue;
            }
            let mut is_package = false;
            for entry in cell.tree.list(&path)? {
                if entry.directory {
                    waiting.push(in_project(&path, &entry.name));
                } else {
                    is_package |= cell.build_files.contains(&entry.name);
                }
            }
            if is_package {
                found.push(PackageLabel::new(&folder.cell, &path));
            }
        }
        found.sort();
        Ok(found)
    }
}
