"""Tests of the launcher rules and the toolchain."""

load(":providers.bzl", "FlavorToolchainInfo", "LauncherInfo")

def test_prebuilt_launcher(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "prebuilt_launcher")
prebuilt_launcher(name = "l", src = "rs-launcher", platform = "linux_amd64", origin = "flavor-rs")
""", files = ["rs-launcher"])
    launcher = t.analyze(package + ":l")
    info = launcher.providers[LauncherInfo]
    t.equal([info.origin, info.platform, info.launcher.short_path], ["flavor-rs", "linux_amd64", "rs-launcher"])
    t.equal(launcher.actions, [])

def test_built_launcher_is_of_the_target_platform(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "flavor_launcher", "flavor_platform")
command_alias(name = "program", exe = "p")
flavor_launcher(name = "l", platform = flavor_platform(), program = ":program")
""", files = ["p"])
    info = t.analyze(package + ":l", modifiers = ["darwin-amd64"]).providers[LauncherInfo]
    t.equal([info.origin, info.platform], ["buckpack", "darwin_amd64"])

def test_toolchain_takes_the_first_launcher(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "flavor_toolchain", "prebuilt_launcher")
command_alias(name = "psp", exe = "p")
prebuilt_launcher(name = "one", src = "p", platform = "any", origin = "one")
prebuilt_launcher(name = "two", src = "p", platform = "any", origin = "two")
flavor_toolchain(name = "tc", launchers = [":one", ":two"], psp = ":psp")
flavor_toolchain(name = "none", psp = ":psp")
""", files = ["p"])
    t.equal(t.analyze(package + ":tc").providers[FlavorToolchainInfo].launcher.origin, "one")
    t.equal(t.analyze(package + ":none").providers[FlavorToolchainInfo].launcher, None)

def test_launcher_needs_a_program(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "flavor_launcher")
export_file(name = "file", src = "p")
flavor_launcher(name = "l", platform = "any", program = ":file")
""", files = ["p"])
    t.contains(t.failure(package + ":l"), "attribute `program`: `{}:file` must provide `RunInfo`, but it provides only: DefaultInfo".format(package))
