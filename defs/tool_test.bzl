"""Tests of `tool`."""

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
