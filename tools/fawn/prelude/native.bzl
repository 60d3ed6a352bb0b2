"""The struct `native`, for files that load it by name."""

load(":prelude.bzl", _native = "native")

native = _native
