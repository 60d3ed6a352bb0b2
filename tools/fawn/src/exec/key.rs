//! The key of an action: everything that may change what it makes, and nothing else.

use super::entry::Entry;
use crate::action::{Output, Run};
use digest::{Hasher, Sha256};
use std::collections::BTreeMap;

/// Changes when the meaning of a key or the shape of a result changes.
const VERSION: &str = "fawn action 1";

/// The key of starting a program: command, declared environment, contents and places of inputs, places of outputs.
///
/// What `local_only` lets in from the caller's environment is left out on purpose: it names the host's tools, whose
/// version such an action takes as an input of its own. `host` is what an action that asks for the version depends on.
pub fn run(run: &Run, inputs: &BTreeMap<String, Entry>, outputs: &[Output], host: &[String]) -> Sha256 {
    let mut key = Key::new("run");
    key.list(&run.argv);
    for (name, value) in &run.env {
        key.text(name);
        key.text(value);
    }
    key.end();
    for (path, entry) in inputs {
        key.text(path);
        key.text(&entry.fingerprint());
    }
    key.end();
    for output in outputs {
        key.text(if output.directory { "d" } else { "f" });
        key.text(&output.path);
    }
    if !host.is_empty() {
        key.end();
        key.list(host);
    }
    key.finish()
}

/// The key of a download: what must arrive, wherever it comes from.
pub fn download(sha256: &str, executable: bool) -> Sha256 {
    let mut key = Key::new("download");
    key.text(sha256);
    key.text(if executable { "x" } else { "f" });
    key.finish()
}

/// Texts with their lengths, so that no two lists of texts look alike.
struct Key(Hasher);

impl Key {
    fn new(kind: &str) -> Self {
        let mut key = Self(Hasher::new());
        key.text(VERSION);
        key.text(kind);
        key
    }

    fn text(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn list(&mut self, texts: &[String]) {
        texts.iter().for_each(|text| self.text(text));
        self.end();
    }

    /// Closes a list; no text is this long.
    fn end(&mut self) {
        self.0.update(&u64::MAX.to_le_bytes());
    }

    fn finish(self) -> Sha256 {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn command(argv: &[&str], env: &[(&str, &str)]) -> Run {
        Run {
            argv: argv.iter().map(|arg| (*arg).to_owned()).collect(),
            env: env
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            local_only: false,
            weight: 1,
            timeout: None,
            always_print_stderr: false,
            no_outputs_cleanup: false,
            error_handler: None,
        }
    }

    #[test]
    fn every_part_counts_once() {
        let none = BTreeMap::new();
        let input = |path: &str, to: &str| BTreeMap::from([(path.to_owned(), Entry::Link(to.into()))]);
        let output = |directory| {
            [Output {
                path: "o".into(),
                directory,
            }]
        };
        let keys = [
            run(&command(&["a", "b"], &[]), &none, &output(false), &[]),
            run(&command(&["a", "b"], &[]), &none, &output(true), &[]),
            run(&command(&["ab"], &[]), &none, &output(false), &[]),
            run(&command(&["a"], &[("b", "")]), &none, &output(false), &[]),
            run(&command(&["a"], &[]), &input("b", ""), &output(false), &[]),
            run(&command(&["a"], &[]), &input("b", "c"), &output(false), &[]),
            run(&command(&["a"], &[]), &input("c", "c"), &output(false), &[]),
            run(
                &command(&["a"], &[]),
                &input("c", "c"),
                &output(false),
                &["h".to_owned()],
            ),
        ];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn weight_and_timeout_do_not_count() {
        let plain = command(&["a"], &[]);
        let heavy = Run {
            weight: 4,
            timeout: Some(std::time::Duration::from_secs(1)),
            ..plain.clone()
        };
        assert_eq!(
            run(&plain, &BTreeMap::new(), &[], &[]),
            run(&heavy, &BTreeMap::new(), &[], &[])
        );
    }
}
