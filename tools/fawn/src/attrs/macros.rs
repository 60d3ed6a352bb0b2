//! Text with macros: `attrs.arg()`.

use super::value::{Dep, How};
use crate::label::ProvidersLabel;
use anyhow::{Result, bail};
use std::sync::Arc;

/// One part of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ArgPart {
    Text(Arc<str>),
    /// `$(location //x:y)`: the default outputs.
    Location(Dep),
    /// `$(exe //x:y)`: the command of `RunInfo`.
    Exe(Dep),
    /// `$(NAME)`: a variable that a toolchain dependency defines.
    Variable(Arc<str>),
    /// `$(name //x:y arg)`: a variable that the target itself defines.
    Keyed {
        name: Arc<str>,
        dep: Dep,
        argument: Option<Arc<str>>,
    },
}

impl ArgPart {
    /// The dependency that the part makes.
    pub(crate) fn dep(&self) -> Option<&Dep> {
        match self {
            ArgPart::Location(dep) | ArgPart::Exe(dep) | ArgPart::Keyed { dep, .. } => Some(dep),
            ArgPart::Text(_) | ArgPart::Variable(_) => None,
        }
    }

    /// The part with its dependency replaced.
    pub(crate) fn map_dep<E>(&self, f: &mut dyn FnMut(&Dep) -> Result<Dep, E>) -> Result<ArgPart, E> {
        Ok(match self {
            ArgPart::Location(dep) => ArgPart::Location(f(dep)?),
            ArgPart::Exe(dep) => ArgPart::Exe(f(dep)?),
            ArgPart::Keyed { name, dep, argument } => ArgPart::Keyed {
                name: name.clone(),
                dep: f(dep)?,
                argument: argument.clone(),
            },
            other => other.clone(),
        })
    }
}

/// Splits text into parts; `label` reads the labels inside macros.
///
/// A backslash before `$(` keeps it as text; any other backslash stands for itself.
pub(super) fn parse(text: &str, label: &dyn Fn(&str) -> Result<ProvidersLabel>) -> Result<Vec<ArgPart>> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("$(") {
        if let Some(before) = rest[..at].strip_suffix('\\') {
            literal.push_str(before);
            literal.push_str("$(");
            rest = &rest[at + 2..];
            continue;
        }
        literal.push_str(&rest[..at]);
        let (body, tail) = body(&rest[at + 2..], text)?;
        if !literal.is_empty() {
            parts.push(ArgPart::Text(std::mem::take(&mut literal).into()));
        }
        parts.push(part(body, text, label)?);
        rest = tail;
    }
    literal.push_str(rest);
    if !literal.is_empty() || parts.is_empty() {
        parts.push(ArgPart::Text(literal.into()));
    }
    Ok(parts)
}

/// Splits at the `)` that closes the macro; parentheses inside pair up.
fn body<'a>(rest: &'a str, text: &str) -> Result<(&'a str, &'a str)> {
    let mut depth = 0usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Ok((&rest[..at], &rest[at + 1..])),
            ')' => depth -= 1,
            _ => {}
        }
    }
    bail!("the macro in `{text}` does not close; write `\\$(` for a literal `$(`")
}

fn part(body: &str, text: &str, label: &dyn Fn(&str) -> Result<ProvidersLabel>) -> Result<ArgPart> {
    let mut words = body.split_whitespace();
    let name = words.next().unwrap_or_default();
    let arguments: Vec<_> = words.collect();
    if name.starts_with('@') {
        bail!(
            "the macro `$({body})` in `{text}` writes to a file (`@`), which is not supported; write the file in the rule"
        );
    }
    let dep = |how: How| -> Result<Dep> {
        let [target] = arguments[..] else {
            bail!("the macro `$({body})` in `{text}` takes one label");
        };
        Ok(new_dep(label(target)?, how))
    };
    match name {
        "location" | "location_platform" => Ok(ArgPart::Location(dep(How::Target)?)),
        "location_exec" => Ok(ArgPart::Location(dep(How::Exec)?)),
        "exe" => Ok(ArgPart::Exe(dep(How::Exec)?)),
        "exe_target" => Ok(ArgPart::Exe(dep(How::Target)?)),
        "" => bail!("`{text}` has an empty macro `$()`"),
        _ if name.starts_with("query_") || name == "classpath" || name == "source" || name == "src" => {
            bail!("the macro `$({name} …)` in `{text}` is not supported")
        }
        _ => match arguments[..] {
            [] => Ok(ArgPart::Variable(name.into())),
            [target] => keyed(name, label(target)?, None),
            [target, argument] => keyed(name, label(target)?, Some(argument)),
            _ => bail!("the macro `$({body})` in `{text}` takes a label and at most one argument"),
        },
    }
}

fn keyed(name: &str, label: ProvidersLabel, argument: Option<&str>) -> Result<ArgPart> {
    Ok(ArgPart::Keyed {
        name: name.into(),
        dep: new_dep(label, How::Target),
        argument: argument.map(Into::into),
    })
}

fn new_dep(label: ProvidersLabel, how: How) -> Dep {
    Dep {
        label,
        how,
        providers: Arc::new([]),
        configured: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{PackageLabel, TargetLabel};

    fn parts(text: &str) -> Result<Vec<String>> {
        let label = |text: &str| {
            let package = PackageLabel::new("root", "p");
            Ok(ProvidersLabel::plain(TargetLabel::new(
                package,
                text.trim_start_matches(':'),
            )))
        };
        let show = |part: ArgPart| match part {
            ArgPart::Text(text) => text.to_string(),
            ArgPart::Location(dep) => format!("location {} {:?}", dep.label, dep.how),
            ArgPart::Exe(dep) => format!("exe {} {:?}", dep.label, dep.how),
            ArgPart::Variable(name) => format!("variable {name}"),
            ArgPart::Keyed { name, dep, argument } => format!("{name} {} {argument:?}", dep.label),
        };
        Ok(parse(text, &label)?.into_iter().map(show).collect())
    }

    #[test]
    fn macros_and_text_alternate() {
        assert_eq!(
            parts("a $(location :x)/y $(exe :t) $(CC)").unwrap(),
            [
                "a ",
                "location root//p:x Target",
                "/y ",
                "exe root//p:t Exec",
                " ",
                "variable CC"
            ]
        );
        assert_eq!(parts("\\$(date) $OUT").unwrap(), ["$(date) $OUT"]);
        assert_eq!(parts("").unwrap(), [""]);
        assert_eq!(parts("$(flags :x a)").unwrap(), ["flags root//p:x Some(\"a\")"]);
    }

    #[test]
    fn refusals_name_the_macro() {
        assert!(
            parts("$(location :x")
                .unwrap_err()
                .to_string()
                .contains("does not close")
        );
        assert!(
            parts("$(query_outputs deps)")
                .unwrap_err()
                .to_string()
                .contains("query_outputs")
        );
        assert!(
            parts("$(@location :x)")
                .unwrap_err()
                .to_string()
                .contains("writes to a file")
        );
    }
}
