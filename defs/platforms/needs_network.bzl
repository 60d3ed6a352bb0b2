"""`needs_network`: a dependency that moves its user to an execution platform with a network."""

def _needs_network_impl(_ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo()]

needs_network = rule(
    doc = """A target without outputs. A fetching rule has a hidden `exec_dep` on one that is compatible only with
    `//defs/platforms:network[full]`, and so never lands on the offline execution platform. An execution platform that
    never heard of the constraint counts as `full`.""",
    impl = _needs_network_impl,
    attrs = {},
)

def needs_network_attr():
    """The hidden attribute for a rule whose action uses the network."""
    return attrs.default_only(attrs.exec_dep(default = "//defs/platforms:needs-network"))

def needs_namespaces_attr():
    """The hidden attribute for a rule whose action makes namespaces of its own, and bans the network in them itself."""
    return attrs.default_only(attrs.exec_dep(default = "//defs/platforms:needs-namespaces"))
