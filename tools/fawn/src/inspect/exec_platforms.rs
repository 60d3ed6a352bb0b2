//! Why targets have their execution platform, for `audit execution-platform-resolution`.

use super::query::Asked;
use crate::attrs::How;
use crate::configure::Node;
use crate::session::{Project, Request};
use anyhow::Result;
use std::collections::BTreeSet;
use std::fmt::Write;

impl Project {
    /// The execution platform of each target, the tools and toolchains that had a say, and the platforms passed over.
    ///
    /// # Errors
    /// Whatever keeps a target from being configured.
    pub fn execution_platforms_text(
        &self,
        requests: &[Request],
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<String> {
        let asked = Asked {
            cwd: self.root(),
            modifiers,
            platform,
        };
        crate::session::deep(|| {
            let mut text = String::new();
            for node in self.requested(requests, &asked)? {
                writeln!(text, "{}:", node.label)?;
                writeln!(text, "  Execution platform: {}", node.exec.name())?;
                writeln!(text, "    Execution platform configuration: {}", node.exec)?;
                write_deps(&mut text, "Execution", &node, &How::Exec)?;
                write_deps(&mut text, "Toolchain", &node, &How::Toolchain)?;
                for (platform, reason) in self.engine.skipped_platforms(&node)? {
                    write!(text, "    Skipped {}\n      {reason}\n", platform.name())?;
                }
            }
            Ok(text)
        })
    }
}

fn write_deps(text: &mut String, title: &str, node: &Node, how: &How) -> Result<()> {
    let mut labels = BTreeSet::new();
    for attr in &node.attrs {
        attr.each_dep(&mut |dep| {
            if dep.how == *how {
                labels.extend(dep.configured.as_ref().map(ToString::to_string));
            }
        });
    }
    writeln!(text, "    {title} deps:")?;
    for label in labels {
        writeln!(text, "      {label}")?;
    }
    Ok(())
}
