"""Tests of platforms, modifiers and the choice of an execution platform."""

load(":names.bzl", "host_constraints", "platform_aliases", "platform_constraints")

def test_names(t: RuleTest) -> None:
    t.equal(len(platform_constraints()), 8)
    t.equal(platform_constraints()["linux-musl-arm64"], [
        "prelude//os/constraints:linux",
        "prelude//abi/constraints:musl",
        "prelude//cpu/constraints:arm64",
    ])
    t.equal(platform_aliases()["darwin"], ["prelude//os/constraints:macos"])

def test_every_name_is_a_platform_and_a_modifier(t: RuleTest) -> None:
    for name in platform_constraints():
        constraints = t.analyze("//defs/platforms:" + name).providers[PlatformInfo].configuration.constraints
        wanted = [label.split(":")[-1] for label in platform_constraints()[name]]
        found = [value.label.sub_target[0] for value in constraints.values()]
        t.equal(sorted(found), sorted(wanted), name)
        t.equal(t.analyze("//defs/platforms:needs-network", modifiers = [name]).configuration, "cfg:<empty>", name)

def test_offline_comes_first(t: RuleTest) -> None:
    info = t.analyze("//defs/platforms:exec").providers[ExecutionPlatformRegistrationInfo]
    network = [platform.executor_config.network_access for platform in info.platforms]
    t.equal(network, ["none", None])

def test_unknown_modifier(t: RuleTest) -> None:
    t.contains(t.failure("//defs/platforms:needs-network", modifiers = ["linux-sparc"]), "unknown modifier \"linux-sparc\"")

def test_a_transition_says_what_the_platform_says(t: RuleTest) -> None:
    package = t.package("""
load("//defs/platforms:to_platform.bzl", "to_platform")
to_platform(name = "bad", platform = "//defs/platforms:network[full]")
""")
    t.check(TransitionInfo in t.analyze("//defs/platforms:to-linux-musl-arm64").providers)
    changed = t.package("""
load("//defs:defs.bzl", "release_matrix")
[export_file(name = name) for name in ["mac", "other"]]
alias(name = "file", actual = select({"prelude//os:macos": ":mac", "DEFAULT": ":other"}))
release_matrix(name = "dist", srcs = {"p": ":file"}, platforms = ["darwin-arm64"])
""", files = ["mac", "other"])
    argv = t.action(t.analyze(changed + ":dist", modifiers = ["linux-gnu"]), "release").argv
    t.check([word for word in argv if word.startswith("p-darwin-arm64=") and word.endswith("/mac")], str(argv))
    t.contains(t.failure(package + ":bad"), "must provide `PlatformInfo`")

def test_the_machine_says_nothing_of_its_c_library(t: RuleTest) -> None:
    # So that who names one gets programs that run elsewhere, too.
    t.check(not [label for label in host_constraints() if "//abi/" in label])
    package = t.package("""
load("//defs/platforms:names.bzl", "platform_label", "platform_select")
[export_file(name = name) for name in ["here", "named"]]
alias(name = "choice", actual = platform_select(here = ":here", named = ":named"))
configured_alias(name = "musl", actual = ":choice", platform = "//defs/platforms:linux-musl-amd64")
configured_alias(name = "same", actual = ":choice", platform = platform_label())
""", files = ["here", "named"])
    def chosen(target: str, modifiers: list[str]) -> str:
        return t.analyze(package + ":" + target, modifiers = modifiers).providers[DefaultInfo].default_outputs[0].short_path
    t.equal(chosen("choice", []), "here")
    for modifier in ["linux-gnu", "linux-musl", "linux-gnu-arm64", "windows-amd64"]:
        t.equal(chosen("choice", [modifier]), "named", modifier)
        t.equal(chosen("same", [modifier]), "named", modifier)
    t.equal(chosen("musl", []), "named")
