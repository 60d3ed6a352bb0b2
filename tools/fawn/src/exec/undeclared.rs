//! Guesses whether a failed action wanted a file that it did not declare.

use super::paths;
use super::sandbox::ROOT;
use std::collections::BTreeSet;
use std::path::Path;

/// What programs say about a file that is not there. Only on such a line does a bare word count as a path: a word like
/// `fawn` or `error` may be the name of a file in the project's root by accident.
const MISSING: [&str; 3] = ["No such file", "does not exist", "not found"];

/// What an action may have looked for in vain.
pub struct Search<'a> {
    /// The project root.
    pub root: &'a Path,
    /// Paths of everything the action declares: inputs and outputs.
    pub declared: &'a BTreeSet<String>,
    /// The configured target that makes an output path, if any does.
    pub maker: &'a dyn Fn(&str) -> Option<String>,
}

impl Search<'_> {
    /// One sentence for each path in `arguments` (with the values of the environment) or `complaints` that exists in the
    /// project, or belongs to another target's outputs, without being declared.
    pub fn sentences<'t>(
        &self,
        arguments: impl IntoIterator<Item = &'t str>,
        complaints: &str,
        target: &str,
    ) -> Vec<String> {
        // The root may hold characters at which words end, so it goes first.
        let root = format!("{}/", self.root.display());
        let inside = |text: &str| text.replace(&root, " ./");
        let arguments: Vec<String> = arguments.into_iter().map(inside).collect();
        let complaints = inside(complaints);
        let arguments = arguments
            .iter()
            .flat_map(|text| words(text).filter(move |word| is_path(word) || is_argument(word, text)));
        let complaints = complaints
            .lines()
            .flat_map(|line| words(line).filter(move |word| is_path(word) || MISSING.iter().any(|m| line.contains(m))));
        let mut seen = BTreeSet::new();
        arguments
            .chain(complaints)
            .filter_map(|word| self.undeclared(word))
            .filter(|path| seen.insert(path.clone()))
            .map(|path| match (self.maker)(&path) {
                Some(maker) => {
                    format!("undeclared input: {path} is an output of {maker}; add it to the inputs of {target}")
                }
                None => format!("undeclared input: {path}; add it to the inputs of {target}"),
            })
            .take(5)
            .collect()
    }

    fn undeclared(&self, word: &str) -> Option<String> {
        let path = paths::resolve("", paths::below(word, ROOT).unwrap_or(word))?;
        let known =
            |declared: &String| paths::below(&path, declared).is_some() || paths::below(declared, &path).is_some();
        if path.is_empty() || self.declared.iter().any(known) {
            return None;
        }
        let makes = path.starts_with("buck-out/");
        if makes {
            return (self.maker)(&path).is_some().then_some(path);
        }
        let metadata = std::fs::metadata(self.root.join(&path)).ok()?;
        // A bare word may be the name of a directory by accident.
        (metadata.is_file() || (metadata.is_dir() && path.contains('/'))).then_some(path)
    }
}

fn is_path(word: &str) -> bool {
    word.contains('/')
}

/// Whether the word is the whole argument, or the value in `--flag=value`.
fn is_argument(word: &str, argument: &str) -> bool {
    argument == word || argument.strip_suffix(word).is_some_and(|flag| flag.ends_with('='))
}

/// Pieces of a text that may be paths, the longest reading first.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let outer = |c: char| c.is_whitespace() || "'\"`‘’“”()[]{}<>|;&,".contains(c);
    text.split(outer).flat_map(|word| {
        let word = word.trim_end_matches([':', '.', '!', '?']);
        // `file:12:3`, `--flag=file`, `name:file`
        std::iter::once(word).chain(word.split([':', '=', '@']).filter(move |part| *part != word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(text: &str) -> Vec<String> {
        look(&[], text)
    }

    fn look(arguments: &[&str], text: &str) -> Vec<String> {
        let world = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(world.path().join("pkg/dir")).unwrap();
        for file in ["pkg/secret.txt", "pkg/known.txt", "pkg/dir/f", "word"] {
            std::fs::write(world.path().join(file), "").unwrap();
        }
        let declared = BTreeSet::from(["pkg/known.txt".to_owned(), "buck-out/fawn/art/own".to_owned()]);
        let maker = |path: &str| (path == "buck-out/fawn/art/other").then(|| "c//p:other (cfg)".to_owned());
        let text = text.replace("ROOT", world.path().to_str().unwrap());
        let search = Search {
            root: world.path(),
            declared: &declared,
            maker: &maker,
        };
        search.sentences(arguments.iter().copied(), &text, "c//pkg:t")
    }

    #[test]
    fn paths_are_found_in_any_dress() {
        let expected = ["undeclared input: pkg/secret.txt; add it to the inputs of c//pkg:t"];
        for text in [
            "cat: pkg/secret.txt: No such file or directory",
            "cannot open 'pkg/secret.txt'",
            "--file=pkg/secret.txt",
            "pkg/secret.txt:12:3: error",
            "ROOT/pkg/secret.txt",
            "/fawn/pkg/secret.txt.",
            "pkg/dir/../secret.txt pkg/secret.txt",
        ] {
            assert_eq!(search(text), expected, "{text}");
        }
    }

    #[test]
    fn a_bare_word_is_a_path_only_where_it_must_be_one() {
        let found = ["undeclared input: word; add it to the inputs of c//pkg:t"];
        for text in ["error: the word is wrong", "word: bad option", "word"] {
            assert_eq!(search(text), Vec::<String>::new(), "{text}");
        }
        for text in [
            "cat: word: No such file or directory",
            "`word` does not exist",
            "./word is bad",
            "ROOT/word",
        ] {
            assert_eq!(search(text), found, "{text}");
        }
        for argument in ["word", "--file=word"] {
            assert_eq!(look(&[argument], ""), found, "{argument}");
        }
        assert_eq!(look(&["say word twice", "--word", "-c"], ""), Vec::<String>::new());
    }

    #[test]
    fn outputs_of_others_are_named_with_their_target() {
        assert_eq!(
            search("no buck-out/fawn/art/other"),
            [
                "undeclared input: buck-out/fawn/art/other is an output of c//p:other (cfg); add it to the inputs of c//pkg:t"
            ]
        );
    }

    #[test]
    fn declared_unknown_and_foreign_paths_are_left_alone() {
        let none = Vec::<String>::new();
        assert_eq!(
            search("pkg/known.txt pkg pkg/none.txt /etc/passwd ../x buck-out/fawn/art/own buck-out/fawn/art/x"),
            none
        );
    }
}
