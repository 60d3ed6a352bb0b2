"""What every rule that makes a binary package asks of its user."""

load(":platform.bzl", "platform_attrs")
load(":providers.bzl", "BinaryPackageInfo", "RuntimeClosureInfo")

def package_attrs() -> dict[str, Attr]:
    """Attributes that `hash_recipe` and the functions of `packing.bzl` read."""
    return {
        "description": attrs.string(default = "", doc = "One line for people."),
        "format": attrs.enum(["gz", "zst"], default = "gz", doc = "How the tarball is compressed: `gz` is read everywhere, `zst` is smaller and faster."),
        "homepage": attrs.string(default = "", doc = "Address of the program's authors."),
        "libdir": attrs.string(default = "lib", doc = "Name of the library directory."),
        "license": attrs.string(default = "", doc = "SPDX expression."),
        "missing_libraries": attrs.list(attrs.string(), default = [], doc = "Shared libraries that files need and that nobody has to provide, such as `libcuda.so.1`."),
        "package_name": attrs.string(doc = "Name of the package."),
        "permissions": attrs.dict(
            attrs.string(),
            attrs.dict(attrs.string(), attrs.any()),
            default = {},
            doc = "What paths of the package get beyond the executable bit, such as `{\"usr/bin/su\": {\"mode\": \"4755\"}}`: `mode` in four octal digits, `uid`, `gid`, `user`, `group`, `cap` (file capabilities), `config` (True for a protected configuration file).",
        ),
        "prefix": attrs.string(default = "/usr", doc = "The prefix that it was built for."),
        "prefix_in": attrs.list(attrs.string(), default = [], doc = "Paths of a relocatable package in which the prefix does not matter."),
        "relocatable": attrs.bool(default = False, doc = "Whether it works below any other prefix, too. Checked: no file may contain `prefix`."),
        "revision": attrs.int(default = 0, doc = "Raise it for a new package of the same version."),
        "runtime_deps": attrs.list(attrs.dep(providers = [BinaryPackageInfo, RuntimeClosureInfo]), default = [], doc = "Packages that it needs at run time, in exactly these builds."),
        "slot": attrs.string(default = "0", doc = "Versions in different slots may be installed side by side."),
        "source_date_epoch": attrs.int(default = 0, doc = "Time of every entry in the tarball, in seconds since 1970."),
        "version": attrs.string(doc = "Version of the package."),
        "_install": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:install-binary")),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
        "_upload": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:upload-binaries")),
    } | platform_attrs()
