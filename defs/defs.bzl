"""The rule set: load everything from here."""

load("//defs/binary:binary_mirror.bzl", _binary_mirror = "binary_mirror")
load("//defs/binary:binary_package.bzl", _binary_package = "binary_package")
load("//defs/binary:prebuilt_package.bzl", _prebuilt_package = "prebuilt_package")
load("//defs/cargo:cargo_binary.bzl", _cargo_binary = "cargo_binary")
load("//defs/cargo:cargo_test.bzl", _cargo_test = "cargo_test", _cargo_test_programs = "cargo_test_programs")
load("//defs/cargo:cargo_vendor.bzl", _cargo_vendor = "cargo_vendor")
load("//defs/fetch:registry_file.bzl", _registry_file = "registry_file")
load("//defs/fetch:source_mirror.bzl", _source_mirror = "source_mirror")
load("//defs/fetch:unpacked.bzl", _unpacked = "unpacked")
load("//defs/flavor:flavor_toolchain.bzl", _flavor_toolchain = "flavor_toolchain")
load("//defs/flavor:launcher.bzl", _flavor_launcher = "flavor_launcher", _flavor_platform = "flavor_platform", _prebuilt_launcher = "prebuilt_launcher")
load("//defs/flavor:macros.bzl", _flavor_package = "flavor_package")
load("//defs/flavor:slot.bzl", _slot = "slot")
load("//defs/platforms:names.bzl", _platform_aliases = "platform_aliases")
load("//defs/release:release_matrix.bzl", _release_matrix = "release_matrix")
load("//defs/source:build_tool.bzl", _applets = "applets", _build_tool = "build_tool")
load("//defs/source:c_toolchain.bzl", _c_toolchain = "c_toolchain")
load("//defs/source:cargo_package.bzl", _cargo_package = "cargo_package")
load("//defs/source:host_c_toolchain.bzl", _host_c_toolchain = "host_c_toolchain")
load("//defs/source:make_package.bzl", _make_package = "make_package")
load("//defs/source:package_source.bzl", _package_source = "package_source")
load("//defs/source:phases_package.bzl", _phases_package = "phases_package")
load("//defs/source:use.bzl", _use_aliases = "use_aliases", _use_flags = "use_flags", _use_select = "use_select")
load("//defs/source:zig_cache.bzl", _zig_cache = "zig_cache")
load("//defs/source:zig_target.bzl", _zig_cpu = "zig_cpu", _zig_target = "zig_target", _zig_triple = "zig_triple")
load("//defs:program_test.bzl", _program_test = "program_test")
load("//defs:tool.bzl", _tool = "tool")

applets = _applets
binary_mirror = _binary_mirror
binary_package = _binary_package
build_tool = _build_tool
c_toolchain = _c_toolchain
cargo_binary = _cargo_binary
cargo_package = _cargo_package
cargo_test = _cargo_test
cargo_test_programs = _cargo_test_programs
cargo_vendor = _cargo_vendor
flavor_launcher = _flavor_launcher
flavor_package = _flavor_package
flavor_platform = _flavor_platform
flavor_toolchain = _flavor_toolchain
host_c_toolchain = _host_c_toolchain
make_package = _make_package
package_source = _package_source
phases_package = _phases_package
platform_aliases = _platform_aliases
prebuilt_launcher = _prebuilt_launcher
prebuilt_package = _prebuilt_package
program_test = _program_test
registry_file = _registry_file
release_matrix = _release_matrix
slot = _slot
source_mirror = _source_mirror
tool = _tool
unpacked = _unpacked
use_aliases = _use_aliases
use_flags = _use_flags
use_select = _use_select
zig_cache = _zig_cache
zig_cpu = _zig_cpu
zig_target = _zig_target
zig_triple = _zig_triple
