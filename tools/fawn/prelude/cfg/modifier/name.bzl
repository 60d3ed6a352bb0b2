"""The name of a configuration that modifiers or transitions made."""

def cfg_name(_cfg: ConfigurationInfo) -> str:
    """The label Buck2 gives a configuration of stock constraints; its hash tells them apart."""
    return "cfg:<empty>"
