//! Arithmetic with project paths: `/`-separated texts, no disk involved.

/// The directory that a path lies in; empty at the top.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Follows `target`, as a link in the directory `from` says it; `None` when it leads out of the project.
pub fn resolve(from: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// How a link in the directory `from` names the path `to`.
pub fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut out = vec!["..".to_owned(); from.len() - common];
    out.extend_from_slice(&to[common..]);
    if out.is_empty() { ".".to_owned() } else { out.join("/") }
}

/// The part of `path` below `root`: empty for `root` itself, `None` elsewhere.
pub fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    match path.strip_prefix(root)? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_resolve_inside_the_project() {
        assert_eq!(resolve("a/b", "../c/./d"), Some("a/c/d".to_owned()));
        assert_eq!(resolve("a", "../.."), None);
        assert_eq!(resolve("a", "/etc"), None);
    }

    #[test]
    fn relative_undoes_resolve() {
        for (from, to, expected) in [
            ("a/b", "a/c", "../c"),
            ("a", "a/b/c", "b/c"),
            ("", "x", "x"),
            ("a/b", "a", ".."),
        ] {
            assert_eq!(relative(from, to), expected);
            assert_eq!(resolve(from, expected).unwrap(), to);
        }
        assert_eq!(relative("a", "a"), ".");
    }

    #[test]
    fn below_is_not_a_text_prefix() {
        assert_eq!(below("a/b", "a"), Some("b"));
        assert_eq!(below("a", "a"), Some(""));
        assert_eq!(below("ab", "a"), None);
    }
}
