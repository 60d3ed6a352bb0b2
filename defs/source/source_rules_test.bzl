"""Tests of the rules that build packages from source."""

load(":use.bzl", "use_aliases", "use_values")

_SHA = "0123456789abcdef" * 4

_LOADS = """
load("//defs:defs.bzl", "build_tool", "make_package", "package_source", "phases_package", "registry_file", "use_flags", "use_select")
registry_file(name = "x.tar.gz", client = "cargo", package = "x", version = "1", sha256 = "{sha}")
package_source(name = "source", src = ":x.tar.gz")
"""

def _package(t: RuleTest, text: str, files: list[str] = []) -> str:
    return t.package(_LOADS.format(sha = _SHA) + text, files = files)

def _recipe(t: RuleTest, analysis: typing.Any) -> typing.Any:
    """The recipe as the rule wrote it, references and all."""
    for action in analysis.actions:
        if [output for output in action.outputs if output.endswith("recipe-in.json")]:
            return json.decode(action.contents)
    t.check(False, "the target has no recipe")
    return None

def test_make_package(t: RuleTest) -> None:
    package = _package(t, """
make_package(name = "p", package_name = "x", version = "1", srcs = [":source"], configure_args = ["--quick"])
""")
    built = t.analyze(package + ":p", modifiers = ["linux-musl-arm64"])
    recipe = _recipe(t, built)
    t.equal(recipe["sources"], [{"dest": "", "sha256": _SHA, "strip": 1}], "the pin, without the file")
    t.equal(recipe["phases"][0], ["prepare", "cp", "-r", "{tool:zig-cache}", "/build/tmp/zig"])
    t.equal(recipe["phases"][1][:4], ["configure", "sh", "./configure", "--prefix=/usr"])
    t.equal(recipe["phases"][1][-1], "--quick")
    t.check("--host=aarch64-linux-musl" in recipe["phases"][1], "configure knows the target")
    t.equal(recipe["phases"][2:], [["compile", "make", "-j{jobs}"], ["install", "make", "DESTDIR={out}", "install"]])
    t.equal(recipe["toolchain"]["target"], "aarch64-linux-musl")
    t.equal([tool["name"] for tool in recipe["tools"]], ["cc-wrappers", "zig", "make", "userland", "zig-cache"])
    t.equal(recipe["env"]["SOURCE_DATE_EPOCH"], "315532800")
    t.equal(recipe["env"]["PATH"], "{tool:cc-wrappers}/bin:{tool:zig}/ziglang:{tool:make}/usr/lib/bmake:{tool:userland}/bin")
    build = t.action(built, "package_build")
    t.equal(build.argv[1], "build")
    t.check(not build.local_only, "nothing of the machine is in it")
    for view in ["config-hash", "files", "manifest", "metadata", "recipe", "sha256", "tarball"]:
        t.check(view in built.sub_targets, view)
    t.equal(built.providers[DefaultInfo].default_outputs[0].short_path, "tree")

def test_the_hash_needs_no_source(t: RuleTest) -> None:
    package = _package(t, """
make_package(name = "p", package_name = "x", version = "1", srcs = [":source"])
""")
    inputs = t.action(t.analyze(package + ":p"), "package_hash").inputs
    t.equal([path for path in inputs if path.endswith("x.tar.gz")], [])

def test_plain_make(t: RuleTest) -> None:
    package = _package(t, """
make_package(name = "p", package_name = "x", version = "1", srcs = [":source"], configure = [], make_args = ["A=b"], install_args = ["install"])
make_package(name = "bad", package_name = "x", version = "1", srcs = [":source"], configure = [], configure_args = ["--quick"])
""")
    t.equal(_recipe(t, t.analyze(package + ":p"))["phases"][1:], [["compile", "make", "-j{jobs}", "A=b"], ["install", "make", "A=b", "install"]])
    t.contains(t.failure(package + ":bad"), "`configure_args` are for the command in `configure`, which is empty")

