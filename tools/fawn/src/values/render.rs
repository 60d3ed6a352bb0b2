//! Command lines as text, and what they read and make.

use super::artifact::Artifact;
use super::cmd_args::{CmdArgs, Content, Item};
use super::cmd_options::{Options, RelativeTo};
use super::labels::PathLabel;
use crate::cells::Cells;
use anyhow::{Result, bail};
use std::path::Path;
use std::sync::Arc;

/// How artifacts are written.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) cells: &'a Cells,
    /// The project root where paths are absolute.
    pub(crate) absolute: Option<&'a Path>,
}

/// Path options, which inner command lines inherit.
#[derive(Clone, Default)]
struct Paths {
    relative_to: Option<Arc<str>>,
    prefix: Option<Arc<str>>,
    suffix: Option<Arc<str>>,
    parent: usize,
}

impl Renderer<'_> {
    /// The arguments.
    ///
    /// # Errors
    /// A `parent` option that goes above the project.
    pub(crate) fn arguments(&self, command: &CmdArgs) -> Result<Vec<String>> {
        let mut out = Vec::new();
        self.walk(&command.content(), &Paths::default(), &mut out)?;
        Ok(out)
    }

    /// The path of one artifact.
    pub(crate) fn path(&self, artifact: &Artifact) -> Result<String> {
        self.write_path(artifact.path(), &Paths::default())
    }

    fn walk(&self, content: &Content, inherited: &Paths, out: &mut Vec<String>) -> Result<()> {
        let Some(options) = &content.options else {
            return content
                .items
                .iter()
                .try_for_each(|item| self.item(item, inherited, out));
        };
        let paths = self.merge(inherited, options)?;
        let mut arguments = Vec::new();
        for item in &content.items {
            self.item(item, &paths, &mut arguments)?;
        }
        options.finish(arguments, out);
        Ok(())
    }

    fn item(&self, item: &Item, paths: &Paths, out: &mut Vec<String>) -> Result<()> {
        match item {
            Item::Text(text) => out.push(text.to_string()),
            Item::Artifact(artifact) | Item::Output(artifact) => out.push(self.write_path(artifact.path(), paths)?),
            Item::Nested(nested) => self.walk(&nested.content(), paths, out)?,
            Item::Folder(folder) => out.push(self.write_path(self.folder(folder), paths)?),
        }
        Ok(())
    }

    fn folder(&self, folder: &PathLabel) -> String {
        match &folder.cell {
            Some(cell) => self.cells.project_path(cell, &folder.path),
            None => folder.path.to_string(),
        }
    }

    fn merge(&self, inherited: &Paths, options: &Options) -> Result<Paths> {
        let relative_to = match &options.relative_to {
            None => inherited.relative_to.clone(),
            Some((origin, parents)) => {
                let path = match origin {
                    RelativeTo::Artifact(artifact) => artifact.path(),
                    RelativeTo::Folder(folder) => self.folder(folder),
                };
                Some(above(path, *parents)?.into())
            }
        };
        Ok(Paths {
            relative_to,
            prefix: options.absolute_prefix.clone().or_else(|| inherited.prefix.clone()),
            suffix: options.absolute_suffix.clone().or_else(|| inherited.suffix.clone()),
            parent: options.parent + inherited.parent,
        })
    }

    fn write_path(&self, path: String, paths: &Paths) -> Result<String> {
        let path = above(path, paths.parent)?;
        let text = match (&paths.relative_to, self.absolute) {
            (Some(origin), _) => dotted(relative(&path, origin)),
            (None, Some(root)) => root.join(&path).to_string_lossy().into_owned(),
            (None, None) => dotted(path),
        };
        let (prefix, suffix) = (paths.prefix.as_deref(), paths.suffix.as_deref());
        Ok(format!(
            "{}{text}{}",
            prefix.unwrap_or_default(),
            suffix.unwrap_or_default()
        ))
    }
}

fn above(path: String, parents: usize) -> Result<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.len().checked_sub(parents) {
        Some(_) if parents == 0 => Ok(path),
        Some(left) => Ok(parts[..left].join("/")),
        None => bail!("the path `{path}` does not have {parents} parents"),
    }
}

