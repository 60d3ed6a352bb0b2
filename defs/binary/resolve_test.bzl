"""Tests of what decides where the tree of a package comes from."""

load("//defs/binary:providers.bzl", "BinaryMirrorInfo", "PackageRecipeInfo")

_HASH = "0123456789abcdef" * 4

_PACKAGE = """
load("//defs:defs.bzl", "binary_mirror")
load("//tests/binary:script_package.bzl", "script_package")

binary_mirror(
    name = "mirror",
    lock = {{"schema": 1, "mirrors": ["file:///one", "https://two"], "serial": 7, "packages": [{record}]}},
    {mirror}
)
script_package(name = "base", package_name = "base", version = "1.0", script = "build.sh", {base})
script_package(name = "words", package_name = "words", version = "2.0", script = "build.sh", deps = [":base"], {words})
"""

def _record(name: str) -> str:
    return """{{"name": "{}", "version": "2.0", "config_hash_full": "{}", "sha256": "{}", "content_hash_full": "{}", "size": 7, "path": "w/words.tar.gz"}}""".format(name, _HASH, _HASH, _HASH)

def _package(t: RuleTest, record: str = "", mirror: str = "", base: str = "", words: str = "") -> str:
    return t.package(_PACKAGE.format(base = base, mirror = mirror, record = record, words = words), files = ["build.sh"])

def _categories(analysis: struct) -> list[str]:
    return [action.category for action in analysis.actions if action.kind == "run"]

def test_what_a_source_package_gives(t: RuleTest) -> None:
    words = t.analyze(_package(t) + ":words")
    t.equal(words.sub_targets, ["check", "config-hash", "files", "manifest", "metadata", "recipe", "sbom", "sha256", "tarball", "explain", "lineage", "gz", "zst", "install", "upload", "with-deps"])
    t.equal(words.providers[PackageRecipeInfo].name, "words")
    t.equal(words.providers[PackageRecipeInfo].from_source, False)
    t.equal(words.providers[DefaultInfo].default_outputs[0].short_path, "tree")

def test_publishing_is_something_to_run(t: RuleTest) -> None:
    package = _package(t)
    t.check(RunInfo in t.analyze(package + ":words[upload]").providers, "`[upload]` runs")
    t.check(RunInfo in t.analyze(package + ":words[install]").providers, "`[install]` runs")
    t.check("upload" not in " ".join(_categories(t.analyze(package + ":words"))), "no action publishes")

def test_without_binaries_the_build_is_declared_at_once(t: RuleTest) -> None:
    words = t.analyze(_package(t) + ":words")
    build = t.action(words, "package_build")
    t.equal(build.argv[-2:], ["--out", build.outputs[0]])

def test_one_lazy_fetch_a_record(t: RuleTest) -> None:
    package = _package(t, record = _record("words"), mirror = 'keys = ["release AAAA", "-0123456789abcdef"]')
    mirror = t.analyze(package + ":mirror")
    fetch = t.action(mirror, "fetch_binary")
    t.equal(fetch.identifier, "words 2.0 01234567")
    t.equal(fetch.local_only, True)
    t.equal(fetch.argv[fetch.argv.index("--mirror"):-2], [
        "--mirror",
        "file:///one",
        "--mirror",
        "https://two",
        "--key=release AAAA",
        "--key=-0123456789abcdef",
    ])
    t.check("--recipe" in t.action(mirror, "fetch_binary_recipe").argv, "the recipe is fetched by an action of its own")
    binary = mirror.providers[BinaryMirrorInfo].by_name["words"][_HASH]
    t.equal([binary.name, binary.version], ["words.tar.gz", "2.0"])

def test_the_attribute_comes_before_the_lock_file(t: RuleTest) -> None:
    package = _package(t, record = _record("words"), mirror = 'urls = ["/three"], prefer_binaries = "require"')
    mirror = t.analyze(package + ":mirror")
    fetch = t.action(mirror, "fetch_binary")
    t.equal(fetch.argv[fetch.argv.index("--mirror"):-2], ["--mirror", "/three"])
    t.equal(mirror.providers[BinaryMirrorInfo].prefer_binaries, "require")

def test_require_without_candidates_refuses_with_the_explanation(t: RuleTest) -> None:
    words = t.analyze(_package(t, words = 'prefer_binaries = "require"') + ":words")
    t.check("package_build" not in _categories(words), "nothing is built")
    refusal = t.action(words, "package_require")
    t.check(refusal.inputs[-1].endswith("/explanation.txt"), "it shows the explanation")

def test_refused_locks(t: RuleTest) -> None:
    for lock in ['"text"', "{}", '{"schema": 2}']:
        package = t.package("""load("//defs:defs.bzl", "binary_mirror")
binary_mirror(name = "mirror", lock = {})""".format(lock))
        t.contains(t.failure(package + ":mirror"), "`lock` must be the content of a lock file of schema 1, as `install-binary lock` writes it")

def test_refused_preferences(t: RuleTest) -> None:
    text = _PACKAGE.format(base = "", mirror = "", record = "", words = 'prefer_binaries = "maybe"')
    t.contains(t.package_failure(text, files = ["build.sh"]), '`prefer_binaries`: expected `attrs.enum(["never", "if-available", "require"])`, found `"maybe"`')
