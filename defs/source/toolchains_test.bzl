"""Tests of the C toolchains and of what they are made of."""

load(":providers.bzl", "BuildToolInfo", "CToolchainInfo")
load(":zig_target.bzl", "ZigTargetInfo")

_TARGETS = """
load("//defs/source:zig_target.bzl", "zig_cpu", "zig_target", "zig_triple")
zig_target(name = "target", cpu = zig_cpu(), triple = zig_triple("2.28"))
"""

def test_zig_names_the_platform(t: RuleTest) -> None:
    package = t.package(_TARGETS)
    for modifier, names in {
        "linux-gnu-amd64": ("x86_64", "x86_64-linux-gnu", "x86_64-linux-gnu.2.28"),
        "linux-musl-arm64": ("generic", "aarch64-linux-musl", "aarch64-linux-musl"),
    }.items():
        info = t.analyze(package + ":target", modifiers = [modifier]).providers[ZigTargetInfo]
        t.equal((info.cpu, info.gnu, info.triple), names, modifier)

def test_the_c_toolchain_holds_nothing_of_the_machine(t: RuleTest) -> None:
    package = t.package(_TARGETS + """
load("//defs:defs.bzl", "build_tool")
load("//defs/source:c_toolchain.bzl", "c_toolchain")
[build_tool(name = name, src = name) for name in ["zig", "wrappers", "make", "cache"]]
export_file(name = "file", src = "zig")
c_toolchain(name = "cc", build = ":target", target = ":target", tools = [":make"], version = "1", wrappers = ":wrappers", zig = ":zig", cache = ":cache")
c_toolchain(name = "bad", build = ":target", target = ":target", version = "1", wrappers = ":wrappers", zig = ":file")
""", files = ["cache", "make", "wrappers", "zig"])
    info = t.analyze(package + ":cc", modifiers = ["linux-musl-arm64"]).providers[CToolchainInfo]
    t.equal(info.local_only, False)
    t.equal([tool.name for tool in info.tools], ["wrappers", "zig", "make", "cache"])
    t.equal(info.toolchain["target"], "aarch64-linux-musl")
    t.equal(info.toolchain["flags"], ["-target", "aarch64-linux-musl", "-mcpu=generic", "-fno-sanitize=undefined", "-s"])
    t.equal(info.configure_args[0], "--host=aarch64-linux-musl")
    t.equal(info.prepare, [["prepare", "cp", "-r", "{tool:cache}", "/build/tmp/zig"]])
    t.contains(t.failure(package + ":bad"), "attribute `zig`: `{}:file` must provide `BuildToolInfo`".format(package))

def test_the_machines_own_compiler_says_who_it_is(t: RuleTest) -> None:
    package = t.package("""
load("//defs/source:host_c_toolchain.bzl", "host_c_toolchain")
host_c_toolchain(name = "cc", target = "t")
""")
    cc = t.analyze(package + ":cc")
    # The engine knows the ending of this category: the result depends on programs of the machine, which are no inputs.
    identity = t.action(cc, "host_identity")
    t.check(identity.local_only)
    t.equal(identity.argv[1:8], ["host-identity", "--program", "cc", "--program", "ld", "--program", "make"])
    info = cc.providers[CToolchainInfo]
    t.equal([info.local_only, info.toolchain["id"], info.toolchain["target"]], [True, "host", "t"])
    t.equal(info.toolchain["identity"].keys(), ["$text"])

def test_applets(t: RuleTest) -> None:
    package = t.package("""
load("//defs/source:build_tool.bzl", "applets")
filegroup(name = "tree", srcs = ["bin/busybox"])
applets(name = "userland", src = ":tree", program = "bin/busybox", without = ["make", "ar"])
""", files = ["bin/busybox"])
    userland = t.analyze(package + ":userland")
    action = t.action(userland, "applets")
    t.equal(action.argv[1:3], ["applets", "--program"])
    t.check(action.argv[3].endswith("/tree/bin/busybox"), "a program in the tree")
    t.equal(action.argv[4:8], ["--without", "make", "--without", "ar"])
    t.equal(userland.providers[DefaultInfo].default_outputs[0].short_path, "tree")

def test_the_cache_of_zig_is_known_by_its_recipe(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "package_source", "zig_cache")
export_file(name = "program.c")
package_source(name = "source", src = ":program.c", dest = "program.c", strip = 0)
zig_cache(name = "cache", package_name = "zig-cache", version = "1", program = "program.c", srcs = [":source"])
""", files = ["program.c"])
    cache = t.analyze(package + ":cache")
    t.equal(cache.providers[BuildToolInfo].identity.keys(), ["$text"])
    [recipe] = [json.decode(action.contents) for action in cache.actions if action.outputs[0].endswith("recipe-in.json")]
    t.equal(recipe["env"]["ZIG_GLOBAL_CACHE_DIR"], "{out}")
    t.equal([phase[1] for phase in recipe["phases"] if phase[0] == "compile"], ["cc", "build-cc"])