/// A path that can be started as a program: no bare name, and never empty.
fn dotted(path: String) -> String {
    match path.as_str() {
        "" => ".".to_owned(),
        ".." => path,
        name if !name.contains('/') => format!("./{path}"),
        _ => path,
    }
}

/// `path` as seen from the folder `origin`.
fn relative(path: &str, origin: &str) -> String {
    let parts = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (path, origin) = (parts(path), parts(origin));
    let common = path.iter().zip(&origin).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), origin.len() - common);
    up.chain(path[common..].iter().cloned()).collect::<Vec<_>>().join("/")
}

/// The inputs and outputs of a command line, each once, in order.
#[derive(Default)]
pub(crate) struct Uses {
    pub(crate) inputs: Vec<Artifact>,
    pub(crate) outputs: Vec<Artifact>,
}

impl Uses {
    /// Adds everything that a command line mentions or hides.
    pub(crate) fn add(&mut self, command: &CmdArgs) {
        let content = command.content();
        let ignored = content.options.as_ref().is_some_and(|options| options.ignore_artifacts);
        self.items(&content.items, ignored);
        self.items(&content.hidden, ignored);
    }

    fn items(&mut self, items: &[Item], ignored: bool) {
        for item in items {
            match item {
                Item::Artifact(artifact) if !ignored => self.input(artifact),
                Item::Output(artifact) => self.outputs.push(artifact.clone()),
                Item::Nested(nested) if ignored => {
                    let mut inner = Uses::default();
                    inner.add(nested);
                    self.outputs.append(&mut inner.outputs);
                }
                Item::Nested(nested) => self.add(nested),
                Item::Artifact(_) | Item::Text(_) | Item::Folder(_) => {}
            }
        }
    }

    /// Adds one input and what is associated with it.
    pub(crate) fn input(&mut self, artifact: &Artifact) {
        self.inputs.push(artifact.clone());
        for other in artifact.associated.iter() {
            self.input(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::PackageLabel;

    fn artifact(path: &str) -> Item {
        Item::Artifact(Artifact::source(PackageLabel::new("root", ""), path, path))
    }

    fn render(content: Content) -> Vec<String> {
        let cells = Cells::for_tests(&[("root", "")]);
        let renderer = Renderer {
            cells: &cells,
            absolute: None,
        };
        renderer.arguments(&CmdArgs::new(content)).unwrap()
    }

    fn with(options: Options, items: Vec<Item>) -> Vec<String> {
        render(Content {
            items,
            hidden: Vec::new(),
            options: Some(Arc::new(options)),
            is_arg: false,
        })
    }

    #[test]
    fn paths_can_be_started() {
        let items = vec![artifact("a"), artifact("a/b")];
        assert_eq!(with(Options::default(), items), ["./a", "a/b"]);
    }

    #[test]
    fn parents_relative_paths_and_affixes() {
        let parent = Options {
            parent: 1,
            ..Options::default()
        };
        assert_eq!(with(parent, vec![artifact("a/b/c"), artifact("x")]), ["a/b", "."]);
        let Item::Artifact(origin) = artifact("a/x/y") else {
            unreachable!()
        };
        let relative = Options {
            relative_to: Some((RelativeTo::Artifact(origin), 1)),
            absolute_prefix: Some("$ROOT/".into()),
            ..Options::default()
        };
        assert_eq!(
            with(relative, vec![artifact("a/b"), Item::Text("t".into())]),
            ["$ROOT/../b", "t"]
        );
    }

    #[test]
    fn inner_options_apply_first_and_paths_are_inherited() {
        let inner = CmdArgs::new(Content {
            items: vec![artifact("a/b")],
            hidden: Vec::new(),
            options: Some(Arc::new(Options {
                format: Some("-I{}".into()),
                ..Options::default()
            })),
            is_arg: false,
        });
        let outer = Options {
            parent: 1,
            delimiter: Some(" ".into()),
            ..Options::default()
        };
        assert_eq!(
            with(outer, vec![Item::Nested(inner), Item::Text("z".into())]),
            ["-I./a z"]
        );
    }
}
