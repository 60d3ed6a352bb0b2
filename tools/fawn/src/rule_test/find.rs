//! Finding and running the tests of packages.

use super::context::TestValue;
use crate::label::PackageLabel;
use crate::load::context::{FileContext, FileId, Stage};
use crate::load::error::starlark_error;
use crate::load::loader::ModuleKey;
use crate::pattern::{TargetPattern, parse_requests};
use crate::session::Project;
use anyhow::{Context, Result};
use starlark::environment::Module;
use starlark::eval::Evaluator;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ending of the files.
const SUFFIX: &str = "_test.bzl";

/// One test function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleTest {
    package: PackageLabel,
    file: String,
    function: String,
}

/// How a test ended.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Why it failed; `None` when it passed.
    pub failure: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl std::fmt::Display for RuleTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}%{}", self.package, self.file, self.function)
    }
}

impl RuleTest {
    fn key(&self) -> ModuleKey {
        ModuleKey {
            file: FileId {
                cell: self.package.cell.clone(),
                path: self.package.join(&self.file).into(),
            },
            build_cell: self.package.cell.clone(),
        }
    }
}

impl Project {
    /// The tests in the packages that patterns cover; a pattern for a single target covers none.
    ///
    /// # Errors
    /// A bad pattern, or a test file that does not load.
    pub fn rule_tests(&self, cwd: &Path, patterns: &[String]) -> Result<Vec<RuleTest>> {
        let folder = cwd
            .canonicalize()
            .with_context(|| format!("no folder {}", cwd.display()))?;
        let folder = folder
            .strip_prefix(self.root())
            .unwrap_or(Path::new(""))
            .to_string_lossy()
            .into_owned();
        crate::session::deep(|| {
            let mut found = Vec::new();
            for request in parse_requests(patterns, &self.engine.loader.cells, &folder)? {
                let packages = match &request.pattern {
                    TargetPattern::Target(_) => continue,
                    TargetPattern::Package(package) => vec![package.clone()],
                    TargetPattern::Below(folder) => self.engine.packages_below(folder)?,
                };
                for package in packages {
                    self.tests_of(&package, &mut found)?;
                }
            }
            found.sort();
            found.dedup();
            Ok(found)
        })
    }

    fn tests_of(&self, package: &PackageLabel, found: &mut Vec<RuleTest>) -> Result<()> {
        let tree = &self.engine.loader.cells.get(&package.cell).tree;
        let files = tree
            .list(&package.path)?
            .into_iter()
            .filter(|entry| !entry.directory && entry.name.ends_with(SUFFIX));
        for file in files {
            let test = |function: &str| RuleTest {
                package: package.clone(),
                file: file.name.clone(),
                function: function.to_owned(),
            };
            let module = self.engine.loader.module(&test("").key())?;
            let names = module.names().map(|name| name.as_str().to_owned());
            found.extend(names.filter(|name| name.starts_with("test_")).map(|name| test(&name)));
        }
        Ok(())
    }

    /// Runs one test.
    pub fn run_rule_test(&self, test: &RuleTest) -> Verdict {
        let start = Instant::now();
        let result = crate::session::deep(|| self.call_test(test));
        Verdict {
            failure: result.err().map(|error| format!("{error:#}")),
            took: start.elapsed(),
        }
    }

    fn call_test(&self, test: &RuleTest) -> Result<()> {
        let key = test.key();
        let function = self.engine.loader.module(&key)?.get(&test.function)?;
        let surroundings = FileContext {
            cells: &self.engine.loader.cells,
            file: key.file,
            build_cell: key.build_cell,
            stage: Stage::Rule,
        };
        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let function = heap.access_owned_frozen_value(&function);
            let context = heap.alloc(TestValue::new(
                self.engine.clone(),
                test.package.clone(),
                &test.to_string(),
            ));
            let mut eval = Evaluator::new(&module);
            eval.extra = Some(&surroundings);
            eval.eval_function(function, &[context], &[]).map_err(starlark_error)?;
            Ok(())
        })
    }
}
