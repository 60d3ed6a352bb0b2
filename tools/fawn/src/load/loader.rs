//! Loading modules and packages, each once.

use super::context::{BuildFile, FileContext, FileId, Stage};
use super::data_file;
use super::error::{freeze_error, starlark_error};
use super::globals::globals;
use super::implicit;
use super::listing::Listing;
use super::package_file::{Constructor, PackageFileDraft, PackageInfo};
use super::target::{Package, Target};
use crate::cells::Cells;
use crate::label::{PackageLabel, Scope, TargetLabel, parse_package};
use anyhow::{Context, Result, bail};
use starlark::environment::{FrozenModule, Globals, Module};
use starlark::eval::{Evaluator, ReturnFileLoader};
use starlark::syntax::{AstModule, Dialect, DialectTypes};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A file, and the cell for whose build files it is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ModuleKey {
    pub(crate) file: FileId,
    pub(crate) build_cell: Arc<str>,
}

/// Everything that has been loaded.
pub(crate) struct Loader {
    pub(crate) cells: Arc<Cells>,
    globals: Globals,
    modules: Mutex<HashMap<ModuleKey, FrozenModule>>,
    packages: Mutex<HashMap<PackageLabel, Arc<Package>>>,
    infos: Mutex<HashMap<PackageLabel, Arc<PackageInfo>>>,
}

