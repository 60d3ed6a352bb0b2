//! Building a case with one of the engines.

use super::case::Case;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// fawn or Buck2.
pub struct Engine {
    program: PathBuf,
    is_buck2: bool,
}

/// What an engine made of a case.
pub struct Outcome {
    /// One line an output, or what the engine said when it failed.
    pub outputs: Result<String, String>,
    /// One line an action.
    pub actions: BTreeSet<String>,
    /// For each expression what `cquery` lists, sorted.
    pub queries: Vec<String>,
}

impl Engine {
    /// The program under test.
    pub fn fawn() -> Self {
        Self {
            program: testkit::program("fawn"),
            is_buck2: false,
        }
    }

    /// Buck2, where it is installed.
    pub fn buck2() -> Option<Self> {
        Some(Self {
            program: on_path("buck2")?,
            is_buck2: true,
        })
    }

    fn start(&self, root: &Path, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.current_dir(root).args(words);
        command.env("HOME", root.join("home")).env("NO_COLOR", "1");
        command.output().expect("the engine starts")
    }

    /// Builds the case in a project of its own.
    pub fn run(&self, case: &Case) -> Outcome {
        let world = tempfile::tempdir().expect("folder");
        let root = world.path().canonicalize().expect("folder").join("project");
        std::fs::create_dir_all(root.join("home")).expect("folder");
        case.write(&root);
        let mut words = vec!["build"];
        words.extend(case.args.iter().map(String::as_str));
        words.push("--show-output");
        let built = self.start(&root, &words);
        let outcome = if built.status.success() {
            let text = String::from_utf8(built.stdout).expect("UTF-8");
            let outputs: String = text.lines().map(|line| normalize(&output_line(&root, line))).collect();
            Outcome {
                actions: if case.actions {
                    self.actions(&root, &text, case)
                } else {
                    BTreeSet::new()
                },
                outputs: Ok(outputs),
                queries: {
                    let queries = case.cquery.iter().map(|query| self.query(&root, query));
                    queries
                        .chain(case.audit.iter().map(|target| self.audit(&root, target)))
                        .collect()
                },
            }
        } else {
            Outcome {
                outputs: Err(String::from_utf8_lossy(&built.stderr).into_owned()),
                actions: BTreeSet::new(),
                queries: Vec::new(),
            }
        };
        if self.is_buck2 {
            self.start(&root, &["kill"]);
        }
        outcome
    }

    /// The labels that an expression means, without hashes, which differ.
    fn query(&self, root: &Path, expression: &str) -> String {
        let output = self.start(root, &["cquery", expression]);
        assert!(
            output.status.success(),
            "{expression}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let hash = Regex::new("#[0-9a-f]{16}").expect("pattern");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut labels: Vec<_> = text.lines().map(|line| hash.replace(line, "").into_owned()).collect();
        labels.sort();
        format!("{expression}:\n  {}", labels.join("\n  "))
    }

    /// The execution platform of a target, and those that were passed over; the reasons differ in words.
    fn audit(&self, root: &Path, target: &str) -> String {
        let output = self.start(root, &["audit", "execution-platform-resolution", target]);
        assert!(
            output.status.success(),
            "{target}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let is_told = |line: &&str| line.starts_with("Execution platform:") || line.starts_with("Skipped ");
        text.lines()
            .map(str::trim)
            .filter(is_told)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The actions of the targets that were asked for.
    fn actions(&self, root: &Path, shown: &str, case: &Case) -> BTreeSet<String> {
        let labels: BTreeSet<_> = shown
            .lines()
            .filter_map(|line| line.split(['[', '?', ' ']).next())
            .collect();
        if case.args.iter().any(|word| word.starts_with('-') || word.contains('?')) {
            return BTreeSet::new(); // What the options mean for `aquery` is another matter.
        }
        let mut found = BTreeSet::new();
        for label in labels {
            let query = format!("all_actions({label})");
            let output = self.start(root, &["aquery", &query, "--output-all-attributes"]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let actions: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            // Of an alias, Buck2 shows the actions of what it stands for; of a dynamic function, those that it declared.
            let own = format!("(target: `{label} (");
            let is_own = |key: &str, action: &Value| {
                key.starts_with(&own) && !key.contains(")_") && action["category"] != "dynamic"
            };
            let actions = actions.as_object().expect("an object").iter();
            for (key, action) in actions.filter(|(key, action)| is_own(key, action)) {
                let field = |name: &str| action.get(name).and_then(Value::as_str).unwrap_or_default();
                let line = format!(
                    "{key} {} {} {} {}",
                    field("category"),
                    field("identifier"),
                    field("cmd"),
                    field("contents")
                );
                found.insert(normalize(&line));
            }
        }
        found
    }
}

/// A program of this machine.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn output_line(root: &Path, line: &str) -> String {
    match line.split_once(' ') {
        None => format!("{line}\n"),
        Some((label, "")) => format!("{label}\n"),
        Some((label, path)) => format!("{label}: {}\n", content(&root.join(path))),
    }
}

fn content(path: &Path) -> String {
    if !path.is_dir() {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return String::from_utf8_lossy(&bytes).replace('\n', "\\n");
    }
    let mut names: Vec<_> = std::fs::read_dir(path)
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .collect();
    names.sort();
    let entries = names.iter().map(|entry| {
        let name = entry.file_name().expect("name").to_string_lossy();
        format!("{name}: {}", content(entry))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

/// Takes out what differs between machines and engines.
fn normalize(text: &str) -> String {
    let text = text.replace("buck-out/v2", "OUT").replace("buck-out/fawn", "OUT");
    let hash = Regex::new(r"\b[0-9a-f]{16}\b").expect("pattern");
    hash.replace_all(&text, "HASH").into_owned()
}
