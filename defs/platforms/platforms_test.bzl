"""Tests of platforms, modifiers and the choice of an execution platform."""

load(":names.bzl", "platform_aliases", "platform_constraints")

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
