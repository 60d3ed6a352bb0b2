use std::env;
use std::path::PathBuf;

/// The usual folder of the cache: `buckos-binaries` below `$XDG_CACHE_HOME`, else below `~/.cache`; `None` where neither is known.
/// A relative `$XDG_CACHE_HOME` does not count, as its specification says.
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("buckos-binaries"))
}
