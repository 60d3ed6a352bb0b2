//! Paths that are one place where letter case does not count. Where it does, they are two, and only told of.

use binpkg::manifest::Manifest;

/// Warns of each pair.
pub fn warn(manifest: &Manifest) {
    for (one, two) in manifest.case_clashes() {
        eprintln!("binpkg-tool: warning: `{one}` and `{two}` are one file where letter case does not count");
    }
}
