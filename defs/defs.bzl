"""The rule set: load everything from here."""

load("//defs/binary:binary_mirror.bzl", _binary_mirror = "binary_mirror")
load("//defs/binary:binary_package.bzl", _binary_package = "binary_package")
load("//defs/binary:prebuilt_package.bzl", _prebuilt_package = "prebuilt_package")
load("//defs/cargo:cargo_binary.bzl", _cargo_binary = "cargo_binary")
load("//defs/cargo:cargo_test.bzl", _cargo_test = "cargo_test", _cargo_test_programs = "cargo_test_programs")
load("//defs/cargo:cargo_vendor.bzl", _cargo_vendor = "cargo_vendor")
load("//defs/fetch:registry_file.bzl", _registry_file = "registry_file")
load("//defs/fetch:unpacked.bzl", _unpacked = "unpacked")
load("//defs/flavor:flavor_toolchain.bzl", _flavor_toolchain = "flavor_toolchain")
load("//defs/flavor:launcher.bzl", _flavor_launcher = "flavor_launcher", _flavor_platform = "flavor_platform", _prebuilt_launcher = "prebuilt_launcher")
load("//defs/flavor:macros.bzl", _flavor_package = "flavor_package")
load("//defs/flavor:slot.bzl", _slot = "slot")
load("//defs/platforms:names.bzl", _platform_aliases = "platform_aliases")
load("//defs:program_test.bzl", _program_test = "program_test")
load("//defs:tool.bzl", _tool = "tool")

binary_mirror = _binary_mirror
binary_package = _binary_package
cargo_binary = _cargo_binary
cargo_test = _cargo_test
cargo_test_programs = _cargo_test_programs
cargo_vendor = _cargo_vendor
flavor_launcher = _flavor_launcher
flavor_package = _flavor_package
flavor_platform = _flavor_platform
flavor_toolchain = _flavor_toolchain
platform_aliases = _platform_aliases
prebuilt_launcher = _prebuilt_launcher
prebuilt_package = _prebuilt_package
program_test = _program_test
registry_file = _registry_file
slot = _slot
tool = _tool
unpacked = _unpacked
