"""Modifiers for this repository's own builds; a consumer loads `platform_aliases` into its own `PACKAGE`."""

load("@prelude//cfg/modifier:cfg_constructor.bzl", "cfg_constructor_post_constraint_analysis", "cfg_constructor_pre_constraint_analysis")
load("@prelude//cfg/modifier:common.bzl", "MODIFIER_METADATA_KEY")
load(":names.bzl", "platform_aliases")

def set_up_modifiers(further: dict[str, str] = {}) -> None:
    """Registers the platform names, and `further` ones, as modifiers, where this repository is the root cell."""
    if read_root_config("cells", "buckpack") != ".":
        return  # Mounted: the constructor belongs to the consumer, and a second one is an error.
    native.set_cfg_constructor(
        stage0 = cfg_constructor_pre_constraint_analysis,
        stage1 = cfg_constructor_post_constraint_analysis,
        key = MODIFIER_METADATA_KEY,
        aliases = struct(**(platform_aliases() | further)),
        extra_data = struct(),
    )
