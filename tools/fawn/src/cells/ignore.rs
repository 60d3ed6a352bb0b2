//! `[project] ignore`: what a cell does not see of its own folder.

use anyhow::{Context, Result};
use glob::{MatchOptions, Pattern};

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Paths that are hidden, relative to the cell.
#[derive(Debug, Default)]
pub(crate) struct Ignore {
    folders: Vec<String>,
    patterns: Vec<Pattern>,
}

impl Ignore {
    /// Parses a comma-separated list; an entry without a wildcard hides the path and all below it.
    pub(crate) fn parse(spec: &str) -> Result<Self> {
        let mut ignore = Self::default();
        for entry in split(spec) {
            let entry = entry.trim().trim_end_matches('/');
            if entry.is_empty() {
                continue;
            }
            if !entry.contains(['*', '?', '[', '{']) {
                ignore.folder(entry);
                continue;
            }
            for pattern in expand(entry) {
                let pattern = Pattern::new(&pattern)
                    .with_context(|| format!("`[project] ignore` has the bad pattern `{entry}`"))?;
                ignore.patterns.push(pattern);
            }
        }
        Ok(ignore)
    }

    /// Hides one more folder.
    pub(crate) fn folder(&mut self, path: &str) {
        self.folders.push(path.to_owned());
    }

    /// Whether a path is hidden.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.folders.iter().any(|folder| crate::files::is_below(path, folder))
            || self.patterns.iter().any(|pattern| pattern.matches_with(path, OPTIONS))
    }
}

/// Splits at commas that stand outside braces.
fn split(spec: &str) -> Vec<String> {
    let mut depth = 0usize;
    let mut entries = vec![String::new()];
    for c in spec.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                entries.push(String::new());
                continue;
            }
            _ => {}
        }
        entries.last_mut().expect("never empty").push(c);
    }
    entries
}

/// Writes `a{b,c}d` out as `abd`, `acd`.
fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let Some((choices, after)) = rest.split_once('}') else {
        return vec![pattern.to_owned()];
    };
    choices
        .split(',')
        .flat_map(|choice| expand(&format!("{before}{choice}{after}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_hide_what_is_below_and_patterns_stop_at_slashes() {
        let ignore = Ignore::parse("a/b/, *.tmp, {x,y}/z*").unwrap();
        for hidden in ["a/b", "a/b/c", "q.tmp", "x/z1", "y/z"] {
            assert!(ignore.matches(hidden), "{hidden}");
        }
        for seen in ["a/bc", "a", "q/r.tmp", "w/z"] {
            assert!(!ignore.matches(seen), "{seen}");
        }
    }
}
