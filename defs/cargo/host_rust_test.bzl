"""Tests of the Rust toolchain of the machine."""

load(":providers.bzl", "RustToolchainInfo")

_TOOLCHAIN = """
load("//defs/cargo:host_rust.bzl", "host_rust_toolchain", "rust_driver", "rust_identity")
load("//defs/cargo:triple.bzl", "rust_triple")
rust_driver(name = "driver", src = "driver.rs")
rust_identity(name = "identity", driver = ":driver")
host_rust_toolchain(name = "rust", driver = ":driver", identity = ":identity", target = rust_triple(), version = "1.2.3")
host_rust_toolchain(name = "any", driver = ":driver", identity = ":identity", target = "t")
host_rust_toolchain(name = "bad", driver = ":source", identity = ":identity", target = "t")
export_file(name = "source", src = "driver.rs")
"""

def test_the_driver_is_compiled_by_the_rustc_on_path(t: RuleTest) -> None:
    package = t.package(_TOOLCHAIN, files = ["driver.rs"])
    driver = t.analyze(package + ":driver")
    action = t.action(driver, "rust_driver")
    t.equal(action.argv[0], "rustc")
    t.equal(action.argv[-1], "{}/driver.rs".format(package.removeprefix("buckpack//")))
    t.check(action.local_only, "only a local action finds rustc")
    t.check(RunInfo in driver.providers)

def test_the_compiler_says_who_it_is(t: RuleTest) -> None:
    package = t.package(_TOOLCHAIN, files = ["driver.rs"])
    identity = t.analyze(package + ":identity")
    # The engine knows this category: its result depends on the compiler of the machine, which is no input.
    action = t.action(identity, "rust_identity")
    t.equal(action.argv[1], "identity")
    t.check(action.local_only)
    t.equal(identity.providers[DefaultInfo].default_outputs[0].short_path, "rustc-version.txt")

def test_the_toolchain_is_for_the_target(t: RuleTest) -> None:
    package = t.package(_TOOLCHAIN, files = ["driver.rs"])
    triples = {"darwin-arm64": "aarch64-apple-darwin", "linux-musl-amd64": "x86_64-unknown-linux-musl", "windows-arm64": "aarch64-pc-windows-gnullvm"}
    for modifier, triple in triples.items():
        info = t.analyze(package + ":rust", modifiers = [modifier]).providers[RustToolchainInfo]
        t.equal(info.target, triple, modifier)
        t.equal(info.expected, "1.2.3")
        t.equal(info.identity.short_path, "rustc-version.txt")
    t.equal(t.analyze(package + ":any").providers[RustToolchainInfo].expected, None)

def test_the_driver_is_a_program(t: RuleTest) -> None:
    package = t.package(_TOOLCHAIN, files = ["driver.rs"])
    t.contains(t.failure(package + ":bad"), "attribute `driver`: `{}:source` must provide `RunInfo`, but it provides only: DefaultInfo".format(package))
