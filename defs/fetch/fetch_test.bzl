"""Tests of the fetching rules and of `tool`."""

_SHA = "0123456789abcdef" * 4

def test_registry_file(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "registry_file")
registry_file(name = "x.crate", client = "cargo", package = "x", version = "1.2.3", sha256 = "{}", options = ["a=b"])
""".format(_SHA))
    file = t.analyze(package + ":x.crate")
    action = t.action(file, "fetch_registry", identifier = "x 1.2.3")
    t.check(action.local_only)
    for words in [["--client", "cargo"], ["--package", "x"], ["--version", "1.2.3"], ["--sha256", _SHA]]:
        at = action.argv.index(words[0])
        t.equal(action.argv[at:at + 2], words)
    t.check("--option=a=b" in action.argv)
    t.equal(file.providers[DefaultInfo].default_outputs[0].short_path, "x.crate")

def test_short_digest(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "registry_file")
registry_file(name = "x", client = "pip", package = "x", version = "1", sha256 = "abc")
""")
    t.contains(t.failure(package + ":x"), "`sha256` must be 64 hex digits, got \"abc\"")

def test_tool_forwards_the_build_of_the_machine(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "tool")
command_alias(name = "program", exe = "p")
tool(name = "t", actual = ":program")
export_file(name = "file", src = "p")
tool(name = "no-program", actual = ":file")
""", files = ["p"])
    built = []
    for modifier in ["linux-musl-arm64", "windows-amd64"]:
        providers = t.analyze(package + ":t", modifiers = [modifier]).providers
        t.check(RunInfo in providers)
        built.append(providers[DefaultInfo].default_outputs[0].owner.configured_target())
    t.equal(built[0], built[1], "one build for every platform")
    t.contains(t.failure(package + ":no-program"), "must provide `RunInfo`")
