"""Tests of the standard library from source and of the toolchain that has it."""

load(":providers.bzl", "RustToolchainInfo")
load(":rust_std.bzl", "RustStdInfo")

_STD = """
load("//defs/cargo:host_rust.bzl", "rust_driver", "rust_identity")
load("//defs/cargo:rust_std.bzl", "rust_std")
load("//defs/cargo:source_rust.bzl", "rust_toolchain", "source_rust_toolchain")
load("//defs/cargo:triple.bzl", "rust_triple")
load("//defs:defs.bzl", "build_tool", "cargo_binary", "cargo_vendor", "zig_cpu", "zig_target", "zig_triple")
rust_driver(name = "driver", src = "driver.rs")
rust_identity(name = "identity", driver = ":driver")
build_tool(name = "zig", bins = ["z"], src = "zig")
zig_target(name = "zig-target", cpu = zig_cpu(), triple = zig_triple(glibc = "2.17"))
[
    rust_std(
        name = name,
        driver = ":driver",
        features = features,
        identity = ":identity",
        profile = profile,
        release = release,
        source = "library",
        target = rust_triple(),
        zig = ":zig",
        zig_target = ":zig-target",
    )
    for name, release, features, profile in [
        ("std", "1.2.3", [], {}),
        ("small", "1.2.3", ["optimize_for_size"], {"opt-level": "s"}),
        ("old", "1.1.0", [], {}),
    ]
]
source_rust_toolchain(name = "rust", driver = ":driver", identity = ":identity", profiles = {"tiny": ":small"}, std = ":std", version = "1.2.3")
source_rust_toolchain(name = "mixed", driver = ":driver", identity = ":identity", profiles = {"tiny": ":old"}, std = ":std")
rust_toolchain(name = "chosen", actual = ":rust")
"""

_FILES = ["driver.rs", "zig/z/zig", "library/vendor/x", "library/Cargo.lock"]

def test_one_action_compiles_the_library(t: RuleTest) -> None:
    package = t.package(_STD, files = _FILES)
    folder = package.removeprefix("buckpack//")
    for modifier, triple, zig in [
        ("linux-musl-amd64", "x86_64-unknown-linux-musl", "x86_64-linux-musl"),
        ("linux-gnu-arm64", "aarch64-unknown-linux-gnu", "aarch64-linux-gnu.2.17"),
        ("darwin-arm64", "aarch64-apple-darwin", "aarch64-macos.11.0-none"),
        ("windows-amd64", "x86_64-pc-windows-gnullvm", "x86_64-windows-gnu"),
    ]:
        std = t.analyze(package + ":small", modifiers = [modifier])
        action = t.action(std, "rust_std")
        for words in [["--target", triple], ["--zig-target", zig], ["--std-release", "1.2.3"], ["--std-feature", "optimize_for_size"], ["--profile-setting", "opt-level=s"], ["--zig", folder + "/zig/z/zig"], ["--source", folder + "/library"]]:
            at = action.argv.index(words[0])
            t.equal(action.argv[at:at + 2], words)
        t.check(action.local_only, "only a local action finds rustc")
        t.check([path for path in action.inputs if path.endswith("rustc-version.txt")], "another compiler is another library")
        t.equal(std.providers[RustStdInfo].release, "1.2.3")

def test_each_profile_has_its_library(t: RuleTest) -> None:
    package = t.package(_STD, files = _FILES)
    info = t.analyze(package + ":chosen", modifiers = ["linux-musl-amd64"]).providers[RustToolchainInfo]
    t.equal(info.expected, "1.2.3")
    t.equal(info.target, "x86_64-unknown-linux-musl")
    t.equal(sorted(info.standard_libraries), ["", "tiny"])
    t.equal(info.standard_libraries["tiny"].short_path, "std")
    t.check(info.standard_libraries["tiny"] != info.standard_libraries[""])

def test_refusals(t: RuleTest) -> None:
    package = t.package(_STD, files = _FILES)
    t.contains(
        t.failure(package + ":mixed", modifiers = ["linux-musl-amd64"]),
        "`profiles` has for \"tiny\" a standard library of 1.1.0 for x86_64-unknown-linux-musl, but `std` is of 1.2.3 for",
    )
