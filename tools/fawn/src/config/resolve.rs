//! `$(config section.key)` references between values.

use super::ConfigError;
use super::parse::Sections;

const OPEN: &str = "$(config ";

/// Replaces every reference by the value it names; a missing value counts as empty.
pub(super) fn resolve(mut sections: Sections) -> Result<Sections, ConfigError> {
    let waiting: Vec<(String, String)> = sections
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |(key, value)| (section, key, value)))
        .filter(|(_, _, value)| value.raw.contains(OPEN))
        .map(|(section, key, _)| (section.clone(), key.clone()))
        .collect();
    for (section, key) in waiting {
        let mut path = Vec::new();
        let text = expand(&sections, &section, &key, &mut path)?;
        if let Some(value) = sections.get_mut(&section).and_then(|keys| keys.get_mut(&key)) {
            value.resolved = Some(text);
        }
    }
    Ok(sections)
}

/// The text of one value; `path` holds the `section.key` names on the way here.
fn expand(sections: &Sections, section: &str, key: &str, path: &mut Vec<String>) -> Result<String, ConfigError> {
    let Some(value) = sections.get(section).and_then(|keys| keys.get(key)) else {
        return Ok(String::new());
    };
    if let Some(resolved) = &value.resolved {
        return Ok(resolved.clone());
    }
    let name = format!("{section}.{key}");
    if let Some(start) = path.iter().position(|seen| *seen == name) {
        let mut cycle = path.split_off(start);
        cycle.push(name);
        return Err(ConfigError::ReferenceCycle {
            at: value.origin.clone(),
            cycle,
        });
    }
    path.push(name);
    let mut out = String::new();
    let mut rest = value.raw.as_str();
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((reference, tail)) = after.split_once(')') else {
            break;
        };
        out.push_str(before);
        let bad = || ConfigError::Reference {
            at: value.origin.clone(),
            text: reference.to_owned(),
        };
        let (section, key) = reference.split_once('.').ok_or_else(bad)?;
        let section = section.trim_start();
        if section.is_empty() || key.is_empty() || reference.trim_start().contains(char::is_whitespace) {
            return Err(bad());
        }
        out.push_str(&expand(sections, section, key, path)?);
        rest = tail;
    }
    out.push_str(rest);
    path.pop();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn references_are_followed() {
        let config = Config::parse(
            "f",
            "[a]\nx = <$(config b.y)$(config b.none)>\n[b]\ny = $(config b.z)!\nz = 1\n",
        );
        assert_eq!(config.unwrap().get("a", "x"), Some("<1!>"));
    }

    #[test]
    fn an_open_reference_is_text() {
        let config = Config::parse("f", "[a]\nx = $(config b.y\n").unwrap();
        assert_eq!(config.get("a", "x"), Some("$(config b.y"));
    }

    #[test]
    fn a_circle_is_named() {
        let error = Config::parse("f", "[a]\nx = $(config a.y)\ny = $(config a.x)\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "f:2: `$(config …)` references go in a circle: a.x -> a.y -> a.x"
        );
    }

    #[test]
    fn a_bad_reference_is_named() {
        let error = Config::parse("f", "[a]\nx = $(config nodot)\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "f:2: expected `$(config section.key)`, found `$(config nodot)`"
        );
    }
}
