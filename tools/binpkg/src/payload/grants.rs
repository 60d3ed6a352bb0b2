use crate::manifest::{Entry, EntryKind, PathError};
use crate::recipe::Permission;

/// Why a permission cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// A path that may not stand in a package.
    #[error("`permissions`")]
    Path(#[from] PathError),
    /// Nothing lies there.
    #[error("`permissions` names `{path}`, expected a path of the payload, found none; paths are relative to its top")]
    Missing {
        /// The path.
        path: String,
    },
    /// A property that this kind of entry does not have.
    #[error("`permissions` gives `{path}` a `{property}`, which a {kind} does not have")]
    Kind {
        /// The path.
        path: String,
        /// `mode`, `cap` or `config`.
        property: &'static str,
        /// What it is.
        kind: &'static str,
    },
}

/// Gives entries what the permission list says; `entries` are sorted by path.
pub(super) fn grant(entries: &mut [Entry], permissions: &[Permission]) -> Result<(), GrantError> {
    for permission in permissions {
        let path = permission.payload_path()?;
        let missing = || GrantError::Missing {
            path: permission.path.clone(),
        };
        let index = entries
            .binary_search_by(|entry| entry.path.cmp(&path))
            .map_err(|_| missing())?;
        let entry = &mut entries[index];
        let refuse = |property| {
            Err(GrantError::Kind {
                path: permission.path.clone(),
                property,
                kind: entry.kind.name(),
            })
        };
        let is_file = matches!(entry.kind, EntryKind::File { .. });
        let is_link = matches!(entry.kind, EntryKind::Link { .. });
        match permission {
            Permission { mode: Some(_), .. } if is_link => return refuse("mode"),
            Permission { cap: Some(_), .. } if !is_file => return refuse("cap"),
            Permission { config: true, .. } if !is_file => return refuse("config"),
            _ => {}
        }
        if let Some(mode) = permission.mode {
            entry.mode = mode.bits();
        }
        entry.grants = permission.grants();
    }
    Ok(())
}
