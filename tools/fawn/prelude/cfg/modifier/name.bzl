"""Names of configurations that modifiers make."""

def cfg_name(cfg: ConfigurationInfo) -> str:
    """The label of a configuration. Only the hash behind it tells configurations apart."""
    _ = cfg  # @unused The stock constraints have no part in the name.
    return "cfg:<empty>"
