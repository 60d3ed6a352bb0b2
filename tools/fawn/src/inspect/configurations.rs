//! Configurations with their constraints, for `audit configurations`.

use crate::label::{Configuration, Kind};
use crate::session::{Project, Request};
use anyhow::Result;
use std::collections::BTreeSet;
use std::fmt::Write;

impl Project {
    /// The configurations that configuring these targets led to, each with its constraints.
    ///
    /// # Errors
    /// Whatever keeps a target from being configured.
    pub fn configurations_text(
        &self,
        requests: &[Request],
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<String> {
        crate::session::deep(|| {
            for request in requests {
                let (_, configured) = self.requested_target(request, modifiers, platform)?;
                self.engine.configure(&configured)?;
            }
            let nodes = self.engine.nodes.keys();
            let found: BTreeSet<Configuration> = nodes
                .into_iter()
                .flat_map(|node| [Some(node.cfg), node.exec])
                .flatten()
                .collect();
            let mut text = String::new();
            for configuration in &found {
                if let Kind::Bound { constraints, .. } = configuration.kind() {
                    writeln!(text, "{configuration}:")?;
                    for (setting, constraint) in constraints {
                        writeln!(text, "  {} ({setting})", constraint.value)?;
                    }
                }
            }
            Ok(text)
        })
    }
}
