//! Labels as people write them.

use super::{PackageLabel, ProvidersLabel, TargetLabel, join};
use crate::cells::Cells;
use anyhow::{Result, bail};
use std::sync::Arc;

/// Where a label is written, which decides what `//` and `:` mean in it.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// All cells.
    pub(crate) cells: &'a Cells,
    /// The cell whose aliases count.
    pub(crate) cell: &'a str,
    /// The package that `:name` belongs to; `None` where relative labels make no sense.
    pub(crate) package: Option<&'a str>,
}

/// Parses `[cell]//package:name`, `//package` (the target named like the folder) or `:name`.
pub(crate) fn parse_target(text: &str, scope: Scope<'_>) -> Result<TargetLabel> {
    let label = parse_providers(text, scope)?;
    if !label.sub.is_empty() {
        bail!("`{text}` names a sub-target where a target is expected; remove the brackets");
    }
    Ok(label.target)
}

/// Parses a target with an optional chain of sub-targets.
pub(crate) fn parse_providers(text: &str, scope: Scope<'_>) -> Result<ProvidersLabel> {
    if text.contains('?') {
        bail!("`{text}` has a modifier (`?…`), which only patterns on the command line may have");
    }
    let (body, sub) = split_sub_targets(text)?;
    let (package, name) = split_name(body, text, scope)?;
    check_name(name, text)?;
    Ok(ProvidersLabel {
        target: TargetLabel::new(package, name),
        sub: sub.into_iter().map(Arc::from).collect(),
    })
}

fn split_name<'a>(body: &'a str, text: &str, scope: Scope<'_>) -> Result<(PackageLabel, &'a str)> {
    let Some((package, name)) = body.split_once(':') else {
        if body.contains("//") {
            bail!("`{text}` names no target; write `{text}:name`");
        }
        bail!("`{text}` is no label; expected `//package:name`, `cell//package:name` or `:name`");
    };
    if !package.is_empty() {
        return Ok((parse_package(package, scope)?, name));
    }
    match scope.package {
        Some(path) => Ok((PackageLabel::new(scope.cell, path), name)),
        None => {
            bail!("`{text}` is relative, but here it would not be clear to which package; write `//package:{name}`")
        }
    }
}

/// Parses `//path`, `cell//path` or `@cell//path`.
pub(crate) fn parse_package(text: &str, scope: Scope<'_>) -> Result<PackageLabel> {
    let Some((alias, path)) = text.split_once("//") else {
        bail!("`{text}` is no package; expected `//path` or `cell//path`");
    };
    let cell = scope
        .cells
        .resolve(scope.cell, alias.strip_prefix('@').unwrap_or(alias))?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if !path.is_empty() && path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        bail!("`{text}` is no package: its path has an empty part, `.` or `..`");
    }
    let label = PackageLabel {
        cell,
        path: path.into(),
    };
    scope.cells.check_owner(&label)?;
    Ok(label)
}

fn check_name(name: &str, text: &str) -> Result<()> {
    let allowed = |c: char| c.is_alphanumeric() || "!\"#$%&'()*+,-./<=>@\\^_`{|}~ ".contains(c);
    if name.is_empty() {
        bail!("`{text}` has an empty target name after `:`");
    }
    match name.chars().find(|c| !allowed(*c)) {
        Some(bad) => bail!("the target name in `{text}` has the character `{bad}`, which Buck2 does not allow"),
        None => Ok(()),
    }
}

/// Splits `target[a][b]` into `target` and the names.
pub(crate) fn split_sub_targets(text: &str) -> Result<(&str, Vec<&str>)> {
    let Some(start) = text.find('[') else {
        return Ok((text, Vec::new()));
    };
    let (body, mut rest) = text.split_at(start);
    let mut names = Vec::new();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((name, tail)) = inner.filter(|(name, _)| !name.is_empty()) else {
            bail!("`{text}` has brackets that do not close; expected `target[sub-target]`");
        };
        names.push(name);
        rest = tail;
    }
    Ok((body, names))
}

/// The path of a file named relative to a package, from the root of its cell.
#[allow(dead_code)]
pub(crate) fn file_in(package: &PackageLabel, file: &str) -> String {
    join(&package.path, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String> {
        let cells = Cells::for_tests(&[("root", ""), ("lib", "third/lib")]);
        let scope = Scope {
            cells: &cells,
            cell: "root",
            package: Some("a/b"),
        };
        Ok(parse_providers(text, scope)?.to_string())
    }

    #[test]
    fn every_spelling_leads_to_the_full_one() {
        assert_eq!(parse("//x:y").unwrap(), "root//x:y");
        assert_eq!(parse(":y").unwrap(), "root//a/b:y");
        assert_eq!(parse("@lib//x:y[one][two]").unwrap(), "lib//x:y[one][two]");
        assert_eq!(parse("lib//:y").unwrap(), "lib//:y");
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let refused = |text| parse(text).unwrap_err().to_string();
        assert_eq!(refused("//x"), "`//x` names no target; write `//x:name`");
        assert_eq!(
            refused("nope//x:y"),
            "unknown cell `nope` (seen from cell `root`); known: lib, root"
        );
        assert!(refused("//x:y[").contains("do not close"));
        assert!(refused("//x//y:z").contains("empty part"));
        assert!(refused("//third/lib/x:z").contains("lib//x"));
        assert!(refused("y").contains("is no label"));
    }
}
