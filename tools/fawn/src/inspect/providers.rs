//! Providers and sub-targets of analysed targets, for `audit`.

use crate::analysis::Providers;
use crate::providers::{Collection, Provider};
use crate::session::{Project, Request};
use anyhow::Result;
use starlark::values::Value;
use std::fmt::Write;

impl Project {
    fn providers_of(
        &self,
        request: &Request,
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<(String, Providers)> {
        crate::session::deep(|| {
            let (label, configured) = self.requested_target(request, modifiers, platform)?;
            let analyzed = self.engine.analyze(&configured)?;
            let sub: String = request.sub_target.iter().map(|name| format!("[{name}]")).collect();
            let full = crate::label::ProvidersLabel {
                target: label,
                sub: request.sub_target.iter().map(|name| name.as_str().into()).collect(),
            };
            let providers = analyzed.providers.sub_target(&full)?;
            Ok((format!("{}{sub} ({})", request.target, configured.cfg), providers))
        })
    }

    /// The providers of targets, as text: one block a target, one line a field.
    ///
    /// # Errors
    /// Whatever keeps a target from being analysed.
    pub fn providers_text(&self, requests: &[Request], modifiers: &[String], platform: Option<&str>) -> Result<String> {
        let mut text = String::new();
        for request in requests {
            let (label, providers) = self.providers_of(request, modifiers, platform)?;
            text.push_str(&format!("{label}:\n"));
            for (provider, _) in providers.collection().iter() {
                write_provider(&mut text, provider, 2)?;
            }
        }
        Ok(text)
    }

    /// The labels of all sub-targets of targets, nested ones included.
    ///
    /// # Errors
    /// Whatever keeps a target from being analysed.
    pub fn sub_targets(
        &self,
        requests: &[Request],
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for request in requests {
            let (label, providers) = self.providers_of(request, modifiers, platform)?;
            let (target, cfg) = label.split_once(" (").unwrap_or((&label, ""));
            walk(providers.collection(), target, cfg, &mut found);
        }
        Ok(found)
    }
}

fn walk(collection: &Collection<'_>, path: &str, cfg: &str, found: &mut Vec<String>) {
    for name in collection.sub_targets() {
        let path = format!("{path}[{name}]");
        found.push(format!("{path} ({cfg}"));
        if let Some(inner) = collection.sub_target(&name).and_then(Collection::from_value) {
            walk(inner, &path, cfg, found);
        }
    }
}

fn write_provider(text: &mut String, provider: &Provider<'_>, indent: usize) -> std::fmt::Result {
    writeln!(text, "{:indent$}{}", "", provider.id().name)?;
    for (name, value) in provider.items() {
        write_field(text, name, value, indent + 2)?;
    }
    Ok(())
}

fn write_field(text: &mut String, name: &str, value: Value<'_>, indent: usize) -> std::fmt::Result {
    writeln!(text, "{:indent$}{name} = {value}", "")
}
