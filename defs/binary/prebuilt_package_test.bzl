"""Tests of `prebuilt_package`."""

load(":providers.bzl", "BinaryPackageInfo", "PackageRecipeInfo")

_HASHES = {name: digit * 64 for name, digit in {"config_hash": "c", "content_hash": "d", "sha256": "e"}.items()}

_PACKAGE = """
load("//defs:defs.bzl", "prebuilt_package")
prebuilt_package(
    name = "app",
    package_name = "app",
    version = "1.0",
    tarball = "app-1.0-01234567-bin.tar.gz",
    sidecar = "app-1.0-01234567-bin.tar.gz.sha256",
    recipe = "app-1.0-01234567-bin.tar.gz.recipe.json",
    config_hash = "{config_hash}",
    content_hash = "{content_hash}",
    sha256 = "{sha256}",
    size = 7,
)
"""

_FILES = [
    "app-1.0-01234567-bin.tar.gz",
    "app-1.0-01234567-bin.tar.gz.recipe.json",
    "app-1.0-01234567-bin.tar.gz.sha256",
]

def _package(t: RuleTest, **hashes) -> str:
    return t.package(_PACKAGE.format(**(_HASHES | hashes)), files = _FILES)

def test_the_pins_are_handed_to_the_unpacker(t: RuleTest) -> None:
    package = _package(t)
    app = t.analyze(package + ":app")
    record = t.action(app, "write_json")
    t.equal(json.decode(record.contents), {
        "config_hash_full": _HASHES["config_hash"],
        "content_hash_full": _HASHES["content_hash"],
        "name": "app",
        "path": "app-1.0-01234567-bin.tar.gz",
        "sha256": _HASHES["sha256"],
        "size": 7,
        "version": "1.0",
    })
    unpack = t.action(app, "package_unpack")
    tarball = "{}/app-1.0-01234567-bin.tar.gz".format(package.removeprefix("buckpack//"))
    t.equal(unpack.argv[1:5], ["unpack-package", tarball, "--record", record.outputs[0]])
    t.check(not unpack.local_only, "nothing is fetched")

def test_it_looks_like_a_package_that_was_built(t: RuleTest) -> None:
    app = t.analyze(_package(t) + ":app")
    t.equal(sorted(app.sub_targets), ["check", "config-hash", "files", "manifest", "metadata", "recipe", "sha256", "tarball", "with-deps"])
    t.equal(app.providers[DefaultInfo].default_outputs[0].short_path, "tree")
    t.equal(app.providers[BinaryPackageInfo].tarball.short_path, _FILES[0])
    t.equal(app.providers[PackageRecipeInfo].recipe.short_path, _FILES[1])
    t.equal(t.action(app, "write", identifier = "config-hash").contents, _HASHES["config_hash"] + "\n")
    t.equal([check.name for check in app.providers[ValidationInfo].validations], ["package-check"])

def test_short_hashes_are_refused(t: RuleTest) -> None:
    for attribute in ["config_hash", "content_hash", "sha256"]:
        package = _package(t, **{attribute: "01234567"})
        t.contains(t.failure(package + ":app"), "`{}` must be 64 hex digits, got \"01234567\"".format(attribute))
