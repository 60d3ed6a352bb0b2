"""Pairs of packages from source: `source-plain`, and one that differs from it in one thing. Their tools and sources are made up,
so that nothing but their hashes can be built, and they exist on platforms for samples alone."""

load("//defs:defs.bzl", "build_tool", "c_toolchain", "make_package", "package_source", "phases_package", "use_flags", "zig_target")
load(":config_hash_of.bzl", "config_hash_of")
load(":script_package.bzl", "script_package")

_PLATFORM = ":sample-linux-gnu-amd64"

# What nobody asks for on any other platform.
_SAMPLE = {"target_compatible_with": [":sample[on]"]}

_PLAIN = {
    "configure_args": ["--one", "--two"],
    "env": {"A": "a", "B": "b"},
    "link_deps": [":sample-lib", ":sample-other-lib", ":sample-words"],
    "package_name": "sample",
    "patches": ["sample/one.patch", "sample/two.patch"],
    "srcs": [":sample-source"],
    "toolchain": ":sample-cc",
    "use": use_flags(["nls"]),
    "version": "1.0",
}

_INSENSITIVE = {
    "a-dependency-twice": {"link_deps": [":sample-lib", ":sample-other-lib", ":sample-words", ":sample-lib"]},
    "address-of-the-source": {"srcs": [":sample-source-described"]},
    "alias-of-a-dependency": {"link_deps": [":sample-alias-of-lib", ":sample-other-lib", ":sample-words"]},
    "description": {"description": "a sample", "homepage": "https://example.org", "license": "MIT"},
    "disabled-transform": {"remove": []},
    "format": {"format": "zst"},
    "label": {},
    "labels-and-visibility": {"visibility": ["PUBLIC"]},
    "name-of-the-source": {"srcs": [":sample-source-of-another-name"]},
    "order-of-dependencies": {"link_deps": [":sample-words", ":sample-other-lib", ":sample-lib"]},
    "order-of-variables": {"env": {"B": "b", "A": "a"}},
    "prefer-binaries": {"prefer_binaries": "if-available"},
    "run-time-dependency": {"runtime_deps": [":greeting"]},
    "toolchain-of-another-name": {"toolchain": ":sample-cc-again"},
}

_SENSITIVE = {
    "argument": {"configure_args": ["--one", "--three"]},
    "command": {"configure": ["sh", "./config"]},
    "dependency": {"link_deps": [":sample-lib", ":sample-words"]},
    "dependency-of-another-kind": {"build_deps": [":sample-words"], "link_deps": [":sample-lib", ":sample-other-lib"]},
    "further-patch": {"patches": ["sample/one.patch", "sample/two.patch", "sample/three.patch"]},
    "kind": {"kind": "prefix"},
    "letter-of-a-variable": {"env": {"A": "\u00e4", "B": "b"}},
    "libdir": {"libdir": "lib64"},
    "name": {"package_name": "example"},
    "one-byte-of-a-patch": {"patches": ["sample/one.patch", "sample/three.patch"]},
    "one-byte-of-the-source": {"srcs": [":sample-other-source"]},
    "order-of-arguments": {"configure_args": ["--two", "--one"]},
    "order-of-patches": {"patches": ["sample/two.patch", "sample/one.patch"]},
    "patch-of-a-dependency": {"link_deps": [":sample-patched-lib", ":sample-other-lib", ":sample-words"]},
    "patch-of-a-dependency-of-a-dependency": {"link_deps": [":sample-lib-of-patched-lib", ":sample-other-lib", ":sample-words"]},
    "permission": {"permissions": {"usr/bin/sample": {"mode": "4755"}}},
    "place-of-the-source": {"srcs": [":sample-source-elsewhere"]},
    "prefix": {"prefix": "/opt"},
    "revision": {"revision": 1},
    "same-letter-put-together": {"env": {"A": "a\u0308", "B": "b"}},
    "time": {"source_date_epoch": 1},
    "tool": {"tools": [":sample-tool"]},
    "toolchain-archive": {"toolchain": ":sample-cc-of-other-bytes"},
    "toolchain-flags": {"toolchain": ":sample-cc-of-other-flags"},
    "toolchain-version": {"toolchain": ":sample-cc-of-another-version"},
    "transform": {"remove": ["usr/share/doc"]},
    "variable": {"env": {"A": "a", "B": "c"}},
    "version": {"version": "1.1"},
}

