//! What an action's program gets from the caller's environment: nothing, with the exceptions written here.

use crate::action::Action;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// For `local_only` actions: where the host's tools are.
const HOST: [&str; 4] = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"];

/// For `fetch_…` actions, besides: how to reach the network, and whom to trust there.
const NETWORK: [&str; 17] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "GIT_SSL_CAINFO",
    "NIX_SSL_CERT_FILE",
];

/// Whether the action fetches something pinned, by the name of its category.
pub fn fetches(action: &Action) -> bool {
    action.category.starts_with("fetch_")
}

/// The variables that come from the caller; `caller` looks one up.
pub fn inherited(local_only: bool, fetches: bool, caller: &dyn Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let host = HOST.iter().filter(|_| local_only);
    let network = NETWORK.iter().filter(|_| fetches);
    host.chain(network)
        .filter_map(|name| Some(((*name).to_owned(), caller(name)?)))
        .collect()
}

/// Where a program without a slash in its name is, along `path`.
pub fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|candidate: &PathBuf| {
            let metadata = Path::metadata(candidate);
            metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(local_only: bool, fetches: bool) -> Vec<String> {
        let caller = |name: &str| (name != "RUSTUP_HOME").then(|| "v".to_owned());
        inherited(local_only, fetches, &caller).into_keys().collect()
    }

    #[test]
    fn each_kind_gets_its_own() {
        assert_eq!(names(false, false), Vec::<String>::new());
        assert_eq!(names(true, false), ["CARGO_HOME", "HOME", "PATH"]);
        assert_eq!(names(true, true).len(), 3 + NETWORK.len());
    }

    #[test]
    fn programs_are_found_along_the_path() {
        assert!(
            find_program("sh", "relative:/nowhere:/bin")
                .unwrap()
                .ends_with("bin/sh")
        );
        assert_eq!(find_program("sh", "/nowhere"), None);
        assert_eq!(find_program("bin", "/"), None);
    }
}