def test_dependencies_patches_and_files(t: RuleTest) -> None:
    package = _package(t, """
make_package(name = "lib", package_name = "lib", version = "1", srcs = [":source"])
package_source(name = "own", src = ":own.c", dest = "own.c", strip = 0)
export_file(name = "own.c")
make_package(
    name = "p",
    package_name = "x",
    version = "1",
    srcs = [":source", ":own"],
    link_deps = [":lib"],
    patches = ["a.patch"],
    remove = ["usr/share/doc"],
    permissions = {"usr/bin/x": {"mode": "4755"}},
)
make_package(name = "two", package_name = "x", version = "1", srcs = [":source"], build_deps = [":lib"], link_deps = [":lib"])
""", files = ["a.patch", "own.c"])
    built = t.analyze(package + ":p")
    [paths] = [json.decode(action.contents) for action in built.actions if action.outputs[0].endswith("/paths.json")]
    t.equal(paths["patches"], [package.removeprefix("buckpack//") + "/a.patch"])
    recipe = _recipe(t, built)
    t.equal([(dep["role"], dep["name"], list(dep["config_hash"])) for dep in recipe["deps"]], [("link", "lib", ["$text"])])
    t.check(recipe["env"]["BUCKPACK_CC_FLAGS"].endswith(" -I{dep:lib}/usr/include -L{dep:lib}/usr/lib"), "the compiler finds it")
    t.equal(recipe["sources"][1]["dest"], "own.c")
    t.equal(list(recipe["sources"][1]["sha256"]), ["$sha256"], "no pin: its bytes say")
    t.equal([list(patch) for patch in recipe["patches"]], [["$sha256"]])
    t.equal(recipe["transforms"], [["remove", "usr/share/doc"]])
    t.equal(recipe["permissions"], [{"mode": "4755", "path": "usr/bin/x"}])
    t.contains(t.failure(package + ":two", modifiers = ["linux-musl-arm64"]), "`build_deps` and `link_deps` have two builds of \"lib\"")

def test_use_flags(t: RuleTest) -> None:
    package = _package(t, """
make_package(
    name = "p",
    package_name = "x",
    version = "1",
    srcs = [":source"],
    configure_args = use_select("nls", on = ["--enable-nls"], off = ["--disable-nls"]),
    use = use_flags(["nls"]),
)
make_package(name = "twice", package_name = "x", version = "1", srcs = [":source"], use = use_flags(["nls"]) + ["nls"])
""")
    off, on = _recipe(t, t.analyze(package + ":p")), _recipe(t, t.analyze(package + ":p", modifiers = ["nls"]))
    t.equal((off["use"], on["use"]), ({"nls": False}, {"nls": True}))
    t.equal((off["phases"][1][-1], on["phases"][1][-1]), ("--disable-nls", "--enable-nls"))
    t.equal(_recipe(t, t.analyze(package + ":p", modifiers = ["full"])), off, "a flag that it does not declare")
    t.contains(t.failure(package + ":twice"), "`use` has the flag \"nls\" twice")
    t.equal(use_values(["a", "-b"]), {"a": True, "b": False})
    t.equal(use_aliases(["a"]), {"a": "//packages/use:a[on]", "no-a": "//packages/use:a[off]"})

def test_sources_say_where_they_come_from(t: RuleTest) -> None:
    package = _package(t, """
package_source(name = "silent", src = ":x.tar.gz", upstream = "https://example.org/x.tar.gz")
package_source(name = "other", src = ":x.tar.gz", upstream = "https://example.org/x.tar.gz", upstream_sha256 = "ab")
package_source(name = "good", src = ":x.tar.gz", upstream = "https://example.org/x.tar.gz", differs = "repacked")
""")
    t.contains(t.failure(package + ":silent"), "say with `upstream_sha256` that this is that very file, or in `differs` how it differs")
    t.contains(t.failure(package + ":other"), "`upstream_sha256` is ab, but")
    t.analyze(package + ":good")

def test_phases(t: RuleTest) -> None:
    package = _package(t, """
phases_package(name = "p", package_name = "x", version = "1", srcs = [":source"], phases = [["install", "cp", "a", "{out}"]])
phases_package(name = "bad", package_name = "x", version = "1", srcs = [":source"], phases = [["install"]])
""")
    t.equal(_recipe(t, t.analyze(package + ":p"))["phases"][1:], [["install", "cp", "a", "{out}"]])
    t.contains(t.failure(package + ":bad"), "`phases` has [\"install\"] at place 1; expected a name and a command")

def test_tools_of_builds(t: RuleTest) -> None:
    package = _package(t, """
build_tool(name = "none")
build_tool(name = "tree", src = "x")
build_tool(name = "pinned", src = "x", pinned = ":x.tar.gz")
make_package(name = "p", package_name = "x", version = "1", srcs = [":source"], tools = [":tree", ":pinned"])
""", files = ["x"])
    t.contains(t.failure(package + ":none"), "`src` is None and `package` is None; expected one of them")
    tools = {tool["name"]: tool["identity"] for tool in _recipe(t, t.analyze(package + ":p"))["tools"]}
    t.equal(tools["pinned"], _SHA)
    t.equal(list(tools["tree"]), ["$sha256"])
