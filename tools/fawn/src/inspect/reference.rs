//! The reference of a `.bzl` file, out of the `doc` strings in it.

use crate::attrs::{Attr, AttrSpec, to_json};
use crate::label::{Scope, parse_package};
use crate::load::context::FileId;
use crate::load::loader::ModuleKey;
use crate::load::rule::{FrozenRuleCallable, Rule};
use crate::providers::FrozenUserCallable;
use crate::session::Project;
use anyhow::{Context, Result};
use starlark::docs::{DocItem, DocMember};
use starlark::values::ValueLike;
use std::fmt::Write;

/// The reference of one file.
pub struct Page {
    /// `cell//folder:file.bzl`.
    pub file: String,
    /// Markdown; empty when the file has nothing public.
    pub markdown: String,
}

impl Project {
    /// The reference of a file named like in a `load`.
    ///
    /// # Errors
    /// No such file, or one that does not load.
    pub fn reference(&self, label: &str) -> Result<Page> {
        crate::session::deep(|| {
            let cells = &self.engine.loader.cells;
            let scope = Scope {
                cells,
                cell: &cells.root().name,
                package: None,
            };
            let (package, name) = label
                .split_once(':')
                .with_context(|| format!("`{label}` is no file; write `//folder:file.bzl`"))?;
            let package = parse_package(package, scope)?;
            let file = FileId {
                path: package.join(name).into(),
                cell: package.cell,
            };
            let key = ModuleKey {
                build_cell: file.cell.clone(),
                file,
            };
            self.page(&key)
        })
    }

    fn page(&self, key: &ModuleKey) -> Result<Page> {
        let module = self.engine.loader.module(key)?;
        let docs = module.documentation();
        let mut names: Vec<_> = module.names().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        let mut body = String::new();
        for name in names.iter().filter(|name| !name.starts_with('_')) {
            let value = module.get(name)?;
            let frozen = value.value().unpack_frozen();
            if let Some(rule) = frozen.and_then(|value| value.downcast_ref::<FrozenRuleCallable>()) {
                write_rule(&mut body, name, &rule.rule)?;
            } else if let Some(provider) = frozen.and_then(|value| value.downcast_ref::<FrozenUserCallable>()) {
                write_provider(&mut body, name, provider)?;
            } else if let Some(DocItem::Member(DocMember::Function(function))) = docs.members.get(name) {
                write!(body, "\n## `{name}`\n\nA function.\n")?;
                if let Some(doc) = &function.docs {
                    write!(body, "\n{}\n", paragraphs(&doc.summary, doc.details.as_deref()))?;
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
        })
    }
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

fn write_provider(text: &mut String, name: &str, provider: &FrozenUserCallable) -> Result<()> {
    let (doc, fields) = provider.describe();
    write!(text, "\n## `{name}`\n\nA provider. {}", dedent(doc))?;
    while text.ends_with(' ') {
        text.pop();
    }
    text.push('\n');
    if !fields.is_empty() {
        text.push_str("\n| field | type |\n|---|---|\n");
        for (field, ty) in fields {
            writeln!(text, "| `{field}` | `{}` |", ty.replace('|', "\\|"))?;
        }
    }
    Ok(())
}
