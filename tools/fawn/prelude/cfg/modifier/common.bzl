"""What modifiers are called where they are stored."""

MODIFIER_METADATA_KEY = "buck.cfg_modifiers"