fn get<K: std::hash::Hash + Eq, V: Clone>(map: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn put<K: std::hash::Hash + Eq, V: Clone>(map: &Mutex<HashMap<K, V>>, key: K, value: V) -> V {
    map.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(key)
        .or_insert(value)
        .clone()
}

/// The files whose loading led here, to find cycles.
type Chain<'a> = &'a [ModuleKey];

fn bzl_dialect() -> Dialect {
    Dialect {
        enable_def: true,
        enable_lambda: true,
        enable_load: true,
        enable_keyword_only_arguments: true,
        enable_types: DialectTypes::Enable,
        enable_load_reexport: false,
        enable_top_level_stmt: true,
        enable_f_strings: true,
        ..Dialect::Standard
    }
}

fn build_dialect() -> Dialect {
    Dialect {
        enable_def: false,
        enable_keyword_only_arguments: false,
        enable_types: DialectTypes::Disable,
        enable_top_level_stmt: false,
        ..bzl_dialect()
    }
}

impl Loader {
    /// A loader that has loaded nothing.
    pub(crate) fn new(cells: Arc<Cells>) -> Self {
        Self {
            cells,
            globals: globals(),
            modules: Mutex::default(),
            packages: Mutex::default(),
            infos: Mutex::default(),
        }
    }

    /// The module of a file.
    pub(crate) fn module(&self, key: &ModuleKey) -> Result<FrozenModule> {
        self.load_module(key, &[])
    }

    fn load_module(&self, key: &ModuleKey, chain: Chain<'_>) -> Result<FrozenModule> {
        if let Some(module) = get(&self.modules, key) {
            return Ok(module);
        }
        if let Some(start) = chain.iter().position(|other| other == key) {
            let names: Vec<_> = chain[start..]
                .iter()
                .chain([key])
                .map(|key| key.file.to_string())
                .collect();
            bail!(
                "files load each other in a circle: {}; move what they share to a third file",
                names.join(" -> ")
            );
        }
        let chain = [chain, std::slice::from_ref(key)].concat();
        let text = self.read(&key.file)?;
        let name = self.file_name(&key.file);
        let module = if data_file::is_data(&key.file.path) {
            data_file::load(&name, &text)?
        } else {
            let context = FileContext {
                cells: &self.cells,
                file: key.file.clone(),
                build_cell: key.build_cell.clone(),
                stage: Stage::Bzl,
            };
            let prelude = implicit::prelude(&self.cells, &key.file.cell);
            self.evaluate(
                &name,
                text.into_owned(),
                &bzl_dialect(),
                &context,
                &chain,
                prelude,
                None,
            )?
        };
        Ok(put(&self.modules, key.clone(), module))
    }

    fn read(&self, file: &FileId) -> Result<std::borrow::Cow<'static, str>> {
        let text = self.cells.get(&file.cell).tree.read(&file.path)?;
        text.with_context(|| format!("no file `{}` ({file})", self.file_name(file)))
    }

    /// How a file is called in messages: its path in the project.
    fn file_name(&self, file: &FileId) -> String {
        let cell = self.cells.get(&file.cell);
        match cell.tree {
            crate::files::Tree::Disk(_) => self.cells.project_path(&file.cell, &file.path),
            crate::files::Tree::Bundled => format!("{}//{}", file.cell, file.path),
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one call per kind of file; a struct would only rename them"
    )]
    fn evaluate(
        &self,
        name: &str,
        text: String,
        dialect: &Dialect,
        context: &FileContext<'_>,
        chain: Chain<'_>,
        prelude: Option<ModuleKey>,
        include: Option<ModuleKey>,
    ) -> Result<FrozenModule> {
        let ast = AstModule::parse(name, text, dialect).map_err(starlark_error)?;
        let mut loads = HashMap::new();
        for load in ast.loads() {
            let place = || format!("{name}:{}", load.span.resolve_span().begin.line + 1);
            let key = self.resolve_load(load.module_id, context).with_context(place)?;
            loads.insert(
                load.module_id.to_owned(),
                self.load_module(&key, chain).with_context(place)?,
            );
        }
        let prelude = prelude.map(|key| self.load_module(&key, chain)).transpose()?;
        let include = include.map(|key| self.load_module(&key, chain)).transpose()?;
        Module::with_temp_heap(|module| {
            for implicit in prelude.iter().chain(&include) {
                module.import_public_symbols(implicit);
            }
            if let (Some(prelude), Stage::Build(_)) = (&prelude, &context.stage) {
                implicit::spread_native(&module, prelude)?;
            }
            let modules = loads.iter().map(|(name, module)| (name.as_str(), module)).collect();
            let loader = ReturnFileLoader { modules: &modules };
            {
                let mut eval = Evaluator::new(&module);
                eval.set_loader(&loader);
                eval.extra = Some(context);
                eval.eval_module(ast, &self.globals).map_err(starlark_error)?;
            }
            module
                .freeze()
                .map_err(|error| freeze_error(error).context(name.to_owned()))
        })
    }

    fn resolve_load(&self, text: &str, context: &FileContext<'_>) -> Result<ModuleKey> {
        let file = &context.file;
        let scope = Scope {
            cells: &self.cells,
            cell: &file.cell,
            package: Some(file.folder()),
        };
        let Some((package, name)) = text.split_once(':') else {
            bail!("`load` of `{text}`: expected `//folder:file.bzl`, `@cell//folder:file.bzl` or `:file.bzl`");
        };
        let package = match package {
            "" => PackageLabel::new(&file.cell, file.folder()),
            package => parse_package(package, scope)?,
        };
        if !name.ends_with(".bzl") && !data_file::is_data(name) {
            bail!("`load` of `{text}`: files end in .bzl, .json or .toml");
        }
        let in_prelude = implicit::prelude_cell(&self.cells).is_some_and(|prelude| prelude == package.cell);
        Ok(ModuleKey {
            // The prelude is the same for everybody; other files are evaluated once per cell that loads them.
            build_cell: if in_prelude {
                package.cell.clone()
            } else {
                context.build_cell.clone()
            },
            file: FileId {
                path: package.join(name).into(),
                cell: package.cell,
            },
        })
    }

    /// The package of this name.
    pub(crate) fn package(&self, label: &PackageLabel) -> Result<Arc<Package>> {
        if let Some(package) = get(&self.packages, label) {
            return Ok(package);
        }
        let package = Arc::new(self.load_package(label)?);
        Ok(put(&self.packages, label.clone(), package))
    }

    /// The target of this name.
    pub(crate) fn target(&self, label: &TargetLabel) -> Result<Arc<Target>> {
        Ok(self.package(&label.package)?.target(&label.name)?.clone())
    }

    fn load_package(&self, label: &PackageLabel) -> Result<Package> {
        let cell = self.cells.get(&label.cell);
        if cell.ignores(&label.path) && !label.path.is_empty() {
            bail!(
                "the package `{label}` is hidden by `[project] ignore` of cell `{}`",
                label.cell
            );
        }
        let Some(build_file) = cell.build_file(&label.path) else {
            let names = cell.build_files.join("` or `");
            bail!(
                "no package `{label}`: there is no file `{names}` in {}",
                describe_folder(&self.cells, label)
            );
        };
        let file = FileId {
            cell: label.cell.clone(),
            path: label.join(build_file).into(),
        };
        let listing = Listing::new(cell, label.clone());
        let text = self.read(&file)?.into_owned();
        self.evaluate_package(label, &file, text, &listing)
    }

    /// Adds a package that has no folder: its build file is `text`, its files are `files`. For tests of rules.
    pub(crate) fn define_package(&self, label: &PackageLabel, text: &str, files: Vec<String>) -> Result<()> {
        let file = FileId {
            cell: label.cell.clone(),
            path: label.join("BUCK").into(),
        };
        let listing = Listing::inline(self.cells.get(&label.cell), label.clone(), files);
        let package = self.evaluate_package(label, &file, text.to_owned(), &listing)?;
        put(&self.packages, label.clone(), Arc::new(package));
        Ok(())
    }

    fn evaluate_package(
        &self,
        label: &PackageLabel,
        file: &FileId,
        text: String,
        listing: &Listing<'_>,
    ) -> Result<Package> {
        let info = self.package_info(label)?;
        let include = implicit::package_include(&self.cells, label)?;
        let (implicits, implicit_names) = match include {
            Some((key, names)) => (Some(self.module(&key)?), names),
            None => (None, BTreeMap::new()),
        };
        let context = FileContext {
            cells: &self.cells,
            file: file.clone(),
            build_cell: label.cell.clone(),
            stage: Stage::Build(BuildFile {
                package: label.clone(),
                listing,
                info,
                targets: RefCell::default(),
                implicits,
                implicit_names,
            }),
        };
        let name = self.file_name(file);
        let prelude = implicit::prelude(&self.cells, &label.cell);
        let include = implicit::include(&self.cells, &label.cell)?;
        self.evaluate(&name, text, &build_dialect(), &context, &[], prelude, include)?;
        let Stage::Build(build) = context.stage else {
            unreachable!("made above");
        };
        let targets = build
            .targets
            .into_inner()
            .into_iter()
            .map(|(name, target)| (name, Arc::new(target)));
        Ok(Package {
            label: label.clone(),
            build_file: name,
            targets: targets.collect(),
        })
    }

    /// What the `PACKAGE` files from the cell's root to a folder say.
    pub(crate) fn package_info(&self, label: &PackageLabel) -> Result<Arc<PackageInfo>> {
        if let Some(info) = get(&self.infos, label) {
            return Ok(info);
        }
        let parent = match label.path.rsplit_once('/') {
            _ if label.path.is_empty() => Arc::default(),
            Some((folder, _)) => self.package_info(&PackageLabel::new(&label.cell, folder))?,
            None => self.package_info(&PackageLabel::new(&label.cell, ""))?,
        };
        let cell = self.cells.get(&label.cell);
        let name = ["PACKAGE", "BUCK_TREE"]
            .into_iter()
            .find(|name| cell.tree.is_file(&label.join(name)));
        let info = match name {
            Some(name) => Arc::new(self.load_package_file(label, name, &parent)?),
            None => parent,
        };
        Ok(put(&self.infos, label.clone(), info))
    }

    fn load_package_file(&self, label: &PackageLabel, name: &str, parent: &PackageInfo) -> Result<PackageInfo> {
        let file = FileId {
            cell: label.cell.clone(),
            path: label.join(name).into(),
        };
        let at_root = label.path.is_empty() && label.cell == self.cells.root().name;
        let context = FileContext {
            cells: &self.cells,
            file: file.clone(),
            build_cell: label.cell.clone(),
            stage: Stage::Package(PackageFileDraft::new(parent, at_root)),
        };
        let text = self.read(&file)?.into_owned();
        let prelude = implicit::prelude(&self.cells, &label.cell);
        let module = self.evaluate(
            &self.file_name(&file),
            text,
            &build_dialect(),
            &context,
            &[],
            prelude,
            None,
        )?;
        let Stage::Package(draft) = context.stage else {
            unreachable!("made above");
        };
        let mut info = draft.info.into_inner();
        info.constructor = draft.has_constructor.get().then(|| Arc::new(Constructor { module }));
        Ok(info)
    }
}

fn describe_folder(cells: &Cells, label: &PackageLabel) -> String {
    match cells.project_path(&label.cell, &label.path) {
        path if path.is_empty() => "the project root".to_owned(),
        path => format!("`{path}`"),
    }
}
