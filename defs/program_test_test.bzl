"""Tests of `program_test`."""

def test_the_program_runs_from_the_root(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "program_test")
export_file(name = "data", src = "d")
program_test(name = "t", program = "t.sh", args = ["--in", "$(location :data)"], env = {"DATA": "$(location :data)"})
""", files = ["d", "t.sh"])
    test = t.analyze(package + ":t")
    info = test.providers[ExternalRunnerTestInfo]
    t.equal(info.command[0].short_path, "t.sh")
    t.equal(len(info.command), 3)
    t.equal(info.env.keys(), ["DATA"])
    t.check(info.run_from_project_root and info.use_project_relative_paths)
    t.equal(info.default_executor.network_access, None, "a test may start a server")
    t.equal(test.providers[DefaultInfo].default_outputs, [])

def test_a_program_is_needed(t: RuleTest) -> None:
    t.contains(t.package_failure("""
load("//defs:defs.bzl", "program_test")
program_test(name = "t")
"""), "attribute `program`: ")
