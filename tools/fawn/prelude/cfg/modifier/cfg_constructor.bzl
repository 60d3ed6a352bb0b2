"""The names that a `PACKAGE` hands to `set_cfg_constructor`. fawn applies modifiers itself and takes only `aliases`."""

def _built_in(**_kwargs):
    fail("fawn applies modifiers itself; this function is only a name for `set_cfg_constructor`")

cfg_constructor_pre_constraint_analysis = _built_in
cfg_constructor_post_constraint_analysis = _built_in
