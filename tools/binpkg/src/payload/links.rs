use crate::manifest::{EntryKind, Manifest, PayloadPath};
use crate::metadata::LayoutKind;

/// Why a link may not stand in a payload. Both texts are escaped as in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// An absolute target, which in a payload relative to a prefix leads anywhere.
    #[error(
        "the link `{path}` has the absolute target `{target}`; in a payload of kind `prefix` expected a relative one, which \
         works wherever the prefix is"
    )]
    Absolute {
        /// The link.
        path: PayloadPath,
        /// Its target.
        target: String,
    },
    /// A target above the root.
    #[error("the link `{path}` leads to `{target}`: expected a target inside the payload")]
    Outside {
        /// The link.
        path: PayloadPath,
        /// Its target.
        target: String,
    },
}

/// As many links as a system follows for one path; more is a circle, which leads nowhere.
const MAX_FOLLOWED: usize = 40;

/// Checks where every link of a payload leads, other links of it followed. Dangling links and circles lead nowhere and are
/// allowed; in a staged root an absolute target means that root.
pub(crate) fn check_links(manifest: &Manifest, kind: LayoutKind) -> Result<(), LinkError> {
    for entry in manifest.entries() {
        let EntryKind::Link { target } = &entry.kind else {
            continue;
        };
        let names = || (entry.path.clone(), crate::escape::escape(target));
        if target.starts_with(b"/") && kind == LayoutKind::Prefix {
            let (path, target) = names();
            return Err(LinkError::Absolute { path, target });
        }
        if resolve(manifest, &entry.path, target) == Destination::Outside {
            let (path, target) = names();
            return Err(LinkError::Outside { path, target });
        }
    }
    Ok(())
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Above the root.
    Outside,
    /// Round in a circle, or to a path that no system follows.
    Nowhere,
    /// To the root itself.
    Root,
    /// To this path, which may be missing.
    Path(PayloadPath),
}

/// Walks the target of a link part by part, as a system does.
pub(crate) fn resolve(manifest: &Manifest, link: &PayloadPath, target: &[u8]) -> Destination {
    let mut place = link.parent();
    // The parts still to walk, the next one last.
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut follow = Some(target);
    let mut followed = 0;
    loop {
        if let Some(target) = follow.take() {
            followed += 1;
            if followed > MAX_FOLLOWED {
                return Destination::Nowhere;
            }
            if target.starts_with(b"/") {
                place = None;
            }
            parts.extend(target.split(|byte| *byte == b'/').rev());
        }
        match parts.pop() {
            None => return place.map_or(Destination::Root, Destination::Path),
            Some(b"" | b".") => {}
            Some(b"..") => match place {
                None => return Destination::Outside,
                Some(path) => place = path.parent(),
            },
            Some(part) => {
                let Ok(path) = PayloadPath::join(place.as_ref(), part) else {
                    return Destination::Nowhere;
                };
                match manifest.get(&path).map(|entry| &entry.kind) {
                    Some(EntryKind::Link { target }) => follow = Some(target),
                    _ => place = Some(path),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: LayoutKind, lines: &[&str]) -> Result<(), String> {
        let mut lines = lines.to_vec();
        lines.sort_by_key(|line| line.rsplit(' ').next());
        let text = format!("binpkg-manifest/1\n{}\n", lines.join("\n"));
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        check_links(&manifest, kind).map_err(|error| error.to_string())
    }

    #[test]
    fn allowed_links() {
        for target in [
            "x",
            "../x",
            "../../x",
            ".",
            "..",
            "../missing/..",
            "self",
            "./a//b/",
            "a/../../..",
            "/etc/../x",
        ] {
            let link = format!("l 0777 - {target} usr/bin/self");
            let lines = ["d 0755 - - usr", "d 0755 - - usr/bin", &link];
            assert_eq!(check(LayoutKind::Root, &lines), Ok(()), "{target}");
        }
    }

    #[test]
    fn links_that_leave() {
        for target in ["..", "../x", "a/../../x", "/..", "/a/../../x"] {
            let link = format!("l 0777 - {target} top");
            let error = check(LayoutKind::Root, &[&link]).unwrap_err();
            assert_eq!(
                error,
                format!("the link `top` leads to `{target}`: expected a target inside the payload")
            );
        }
    }

    /// `b/..` is the root itself, because `b` is a link to `c/d`'s parent: the text alone would not show it.
    #[test]
    fn links_through_links() {
        let lines = ["d 0755 - - c", "l 0777 - c b", "l 0777 - b/../.. top"];
        assert!(
            check(LayoutKind::Prefix, &lines)
                .unwrap_err()
                .starts_with("the link `top` leads to")
        );
        let lines = [
            "d 0755 - - c",
            "d 0755 - - c/d",
            "l 0777 - c/d b",
            "l 0777 - b/../.. top",
        ];
        assert_eq!(check(LayoutKind::Prefix, &lines), Ok(()));
        let circle = ["l 0777 - b a", "l 0777 - a b", "l 0777 - a/../.. c"];
        assert_eq!(check(LayoutKind::Prefix, &circle), Ok(()));
    }

    #[test]
    fn absolute_targets_mean_the_staged_root() {
        assert_eq!(check(LayoutKind::Root, &["l 0777 - /usr/bin/sh sh"]), Ok(()));
        let error = check(LayoutKind::Prefix, &["l 0777 - /usr/bin/sh sh"]).unwrap_err();
        assert!(
            error.starts_with("the link `sh` has the absolute target `/usr/bin/sh`; in a payload of kind"),
            "{error}"
        );
    }
}
