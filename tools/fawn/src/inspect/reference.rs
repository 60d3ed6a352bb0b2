//! The reference of a `.bzl` file, out of the `doc` strings in it.

use super::comments;
use crate::attrs::{Attr, AttrSpec, to_json};
use crate::label::{Scope, parse_package};
use crate::load::context::FileId;
use crate::load::loader::ModuleKey;
use crate::load::rule::{FrozenRuleCallable, Rule};
use crate::pattern::TargetPattern;
use crate::providers::FrozenUserCallable;
use crate::session::Project;
use anyhow::{Context, Result, bail};
use starlark::docs::{DocFunction, DocItem, DocMember};
use starlark::values::ValueLike;
use std::fmt::Write;

/// The reference of one file.
pub struct Page {
    /// `cell//folder:file.bzl`.
    pub file: String,
    /// Markdown; empty when the file has nothing to show.
    pub markdown: String,
    /// Names of what is described, with its kind.
    pub contents: Vec<(String, &'static str)>,
}

/// What a page describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Every public name of the file.
    All,
    /// Rules, providers and documented functions that the file itself defines.
    Own,
}

impl Project {
    /// The `.bzl` files of the packages in and below a folder: `//folder/...`.
    ///
    /// # Errors
    /// A bad pattern, or no such folder.
    pub fn rule_files(&self, pattern: &str) -> Result<Vec<String>> {
        let scope = self.root_scope();
        let TargetPattern::Below(folder) = TargetPattern::parse(pattern, scope)? else {
            bail!("`{pattern}` names neither a file nor a tree; write `//folder:file.bzl` or `//folder/...`");
        };
        let mut files = Vec::new();
        for package in self.engine.packages_below(&folder)? {
            let tree = &self.engine.loader.cells.get(&package.cell).tree;
            let names = tree.list(&package.path)?.into_iter();
            let names = names.filter(|entry| !entry.directory).map(|entry| entry.name);
            let rules = names.filter(|name| name.ends_with(".bzl"));
            files.extend(rules.map(|name| format!("{package}:{name}")));
        }
        files.sort();
        Ok(files)
    }

    /// The reference of a file named like in a `load`.
    ///
    /// # Errors
    /// No such file, or one that does not load.
    pub fn reference(&self, label: &str, shown: Shown) -> Result<Page> {
        crate::session::deep(|| {
            let (package, name) = label
                .split_once(':')
                .with_context(|| format!("`{label}` is no file; write `//folder:file.bzl`"))?;
            let package = parse_package(package, self.root_scope())?;
            let file = FileId {
                path: package.join(name).into(),
                cell: package.cell,
            };
            let key = ModuleKey {
                build_cell: file.cell.clone(),
                file,
            };
            self.page(&key, shown)
        })
    }

    fn root_scope(&self) -> Scope<'_> {
        let cells = &self.engine.loader.cells;
        Scope {
            cells,
            cell: &cells.root().name,
            package: None,
        }
    }

    fn page(&self, key: &ModuleKey, shown: Shown) -> Result<Page> {
        let module = self.engine.loader.module(key)?;
        let docs = module.documentation();
        let tree = &self.engine.loader.cells.get(&key.file.cell).tree;
        let text = tree.read(&key.file.path)?.unwrap_or_default();
        let all = shown == Shown::All;
        let mut names: Vec<_> = module.names().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        if !all && names.iter().any(|name| name.starts_with("test_")) {
            names.clear(); // Tests of rules are no part of the reference.
        }
        let mut body = String::new();
        let mut contents = Vec::new();
        for name in names.into_iter().filter(|name| !name.starts_with('_')) {
            let value = module.get(&name)?;
            let frozen = value.value().unpack_frozen();
            if let Some(rule) = frozen.and_then(|value| value.downcast_ref::<FrozenRuleCallable>()) {
                if all || rule.rule.file == key.file {
                    write_rule(&mut body, &name, &rule.rule)?;
                    contents.push((name, "rule"));
                }
            } else if let Some(provider) = frozen.and_then(|value| value.downcast_ref::<FrozenUserCallable>()) {
                let start = format!("{name} = provider(");
                if all || text.lines().any(|line| line.starts_with(&start)) {
                    write_provider(&mut body, &name, provider, &text)?;
                    contents.push((name, "provider"));
                }
            } else if let Some(DocItem::Member(DocMember::Function(function))) = docs.members.get(&name) {
                let start = format!("def {name}(");
                if all || (function.docs.is_some() && text.lines().any(|line| line.starts_with(&start))) {
                    write_function(&mut body, &name, function)?;
                    contents.push((name, "function"));
                }
            }
        }
        let mut markdown = String::new();
        if !body.is_empty() {
            writeln!(markdown, "# `{}`", key.file)?;
            if let Some(doc) = docs.docs {
                write!(markdown, "\n{}\n", paragraphs(&doc.summary, doc.details.as_deref()))?;
            }
            markdown.push_str(&body);
        }
        Ok(Page {
            file: key.file.to_string(),
            markdown,
            contents,
        })
    }
}