# What is different in a dependency of a dependency.
_FAR_BELOW = {
    "argument": {"configure_args": ["--one"]},
    "declared-flag": {"use": use_flags(["nls"])},
    "libdir": {"libdir": "lib64"},
    "permission": {"permissions": {"usr/bin/sample": {"mode": "4755"}}},
    "prefix": {"prefix": "/opt"},
    "revision": {"revision": 1},
    "source": {"srcs": [":sample-other-source"]},
    "time": {"source_date_epoch": 1},
    "toolchain": {"toolchain": ":sample-cc-of-other-flags"},
    "transform": {"remove": ["usr/share/doc"]},
    "variable": {"env": {"A": "a"}},
    "version": {"version": "2"},
}

# The same package for another platform, or one of another name.
_INSENSITIVE_PLATFORMS = {
    "flag-that-it-does-not-declare": ":sample-platform-full",
    "platform-of-another-name": ":sample-platform-of-another-name",
}
_SENSITIVE_PLATFORMS = {
    "cpu": ":sample-linux-gnu-arm64",
    "flag": ":sample-platform-nls",
    "libc": ":sample-linux-musl-amd64",
}

# Lists whose order says nothing, and the same in another order.
_ORDERED = {
    "lists": {"build_deps": [":sample-tool-package", ":sample-other-tool-package"], "use": use_flags(["full", "nls"])},
    "order-of-build-dependencies": {"build_deps": [":sample-other-tool-package", ":sample-tool-package"], "use": use_flags(["full", "nls"])},
    "order-of-flags": {"build_deps": [":sample-tool-package", ":sample-other-tool-package"], "use": use_flags(["nls", "full"])},
}

SOURCE_INSENSITIVE = list(_INSENSITIVE) + list(_INSENSITIVE_PLATFORMS) + ["alias"]
SOURCE_INSENSITIVE_TO_ORDER = [name for name in _ORDERED if name != "lists"]
SOURCE_SENSITIVE = list(_SENSITIVE) + list(_SENSITIVE_PLATFORMS) + [name + "-far-below" for name in _FAR_BELOW]

def _sources() -> None:
    for name, file, further in [
        ("sample-source", "sample/source.c", {}),
        ("sample-source-described", "sample/source.c", {"differs": "a sample", "upstream": "https://example.org/sample.c"}),
        ("sample-source-of-another-name", "sample/same-source.c", {}),
        ("sample-source-elsewhere", "sample/source.c", {"dest": "elsewhere.c"}),
        ("sample-other-source", "sample/other-source.c", {}),
    ]:
        native.export_file(name = name + "-file", src = file)
        package_source(name = name, src = ":{}-file".format(name), strip = 0, **({"dest": "source.c"} | further))

def _toolchains() -> None:
    build_tool(name = "sample-tool", src = "sample")
    build_tool(name = "sample-zig", src = "tree", tool_name = "zig")
    build_tool(name = "sample-other-zig", src = "other-tree", tool_name = "zig")
    zig_target(name = "sample-target", cpu = "x86_64", triple = "x86_64-linux-gnu")
    zig_target(name = "sample-other-target", cpu = "x86_64_v3", triple = "x86_64-linux-gnu")
    for name, further in {
        "sample-cc": {},
        "sample-cc-again": {},
        "sample-cc-of-another-version": {"version": "2"},
        "sample-cc-of-other-bytes": {"zig": ":sample-other-zig"},
        "sample-cc-of-other-flags": {"target": ":sample-other-target"},
    }.items():
        c_toolchain(
            name = name,
            **({
                "build": ":sample-target",
                "target": ":sample-target",
                "version": "1",
                "wrappers": ":sample-tool",
                "zig": ":sample-zig",
            } | further)
        )

