//! `fawn docs`: the reference of rules, attributes and providers.

use super::exit::BAD;
use super::options::Configuration;
use crate::inspect::{Page, Shown};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The page that lists the others.
const INDEX: &str = "README.md";

/// Write the reference of `.bzl` files as Markdown, out of their doc strings and comments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `//folder:file.bzl`, or `//folder/...` for what the files of a tree define.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    /// Write one page a file into this folder, named after the file (of a tree: with its folders, joined by `-`), and a list
    /// of them, instead of printing all.
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// Write nothing: fail if the folder holds other pages than would be written.
    #[arg(long, requires = "output_dir")]
    check: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// A file that does not load, or a folder that cannot be written.
pub fn run(args: &Args) -> Result<u8> {
    let (project, _) = args.configuration.open()?;
    let mut pages = Vec::new();
    for file in &args.files {
        if file.contains(':') {
            pages.push((page_name(file, ""), project.reference(file, Shown::All)?));
            continue;
        }
        let root = file.trim_end_matches("...");
        for file in project.rule_files(file)? {
            pages.push((page_name(&file, root), project.reference(&file, Shown::Own)?));
        }
    }
    pages.retain(|(_, page)| !page.markdown.is_empty());
    let Some(folder) = &args.output_dir else {
        let all: Vec<&str> = pages.iter().map(|(_, page)| &*page.markdown).collect();
        std::io::stdout().write_all(all.join("\n").as_bytes())?;
        return Ok(0);
    };
    let files = files(&pages)?;
    if !args.check {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (name, text) in &files {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        return Ok(0);
    }
    let differing = differing(folder, &files)?;
    for name in &differing {
        eprintln!("fawn: {} is not what the doc strings say", folder.join(name).display());
    }
    if differing.is_empty() {
        return Ok(0);
    }
    eprintln!(
        "fawn: run `fawn docs {} --output-dir {}`, and remove pages without a file",
        args.files.join(" "),
        folder.display()
    );
    Ok(BAD)
}

/// `launcher.md` for `//defs/flavor:launcher.bzl`; `flavor-launcher.md` as part of the tree `//defs/`.
fn page_name(file: &str, root: &str) -> String {
    let path = file.split_once(root).filter(|_| !root.is_empty()).map(|(_, path)| path);
    let path = path.unwrap_or_else(|| file.rsplit([':', '/']).next().unwrap_or_default());
    let words: Vec<&str> = path.trim_end_matches(".bzl").split([':', '/']).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{}.md", words.join("-"))
}

/// The pages by file name, with the list of them.
fn files(pages: &[(String, Page)]) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut entries = Vec::new();
    for (name, page) in pages {
        entries.extend(page.contents.iter().map(|(item, kind)| (item, *kind, name)));
        if files.insert(name.clone(), page.markdown.clone()).is_some() {
            bail!(
                "the page of {} would be called `{name}`, as another file's is; write them into different folders",
                page.file
            );
        }
    }
    entries.sort();
    let mut list = "# Reference\n\nWritten by `fawn docs` out of the sources.\n\n| name | |\n|---|---|\n".to_owned();
    for (item, kind, page) in entries {
        writeln!(list, "| [`{item}`]({page}) | {kind} |")?;
    }
    files.insert(INDEX.to_owned(), list);
    Ok(files)
}

/// Names of pages in the folder that are missing, other, or too many.
fn differing(folder: &Path, files: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list the folder {}", folder.display()))?;
    let mut names: BTreeSet<String> = files.keys().cloned().collect();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(".md").then_some(name));
    }
    let same = |name: &String| {
        let stored = std::fs::read_to_string(folder.join(name)).ok();
        stored.is_some() && stored.as_ref() == files.get(name)
    };
    Ok(names.into_iter().filter(|name| !same(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_missing_changed_or_left_over_differ() {
        let folder = tempfile::tempdir().unwrap();
        let page = |name: &str| {
            let page = Page {
                file: format!("c//d:{name}.bzl"),
                markdown: format!("# {name}\n"),
                contents: vec![(name.to_owned(), "rule")],
            };
            (page_name(&page.file, "//d/"), page)
        };
        let files = files(&[page("a"), page("b")]).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["README.md", "a.md", "b.md"]);
        assert!(files["README.md"].ends_with("| [`a`](a.md) | rule |\n| [`b`](b.md) | rule |\n"));
        for (name, text) in &files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(differing(folder.path(), &files).unwrap(), Vec::<String>::new());
        std::fs::write(folder.path().join("a.md"), "other").unwrap();
        std::fs::remove_file(folder.path().join("b.md")).unwrap();
        std::fs::write(folder.path().join("old.md"), "").unwrap();
        assert_eq!(differing(folder.path(), &files).unwrap(), ["a.md", "b.md", "old.md"]);
    }

    #[test]
    fn pages_are_named_after_files() {
        assert_eq!(page_name("//d:a.bzl", ""), "a.md");
        assert_eq!(page_name("c//d:a.bzl", "//d/"), "a.md");
        assert_eq!(page_name("c//d/e/f:a.bzl", "//d/"), "e-f-a.md");
        assert_eq!(page_name("c//d/e:a.bzl", "c//"), "d-e-a.md");
    }

    #[test]
    fn two_pages_of_one_name_are_refused() {
        let page = |folder: &str| {
            let page = Page {
                file: format!("c//{folder}:a.bzl"),
                markdown: "x".to_owned(),
                contents: vec![],
            };
            (page_name(&page.file, ""), page)
        };
        let error = files(&[page("d"), page("e")]).unwrap_err().to_string();
        assert!(
            error.starts_with("the page of c//e:a.bzl would be called `a.md`"),
            "{error}"
        );
    }
}
