"""What `.buckconfig` says about published binaries. No other file reads these settings."""

# What `prefer_binaries` may be.
PREFERENCES = ["never", "if-available", "require"]

_WORDS = {"false": "never", "true": "if-available"} | {word: word for word in PREFERENCES}

def binary_mirrors() -> list[str]:
    """`[buckos] binary_mirror`: addresses of mirrors in order, separated by blanks or commas."""
    return [address for address in (read_root_config("buckos", "binary_mirror") or "").replace(",", " ").split(" ") if address]

def prefer_binaries() -> str:
    """`[buckos] prefer_binaries`: whether builds take published binaries."""
    word = read_root_config("buckos", "prefer_binaries", "never").strip()
    if word not in _WORDS:
        fail("`[buckos] prefer_binaries` must be one of {}, got {}".format(", ".join(_WORDS.keys()), repr(word)))
    return _WORDS[word]

def binaries_label() -> str:
    """`[buckpack] binaries_lock`: the `binary_mirror` whose lock file counts; this repository's own by default."""
    return read_root_config("buckpack", "binaries_lock", "//:binaries")
