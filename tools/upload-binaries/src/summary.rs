//! What was published, or would be.

use std::io::Write as _;

use anyhow::{Context, Result};
use binpkg::index::Index;
use mirror::local_package::LocalPackage;
use mirror::publish::Plan;
use serde_json::{Value as Json, json};

/// The data of a run.
pub struct Summary {
    dry_run: bool,
    new: Vec<Json>,
    present: Vec<String>,
    refused: Vec<Json>,
    before: usize,
    after: usize,
}

impl Summary {
    /// Nothing yet.
    pub fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            new: Vec::new(),
            present: Vec::new(),
            refused: Vec::new(),
            before: 0,
            after: 0,
        }
    }

    /// Takes over what a plan says, and the count of records afterwards.
    pub fn add(&mut self, plan: &Plan, before: &Index, after: usize) {
        let file = |package: &LocalPackage| package.checked.sidecar.file.clone();
        self.new = plan
            .new
            .iter()
            .map(|package| json!({"file": file(package), "size": package.checked.size}))
            .collect();
        self.present = plan.present.iter().map(file).collect();
        self.refused = plan
            .refused
            .iter()
            .map(|refusal| json!({"file": refusal.file, "why": refusal.why}))
            .collect();
        self.before = before.packages().len();
        self.after = after;
    }

    /// Prints it.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&self, as_json: bool) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let text = if as_json {
            format!(
                "{}\n",
                json!({"dry_run": self.dry_run, "new": self.new, "present": self.present, "refused": self.refused,
                    "packages_before": self.before, "packages_after": self.after})
            )
        } else {
            self.lines()
        };
        out.write_all(text.as_bytes())
            .context("cannot write to standard output")
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for new in &self.new {
            let (file, size) = (new["file"].as_str().unwrap_or_default(), &new["size"]);
            text.push_str(&format!("new      {file} ({size} bytes)\n"));
        }
        for file in &self.present {
            text.push_str(&format!("present  {file}\n"));
        }
        for refused in &self.refused {
            text.push_str(&format!("refused  {}\n", refused["file"].as_str().unwrap_or_default()));
        }
        text.push_str(&format!("index    {} -> {} packages\n", self.before, self.after));
        text
    }
}
