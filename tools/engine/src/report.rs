use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What became of the targets of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The targets, each once for every configuration it was built in, in order of label.
    pub built: Vec<Built>,
}

/// One target in one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its label, without sub-target and configuration.
    pub label: String,
    /// Whether everything that was asked of it was made and is valid.
    pub ok: bool,
    /// Default outputs by sub-target, nested ones joined by `|`; `DEFAULT` for the target itself.
    pub outputs: BTreeMap<String, Vec<PathBuf>>,
    /// What went wrong, in the engine's words.
    pub errors: Vec<String>,
}

#[derive(Deserialize)]
struct Text {
    results: BTreeMap<String, Entry>,
    project_root: PathBuf,
    #[serde(default)]
    strings: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    success: String,
    #[serde(default)]
    outputs: BTreeMap<String, Vec<PathBuf>>,
    #[serde(default)]
    configured: BTreeMap<String, Entry>,
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    message_content: Option<String>,
}

impl Report {
    /// Reads a build report.
    ///
    /// # Errors
    /// It has another shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let text: Text = serde_json::from_slice(bytes)?;
        let mut built = Vec::new();
        for (label, entry) in &text.results {
            // Without configurations the target does not exist or cannot be configured; the entry itself says why.
            if entry.configured.is_empty() {
                built.push(text.built(label, entry));
            }
            built.extend(
                entry
                    .configured
                    .values()
                    .map(|configured| text.built(label, configured)),
            );
        }
        Ok(Self { built })
    }
}

impl Text {
    fn built(&self, label: &str, entry: &Entry) -> Built {
        let absolute = |paths: &Vec<PathBuf>| paths.iter().map(|path| self.project_root.join(path)).collect();
        let message = |error: &Error| {
            let key = error.message_content.as_ref()?;
            Some(self.strings.get(key).unwrap_or(key).trim_end().to_owned())
        };
        Built {
            label: label.to_owned(),
            ok: entry.success == "SUCCESS",
            outputs: entry
                .outputs
                .iter()
                .map(|(sub, paths)| (sub.clone(), absolute(paths)))
                .collect(),
            errors: entry.errors.iter().filter_map(message).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cut down from what Buck2 wrote.
    const REPORT: &str = r#"{"success": false, "project_root": "/p", "truncated": false, "failures": {},
        "results": {
            "root//a:x": {"success": "SUCCESS", "outputs": {"s|t": ["buck-out/v2/a"]}, "other_outputs": {}, "errors": [],
                "configured": {"one": {"success": "SUCCESS", "errors": [], "outputs": {"s|t": ["buck-out/v2/a"]}},
                               "two": {"success": "FAIL", "errors": [{"message_content": "7", "action_error": null}], "outputs": {}}}},
            "root//a:z": {"success": "FAIL", "outputs": {}, "configured": {},
                "errors": [{"message_content": "8", "cause_index": 1}]}},
        "strings": {"7": "Action failed\n", "8": "Unknown target"}}"#;

    #[test]
    fn every_configuration_is_an_entry() {
        let report = Report::parse(REPORT.as_bytes()).unwrap();
        let short: Vec<_> = report
            .built
            .iter()
            .map(|built| (built.label.as_str(), built.ok, built.errors.join(";")))
            .collect();
        assert_eq!(
            short,
            [
                ("root//a:x", true, String::new()),
                ("root//a:x", false, "Action failed".to_owned()),
                ("root//a:z", false, "Unknown target".to_owned())
            ]
        );
        assert_eq!(report.built[0].outputs["s|t"], [PathBuf::from("/p/buck-out/v2/a")]);
        assert!(Report::parse(b"{}").is_err());
    }
}