def _libraries() -> None:
    for name, package, further in [
        ("sample-lib", "lib", {"link_deps": [":sample-base"]}),
        ("sample-patched-lib", "lib", {"link_deps": [":sample-base"], "patches": ["sample/one.patch"]}),
        ("sample-lib-of-patched-lib", "lib", {"link_deps": [":sample-patched-base"]}),
        # So that whatever uses both has two ways to the base.
        ("sample-other-lib", "other-lib", {"link_deps": [":sample-base"]}),
        ("sample-base", "base", {}),
        ("sample-patched-base", "base", {"patches": ["sample/one.patch"]}),
    ]:
        make_package(
            name = name,
            package_name = package,
            srcs = [":sample-source"],
            toolchain = ":sample-cc",
            version = "1",
            **(_SAMPLE | further)
        )

    # What runs during a build is built for the machine that builds, where there are no samples.
    for name in ["words", "tool-package", "other-tool-package"]:
        script_package(name = "sample-" + name, package_name = name, script = "words.sh", version = "1")
    native.alias(name = "sample-alias-of-lib", actual = ":sample-lib", **_SAMPLE)

def _far_below() -> None:
    library = _SAMPLE | {"srcs": [":sample-source"], "toolchain": ":sample-cc", "version": "1"}
    for name, difference in _FAR_BELOW.items():
        base, lib, package = [prefix + name for prefix in ["sample-base-of-another-", "sample-lib-above-another-", "sample-far-above-another-"]]
        make_package(name = base, package_name = "base", **(library | difference))
        make_package(name = lib, package_name = "lib", link_deps = [":" + base], **library)
        make_package(name = package, **(_PLAIN | _SAMPLE | {"link_deps": [":" + lib, ":sample-other-lib", ":sample-words"]}))
        config_hash_of(name = "source-{}-far-below".format(name), package = (":" + package, _PLATFORM))

def _platforms() -> None:
    native.constraint(name = "sample", default = "off", values = ["off", "on"])
    for name in ["linux-gnu-amd64", "linux-gnu-arm64", "linux-musl-amd64"]:
        native.platform(name = "sample-" + name, constraint_values = [":sample[on]"], deps = ["//defs/platforms:" + name])
    for name, further in [("of-another-name", []), ("full", ["//packages/use:full[on]"]), ("nls", ["//packages/use:nls[on]"])]:
        native.platform(name = "sample-platform-" + name, constraint_values = further, deps = [_PLATFORM])

# A package, and its hash for the platform.
def _sample(name: str, rule: typing.Callable, attributes: dict[str, typing.Any], platforms: dict[str, str] = {}) -> None:
    package = "source-{}-here".format(name)
    rule(name = package, **(_SAMPLE | attributes))
    for hash, platform in ({name: _PLATFORM} | platforms).items():
        config_hash_of(name = "source-" + hash, package = (":" + package, platform))

def source_variants() -> None:
    """Makes `source-plain` and its variants, each named after what is different."""
    _sources()
    _toolchains()
    _libraries()
    _far_below()
    _platforms()
    _sample("plain", make_package, _PLAIN, _INSENSITIVE_PLATFORMS | _SENSITIVE_PLATFORMS)
    native.alias(name = "sample-alias", actual = ":source-plain-here", **_SAMPLE)
    config_hash_of(name = "source-alias", package = (":sample-alias", _PLATFORM))
    for name, difference in (_INSENSITIVE | _SENSITIVE | _ORDERED).items():
        _sample(name, make_package, _PLAIN | difference)
    for name, phases in [
        ("phases", [["one", "a"], ["two", "b"]]),
        ("order-of-phases", [["two", "b"], ["one", "a"]]),
    ]:
        plain = {key: value for key, value in _PLAIN.items() if key != "configure_args"}
        _sample(name, phases_package, plain | {"phases": phases})
