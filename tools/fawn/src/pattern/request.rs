//! Patterns as people type them: relative to a folder, with sub-targets and modifiers.

use super::TargetPattern;
use crate::cells::Cells;
use crate::label::{PackageLabel, Scope, TargetLabel, join, split_sub_targets};
use anyhow::{Result, bail};

/// One argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternRequest {
    pub(crate) pattern: TargetPattern,
    pub(crate) sub_target: Vec<String>,
    pub(crate) modifiers: Vec<String>,
}

/// Parses the arguments of a command that was started in the folder `cwd` of the project.
pub(crate) fn parse_requests(texts: &[String], cells: &Cells, cwd: &str) -> Result<Vec<PatternRequest>> {
    let (cell, package) = cells.owner(cwd);
    let scope = Scope {
        cells,
        cell: &cell.name,
        package: Some(package),
    };
    texts.iter().map(|text| parse(text, scope)).collect()
}

fn parse(text: &str, scope: Scope<'_>) -> Result<PatternRequest> {
    let (body, modifiers) = match text.split_once('?') {
        None => (text, Vec::new()),
        Some((body, modifiers)) => (body, modifiers.split('+').map(str::to_owned).collect()),
    };
    if modifiers.iter().any(String::is_empty) {
        bail!("`{text}` has an empty modifier; write `target?modifier` or `target?one+two`");
    }
    let (body, sub) = split_sub_targets(body)?;
    let pattern = pattern(body, text, scope)?;
    if !sub.is_empty() && !matches!(pattern, TargetPattern::Target(_)) {
        bail!("`{text}` asks for a sub-target of many targets; name one target");
    }
    Ok(PatternRequest {
        pattern,
        sub_target: sub.into_iter().map(str::to_owned).collect(),
        modifiers,
    })
}

fn pattern(body: &str, text: &str, scope: Scope<'_>) -> Result<TargetPattern> {
    // Relative to the folder where the user stands.
    let absolute = if body.contains("//") || body.starts_with(':') {
        body.to_owned()
    } else {
        let here = scope.package.unwrap_or_default();
        let (folder, name) = body
            .split_once(':')
            .map_or((body, None), |(folder, name)| (folder, Some(name)));
        let path = join(here, folder.trim_end_matches('/'));
        match name {
            Some(name) => format!("//{path}:{name}"),
            None => format!("//{path}"),
        }
    };
    let is_folder = !absolute.contains(':') && !absolute.ends_with("...");
    if !is_folder {
        return TargetPattern::parse(&absolute, scope);
    }
    // `//a/b` is `//a/b:b`.
    let package: PackageLabel = crate::label::parse_package(&absolute, scope)?;
    match package.path.rsplit('/').next().filter(|name| !name.is_empty()) {
        Some(name) => {
            let name = name.to_owned();
            Ok(TargetPattern::Target(TargetLabel::new(package, &name)))
        }
        None => bail!("`{text}` names no target; write `//:name` or `//...`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, cwd: &str) -> Result<String> {
        let cells = Cells::for_tests(&[("root", ""), ("lib", "lib")]);
        let request = &parse_requests(&[text.to_owned()], &cells, cwd)?[0];
        Ok(format!(
            "{} {:?} {:?}",
            request.pattern, request.sub_target, request.modifiers
        ))
    }

    #[test]
    fn every_spelling() {
        assert_eq!(show("//a:b", "").unwrap(), "root//a:b [] []");
        assert_eq!(show("//a/b", "").unwrap(), "root//a/b:b [] []");
        assert_eq!(
            show(":b[x][y]?one+two", "a").unwrap(),
            r#"root//a:b ["x", "y"] ["one", "two"]"#
        );
        assert_eq!(show("b:c", "a").unwrap(), "root//a/b:c [] []");
        assert_eq!(show("...", "a").unwrap(), "root//a/... [] []");
        assert_eq!(show("b/...", "a").unwrap(), "root//a/b/... [] []");
        assert_eq!(show("//...", "lib/x").unwrap(), "lib//... [] []");
        assert_eq!(show(":", "lib/x").unwrap(), "lib//x: [] []");
    }

    #[test]
    fn refusals() {
        let refused = |text| show(text, "").unwrap_err().to_string();
        assert!(refused("//...[x]").contains("sub-target of many"));
        assert!(refused("//a:b?").contains("empty modifier"));
        assert!(refused("//").contains("names no target"));
    }
}
