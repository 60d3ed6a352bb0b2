"""Tests of `registry_file`."""

_SHA = "0123456789abcdef" * 4

def test_registry_file(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "registry_file")
registry_file(name = "x.crate", client = "cargo", package = "x", version = "1.2.3", sha256 = "{}", options = ["a=b"])
registry_file(name = "y.deb", client = "apt", package = "y", version = "1", sha256 = "{}", suite = "sid")
""".format(_SHA, _SHA))
    file = t.analyze(package + ":x.crate")
    action = t.action(file, "fetch_registry", identifier = "x 1.2.3")
    t.check(action.local_only)
    for words in [["--client", "cargo"], ["--package", "x"], ["--version", "1.2.3"], ["--sha256", _SHA]]:
        at = action.argv.index(words[0])
        t.equal(action.argv[at:at + 2], words)
    t.check("--option=a=b" in action.argv)
    t.equal(file.providers[DefaultInfo].default_outputs[0].short_path, "x.crate")
    t.check("--suite" not in action.argv)
    other = t.action(t.analyze(package + ":y.deb"), "fetch_registry").argv
    t.equal(other[other.index("--suite") + 1], "sid")

def test_short_digest(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "registry_file")
registry_file(name = "x", client = "pip", package = "x", version = "1", sha256 = "abc")
""")
    t.contains(t.failure(package + ":x"), "`sha256` must be 64 hex digits, got \"abc\"")