fn write_function(text: &mut String, name: &str, function: &DocFunction) -> Result<()> {
    let signature = DocFunction {
        docs: None,
        ..function.clone()
    };
    let code = signature.render_as_code(name);
    let code = code
        .trim_end()
        .trim_end_matches("pass")
        .trim_end()
        .trim_end_matches(':');
    write!(text, "\n## `{name}`\n\n```python\n{code}\n```\n")?;
    if let Some(doc) = &function.docs {
        write!(text, "\n{}\n", paragraphs(&doc.summary, doc.details.as_deref()))?;
    }
    Ok(())
}

fn paragraphs(summary: &str, details: Option<&str>) -> String {
    match details {
        Some(details) => format!("{}\n\n{}", summary.trim(), details.trim_end()),
        None => summary.trim().to_owned(),
    }
}

/// Takes the common indentation off all lines but the first, as Python does with docstrings.
fn dedent(text: &str) -> String {
    let rest = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = rest()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines = text.lines().enumerate().map(|(index, line)| match index {
        0 => line.trim(),
        _ => line.get(indent..).unwrap_or("").trim_end(),
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn write_rule(text: &mut String, name: &str, rule: &Rule) -> Result<()> {
    write!(text, "\n## `{name}`\n\n")?;
    match dedent(&rule.doc) {
        doc if doc.is_empty() => writeln!(text, "A rule.")?,
        doc => writeln!(text, "{doc}")?,
    }
    let public = |(name, spec): &&(std::sync::Arc<str>, AttrSpec)| !name.starts_with('_') && !spec.default_only;
    let attrs: Vec<_> = rule.attrs[rule.common..].iter().filter(public).collect();
    if attrs.is_empty() {
        return Ok(());
    }
    text.push_str("\n| attribute | type | default | |\n|---|---|---|---|\n");
    for (name, spec) in attrs {
        let default = match &spec.default {
            None => "required".to_owned(),
            Some(Attr::Select(_) | Attr::Concat(_)) => "by platform".to_owned(),
            Some(default) => format!("`{}`", to_json(default)),
        };
        let doc = dedent(&spec.doc).replace('\n', " ").replace('|', "\\|");
        writeln!(text, "| `{name}` | `{}` | {default} | {doc} |", spec.ty)?;
    }
    Ok(())
}

/// Its `doc` string or the comment above it; the fields with the comments above them.
fn write_provider(text: &mut String, name: &str, provider: &FrozenUserCallable, source: &str) -> Result<()> {
    let (doc, fields) = provider.describe();
    let start = format!("{name} = provider(");
    let doc = match dedent(doc) {
        doc if doc.is_empty() => comments::above(source, |line| line.starts_with(&start)),
        doc => doc,
    };
    write!(text, "\n## `{name}`\n\nA provider. {doc}")?;
    while text.ends_with(' ') {
        text.pop();
    }
    text.push('\n');
    if !fields.is_empty() {
        text.push_str("\n| field | type | |\n|---|---|---|\n");
        for (field, ty) in fields {
            let doc = comments::of_field(source, name, &field).replace('|', "\\|");
            writeln!(text, "| `{field}` | `{}` | {doc} |", ty.replace('|', "\\|"))?;
        }
    }
    Ok(())
}
