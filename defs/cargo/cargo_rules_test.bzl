"""Tests of the cargo rules."""

load(":providers.bzl", "CargoCratesInfo")

_FILES = ["Cargo.toml", "Cargo.lock", "src/main.rs"]

_WORKSPACE = """
load("//defs:defs.bzl", "build_tool", "cargo_binary", "cargo_test", "cargo_test_programs", "cargo_vendor")
cargo_vendor(name = "crates", srcs = ["Cargo.toml", "Cargo.lock"])
"""

def test_vendor_fetches_once_by_the_lock(t: RuleTest) -> None:
    package = t.package(_WORKSPACE, files = _FILES)
    crates = t.analyze(package + ":crates")
    action = t.action(crates, "fetch_crates")
    t.check(action.local_only, "only a local action finds cargo")
    t.equal(action.argv[1:3], ["vendor", "--out"])
    t.check(not [path for path in action.inputs if path.endswith("main.rs")], "sources are no input of the fetch")
    t.equal(crates.providers[CargoCratesInfo].directory.short_path, "crates")

def test_one_program_is_the_target(t: RuleTest) -> None:
    package = t.package(_WORKSPACE + """
cargo_binary(name = "p", bins = ["p"], cflags = ["-DX=1"], crates = ":crates", srcs = glob(["**"]), features = ["a", "b"], packages = ["m"], rustflags = ["-Cforce-frame-pointers"])
cargo_binary(name = "static", bins = ["p"], crates = ":crates", srcs = glob(["**"]), crt_static = True)
""", files = _FILES)
    program = t.analyze(package + ":p", modifiers = ["linux-musl-arm64"])
    argv = t.action(program, "cargo_build").argv
    for words in [["--target", "aarch64-unknown-linux-musl"], ["--profile", "release"], ["--features", "a,b"], ["--bin", "p"], ["--package", "m"], ["--rustflag", "-Cforce-frame-pointers"], ["--cflag", "-DX=1"]]:
        at = argv.index(words[0])
        t.equal(argv[at:at + 2], words)
    t.check("-Ctarget-feature=+crt-static" in t.action(t.analyze(package + ":static"), "cargo_build").argv)
    t.equal(program.sub_targets, [])
    t.equal(program.providers[DefaultInfo].default_outputs[0].short_path, "bin/p")
    t.check(RunInfo in program.providers)

def test_build_scripts_find_their_tools(t: RuleTest) -> None:
    package = t.package(_WORKSPACE + """
build_tool(name = "make", bins = ["main.rs", "more"], src = "src")
cargo_binary(name = "p", bins = ["p"], build_tools = [":make"], crates = ":crates", srcs = glob(["**"]))
""", files = _FILES)
    action = t.action(t.analyze(package + ":p"), "cargo_build")
    folder = package.removeprefix("buckpack//")
    found = [action.argv[at + 1] for at, word in enumerate(action.argv) if word == "--tools"]
    t.equal(found, [folder + "/src/main.rs", folder + "/src/more"])

def test_several_programs_are_sub_targets(t: RuleTest) -> None:
    package = t.package(_WORKSPACE + """
cargo_binary(name = "p", bins = ["one", "two"], crates = ":crates", srcs = glob(["**"]))
""", files = _FILES)
    programs = t.analyze(package + ":p")
    t.equal(programs.sub_targets, ["one", "two"])
    t.equal(t.analyze(package + ":p[two]").providers[DefaultInfo].default_outputs[0].short_path, "bin/two")
    t.equal(len([action for action in programs.actions if action.kind == "run"]), 1, "one action builds all")

def test_refusals(t: RuleTest) -> None:
    package = t.package(_WORKSPACE + """
cargo_binary(name = "no-bins", crates = ":crates", srcs = glob(["**"]))
cargo_binary(name = "no-sources", bins = ["p"], crates = ":crates")
cargo_binary(name = "blank", bins = ["p"], cflags = ["-DX=1", "-DY=a b"], crates = ":crates", srcs = glob(["**"]))
build_tool(name = "wanting", env = {"HOME": "/"}, src = "src")
cargo_binary(name = "wanting-tool", bins = ["p"], build_tools = [":wanting"], crates = ":crates", srcs = glob(["**"]))
cargo_binary(name = "both", bins = ["p"], crates = ":crates", srcs = glob(["**"]), workspace = "src")
cargo_test_programs(name = "tests", crates = ":crates", packages = ["one"], srcs = glob(["**"]))
cargo_test(name = "test", package = "two", programs = ":tests")
""", files = _FILES)
    t.contains(t.failure(package + ":no-bins"), "`bins` is empty; name the programs to build")
    t.contains(t.failure(package + ":no-sources"), "the workspace is missing; give its files as `srcs`, or one directory as `workspace`")
    t.contains(t.failure(package + ":blank"), "`cflags` holds \"-DY=a b\": build scripts split `CFLAGS` at blanks")
    t.contains(t.failure(package + ":wanting-tool"), "{}:wanting wants the variables HOME, but build scripts of crates get none".format(package))
    t.contains(t.failure(package + ":both"), "`srcs` and `workspace` both say where the workspace is; give one of them")
    t.contains(t.failure(package + ":test"), "`package` is \"two\", but {}:tests compiles the tests of one only".format(package))

def test_a_test_runs_the_driver(t: RuleTest) -> None:
    package = t.package(_WORKSPACE + """
cargo_test_programs(name = "tests", bins = ["p"], crates = ":crates", packages = ["one"], srcs = glob(["**"]))
cargo_test(name = "test", package = "one", programs = ":tests", args = ["--quick"])
""", files = _FILES)
    info = t.analyze(package + ":test").providers[ExternalRunnerTestInfo]
    t.equal(info.command[1], "run-tests")
    t.equal(info.command[3:], ["one", "--quick"])
    t.equal(info.run_from_project_root, True)
